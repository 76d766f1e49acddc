// A .npy file as numpy.save writes it: header padded with spaces to a multiple of 64, values in C order.

export const npyOf = (rows: readonly (readonly number[])[], kind: 'f4' | 'f8' = 'f4'): Uint8Array => {
  const head = `{'descr': '<${kind}', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0].length}), }`;
  const padding = 63 - ((10 + head.length) % 64);
  const text = Buffer.from(`${head}${' '.repeat(padding)}\n`, 'latin1');
  const values = kind === 'f4' ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
  const before = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 0xff, text.length >> 8]);
  return Buffer.concat([before, text, Buffer.from(values.buffer)]);
};

// NumPy's file format (.npy, versions 1 to 3; numpy/lib/format.py) for matrices of float32 or float64: rows × columns in C
// order, little-endian. Layout: "\x93NUMPY" · version (2 bytes) · header length (uint16, from version 2 on uint32) · header
// (a Python dict as text, ending with a newline) · values.

import { Failure } from '../base/errors.ts';

export interface NpyMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Rows × columns; float64 is rounded. */
  readonly values: Float32Array;
}

/** `name` is how the file is called in what is said of it. */
export const parseNpy = (bytes: Uint8Array, name: string): NpyMatrix => {
  const { header, valuesAt } = headerOf(bytes, name);
  const kind = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const size = kind === '<f4' ? 4 : kind === '<f8' ? 8 : undefined;
  if (size === undefined) {
    throw unreadable(name, 'holds no little-endian float32 or float64', kind ?? header);
  }
  if (!/'fortran_order':\s*False/.test(header)) {
    throw unreadable(name, 'is not in C order', header);
  }
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const [rows, columns] = shape;
  if (shape.length !== 2 || !shape.every((part) => Number.isInteger(part) && part > 0)) {
    throw unreadable(name, 'is not a matrix of rows × columns', header);
  }
  const length = bytes.length - valuesAt;
  if (length !== rows * columns * size) {
    throw unreadable(name, `should hold ${rows} × ${columns} × ${size} bytes`, `${length} bytes`);
  }
  // Copied: the values may start at any offset of a larger buffer, typed arrays may not.
  const { buffer } = bytes.slice(valuesAt);
  return {
    rows,
    columns,
    values: size === 4 ? new Float32Array(buffer) : Float32Array.from(new Float64Array(buffer)),
  };
};

const magic = [0x93, ...Buffer.from('NUMPY')];

const headerOf = (bytes: Uint8Array, name: string): { header: string; valuesAt: number } => {
  if (bytes.length < 12 || magic.some((byte, place) => bytes[place] !== byte)) {
    throw unreadable(name, 'does not begin as a .npy file does', `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [lengthBytes, length] = bytes[6] === 1 ? [2, view.getUint16(8, true)] : [4, view.getUint32(8, true)];
  const valuesAt = 8 + lengthBytes + length;
  return { header: Buffer.from(bytes.subarray(8 + lengthBytes, valuesAt)).toString('latin1'), valuesAt };
};

const unreadable = (name: string, what: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'npy-unreadable',
    message: `The file ${name} ${what}.`,
    received: received.slice(0, 200),
    action: 'Write it by numpy.save(path, numpy.ascontiguousarray(factors, dtype="float32")).',
  });

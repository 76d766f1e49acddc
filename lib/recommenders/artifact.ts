// One file for JSON and typed arrays: what models and the serving part are saved as.
// Layout: magic (4 bytes) · header length (uint32, little-endian) · header (UTF-8 JSON) · arrays, each 8-byte aligned.
// Limits: little-endian machines (every Lambda architecture is); one artifact under 2 GiB.

import { Failure, shown } from '../base/errors.ts';

export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;
export interface Artifact<Header> {
  readonly header: Header;
  readonly arrays: { readonly [name: string]: NumberArray };
}

const magic = 0x31505252; // "RRP1"
const kinds = { Float32Array, Float64Array, Int32Array, Uint8Array };
type Kind = keyof typeof kinds;

interface Directory {
  readonly header: unknown;
  readonly arrays: readonly { readonly name: string; readonly kind: Kind; readonly length: number }[];
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export const encodeArtifact = ({ header, arrays }: Artifact<unknown>): Uint8Array => {
  const entries = Object.entries(arrays);
  const directory: Directory = {
    header,
    arrays: entries.map(([name, array]) => ({ name, kind: kindOf(array), length: array.length })),
  };
  const text = new TextEncoder().encode(JSON.stringify(directory));
  const size = entries.reduce((sum, [, array]) => sum + aligned(array.byteLength), aligned(8 + text.length));
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, text.length, true);
  bytes.set(text, 8);
  let offset = aligned(8 + text.length);
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += aligned(array.byteLength);
  }
  return bytes;
};

/** Header is trusted to have the shape the caller wrote: both ends are this code, at the same artifact version. */
export const decodeArtifact = <Header>(bytes: Uint8Array): Artifact<Header> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== magic) {
    throw new Failure('invalid', {
      code: 'artifact-unreadable',
      message: 'The model file is not one that this version of Reprise wrote.',
      received: shown(`${bytes.length} bytes`),
      action: 'Train again, or promote a version that was trained by this version of Reprise.',
    });
  }
  const textLength = view.getUint32(4, true);
  const directory = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + textLength))) as Directory;
  const arrays: { [name: string]: NumberArray } = {};
  let offset = aligned(8 + textLength);
  for (const { name, kind, length } of directory.arrays) {
    const size = length * kinds[kind].BYTES_PER_ELEMENT;
    // Copied: the bytes may start at any offset of a larger buffer, typed arrays may not (and Buffer's slice copies nothing).
    const copy = new Uint8Array(size);
    copy.set(bytes.subarray(offset, offset + size));
    arrays[name] = new kinds[kind](copy.buffer, 0, length);
    offset += aligned(size);
  }
  return { header: directory.header as Header, arrays };
};

export const float32 = (artifact: Artifact<unknown>, name: string): Float32Array => {
  const array = artifact.arrays[name];
  if (!(array instanceof Float32Array)) {
    throw new Error(`artifact: no float32 array named ${name}`);
  }
  return array;
};

export const float64 = (artifact: Artifact<unknown>, name: string): Float64Array => {
  const array = artifact.arrays[name];
  if (!(array instanceof Float64Array)) {
    throw new Error(`artifact: no float64 array named ${name}`);
  }
  return array;
};

export const int32 = (artifact: Artifact<unknown>, name: string): Int32Array => {
  const array = artifact.arrays[name];
  if (!(array instanceof Int32Array)) {
    throw new Error(`artifact: no int32 array named ${name}`);
  }
  return array;
};

export const uint8 = (artifact: Artifact<unknown>, name: string): Uint8Array => {
  const array = artifact.arrays[name];
  if (!(array instanceof Uint8Array)) {
    throw new Error(`artifact: no uint8 array named ${name}`);
  }
  return array;
};

const kindOf = (array: NumberArray): Kind => {
  const names = Object.keys(kinds) as Kind[];
  const name = names.find((kind) => array instanceof kinds[kind]);
  if (name === undefined) {
    throw new TypeError('artifact: an array of a kind that is not kept');
  }
  return name;
};

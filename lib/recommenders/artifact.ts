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
type Kind = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
const kinds: Record<
  Kind,
  {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray;
  }
> = { Float32Array, Float64Array, Int32Array, Uint8Array };

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

/**
 * Header is trusted to have the shape the caller wrote: both ends are this code, at the same artifact version. The arrays
 * are views of `bytes` where their place allows it: bytes must not change any more, nor must arrays.
 */
export const decodeArtifact = <Header>(bytes: Uint8Array): Artifact<Header> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== magic) {
    throw unreadable('The model file is not one that this version of Reprise wrote.', bytes);
  }
  const textLength = view.getUint32(4, true);
  const directory = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + textLength))) as Directory;
  const arrays: { [name: string]: NumberArray } = {};
  let offset = aligned(8 + textLength);
  for (const { name, kind, length } of directory.arrays) {
    const size = length * kinds[kind].BYTES_PER_ELEMENT;
    const part = bytes.subarray(offset, offset + size);
    if (part.length < size) {
      throw unreadable('The model file ends before its arrays do.', bytes);
    }
    arrays[name] = numbersIn(part, kind, length);
    offset += aligned(size);
  }
  return { header: directory.header as Header, arrays };
};

/** Copied only where the file starts at an odd offset of a larger buffer: a model of 400 MB should be there once. */
const numbersIn = (part: Uint8Array, kind: Kind, length: number): NumberArray => {
  const { BYTES_PER_ELEMENT: width } = kinds[kind];
  // Not slice(): a Buffer's copies nothing.
  const { buffer, byteOffset } = part.byteOffset % width === 0 ? part : Uint8Array.from(part);
  return new kinds[kind](buffer, byteOffset, length);
};

const unreadable = (message: string, bytes: Uint8Array): Failure =>
  new Failure('invalid', {
    code: 'artifact-unreadable',
    message,
    received: shown(`${bytes.length} bytes`),
    action: 'Train again, or promote a version that was trained by this version of Reprise.',
  });

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

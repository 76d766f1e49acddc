// Lines of a file as bytes, gzip or not, and their fields: nothing is made per line.
// A field in double quotes keeps its separators; a doubled quote inside stays doubled. Lines of any length; \r is dropped.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure, shown } from '../lib/base/errors.ts';

/** The line is bytes[from … to − 1]; numbers count from 1. */
export type OnLine = (bytes: Buffer, from: number, to: number, line: number) => void;

const [newline, carriageReturn, quote, space] = [10, 13, 34, 32];
const chunkBytes = 1 << 20;

export const eachLine = async (path: string, onLine: OnLine): Promise<void> => {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  const take = (bytes: Buffer, from: number, to: number): void => {
    line++;
    const end = to > from && bytes[to - 1] === carriageReturn ? to - 1 : to;
    if (end > from) {
      onLine(bytes, from, end, line);
    }
  };
  const read = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
        take(bytes, from, to);
        from = to + 1;
      }
      rest = bytes.subarray(from);
    }
    take(rest, 0, rest.length);
  };
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    await (path.endsWith('.gz')
      ? pipeline(file, createGunzip({ chunkSize: chunkBytes }), read)
      : pipeline(file, read));
  } catch (error) {
    throw unreadable(path, error);
  }
};

const unreadable = (path: string, error: unknown): unknown => {
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string' || error instanceof Failure) {
    return error;
  }
  return new Failure(code === 'ENOENT' ? 'not-found' : 'invalid', {
    code: code === 'ENOENT' ? 'file-missing' : 'file-unreadable',
    message: code === 'ENOENT' ? 'There is no such file.' : `The file cannot be read: ${String(error)}.`,
    received: shown(path),
    action: path.endsWith('.gz')
      ? 'Give the path of a gzip file, or of a plain one without .gz at its end.'
      : 'Give the path of a file.',
  });
};

/** Where the fields of one line begin and end; `count` of them. */
export interface Fields {
  starts: Int32Array;
  ends: Int32Array;
  count: number;
}

export const noFields = (): Fields => ({ starts: new Int32Array(64), ends: new Int32Array(64), count: 0 });

export type Separator = 'tab' | 'comma' | 'semicolon' | 'bar' | 'colons' | 'spaces';
const separatorBytes = { tab: 9, comma: 44, semicolon: 59, bar: 124, colons: 58, spaces: 32 } as const;

/** What separates the fields of this line: the first found of tab, `::`, comma, semicolon, bar; otherwise spaces. */
export const separatorOf = (line: string): Separator => {
  const [found] = (
    [
      ['tab', '\t'],
      ['colons', '::'],
      ['comma', ','],
      ['semicolon', ';'],
      ['bar', '|'],
    ] as const
  ).filter(([, text]) => line.includes(text));
  return found?.[0] ?? 'spaces';
};

/** Runs of spaces, and pairs of colons, separate once. */
export const splitFields = (
  bytes: Buffer,
  from: number,
  to: number,
  separator: Separator,
  fields: Fields,
): void => {
  const byte = separatorBytes[separator];
  const mergesRuns = separator === 'spaces' || separator === 'colons';
  fields.count = 0;
  let at = from;
  while (at < to) {
    if (mergesRuns) {
      while (at < to && bytes[at] === byte) at++;
      if (at === to) break;
    }
    const isQuoted = bytes[at] === quote;
    const start = isQuoted ? at + 1 : at;
    let end = isQuoted ? closingQuote(bytes, start, to) : at;
    if (isQuoted) {
      at = end + 1;
    }
    while (at < to && bytes[at] !== byte) at++;
    end = isQuoted ? end : at;
    addField(fields, bytes, start, end);
    at++;
  }
};

const closingQuote = (bytes: Buffer, from: number, to: number): number => {
  let at = from;
  while (at < to && (bytes[at] !== quote || bytes[at + 1] === quote)) {
    at += bytes[at] === quote ? 2 : 1;
  }
  return Math.min(at, to);
};

/** Without the spaces around it. */
const addField = (fields: Fields, bytes: Buffer, start: number, end: number): void => {
  let [from, to] = [start, end];
  while (from < to && bytes[from] === space) from++;
  while (to > from && bytes[to - 1] === space) to--;
  if (fields.count === fields.starts.length) {
    fields.starts = doubled(fields.starts);
    fields.ends = doubled(fields.ends);
  }
  fields.starts[fields.count] = from;
  fields.ends[fields.count++] = to;
};

const doubled = (values: Int32Array): Int32Array => {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
};

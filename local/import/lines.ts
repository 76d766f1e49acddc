// A text file as lines or CSV records, gzip or not (told by its first two bytes), read as a stream.
// A file that ends in the middle of its gzip is an error, never a shorter file.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

/** Each line with its number from 1; empty lines are left out, but counted. */
export async function* textLines(
  path: string,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  const { stream, check } = await openText(path);
  let line = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() !== '') yield { line, text: line === 1 ? text.replace(/^\uFEFF/, '') : text };
  }
  check();
}

export interface CsvRecord {
  /** Line of the file on which the record ends. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Every record, the header first. Quotes that are never closed and the like end the reading with an error. */
export async function* csvRecords(path: string): AsyncGenerator<CsvRecord> {
  const { stream, check } = await openText(path);
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  const piped = pipeline(stream, parser, () => undefined);
  for await (const { record, info } of piped as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    yield { line: info.lines, cells: record };
  }
  check();
}

/** Positions of named columns; throws when one is missing. */
export const columnsOf = <Name extends string>(
  header: readonly string[],
  names: readonly Name[],
): { readonly [name in Name]: number } => {
  const found = header.map((name) => name.trim());
  const missing = names.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    throw new Error(`the header misses ${missing.join(', ')}; received: ${found.join(',').slice(0, 300)}`);
  }
  const entries = names.map((name) => [name, found.indexOf(name)] as const);
  return Object.fromEntries(entries) as { [name in Name]: number };
};

const openText = async (path: string): Promise<{ readonly stream: Readable; readonly check: () => void }> => {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  await file.close();
  const isGzip = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  const source = createReadStream(path);
  let failure: Error | undefined;
  const note = (error: Error | null | undefined): void => {
    failure ??= error ?? undefined;
  };
  const stream = isGzip ? pipeline(source, createGunzip(), note) : source.on('error', note);
  return {
    stream,
    check: () => {
      if (failure) throw failure;
    },
  };
};

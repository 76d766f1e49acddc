// Small files for the import tests, and what a format made of them.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Format, FormatOptions, ImportItem, ImportMessage } from '../../local/import/format.ts';

export const directory = (): string => mkdtempSync(join(tmpdir(), 'reprise-import-'));

export const fileOf = (content: string | Buffer, name = 'input'): string => {
  const path = join(directory(), name);
  writeFileSync(path, content);
  return path;
};

export const plainOptions: FormatOptions = { timeZone: 'UTC', shiftMs: 0, eventNames: new Map() };

export interface ReadFile {
  readonly messages: ImportMessage[];
  readonly rejected: { readonly line: number; readonly reason: string }[];
  readonly items: ReadonlyMap<string, ImportItem>;
  readonly lines: number;
  readonly orders: number;
  readonly refunds: number;
  readonly leftOut: { readonly earlier: number; readonly later: number };
  readonly customers: number;
}

export const readWith = async (
  format: Format,
  path: string,
  options: Partial<FormatOptions> = {},
): Promise<ReadFile> => {
  const rejected: { line: number; reason: string }[] = [];
  const report = {
    lines: 0,
    orders: 0,
    refunds: 0,
    leftOut: { earlier: 0, later: 0 },
    customers: new Set<string>(),
    items: new Map<string, ImportItem>(),
    reject: (line: number, reason: string) => {
      rejected.push({ line, reason });
    },
  };
  const messages: ImportMessage[] = [];
  const merged = { ...plainOptions, timeZone: format.timeZone ?? 'UTC', ...options };
  for await (const message of format.read(path, merged, report)) messages.push(message);
  const { lines, orders, refunds, leftOut, items, customers } = report;
  return { lines, orders, refunds, leftOut, items, messages, rejected, customers: customers.size };
};

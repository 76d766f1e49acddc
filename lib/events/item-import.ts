// Items from a bulk file: CSV (RFC 4180, UTF-8, one header line) or NDJSON (one item a line), by content type.
// The whole file is checked before anything is kept; every bad line is named with field, value and remedy.
// CSV lists are separated by "|"; columns: `csvColumns` below and `attributes.<name>` for fields of your own.

import { type CsvError, parse as parseCsv } from 'csv-parse/sync';
import { Failure, type Problem, shown } from '../base/errors.ts';
import { problemsOf } from '../base/input.ts';
import { itemsImportBytesMax, itemsImportCountMax, itemsImportProblemsCountMax } from '../base/limits.ts';
import type { CatalogItem } from './item.ts';
import { itemSchema, toItem } from './item-input.ts';

/** Every item of the file, or Failure('invalid') naming every bad line. */
export const parseItems = (contentType: string, body: string, nowMs: number): CatalogItem[] => {
  const bytes = Buffer.byteLength(body);
  if (bytes > itemsImportBytesMax) throw tooLarge(`${bytes} bytes`, `${itemsImportBytesMax} bytes`);
  const rows = readRows(contentType, body);
  if (rows.length > itemsImportCountMax)
    throw tooLarge(`${rows.length} items`, `${itemsImportCountMax} items`);

  const items: CatalogItem[] = [];
  const problems: Problem[] = [];
  const firstLines = new Map<string, number>();
  for (const row of rows) {
    if ('problem' in row) {
      problems.push(onLine(row.line, row.problem));
      continue;
    }
    const parsed = itemSchema.safeParse(row.value);
    if (!parsed.success) {
      problems.push(
        ...problemsOf(parsed.error, row.value, itemSchema).map((problem) => onLine(row.line, problem)),
      );
      continue;
    }
    const earlier = firstLines.get(parsed.data.itemId);
    if (earlier === undefined) {
      firstLines.set(parsed.data.itemId, row.line);
      items.push(toItem(parsed.data, nowMs));
    } else {
      const message = `"${parsed.data.itemId}" stands on line ${earlier} already; keep one of the two lines`;
      problems.push(onLine(row.line, { path: 'itemId', message }));
    }
  }
  if (problems.length > 0) throw badLines(problems);
  return items;
};

type ImportRow =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly problem: Problem };

const readRows = (contentType: string, body: string): ImportRow[] => {
  const mediaType = contentType.split(';')[0].trim().toLowerCase();
  if (mediaType === 'text/csv') return readCsv(body);
  if (['application/x-ndjson', 'application/ndjson', 'application/jsonl'].includes(mediaType)) {
    return readNdjson(body);
  }
  throw new Failure('invalid', {
    code: 'import-content-type',
    message: 'The content type of a bulk file must be text/csv or application/x-ndjson.',
    received: shown(contentType),
    action: 'Set the Content-Type header to what the body is.',
  });
};

const readNdjson = (body: string): ImportRow[] =>
  body.split(/\r?\n/).flatMap((text, index): ImportRow[] => {
    const line = index + 1;
    if (text.trim() === '') return [];
    try {
      return [{ line, value: JSON.parse(text) as unknown }];
    } catch (error) {
      const message = `is not JSON (${error instanceof Error ? error.message : String(error)}); received ${shown(text)}; write one item as a JSON object on each line`;
      return [{ line, problem: { path: '', message } }];
    }
  });

type Cell = (text: string) => unknown;

const asText: Cell = (text) => text;
const asList: Cell = (text) => text.split('|').map((part) => part.trim());
/** Text that is not a number stays text, so that the schema names it with what was received. */
const asNumber: Cell = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const asBoolean: Cell = (text) => ({ true: true, false: false })[text.toLowerCase()] ?? text;

/** Header name → where it goes in the item's JSON, and how its text is read. */
const csvColumns: { readonly [header: string]: { readonly path: readonly string[]; readonly cell: Cell } } = {
  itemId: { path: ['itemId'], cell: asText },
  title: { path: ['title'], cell: asText },
  kind: { path: ['kind'], cell: asText },
  category: { path: ['category'], cell: asList },
  tags: { path: ['tags'], cell: asList },
  description: { path: ['description'], cell: asText },
  level: { path: ['level'], cell: asText },
  seriesId: { path: ['series', 'id'], cell: asText },
  seriesPosition: { path: ['series', 'position'], cell: asNumber },
  author: { path: ['author'], cell: asText },
  language: { path: ['language'], cell: asText },
  price: { path: ['price'], cell: asNumber },
  currency: { path: ['currency'], cell: asText },
  publishedAt: { path: ['publishedAt'], cell: asText },
  repurchase: { path: ['repurchase'], cell: asText },
  hidden: { path: ['hidden'], cell: asBoolean },
};

const columnOf = (header: string) =>
  Object.hasOwn(csvColumns, header)
    ? csvColumns[header]
    : header.startsWith('attributes.') && header.length > 'attributes.'.length
      ? { path: ['attributes', header.slice('attributes.'.length)], cell: asText }
      : undefined;

const readCsv = (body: string): ImportRow[] => {
  const records: { readonly cells: readonly string[]; readonly line: number }[] = [];
  try {
    parseCsv(body, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        records.push({ cells, line: lines });
        return null;
      },
    });
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    return [{ line: lines ?? 1, problem: { path: '', message: `is not CSV: ${message}; check its quotes` } }];
  }
  const [head, ...rest] = records;
  if (!head) throw badLines([onLine(1, { path: '', message: 'is missing; write a header line first' })]);
  const wrong = headerProblems(head.cells);
  if (wrong.length > 0) throw badLines(wrong);
  return rest.map(({ cells, line }) => csvRow(head.cells, cells, line));
};

const headerProblems = (headers: readonly string[]): Problem[] => {
  const problems = headers.flatMap((header, index) => {
    const fault = !columnOf(header)
      ? `is no column; the columns are ${Object.keys(csvColumns).join(', ')} and attributes.<name>`
      : headers.indexOf(header) < index
        ? 'stands twice in the header; keep one'
        : undefined;
    return fault === undefined ? [] : [onLine(1, { path: header, message: fault })];
  });
  for (const needed of ['itemId', 'title']) {
    if (!headers.includes(needed)) {
      problems.push(onLine(1, { path: needed, message: 'is missing in the header; add this column' }));
    }
  }
  return problems;
};

const csvRow = (headers: readonly string[], cells: readonly string[], line: number): ImportRow => {
  if (cells.length !== headers.length) {
    const message = `has ${cells.length} fields where the header has ${headers.length}; put quotes around fields with commas`;
    return { line, problem: { path: '', message } };
  }
  const value: { [field: string]: unknown } = {};
  for (const [index, text] of cells.entries()) {
    const column = columnOf(headers[index]);
    if (!column || text === '') continue;
    const [field, inner] = column.path;
    const read = column.cell(text);
    value[field] = inner === undefined ? read : { ...Object(value[field] ?? {}), [inner]: read };
  }
  return { line, value };
};

const onLine = (line: number, problem: Problem): Problem => ({
  path: problem.path === '' ? `line ${line}` : `line ${line}, ${problem.path}`,
  message: problem.message,
});

const badLines = (problems: readonly Problem[]): Failure =>
  new Failure('invalid', {
    code: 'import-invalid',
    message: `The file has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: none of its items was kept.`,
    action:
      problems.length > itemsImportProblemsCountMax
        ? `The first ${itemsImportProblemsCountMax} are named under problems: correct the file and send it whole again.`
        : 'Correct every line named under problems and send the whole file again.',
    problems: problems.slice(0, itemsImportProblemsCountMax),
  });

const tooLarge = (received: string, most: string): Failure =>
  new Failure('too-large', {
    code: 'import-too-large',
    message: `One import takes at most ${most}.`,
    received,
    action: 'Split the file into several and send them one after the other.',
  });

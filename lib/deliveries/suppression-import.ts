// POST /v1/admin/suppressions/import: whom not to write to, from the mailer before. CSV (RFC 4180, UTF-8, one header line)
// with the columns userId and channel, and note where wanted. All lines are checked first; with one bad line nothing is
// kept. Each row becomes a consent event (via owner), which the archive writes into the profile within seconds: so an
// import survives a crash as events do, and sending the file again changes nothing but the time.
// Limit: by user id alone. Profiles are not indexed by address, and looking through all of them takes longer than a
// request may; an address may also belong to several customers.

import { type CsvError, parse as parseCsv } from 'csv-parse/sync';
import { Failure, type Problem, shown } from '../base/errors.ts';
import { customerId as toCustomerId } from '../base/ids.ts';
import {
  idLengthMax,
  itemsImportBytesMax,
  itemsImportProblemsCountMax,
  suppressionNoteLengthMax,
  suppressionsImportCountMax,
} from '../base/limits.ts';
import { channels } from '../events/consent.ts';
import type { Clock, EventQueue } from '../ports.ts';
import { type OwnedChannel, ownerEvent } from './owner-stop.ts';

export interface SuppressionRow extends OwnedChannel {
  readonly note?: string;
}

/** Returns how many channels of customers will be stopped. */
export const importSuppressions = async (
  rows: readonly SuppressionRow[],
  { events, clock }: { readonly events: EventQueue; readonly clock: Clock },
): Promise<{ readonly accepted: number }> => {
  const atMs = clock.nowMs();
  await events.send(
    rows.map(({ note, ...owned }) =>
      ownerEvent(owned, { stopped: true, atMs, ...(note !== undefined && { note }) }, atMs),
    ),
  );
  return { accepted: rows.length };
};

/** Every row of the file, or Failure('invalid') naming every bad line. */
export const parseSuppressions = (contentType: string, body: string): readonly SuppressionRow[] => {
  if (contentType.split(';')[0].trim().toLowerCase() !== 'text/csv') {
    throw new Failure('invalid', {
      code: 'import-content-type',
      message: 'The content type of a list of suppressions must be text/csv.',
      received: shown(contentType),
      action: 'Set the Content-Type header to text/csv, and send the columns userId and channel.',
    });
  }
  const bytes = Buffer.byteLength(body);
  if (bytes > itemsImportBytesMax) throw tooLarge(`${bytes} bytes`, `${itemsImportBytesMax} bytes`);
  const [head, ...records] = readCsv(body);
  const headers = head?.cells ?? [];
  const wrong = headerProblems(headers);
  if (wrong.length > 0) throw badLines(wrong);
  if (records.length > suppressionsImportCountMax) {
    throw tooLarge(`${records.length} rows`, `${suppressionsImportCountMax} rows`);
  }
  return rowsOf(records, headers);
};

interface Line {
  readonly cells: readonly string[];
  readonly line: number;
}

const columns = ['userId', 'channel', 'note'];

const readCsv = (body: string): readonly Line[] => {
  const lines: Line[] = [];
  try {
    parseCsv(body, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], info) => {
        lines.push({ cells, line: info.lines });
        return null;
      },
    });
    return lines;
  } catch (error) {
    const { message, lines: line = 1 } = error as CsvError & { lines?: number };
    throw badLines([{ path: `line ${line}`, message: `is not CSV: ${message}; check its quotes` }]);
  }
};

const headerProblems = (headers: readonly string[]): readonly Problem[] => [
  ...headers.flatMap((header, index): readonly Problem[] => {
    const path = `line 1, ${header}`;
    if (header === 'email') {
      return [{ path, message: 'cannot be looked up; give the userId that events are sent with' }];
    }
    if (!columns.includes(header)) {
      return [{ path, message: `is no column; the columns are ${columns.join(', ')}` }];
    }
    return headers.indexOf(header) < index ? [{ path, message: 'stands twice in the header; keep one' }] : [];
  }),
  ...['userId', 'channel']
    .filter((needed) => !headers.includes(needed))
    .map((needed) => ({ path: `line 1, ${needed}`, message: 'is missing in the header; add this column' })),
];

/** The same customer and channel on several lines is one stop. */
const rowsOf = (records: readonly Line[], headers: readonly string[]): readonly SuppressionRow[] => {
  const problems: Problem[] = [];
  const rows = new Map<string, SuppressionRow>();
  for (const { cells, line } of records) {
    const [userId, channel, note] = columns.map((name) => cells[headers.indexOf(name)] ?? '');
    const known = channels.find((each) => each === channel);
    const faults = faultsOf(cells.length === headers.length, { userId, note }, known, channel);
    problems.push(...faults.map(({ path, message }) => ({ path: `line ${line}${path}`, message })));
    if (faults.length === 0 && known !== undefined) {
      rows.set(JSON.stringify([userId, known]), {
        customerId: toCustomerId(userId),
        channel: known,
        ...(note !== '' && { note }),
      });
    }
  }
  if (records.length === 0) {
    problems.push({ path: 'line 2', message: 'is missing; write one customer and channel on each line' });
  }
  if (problems.length > 0) throw badLines(problems);
  return [...rows.values()];
};

const faultsOf = (
  isWhole: boolean,
  { userId, note }: { readonly userId: string; readonly note: string },
  channel: OwnedChannel['channel'] | undefined,
  received: string,
): readonly Problem[] => {
  if (!isWhole) {
    const message = 'has not as many fields as the header; put quotes around fields with commas';
    return [{ path: '', message }];
  }
  const isId = userId !== '' && userId.length <= idLengthMax;
  return [
    ...(isId
      ? []
      : [{ path: ', userId', message: `has 1 to ${idLengthMax} characters; received ${shown(userId)}` }]),
    ...(channel === undefined
      ? [{ path: ', channel', message: `is one of ${channels.join(', ')}; received ${shown(received)}` }]
      : []),
    ...(note.length > suppressionNoteLengthMax
      ? [{ path: ', note', message: `has at most ${suppressionNoteLengthMax} characters` }]
      : []),
  ];
};

const badLines = (problems: readonly Problem[]): Failure =>
  new Failure('invalid', {
    code: 'import-invalid',
    message: `The file has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: nothing of it was kept.`,
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

// One import from file to report: catalogue items first where the format has them, then every message through capture.
// Beside it, in a directory of the caller's choice: `<file>.import.json`, how far capture has acknowledged (removed at
// the end), and `<file>.rejected.ndjson`, what was not taken and why (removed when there is nothing in it).
// A resumed import reads the file again and skips what was acknowledged; batches under way at the break are repeated.

import { hash } from 'node:crypto';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type CaptureTarget, createCaptureClient, type Refusal } from './capture-client.ts';
import type { Format, FormatOptions, ImportItem, Report } from './format.ts';
import { type AdminTarget, catalogueIds, importItems } from './items.ts';

export interface ImportRequest {
  readonly format: Format;
  readonly path: string;
  readonly options: FormatOptions;
  /** Where the state and the rejected lines are written. */
  readonly directory: string;
  readonly capture: CaptureTarget;
  /** Needed for formats with a catalogue and for `createItems`. */
  readonly admin?: AdminTarget;
  /** Makes an item (title = id) of every id that the catalogue does not have; for formats without a catalogue. */
  readonly createItems: boolean;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly lines: number;
  readonly acknowledged: number;
  readonly added: number;
}

export interface ImportSummary {
  readonly lines: number;
  readonly events: number;
  /** Acknowledged in an earlier run and not sent again. */
  readonly skipped: number;
  readonly orders: number;
  readonly refunds: number;
  readonly customers: number;
  readonly items: number;
  /** Lines outside the period asked for. */
  readonly leftOut: { readonly earlier: number; readonly later: number };
  /** Lines by reason, and events that capture refused by its code. */
  readonly rejected: ReadonlyMap<string, number>;
  readonly rejectedPath?: string;
  readonly seconds: number;
}

const saveEveryMs = 500;
const shownCharactersMax = 500;

export const runImport = async (request: ImportRequest): Promise<ImportSummary> => {
  const startedMs = performance.now();
  const name = join(request.directory, basename(request.path));
  const state = openState(`${name}.import.json`, fingerprintOf(request));
  const rejects = openRejects(`${name}.rejected.ndjson`, state.acknowledged > 0);
  const report = emptyReport(rejects.line);
  const skipped = state.acknowledged;
  const client = createCaptureClient(request.capture, {
    onRefused: rejects.refusal,
    onAcknowledged: (acknowledged) => {
      state.save(skipped + acknowledged, false);
      request.onProgress?.({ lines: report.lines, acknowledged, added: client.counts.added });
    },
  });
  try {
    let seen = 0;
    for await (const message of request.format.read(request.path, request.options, report)) {
      if (seen === 0 && request.format.hasCatalogue) await sendItems(request, report.items);
      if (seen++ >= skipped) await client.add(message);
    }
    await client.flush();
  } catch (error) {
    state.save(skipped + client.counts.acknowledged, true);
    await rejects.close();
    throw error;
  }
  const created = request.format.hasCatalogue
    ? report.items.size
    : request.createItems
      ? await createMissing(request, report.items)
      : 0;
  state.remove();
  const rejectedPath = await rejects.close();
  return {
    lines: report.lines,
    events: client.counts.added,
    skipped,
    orders: report.orders,
    refunds: report.refunds,
    customers: report.customers.size,
    items: created,
    leftOut: report.leftOut,
    rejected: rejects.reasons,
    ...(rejectedPath && { rejectedPath }),
    seconds: (performance.now() - startedMs) / 1000,
  };
};

const emptyReport = (reject: Report['reject']): Report => ({
  lines: 0,
  orders: 0,
  refunds: 0,
  leftOut: { earlier: 0, later: 0 },
  customers: new Set(),
  items: new Map(),
  reject,
});

const sendItems = async (request: ImportRequest, items: ReadonlyMap<string, ImportItem>): Promise<void> => {
  if (!request.admin)
    throw new Error('an admin key is needed to write the items of this file into the catalogue');
  await importItems(request.admin, items.values());
};

const createMissing = async (
  request: ImportRequest,
  items: ReadonlyMap<string, ImportItem>,
): Promise<number> => {
  if (!request.admin) throw new Error('an admin key is needed to create items');
  const known = await catalogueIds(request.admin);
  return importItems(
    request.admin,
    [...items.values()].filter(({ itemId }) => !known.has(itemId)),
  );
};

// ---- state -------------------------------------------------------------------------------------------

/** What must be the same for skipping to be right: the file, the options that shape messages, and the target. */
const fingerprintOf = ({ format, path, options, capture }: ImportRequest): string => {
  const { size, mtimeMs } = statSync(path);
  const { contact = '', timeZone, shiftMs, sinceMs = null, untilMs = null, eventNames } = options;
  return hash(
    'sha256',
    JSON.stringify([
      format.name,
      basename(path),
      size,
      mtimeMs,
      contact,
      timeZone,
      shiftMs,
      sinceMs,
      untilMs,
      [...eventNames],
      capture.apiUrl,
    ]),
  );
};

interface State {
  readonly acknowledged: number;
  save(acknowledged: number, isUrgent: boolean): void;
  remove(): void;
}

const openState = (path: string, fingerprint: string): State => {
  let savedMs = Number.NEGATIVE_INFINITY;
  return {
    acknowledged: readAcknowledged(path, fingerprint),
    save: (acknowledged, isUrgent) => {
      if (!isUrgent && performance.now() - savedMs < saveEveryMs) return;
      savedMs = performance.now();
      writeFileSync(`${path}.new`, `${JSON.stringify({ fingerprint, acknowledged })}\n`);
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
};

/** 0 for another file or other options: everything is sent, which is always right. */
const readAcknowledged = (path: string, fingerprint: string): number => {
  if (!existsSync(path)) return 0;
  const state = JSON.parse(readFileSync(path, 'utf8')) as { fingerprint?: string; acknowledged?: number };
  return state.fingerprint === fingerprint && Number.isSafeInteger(state.acknowledged)
    ? Number(state.acknowledged)
    : 0;
};

// ---- rejected ----------------------------------------------------------------------------------------

interface Rejects {
  readonly reasons: Map<string, number>;
  readonly line: Report['reject'];
  readonly refusal: (refusal: Refusal) => void;
  /** The path, when there is anything in it. */
  close(): Promise<string | undefined>;
}

/** Lines are found again on every reading; what capture refused earlier is not, and is kept from the file before. */
const openRejects = (path: string, isResumed: boolean): Rejects => {
  const earlier = isResumed && existsSync(path) ? refusalsIn(readFileSync(path, 'utf8')) : [];
  const reasons = new Map<string, number>();
  const stream = createWriteStream(path);
  const write = (reason: string, entry: object): void => {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    stream.write(`${JSON.stringify(entry)}\n`);
  };
  const refusal = (one: Refusal): void => write(one.code, { ...one, refusedBy: 'capture' });
  earlier.forEach(refusal);
  return {
    reasons,
    line: (line, reason, received) =>
      write(reason, { line, reason, received: received.slice(0, shownCharactersMax) }),
    refusal,
    close: async () => {
      stream.end();
      await once(stream, 'close');
      if (reasons.size > 0) return path;
      rmSync(path, { force: true });
      return undefined;
    },
  };
};

const refusalsIn = (text: string): Refusal[] =>
  text
    .split('\n')
    .filter((line) => line.endsWith('"refusedBy":"capture"}'))
    .map((line) => JSON.parse(line) as Refusal);

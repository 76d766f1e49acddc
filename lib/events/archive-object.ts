// Events → objects of the archive: gzip NDJSON, one StoredEvent a line, under events/date=YYYY-MM-DD/ by the date of
// receipt (UTC). The name is a hash of the message ids inside, so the same events overwrite themselves; the same
// event in two objects is counted once by whoever reads (messageId).

import { gzipSync } from 'node:zlib';
import { sha256Hex } from './canonical-json.ts';
import type { StoredEvent } from './event.ts';

export interface ArchiveObject {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export const archiveContentType = 'application/x-ndjson';

/** One object; every event must have the same date of receipt. `name` replaces the hash, without extension. */
export const archiveObject = (events: readonly StoredEvent[], name?: string): ArchiveObject => {
  const dates = new Set(events.map(receiptDate));
  const [date] = dates;
  if (date === undefined || dates.size > 1) {
    throw new Error(`an archive object holds events of one date of receipt, not ${dates.size}`);
  }
  const hash = sha256Hex(
    events
      .map((event) => event.messageId)
      .toSorted()
      .join('\n'),
  ).slice(0, 32);
  return {
    key: `events/date=${date}/${name ?? hash}.ndjson.gz`,
    bytes: gzipSync(events.map((event) => `${JSON.stringify(event)}\n`).join('')),
  };
};

/** One object for each date of receipt. */
export const archiveObjects = (events: readonly StoredEvent[]): ArchiveObject[] =>
  [...Map.groupBy(events, receiptDate).values()].map((sameDate) => archiveObject(sameDate));

const receiptDate = (event: StoredEvent): string => event.receivedAt.slice(0, 10);

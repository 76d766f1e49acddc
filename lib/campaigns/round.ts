// What a round of deliveries came to: the sums over the progress files that campaign-deliver wrote beside its batches,
// and what is open still, by when to try it again (ms since 1970).

import { campaignObjectsConcurrencyMax, deliveryRetryMs } from '../base/limits.ts';
import type { ObjectStore } from '../ports.ts';
import type { RunPhaseId } from './assigned.ts';
import { type BatchEntry, batchesKey, type DeliveryProgress, progressKey } from './audience.ts';
import { getJson } from './frozen-objects.ts';
import type { DeliveryCounts } from './run.ts';

export interface Round {
  readonly counts: DeliveryCounts;
  /** Failed, throttled or never reached: to be tried again soon. */
  readonly retryCount: number;
  /** Earliest end of the deferrals that last longer than that: quiet hours. */
  readonly laterMs?: number;
  /** Of an ended campaign: when to come back for what was begun and is not settled; absent: nothing is. */
  readonly closesMs?: number;
}

export const sumRound = (
  batches: readonly BatchEntry[],
  files: readonly (DeliveryProgress | undefined)[],
  nowMs: number,
): Round => {
  const suppressed = new Map<string, number>();
  const refused = new Map<string, number>();
  const ended = new Map<string, number>();
  const waitingBy = new Map<string, number>();
  let [settled, sent, unknown, deferred, failed, retryCount] = [0, 0, 0, 0, 0, 0];
  let laterMs: number | undefined;
  let closesMs: number | undefined;
  batches.forEach(({ customersCount }, index) => {
    const file = files[index];
    settled += file?.done ?? 0;
    sent += file?.counts.sent ?? 0;
    unknown += file?.counts.unknown ?? 0;
    addTo(suppressed, file?.counts.suppressed);
    addTo(refused, file?.counts.refused);
    addTo(ended, file?.counts.ended);
    addTo(waitingBy, file?.counts.waiting);
    const waiting = file?.deferred.length ?? 0;
    // A batch whose function died has no file, or one of an earlier round: who stands in no list is tried again.
    const open = Math.max(0, customersCount - (file?.done ?? 0) - waiting);
    const isLong = file?.untilMs !== undefined && file.untilMs > nowMs + deliveryRetryMs;
    deferred += waiting;
    failed += open;
    retryCount += isLong ? open : open + waiting;
    if (isLong && waiting > 0) {
      laterMs = Math.min(laterMs ?? file.untilMs, file.untilMs);
    }
    const closes = file?.cancelled === true && open === 0 ? file.untilMs : nowMs + deliveryRetryMs;
    if ((open > 0 || waiting > 0) && closes !== undefined) {
      closesMs = Math.min(closesMs ?? closes, closes);
    }
  });
  const counts: DeliveryCounts = {
    settled,
    sent,
    suppressed: Object.fromEntries(suppressed),
    refused: Object.fromEntries(refused),
    unknown,
    deferred,
    failed,
    ...(waitingBy.size > 0 && { waiting: Object.fromEntries(waitingBy) }),
    ...(ended.size > 0 && { ended: Object.fromEntries(ended) }),
  };
  return { counts, retryCount, laterMs, closesMs };
};

/** What the messages of both came to; who is settled, waits or failed stays as in `first`. */
export const addCounts = (first: DeliveryCounts, more: DeliveryCounts): DeliveryCounts => {
  const both = (tally: 'suppressed' | 'refused' | 'ended') => {
    const sum = new Map<string, number>();
    addTo(sum, first[tally]);
    addTo(sum, more[tally]);
    return Object.fromEntries(sum);
  };
  return {
    ...first,
    sent: first.sent + more.sent,
    unknown: first.unknown + more.unknown,
    suppressed: both('suppressed'),
    refused: both('refused'),
    ...((first.ended ?? more.ended) && { ended: both('ended') }),
  };
};

const addTo = (tally: Map<string, number>, more: { readonly [reason: string]: number } = {}): void => {
  for (const [reason, count] of Object.entries(more)) {
    tally.set(reason, (tally.get(reason) ?? 0) + count);
  }
};

export const readProgress = async (
  batches: readonly Pick<BatchEntry, 'batchKey'>[],
  archive: ObjectStore,
): Promise<readonly (DeliveryProgress | undefined)[]> => {
  const files: (DeliveryProgress | undefined)[] = [];
  for (let from = 0; from < batches.length; from += campaignObjectsConcurrencyMax) {
    const some = batches.slice(from, from + campaignObjectsConcurrencyMax);
    files.push(
      ...(await Promise.all(
        some.map(({ batchKey }) => getJson<DeliveryProgress>(archive, progressKey(batchKey))),
      )),
    );
  }
  return files;
};

/** The batches that the freeze wrote. */
export const frozenBatches = async (
  { campaignId, runId, phase }: RunPhaseId,
  archive: ObjectStore,
): Promise<readonly BatchEntry[]> => {
  const batches = await getJson<readonly BatchEntry[]>(archive, batchesKey(campaignId, runId, phase));
  if (batches === undefined) {
    throw new Error(`${campaignId} ${runId} ${phase} has no batches: it was never frozen to the end`);
  }
  return batches;
};

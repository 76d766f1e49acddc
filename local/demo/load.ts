// The simulated market goes in as a shop's data would: its catalogue through the bulk import, its year of events
// through the capture endpoint, learner by learner, gzip batches near the limits.

import type { LocalHost } from '../host.ts';
import { createCaptureClient } from '../import/capture-client.ts';
import { importItems } from '../import/items.ts';
import { learnerHistory } from '../market/history.ts';
import type { Market } from '../market/market.ts';

export interface Loaded {
  readonly items: number;
  readonly events: number;
  readonly seconds: number;
  /** Learners with at least one order: those the campaign addresses. */
  readonly buyers: readonly string[];
}

const progressEveryMs = 2_000;

export const loadMarket = async (
  host: LocalHost,
  market: Market,
  log: (line: string) => void,
): Promise<Loaded> => {
  const startedMs = performance.now();
  const items = market.items.map(({ vector: _vector, popularity: _popularity, ...item }) => ({
    ...item,
    attributes: { url: `https://learn.example/${item.itemId}` },
  }));
  await importItems({ apiUrl: host.apiUrl, adminKey: host.keys.admin }, items);
  const buyers: string[] = [];
  let shownMs = performance.now();
  let refusal: string | undefined;
  const client = createCaptureClient(
    { apiUrl: host.apiUrl, writeKey: host.keys.write },
    {
      onRefused: ({ code, message }) => {
        refusal = `${code}: ${message}`;
      },
      onAcknowledged: (acknowledged) => {
        if (performance.now() - shownMs < progressEveryMs) return;
        shownMs = performance.now();
        log(`  ${acknowledged.toLocaleString('en-US')} events captured, ${rate(acknowledged, startedMs)}/s`);
      },
    },
  );
  for (const learner of market.learners) {
    const { messages, ordersCount } = learnerHistory(market, learner);
    if (ordersCount > 0) buyers.push(learner.customerId);
    for (const message of messages) await client.add(message);
  }
  await client.flush();
  if (refusal !== undefined) {
    throw new Error(
      `capture refused ${client.counts.refused} of the market's events, the last for ${refusal}`,
    );
  }
  const seconds = (performance.now() - startedMs) / 1000;
  log(
    `  ${client.counts.added.toLocaleString('en-US')} events captured, ${rate(client.counts.added, startedMs)}/s`,
  );
  return { items: items.length, events: client.counts.added, seconds, buyers };
};

const rate = (count: number, sinceMs: number): string =>
  Math.round((count / Math.max(1, performance.now() - sinceMs)) * 1000).toLocaleString('en-US');

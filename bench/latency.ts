// How long one answer takes in one thread: `npm run bench -- latency [--model als] [--params JSON] [--items 100000]
// [--events 30] [--rounds 300] [--json]`.
// The model is trained on synthetic interactions, briefly: what is measured does not depend on what it learned. Each
// answer begins with ids and ends with ids: a history of events is folded in, what the customer owns is excluded, and a
// function accepts 9 items of 10. Warm: the first tenth of the rounds is not counted. Milliseconds.

import { parseArgs } from 'node:util';
import { customerId, type ItemId, itemId } from '../lib/base/ids.ts';
import { type Random, seededRandom } from '../lib/base/random.ts';
import type { Interactions } from '../lib/dataset/interaction.ts';
import { createRecommender, plainTools, recipeOf } from '../lib/recommenders/models.ts';
import type { Recommender } from '../lib/recommenders/recommender.ts';
import { countOf } from './counts.ts';
import { paramsIn } from './ranking-options.ts';

const customersCount = 138_000;
const interactionsPerCustomer = 40;
const n = 20;

interface Row {
  readonly answer: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly worstMs: number;
  /** Mean of the processor's time: what other processes take does not count. */
  readonly cpuMs: number;
}

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: 'als' },
      params: { type: 'string', default: '{"factors":64}' },
      items: { type: 'string', default: '100000' },
      events: { type: 'string', default: '30' },
      rounds: { type: 'string', default: '300' },
      json: { type: 'boolean', default: false },
    },
  });
  const recipe = recipeOf(values.model, paramsIn(values.params));
  const items = Array.from({ length: countOf('items', values.items) }, (_, item) => itemId(`item-${item}`));
  const random = seededRandom('latency');
  const recommender = createRecommender(recipe, { ...plainTools, progress: () => {} });
  recommender.fit(synthetic(items, random), new Map(), 0);
  const rows = latencies(
    recommender,
    items,
    random,
    countOf('events', values.events),
    countOf('rounds', values.rounds),
  );
  if (values.json) {
    console.log(JSON.stringify({ recipe, items: items.length, rows }));
    return;
  }
  console.log(`${recipe.model}, ${items.length} items, ${JSON.stringify(recipe.params)}, one thread, ms`);
  console.log('answer                  median    p95  worst    CPU');
  for (const { answer, medianMs, p95Ms, worstMs, cpuMs } of rows) {
    const cells = [medianMs, p95Ms, worstMs, cpuMs].map((ms) => ms.toFixed(2).padStart(7)).join('');
    console.log(`${answer.padEnd(23)}${cells}`);
  }
};

/** Popular items are taken more often: rank = items × u³. */
const synthetic = (items: readonly ItemId[], random: Random): Interactions => {
  const rows = customersCount * interactionsPerCustomer;
  return {
    customers: Array.from({ length: customersCount }, (_, customer) => customerId(`customer-${customer}`)),
    items,
    customerIndex: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / interactionsPerCustomer)),
    itemIndex: Int32Array.from({ length: rows }, () => Math.floor(items.length * random.next() ** 3)),
    value: new Float32Array(rows).fill(1),
    atMs: new Float64Array(rows),
    type: new Uint8Array(rows),
  };
};

const latencies = (
  recommender: Recommender,
  items: readonly ItemId[],
  random: Random,
  eventsCount: number,
  rounds: number,
): readonly Row[] => {
  const hidden = new Set<string>(items.filter((_, item) => item % 10 === 9));
  const accept = (id: ItemId): boolean => !hidden.has(id);
  const drawn = (count: number): ItemId[] =>
    Array.from({ length: count }, () => items[Math.floor(items.length * random.next() ** 3)]);
  const someone = () => customerId(`customer-${random.int(customersCount)}`);
  return [
    timed(`fold-in, top ${n}`, rounds, () => {
      const history = drawn(eventsCount);
      const events = history.map((id) => ({ itemId: id, value: 1, atMs: 0 }));
      const exclude = new Set<string>(history);
      return () => recommender.foldIn(events, n, { exclude, accept });
    }),
    timed(`recommend, top ${n}`, rounds, () => {
      const id = someone();
      return () => recommender.recommend(id, n, { excludeHistory: true, accept });
    }),
    timed(`similar items, ${n}`, rounds, () => {
      const [id] = drawn(1);
      return () => recommender.similarItems(id, n);
    }),
    timed(`similar customers, ${n}`, rounds, () => {
      const id = someone();
      return () => recommender.similarCustomers(id, n);
    }),
  ];
};

/** `prepare` is not timed; what it returns is. */
const timed = (answer: string, rounds: number, prepare: () => () => readonly unknown[]): Row => {
  const warm = Math.ceil(rounds / 10);
  const ms: number[] = [];
  let cpuMs = 0;
  for (let round = -warm; round < rounds; round++) {
    const run = prepare();
    const before = process.cpuUsage();
    const startMs = performance.now();
    const found = run();
    const tookMs = performance.now() - startMs;
    if (found.length !== n) {
      throw new Error(`latency: ${answer} answered ${found.length}`);
    }
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) {
      ms.push(tookMs);
      cpuMs += (user + system) / 1000 / rounds;
    }
  }
  ms.sort((a, b) => a - b);
  const at = (share: number): number => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))];
  return { answer, medianMs: at(0.5), p95Ms: at(0.95), worstMs: at(1), cpuMs };
};

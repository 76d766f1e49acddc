// One learner's past: the messages an app would have sent from joining to the market's endMs, in order of time, and
// what is owned at the end. About 30 messages a learner. Drawn from the learner's own stream: any learner's history
// can be had alone, and is the same each time. One learner in ten looks around anonymously before the identify.

import { type Random, seededRandom } from '../../lib/base/random.ts';
import type { MarketItem } from './items.ts';
import type { Learner, Market } from './market.ts';
import {
  added,
  completed,
  type Draft,
  identified,
  type Message,
  type OrderLine,
  ordered,
  orderValue,
  refunded,
  renewed,
  started,
  tracked,
  viewed,
} from './messages.ts';

export interface LearnerHistory {
  readonly messages: readonly Message[];
  /** Item → time of the latest purchase that was not refunded. */
  readonly owned: ReadonlyMap<string, number>;
  readonly ordersCount: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export const learnerHistory = (market: Market, learner: Learner): LearnerHistory => {
  const random = seededRandom(`history/${market.seed}/${learner.customerId}`);
  const drafts: Draft[] = [];
  const owned = new Map<string, number>();
  const firstOrderMs = learner.hasBought
    ? learner.joinedMs + random.next() * 2 * dayMs
    : Number.POSITIVE_INFINITY;
  visits(market, learner, random, drafts);
  renewals(market, learner, drafts, owned);
  let ordersCount = learner.membership ? 1 : 0;
  // Somebody who joined for a membership need not buy anything else.
  for (let atMs = firstOrderMs; atMs < market.endMs; atMs += wait(random, learner)) {
    ordersCount++;
    order(market, learner, random, `o-${learner.customerId}-${ordersCount}`, atMs, drafts, owned);
  }
  drafts.sort((a, b) => a.atMs - b.atMs);
  return {
    messages: toMessages(
      learner,
      random,
      drafts.filter(({ atMs }) => atMs <= market.endMs),
    ),
    owned,
    ordersCount,
  };
};

const wait = (random: Random, learner: Learner): number =>
  (-Math.log(1 - random.next()) / learner.ordersPerDay) * dayMs;

const visits = (market: Market, learner: Learner, random: Random, drafts: Draft[]): void => {
  const choice = market.choiceFor(learner);
  const between = (): number => (-Math.log(1 - random.next()) / learner.visitsPerDay) * dayMs;
  for (let atMs = learner.joinedMs; atMs < market.endMs; atMs += between()) {
    const looks = 1 + random.int(3);
    for (let look = 0; look < looks; look++) {
      const item = choice.view(random);
      const viewMs = atMs + look * 3 * 60_000;
      drafts.push(viewed(item, viewMs));
      if (random.next() < 0.06) drafts.push(added(item, viewMs + 60_000));
    }
  }
};

const renewals = (market: Market, learner: Learner, drafts: Draft[], owned: Map<string, number>): void => {
  const { membership } = learner;
  const item = membership && market.itemsById.get(membership.itemId);
  if (!membership || !item) return;
  const stepMs = membership.days * dayMs;
  for (let period = 0; membership.startMs + period * stepMs < market.endMs; period++) {
    const atMs = membership.startMs + period * stepMs;
    const orderId = `m-${learner.customerId}-${period + 1}`;
    drafts.push(
      period === 0 ? ordered(orderId, [{ item, quantity: 1 }], atMs) : renewed(orderId, item, atMs),
    );
    owned.set(item.itemId, atMs);
  }
};

const order = (
  market: Market,
  learner: Learner,
  random: Random,
  orderId: string,
  atMs: number,
  drafts: Draft[],
  owned: Map<string, number>,
): void => {
  const lines = basket(market, learner, random, owned, atMs);
  if (lines.length === 0) return;
  for (const { item } of lines) {
    drafts.push(viewed(item, atMs - 20 * 60_000), added(item, atMs - 10 * 60_000));
  }
  drafts.push(ordered(orderId, lines, atMs));
  const isRefunded = random.next() < 0.03;
  const refundMs = atMs + dayMs * (0.5 + 6 * random.next());
  for (const { item } of lines) {
    use(random, item, atMs, drafts);
    if (!isRefunded || refundMs > market.endMs) owned.set(item.itemId, atMs);
  }
  if (isRefunded) drafts.push(refunded(orderId, orderValue(lines), lines[0].item.currency, refundMs));
};

/** One item, or two in a fifth of the orders. */
export const basket = (
  market: Market,
  learner: Learner,
  random: Random,
  owned: ReadonlyMap<string, number>,
  atMs: number,
): OrderLine[] => {
  const choice = market.choiceFor(learner);
  const first = choice.buy(random, owned, atMs);
  const wantsSecond = random.next() < 0.2;
  const second: MarketItem | undefined = wantsSecond ? choice.buy(random, owned, atMs) : undefined;
  return [first, second === first ? undefined : second].flatMap((item) =>
    item ? [{ item, quantity: 1 }] : [],
  );
};

const use = (random: Random, item: MarketItem, atMs: number, drafts: Draft[]): void => {
  const startsMs = atMs + random.next() * 5 * dayMs + hourMs;
  const completesMs = startsMs + (3 + 30 * random.next()) * dayMs;
  const draw = random.next();
  if (item.kind !== 'course' || draw > 0.8) return;
  drafts.push(started(item, startsMs));
  if (draw < 0.4) drafts.push(completed(item, completesMs));
};

const toMessages = (learner: Learner, random: Random, drafts: readonly Draft[]): Message[] => {
  const isAnonymousFirst = random.next() < 0.1;
  const anonymousId = `anon-${learner.customerId}`;
  // Identified at the first message, or after the second when looking around came first.
  const identifyAt = isAnonymousFirst ? Math.min(2, drafts.length) : 0;
  const firstMs = Math.min(learner.joinedMs, drafts[0]?.atMs ?? learner.joinedMs);
  const identifyMs = drafts[identifyAt - 1]?.atMs ?? firstMs;
  const id = (number: number): string => `${learner.customerId}-${number}`;
  const user = { userId: learner.customerId };
  const tracks = drafts.map((draft, index) =>
    tracked(draft, id(index + 1), index < identifyAt ? { anonymousId } : user),
  );
  const identify = identified(learner, id(0), identifyMs, isAnonymousFirst ? anonymousId : undefined);
  return [...tracks.slice(0, identifyAt), identify, ...tracks.slice(identifyAt)];
};

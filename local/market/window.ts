// A campaign's window: what learners do in it, and what is known to be true of it (the model is in market.ts).
// A day's chance of an order is 1 − exp(−λ), λ raised while an opened mail works; a membership renews when due.
// Truth: P(any order in W days | action) = 1 − (1 − r)·((1 − o)·exp(−λ₀W) + o·exp(−λ₁·min(W, 30) − λ₀·max(0, W − 30)))
//   with o the chance to open, r the chance of a renewal falling due and paid. The same numbers drive `behaveDay`, so
//   simulated rates converge to it. It holds for mails delivered on day 0; a delivered mail acts from that day on.
// Orders of a day fall into its second half (12:00 to 23:30 after the day's start): a mail may wait for quiet hours.

import { type Random, seededRandom } from '../../lib/base/random.ts';
import { basket, learnerHistory } from './history.ts';
import { effectDays, type Learner, type Market, type MarketAction } from './market.ts';
import { type OrderLine, orderValue } from './messages.ts';

/** What reached the learner: a coupon counts as known only once its mail was delivered. */
export interface Treatment {
  readonly action: Exclude<MarketAction, 'none'>;
  readonly deliveredDay: number;
}

export interface WindowOrder {
  readonly at: number;
  readonly lines: readonly OrderLine[];
  /** Before any discount. */
  readonly listValue: number;
  readonly usesCoupon: boolean;
  readonly isRenewal: boolean;
}

/** A learner on the way through one window; `behaveDay` moves it on. */
export interface LearnerWindow {
  readonly learner: Learner;
  readonly startMs: number;
  readonly owned: Map<string, number>;
  readonly random: Random;
  opened?: boolean;
  respondedOn?: number;
  renewalDueMs?: number;
}

const dayMs = 86_400_000;

/** Share that a simulated 20% coupon takes off; the demonstration's campaign offers the same. */
export const couponShare = 0.2;

export const openWindow = (
  market: Market,
  learner: Learner,
  startMs: number,
  seed: string | number,
): LearnerWindow => ({
  learner,
  startMs,
  owned: new Map(learnerHistory(market, learner).owned),
  random: seededRandom(`window/${market.seed}/${seed}/${learner.customerId}`),
  ...(learner.membership && { renewalDueMs: learner.membership.renewal.dueMs }),
});

/** The orders of one day (0, 1, 2, …); call it once for each day, in order. */
export const behaveDay = (
  market: Market,
  window: LearnerWindow,
  day: number,
  treatment: Treatment | undefined,
): WindowOrder[] => {
  const orders: WindowOrder[] = [];
  const renewal = renewalOf(market, window, day);
  if (renewal) orders.push(renewal);
  const { learner, random } = window;
  if (treatment && window.opened === undefined && day >= treatment.deliveredDay) {
    window.opened = random.next() < learner.openProbability;
  }
  const works = treatment !== undefined && isWorking(window, treatment, day);
  const rate = works ? treatedRate(learner, treatment.action) : learner.ordersPerDay;
  if (random.next() < 1 - Math.exp(-rate)) {
    const at = Math.round(window.startMs + (day + 0.5 + 0.47 * random.next()) * dayMs);
    const lines = basket(market, learner, random, window.owned, at);
    for (const { item } of lines) window.owned.set(item.itemId, at);
    if (lines.length > 0) {
      orders.push({
        at,
        lines,
        listValue: orderValue(lines),
        usesCoupon: works && treatment.action === 'coupon',
        isRenewal: false,
      });
      if (works) window.respondedOn = day;
    }
  }
  return orders;
};

const isWorking = (window: LearnerWindow, treatment: Treatment, day: number): boolean =>
  window.opened === true && window.respondedOn === undefined && day < treatment.deliveredDay + effectDays;

const renewalOf = (market: Market, window: LearnerWindow, day: number): WindowOrder | undefined => {
  const { learner, startMs, renewalDueMs, random } = window;
  const { membership } = learner;
  const item = membership && market.itemsById.get(membership.itemId);
  if (!membership || !item || renewalDueMs === undefined) return undefined;
  if (renewalDueMs < startMs + day * dayMs || renewalDueMs >= startMs + (day + 1) * dayMs) return undefined;
  if (random.next() >= membership.renewal.probability) {
    window.renewalDueMs = undefined;
    return undefined;
  }
  window.renewalDueMs = renewalDueMs + membership.days * dayMs;
  window.owned.set(item.itemId, renewalDueMs);
  const lines = [{ item, quantity: 1 }];
  return { at: renewalDueMs, lines, listValue: item.price, usesCoupon: false, isRenewal: true };
};

/** λ₁: the rate at which an opened mail's 30-day chance comes true. */
const treatedRate = (learner: Learner, action: Exclude<MarketAction, 'none'>): number => {
  const base = 1 - Math.exp(-learner.ordersPerDay * effectDays);
  const treated = Math.min(0.97, Math.max(0, base + learner.effects[action]));
  return -Math.log(1 - treated) / effectDays;
};

/** P(at least one order within windowDays of startMs | action), its mail delivered on day 0. */
export const orderProbability = (
  market: Market,
  learner: Learner,
  windowDays: number,
  action: MarketAction,
  startMs = market.endMs,
): number => {
  const base = Math.exp(-learner.ordersPerDay * windowDays);
  const works = Math.min(windowDays, effectDays);
  const noOrder =
    action === 'none'
      ? base
      : (1 - learner.openProbability) * base +
        learner.openProbability *
          Math.exp(-treatedRate(learner, action) * works - learner.ordersPerDay * (windowDays - works));
  const renewal = learner.membership?.renewal;
  const endMs = startMs + windowDays * dayMs;
  const falls = renewal !== undefined && renewal.dueMs >= startMs && renewal.dueMs < endMs;
  return 1 - noOrder * (falls ? 1 - renewal.probability : 1);
};

/** Average over customers of P(order | action) − P(order | nothing). */
export const trueEffect = (
  market: Market,
  customerIds: Iterable<string>,
  windowDays: number,
  action: MarketAction,
  startMs = market.endMs,
): number => {
  let sum = 0;
  let count = 0;
  for (const id of customerIds) {
    const learner = learnerOf(market, id);
    const chance = (what: MarketAction): number =>
      orderProbability(market, learner, windowDays, what, startMs);
    sum += chance(action) - chance('none');
    count++;
  }
  if (count === 0) throw new Error('trueEffect: no customers given');
  return sum / count;
};

/** A whole campaign's window in memory: every mail is delivered on day 0. Orders by customer, in order of time. */
export const simulateWindow = (
  market: Market,
  assignments: ReadonlyMap<string, MarketAction>,
  startMs: number,
  windowDays: number,
  seed: string | number,
): Map<string, { readonly at: number; readonly value: number }[]> => {
  const orders = new Map<string, { readonly at: number; readonly value: number }[]>();
  for (const [id, action] of assignments) {
    const window = openWindow(market, learnerOf(market, id), startMs, seed);
    const treatment = action === 'none' ? undefined : { action, deliveredDay: 0 };
    const made: { readonly at: number; readonly value: number }[] = [];
    for (let day = 0; day < windowDays; day++) {
      for (const { at, listValue, usesCoupon } of behaveDay(market, window, day, treatment)) {
        made.push({ at, value: usesCoupon ? listValue * (1 - couponShare) : listValue });
      }
    }
    orders.set(id, made);
  }
  return orders;
};

const learnerOf = (market: Market, id: string): Learner => {
  const learner = market.learnersById.get(id);
  if (!learner) throw new Error(`the market has no learner ${id}`);
  return learner;
};

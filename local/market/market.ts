// A simulated market of paid knowledge, seeded and in memory: what it knows for certain, an experiment must find.
// Nothing here is learned from real customers. All of it follows from the seed; money is USD, times ms since 1970.
//
// Taste. Items and learners have vectors in R^8 (subjects share their area's direction). A learner picks item j of
//   the own language (Chinese readers of English ones too, at a tenth of the weight) with P(j) ∝ exp(2.6·⟨taste, item⟩ + popularity_j);
//   who owns a part of a series buys its next part with probability 0.35 and else by taste. choice.ts
// Purchases. Orders come at a constant rate λ per day (exponential over learners), so a learner orders within
//   W days with 1 − exp(−λW). A membership renews at its due time with the probability `renewal.probability`.
// Mails. A learner opens a delivered mail with `openProbability`. An opened one moves the 30-day chance p of an
//   order (renewals apart) to p + effect, until the first such order or for 30 days: rate −ln(1 − p − effect)/30.
//   Effects differ: many are zero, a few negative; students respond to coupons more often. A coupon never opened
//   changes nothing and is never used; whoever orders with an opened, unexpired coupon uses it.
// Known truth, therefore exact (window.ts): P(any order in W | action), and its difference between actions.

import { type Random, seededRandom } from '../../lib/base/random.ts';
import { choiceOf, type ItemChoice } from './choice.ts';
import { type MarketItem, makeItems } from './items.ts';
import { learnerName } from './names.ts';
import { mixed, type Vector } from './vectors.ts';

export type MarketAction = 'none' | 'coupon' | 'reminder';
export type MarketLanguage = 'en' | 'zh-CN';

export interface MarketOptions {
  /** Default 2,000. */
  readonly learners?: number;
  /** Items of every kind, at most 300, which is the default. */
  readonly courses?: number;
  /** Default 365. */
  readonly historyDays?: number;
  /** Where the history ends and the campaign window begins. */
  readonly endMs: number;
}

export interface Learner {
  readonly customerId: string;
  readonly email: string;
  readonly name: string;
  readonly language: MarketLanguage;
  readonly timeZone: string;
  readonly occupation: 'student' | 'professional' | 'teacher' | 'retired';
  /** First day of the learner's history. */
  readonly joinedMs: number;
  /** False: has looked around, and never bought anything before endMs. */
  readonly hasBought: boolean;
  readonly taste: Vector;
  /** λ: orders a day without any action, renewals apart. */
  readonly ordersPerDay: number;
  /** Visits without buying, a day. */
  readonly visitsPerDay: number;
  readonly openProbability: number;
  /** Added to the 30-day order probability once the mail was opened. */
  readonly effects: { readonly [action in Exclude<MarketAction, 'none'>]: number };
  readonly membership?: Membership;
}

export interface Membership {
  readonly itemId: string;
  readonly startMs: number;
  readonly days: number;
  /** First renewal that comes due after endMs, and the chance that the learner pays it. */
  readonly renewal: { readonly dueMs: number; readonly probability: number };
}

export interface Market {
  readonly seed: string;
  readonly items: readonly MarketItem[];
  readonly itemsById: ReadonlyMap<string, MarketItem>;
  readonly learners: readonly Learner[];
  readonly learnersById: ReadonlyMap<string, Learner>;
  readonly startMs: number;
  readonly endMs: number;
  /** Probabilities over items, kept once computed. */
  choiceFor(learner: Learner): ItemChoice;
}

export const currency = 'USD';
export const effectDays = 30;
const dayMs = 86_400_000;

export const createMarket = (seed: string | number, options: MarketOptions): Market => {
  const random = seededRandom(`market/${seed}`);
  const { learners: count = 2_000, courses = 300, historyDays = 365, endMs } = options;
  const startMs = endMs - historyDays * dayMs;
  const items = makeItems(random.fork('items'), courses, startMs, endMs);
  const learners = Array.from({ length: count }, (_, index) =>
    makeLearner(index, random.fork(`learner-${index}`), items, startMs, endMs),
  );
  const choices = new Map<string, ItemChoice>();
  return {
    seed: String(seed),
    items,
    itemsById: new Map(items.map((item) => [item.itemId, item])),
    learners,
    learnersById: new Map(learners.map((learner) => [learner.customerId, learner])),
    startMs,
    endMs,
    choiceFor: (learner) => {
      const known = choices.get(learner.customerId) ?? choiceOf(learner, items);
      choices.set(learner.customerId, known);
      return known;
    },
  };
};

const makeLearner = (
  index: number,
  random: Random,
  items: readonly MarketItem[],
  startMs: number,
  endMs: number,
): Learner => {
  const language: MarketLanguage = random.next() < 0.6 ? 'en' : 'zh-CN';
  const number = String(index + 1).padStart(4, '0');
  const occupation = pick(random, [
    'student',
    'student',
    'professional',
    'professional',
    'professional',
    'teacher',
    'retired',
  ] as const);
  // Nobody joins in the last five days, so that every learner can have behaved at least once.
  const joinedMs = startMs + random.next() * (endMs - startMs - 5 * dayMs);
  const ordersPerDay = Math.min(0.03, -Math.log(1 - random.next()) * meanOrdersPerDay);
  const held = membershipOf(random, items, language, joinedMs, endMs);
  return {
    customerId: `learner-${number}`,
    email: `learner-${number}@example.com`,
    name: learnerName(random, language),
    language,
    timeZone: pick(random, timeZones[language]),
    occupation,
    joinedMs,
    hasBought: held !== undefined || random.next() < 0.93,
    taste: mixed(
      random,
      items.map((item) => item.vector),
    ),
    ordersPerDay,
    visitsPerDay: 0.012 + 0.038 * -Math.log(1 - random.next()),
    openProbability: 0.4 + 0.5 * random.next(),
    effects: { coupon: couponEffect(random, occupation), reminder: reminderEffect(random) },
    ...(held && { membership: held }),
  };
};

/** Mean of the exponential distribution of λ: about 11% order within 30 days. */
const meanOrdersPerDay = 0.0042;

const couponEffect = (random: Random, occupation: Learner['occupation']): number => {
  const kind = random.next();
  const size = random.next();
  const responds = occupation === 'student' ? 0.7 : 0.38;
  if (kind < responds) return 0.07 + 0.14 * size;
  return kind < responds + 0.1 ? -0.04 * size : 0;
};

const reminderEffect = (random: Random): number => {
  const kind = random.next();
  const size = random.next();
  if (kind < 0.3) return 0.04 + 0.08 * size;
  return kind < 0.4 ? -0.03 * size : 0;
};

const membershipOf = (
  random: Random,
  items: readonly MarketItem[],
  language: MarketLanguage,
  joinedMs: number,
  endMs: number,
): Membership | undefined => {
  const offered = items.filter((item) => item.kind === 'membership' && item.language === language);
  const wants = random.next() < 0.05;
  const startMs = joinedMs + random.next() * Math.max(0, endMs - joinedMs - 3 * dayMs);
  const probability = 0.6 + 0.35 * random.next();
  if (!wants || offered.length === 0) return undefined;
  const { itemId, repurchase } = pick(random, offered);
  const days = repurchase.kind === 'renews' ? repurchase.days : 30;
  const periods = Math.floor((endMs - startMs) / (days * dayMs)) + 1;
  return { itemId, startMs, days, renewal: { dueMs: startMs + periods * days * dayMs, probability } };
};

const timeZones = {
  en: ['Europe/London', 'America/New_York', 'America/Los_Angeles', 'Australia/Sydney'],
  'zh-CN': ['Asia/Shanghai', 'Asia/Shanghai', 'Asia/Shanghai', 'Asia/Singapore'],
} as const;

const pick = <T>(random: Random, values: readonly T[]): T => values[random.int(values.length)];

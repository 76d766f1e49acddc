// For each strategy: parameters that it needs, and customers who belong to it or do not, with what makes the difference.
// Hand-made records over a small catalogue: a series of three parts, a book, a plan of 30 days.

import { itemId, messageId } from '../../lib/base/ids.ts';
import type { CustomerState, FreshEvent } from '../../lib/events/customer.ts';
import { dayMs, item, itemsOf, state, t0 } from './sample.ts';

export const catalogue = itemsOf(
  { ...item('part-1'), series: { id: 's', position: 1 } },
  { ...item('part-2'), series: { id: 's', position: 2 } },
  { ...item('part-3'), series: { id: 's', position: 3 } },
  item('book'),
  item('lamp'),
  item('plan', { kind: 'renews', days: 30 }),
);

export interface StrategyCase {
  readonly parameters?: object;
  readonly belongs: { readonly [who: string]: Partial<CustomerState> };
  readonly doesNot: { readonly [who: string]: Partial<CustomerState> };
}

const did = (type: FreshEvent['type'], id: string, daysAgo: number): FreshEvent => ({
  messageId: messageId(`${type}-${id}-${daysAgo}`),
  type,
  itemId: itemId(id),
  atMs: t0 - daysAgo * dayMs,
});

const ordered = (...daysAgo: readonly number[]): CustomerState['orders'] =>
  Object.fromEntries(
    daysAgo.map((days) => [`o-${days}`, { atMs: t0 - days * dayMs, value: 10, refundedValue: 0 }]),
  );
const owns = (id: string, daysAgo: number): CustomerState['owned'] => ({
  [id]: { purchasedAtMs: t0 - daysAgo * dayMs },
});
const refunded: CustomerState['orders'] = { o: { atMs: t0 - dayMs, value: 10, refundedValue: 10 } };

const buyers = {
  belongs: { 'a buyer': { orders: ordered(50) } },
  doesNot: {
    'one who only looked': { events: [did('view', 'book', 1)] },
    'one who gave all back': { orders: refunded },
  },
};
const firstTime = {
  belongs: { 'a first-time buyer': { orders: ordered(0) } },
  doesNot: {
    'one who never ordered': {},
    'one who ordered twice': { orders: ordered(0, 40) },
    'one whose only order was refunded': { orders: refunded },
  },
};

export const strategyCases: { readonly [name: string]: StrategyCase } = {
  'welcome-second-purchase': firstTime,
  'coupon-after-first-purchase': firstTime,
  'abandoned-cart': {
    belongs: { 'one with a full cart': { events: [did('cart', 'book', 0)] } },
    doesNot: {
      'one who bought it': { events: [did('cart', 'book', 1)], owned: owns('book', 0) },
      'one who only looked': { events: [did('view', 'book', 0)] },
      'one whose cart is a month old': { events: [did('cart', 'book', 31)] },
    },
  },
  'abandoned-view': {
    belongs: { 'one who looked': { events: [did('view', 'book', 0)] } },
    doesNot: {
      'one who bought it': { events: [did('view', 'book', 1)], owned: owns('book', 0) },
      'one with something in the cart': { events: [did('view', 'book', 0), did('cart', 'lamp', 1)] },
      'one who did nothing': {},
    },
  },
  'next-in-series': {
    belongs: {
      'one who completed part 1': { events: [did('complete', 'part-1', 0)], owned: owns('part-1', 20) },
    },
    doesNot: {
      'one who completed the last part': { events: [did('complete', 'part-3', 0)] },
      'one who completed what has no series': { events: [did('complete', 'book', 0)] },
    },
  },
  'what-to-learn-next': {
    belongs: {
      'one who completed the last part': { events: [did('complete', 'part-3', 0)] },
      'one who completed what has no series': { events: [did('complete', 'book', 0)] },
    },
    doesNot: { 'one who completed part 1': { events: [did('complete', 'part-1', 0)] } },
  },
  'renewal-reminder': {
    belongs: { 'one whose plan ends in 5 days': { owned: owns('plan', 25) } },
    doesNot: {
      'one whose plan ends in 10 days': { owned: owns('plan', 20) },
      'one whose plan has ended': { owned: owns('plan', 31) },
      'one with a book': { owned: owns('book', 25) },
      'one who got the money back': {
        owned: { plan: { purchasedAtMs: t0 - 25 * dayMs, refundedAtMs: t0 - 24 * dayMs } },
      },
    },
  },
  'win-back': {
    belongs: { 'one who last ordered 180 days ago': { orders: ordered(180, 300) } },
    doesNot: {
      'one who ordered 179 days ago': { orders: ordered(179, 300) },
      'one who never ordered': {},
    },
  },
  'limited-time-offer': buyers,
  'free-chapter': {
    parameters: { contentTitle: 'How to begin', contentUrl: 'https://shop.example/free' },
    belongs: { 'a quiet buyer': { orders: ordered(30) } },
    doesNot: { 'one who ordered lately': { orders: ordered(29) }, 'one who never ordered': {} },
  },
  bundle: {
    parameters: { itemIds: ['book', 'lamp'] },
    belongs: { 'a buyer who has neither': { orders: ordered(50), owned: owns('part-1', 50) } },
    doesNot: {
      'a buyer who has one of them': { orders: ordered(50), owned: owns('lamp', 50) },
      'one who never ordered': {},
    },
  },
  referral: {
    belongs: { 'one who ordered twice': { orders: ordered(5, 50) } },
    doesNot: { 'one who ordered once': { orders: ordered(5) } },
  },
};

export const stateOf = (change: Partial<CustomerState>): CustomerState => state(change);

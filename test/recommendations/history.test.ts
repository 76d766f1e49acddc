import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import type { CustomerState } from '../../lib/events/customer.ts';
import { behaviourOf, historyOf } from '../../lib/recommendations/history.ts';
import { state } from './scene.ts';

const rows = (given: CustomerState) =>
  behaviourOf(given).map(({ itemId: id, type, value, atMs }) => [id, type, value, atMs]);

describe('behaviour', () => {
  it('is every event with its kind, weight and time, newest first; impressions and ratings are none', () => {
    const given = state([
      ['rate', 'c', 9],
      ['complete', 'a', 8],
      ['impression', 'b', 7],
      ['view', 'a', 5],
    ]);
    expect(rows(given)).toEqual([
      ['a', 'complete', 0.8, 8],
      ['a', 'view', 0.15, 5],
    ]);
  });

  it('has each purchase once, those that the events have forgotten too', () => {
    const given = state(
      [
        ['purchase', 'tea', 9],
        ['purchase', 'tea', 5],
      ],
      { tea: { purchasedAtMs: 9 }, old: { purchasedAtMs: 1 } },
    );
    expect(rows(given)).toEqual([
      ['tea', 'purchase', 1, 9],
      ['tea', 'purchase', 1, 5],
      ['old', 'purchase', 1, 1],
    ]);
    expect(historyOf(given).get(itemId('tea'))).toMatchObject({ involvement: 'bought', weight: 2, atMs: 9 });
  });

  it('has no purchase that was refunded, and those since', () => {
    const events = [
      ['purchase', 'tea', 9],
      ['purchase', 'tea', 5],
    ] as const;
    expect(rows(state(events, { tea: { purchasedAtMs: 9, refundedAtMs: 10 } }))).toEqual([]);
    expect(rows(state(events, { tea: { purchasedAtMs: 9, refundedAtMs: 6 } }))).toEqual([
      ['tea', 'purchase', 1, 9],
    ]);
  });

  it('has nothing of what was taken out of the cart again', () => {
    const given = state([
      ['cart', 'cup', 9],
      ['removal', 'tea', 7],
      ['cart', 'tea', 5],
    ]);
    expect(rows(given)).toEqual([['cup', 'cart', 0.5, 9]]);
  });
});

import { describe, expect, it } from 'vitest';
import type { RepurchaseRule } from '../../lib/events/item.ts';
import { mayBuy } from '../../lib/recommendations/eligibility.ts';

const dayMs = 86_400_000;
const boughtMs = Date.UTC(2026, 0, 1);
const owned = { purchasedAtMs: boughtMs };
const onDay = (days: number): number => boughtMs + days * dayMs;

describe('an item that is owned', () => {
  it.each<[string, RepurchaseRule, number, boolean]>([
    ['once: never again', { kind: 'once' }, 10_000, false],
    ['once: not a second after its purchase', { kind: 'once' }, 1 / 86_400, false],
    ['consumable: at any time', { kind: 'consumable' }, 0, true],
    ['expires: not before its end', { kind: 'expires', days: 30 }, 29.999, false],
    ['expires: from its end', { kind: 'expires', days: 30 }, 30, true],
    ['renews yearly: not 15 days before its end', { kind: 'renews', days: 365 }, 350, false],
    ['renews yearly: from 14 days before its end', { kind: 'renews', days: 365 }, 351, true],
    ['renews yearly: after its end', { kind: 'renews', days: 365 }, 400, true],
    ['renews weekly: not in its first half', { kind: 'renews', days: 7 }, 3.4, false],
    ['renews weekly: from its half', { kind: 'renews', days: 7 }, 3.5, true],
  ])('%s', (_, rule, day, expected) => {
    expect(mayBuy(rule, owned, onDay(day))).toBe(expected);
  });

  it('is not owned once refunded, and owned again when bought anew', () => {
    const once: RepurchaseRule = { kind: 'once' };
    expect(mayBuy(once, { purchasedAtMs: boughtMs, refundedAtMs: boughtMs + 1 }, onDay(1))).toBe(true);
    expect(mayBuy(once, { purchasedAtMs: boughtMs + 2, refundedAtMs: boughtMs + 1 }, onDay(1))).toBe(false);
    expect(mayBuy(once, undefined, onDay(1))).toBe(true);
  });
});

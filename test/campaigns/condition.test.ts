import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageId } from '../../lib/base/ids.ts';
import type { Condition, FactCondition } from '../../lib/campaigns/condition.ts';
import { checkCondition } from '../../lib/campaigns/condition-check.ts';
import { evaluateCondition, explainCondition } from '../../lib/campaigns/evaluate.ts';
import { customerFacts } from '../../lib/campaigns/facts.ts';
import { becomesDue, holdings } from '../../lib/campaigns/holdings.ts';
import type { CustomerState, FreshEvent } from '../../lib/events/customer.ts';
import type { Json } from '../../lib/events/event.ts';
import { dayMs, item, itemsOf, profile, state, t0 } from './sample.ts';

const factsOf = (facts: { readonly [fact: string]: Json }) => (name: string) => facts[name];

const comparison: fc.Arbitrary<FactCondition> = fc.oneof(
  fc.record({
    fact: fc.constantFrom('orders', 'spend', 'trait.age'),
    op: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
    value: fc.integer({ min: -2, max: 3 }),
  }),
  fc.record({
    fact: fc.constantFrom('orders', 'owns', 'trait.age'),
    op: fc.constantFrom('present', 'absent'),
  }),
  fc.record({
    fact: fc.constant('owns'),
    op: fc.constant('contains' as const),
    value: fc.constantFrom('a', 'b'),
  }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    comparison,
    fc.record({ all: fc.array(tie('condition'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}));
const facts = fc
  .record(
    {
      orders: fc.integer({ min: 0, max: 3 }),
      spend: fc.integer({ min: 0, max: 3 }),
      'trait.age': fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null)),
      owns: fc.subarray(['a', 'b', 'c']),
    },
    { requiredKeys: [] },
  )
  .map((record): { readonly [fact: string]: Json } => record);

describe('conditions', () => {
  it('obey De Morgan: not all is any not, not any is all not', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 4 }), facts, (parts, of) => {
        const nots = parts.map((part) => ({ not: part }));
        const holds = (one: Condition) => evaluateCondition(one, factsOf(of));
        expect(holds({ not: { all: parts } })).toBe(holds({ any: nots }));
        expect(holds({ not: { any: parts } })).toBe(holds({ all: nots }));
      }),
    );
  });

  it('are two-valued: exactly one of a condition and its negation holds', () => {
    fc.assert(
      fc.property(condition, facts, (one, of) => {
        expect(evaluateCondition({ not: one }, factsOf(of))).toBe(!evaluateCondition(one, factsOf(of)));
      }),
    );
  });

  it('do not depend on the order of their parts', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1 }), facts, (parts, of) => {
        const backwards = parts.toReversed();
        expect(evaluateCondition({ all: parts }, factsOf(of))).toBe(
          evaluateCondition({ all: backwards }, factsOf(of)),
        );
        expect(evaluateCondition({ any: parts }, factsOf(of))).toBe(
          evaluateCondition({ any: backwards }, factsOf(of)),
        );
      }),
    );
  });

  it('exclude one of lt and gte for every present number, and both for a missing one', () => {
    fc.assert(
      fc.property(fc.option(fc.double({ noNaN: true })), fc.double({ noNaN: true }), (actual, value) => {
        const of = factsOf(actual === null ? {} : { orders: actual });
        const lt = evaluateCondition({ fact: 'orders', op: 'lt', value }, of);
        const gte = evaluateCondition({ fact: 'orders', op: 'gte', value }, of);
        expect(Number(lt) + Number(gte)).toBe(actual === null ? 0 : 1);
      }),
    );
  });

  it('are explained comparison by comparison, and the outcomes give the whole', () => {
    fc.assert(
      fc.property(fc.array(comparison, { minLength: 1, maxLength: 5 }), facts, (parts, of) => {
        const outcomes = explainCondition({ all: parts }, factsOf(of));
        expect(outcomes.map(({ path }) => path)).toEqual(parts.map((_, index) => `all.${index}`));
        expect(outcomes.every(({ holds }) => holds)).toBe(evaluateCondition({ all: parts }, factsOf(of)));
      }),
    );
  });

  it('are accepted by the check as they are when they come from the same grammar', () => {
    fc.assert(
      fc.property(condition, (one) => {
        expect(checkCondition(one, 'audience')).toEqual({ condition: one, problems: [] });
      }),
    );
  });

  it('make a missing fact false for every operator but absent', () => {
    const none = factsOf({ owns: [], 'trait.x': null });
    for (const op of ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'present'] as const) {
      expect(evaluateCondition({ fact: 'trait.x', op, value: 1 }, none), op).toBe(false);
    }
    expect(evaluateCondition({ fact: 'trait.x', op: 'absent' }, none)).toBe(true);
    expect(evaluateCondition({ fact: 'owns', op: 'absent' }, none)).toBe(true);
  });

  it.each([
    [{ fact: 'trait.plan', op: 'in', value: ['pro', 'team'] }, 'pro', true],
    [{ fact: 'trait.plan', op: 'in', value: ['pro'] }, 'free', false],
    [{ fact: 'trait.plan', op: 'contains', value: 'ro' }, 'pro', true],
    [{ fact: 'trait.plan', op: 'eq', value: 1 }, '1', false],
    [{ fact: 'trait.plan', op: 'gt', value: '2026-01-01' }, '2026-02-01', true],
    [{ fact: 'trait.plan', op: 'gt', value: 5 }, '6', false],
    [{ fact: 'trait.plan', op: 'contains', value: true }, [true], true],
    [{ fact: 'trait.plan', op: 'in', value: ['x', 'y'] }, ['y', 'z'], true],
  ] as const)('%j on %j is %j', (one, actual, expected) => {
    expect(evaluateCondition(one, factsOf({ 'trait.plan': actual }))).toBe(expected);
  });
});

describe('the check of a condition', () => {
  it('lists every problem with its path', () => {
    const { problems } = checkCondition(
      {
        all: [
          { fact: 'order', op: 'gte', value: 1 },
          { fact: 'orders', op: 'contains', value: 1 },
          { not: { fact: 'owns', op: 'contains', value: 3 } },
          { any: [] },
          { fact: 'orders', op: 'present', value: 3 },
          { fact: 'spend', op: 'gt', value: Number.NaN, unit: 'EUR' },
          { all: [], any: [] },
          'everyone',
        ],
      },
      'audience',
    );
    expect(problems.map(({ path }) => path)).toEqual([
      'audience.all.0.fact',
      'audience.all.1.op',
      'audience.all.2.not.value',
      'audience.all.3',
      'audience.all.4.value',
      'audience.all.5',
      'audience.all.6',
      'audience.all.7',
    ]);
  });

  it('refuses more comparisons and deeper nesting than the limits', () => {
    const many = { all: Array.from({ length: 101 }, () => ({ fact: 'orders', op: 'present' })) };
    expect(checkCondition(many, 'audience').problems).toHaveLength(1);
    let deep: object = { fact: 'orders', op: 'present' };
    for (let depth = 0; depth < 10; depth++) {
      deep = { not: deep };
    }
    expect(checkCondition(deep, 'audience').problems).toHaveLength(1);
    expect(checkCondition(deep, 'audience').condition).toBeUndefined();
  });

  it('does not take inherited names for facts', () => {
    expect(checkCondition({ fact: 'constructor', op: 'present' }, 'a').problems).toHaveLength(1);
  });
});

const event = (id: string, type: FreshEvent['type'], atMs: number, of = 'x'): FreshEvent => ({
  messageId: messageId(id),
  type,
  itemId: item(of).itemId,
  atMs,
});

describe('facts', () => {
  const items = itemsOf(
    item('book', { kind: 'once' }, ['Data', 'Statistics']),
    item('plan', { kind: 'renews', days: 30 }, ['Plans']),
    item('access', { kind: 'expires', days: 90 }),
  );
  const record = {
    profile: profile('ada', {
      language: 'zh-CN',
      phone: '+3212345',
      suppressed: { sms: { reason: 'manual', atMs: 0 } },
      traits: { plan: 'pro', children: 2 },
    }),
    state: state({
      events: [event('m2', 'view', t0 - 2 * dayMs, 'x'), event('m1', 'cart', t0 - 5 * dayMs, 'y')],
      owned: {
        book: { purchasedAtMs: t0 - 200 * dayMs },
        plan: { purchasedAtMs: t0 - 29 * dayMs },
        access: { purchasedAtMs: t0 - 91 * dayMs },
        returned: { purchasedAtMs: t0 - 9 * dayMs, refundedAtMs: t0 - 8 * dayMs },
        gone: { purchasedAtMs: t0 - 9 * dayMs },
      },
      orders: {
        first: { atMs: t0 - 100.5 * dayMs, value: 80, refundedValue: 30 },
        last: { atMs: t0 - 3.9 * dayMs, value: 20, refundedValue: 0 },
        refunded: { atMs: t0 - dayMs, value: 10, refundedValue: 10 },
      },
      // A refund that names no order it belongs to: it counts against the spend all the same.
      unmatchedRefundedValue: 5,
    }),
  };
  const value = customerFacts(record, items, t0);

  it.each([
    ['orders', 2],
    ['spend', 65],
    ['daysSinceLastOrder', 3],
    ['daysSinceFirstOrder', 100],
    ['ownedItems', 3],
    ['owns', ['book', 'plan', 'gone']],
    ['ownsCategory', ['Data', 'Statistics', 'Plans']],
    ['viewed', ['x']],
    ['daysSinceLastEvent', 2],
    ['expiresInDays', 1],
    ['language', 'zh-CN'],
    ['channel', ['email', 'in-app']],
    ['trait.plan', 'pro'],
    ['trait.constructor', undefined],
  ] as const)('%s is %j', (fact, expected) => {
    expect(value(fact)).toEqual(expected);
  });

  it('are missing for a customer of whom nothing is known, counts excepted', () => {
    const unknown = customerFacts({}, items, t0);
    expect(unknown('orders')).toBe(0);
    expect(unknown('spend')).toBe(0);
    for (const fact of [
      'daysSinceLastOrder',
      'daysSinceFirstOrder',
      'daysSinceLastEvent',
      'expiresInDays',
      'language',
    ]) {
      expect(unknown(fact), fact).toBeUndefined();
    }
  });

  it('holds an expiring item up to its end and not at it', () => {
    const endsAt = t0 - 29 * dayMs + 30 * dayMs;
    const heldAt = (atMs: number) => holdings(record.state, items, atMs).map(({ itemId }) => String(itemId));
    expect(heldAt(endsAt - 1)).toContain('plan');
    expect(heldAt(endsAt)).not.toContain('plan');
  });
});

describe('an item before its expiry', () => {
  it('becomes due in exactly one of the daily runs, however many days ahead they look', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 40, noNaN: true }),
        (ruleDays, days, boughtAfterDays) => {
          const items = itemsOf(item('plan', { kind: 'renews', days: ruleDays }));
          const owned = { plan: { purchasedAtMs: Math.round(t0 + boughtAfterDays * dayMs) } };
          let due = 0;
          for (let run = 0; run < 110; run++) {
            const now = t0 + run * dayMs;
            const previous = run === 0 ? undefined : now - dayMs;
            due += becomesDue(state({ owned }), items, days, now, previous) ? 1 : 0;
          }
          expect(due).toBe(1);
        },
      ),
    );
  });

  it('or on it, or days after, becomes due in exactly one run, unless it was bought again or refunded', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: -20, max: 0 }),
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.integer({ min: 1, max: 6 }),
        (ruleDays, days, boughtAfterDays, everyDays) => {
          const items = itemsOf(item('pass', { kind: 'expires', days: ruleDays }));
          const purchasedAtMs = Math.round(t0 + boughtAfterDays * dayMs);
          const dueIn = (owned: CustomerState['owned']): number[] => {
            const found: number[] = [];
            for (let run = 0; run < 120; run += everyDays) {
              const now = t0 + run * dayMs;
              const previous = run === 0 ? undefined : now - everyDays * dayMs;
              if (becomesDue(state({ owned }), items, days, now, previous)) found.push(now);
            }
            return found;
          };
          const due = dueIn({ pass: { purchasedAtMs } });
          expect(due).toHaveLength(1);
          const late = due[0] - (purchasedAtMs + (ruleDays - days) * dayMs);
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThan(everyDays * dayMs);
          expect(dueIn({ pass: { purchasedAtMs, refundedAtMs: purchasedAtMs + 1 } })).toEqual([]);
        },
      ),
    );
  });

  it('that ended longer ago than a week and its day is left to the win-back', () => {
    const items = itemsOf(item('pass', { kind: 'expires', days: 10 }));
    const owned = { pass: { purchasedAtMs: t0 } };
    const onDay = (day: number) => becomesDue(state({ owned }), items, -3, t0 + day * dayMs, t0);
    expect([12, 13, 19, 20].map(onDay)).toEqual([false, true, true, false]);
  });
});

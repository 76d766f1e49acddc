import { describe, expect, it } from 'vitest';
import { holdoutArm } from '../../lib/assignment/assign.ts';
import { Failure } from '../../lib/base/errors.ts';
import { batchAt, batchStartsMs, openingBatch } from '../../lib/campaigns/allocation.ts';
import { assignMember } from '../../lib/campaigns/assigned.ts';
import { checkDefinition } from '../../lib/campaigns/definition.ts';
import { campaign, dayMs, ids, iso, settings, t0, templateRules, templates } from './sample.ts';

const period = { startsAt: iso(t0), endsAt: iso(t0 + 100 * dayMs) };
const allocation = { kind: 'thompson', batchDays: 7, floor: 0.05 } as const;
const variants = ['a', 'b', 'c'].map((name, i) => ({
  name,
  weight: [0.4, 0.3, 0.3][i],
  action: { kind: 'reminder', templates } as const,
}));
const bandit = campaign({
  trigger: { kind: 'event', event: 'Course Completed', ...period },
  allocation,
  variants,
  windowDays: 14,
  lookDays: [],
});

const problemsOf = (change: object): readonly string[] => {
  const given = {
    name: 'Bandit',
    audience: { fact: 'orders', op: 'gte', value: 1 },
    trigger: { kind: 'event', event: 'Course Completed', ...period },
    variants,
    allocation,
    windowDays: 14,
    ...change,
  };
  try {
    checkDefinition(given, templateRules);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return (error.detail.problems ?? []).map(({ path, message }) => `${path} ${message}`);
  }
};

describe('a definition with Thompson sampling', () => {
  it('is taken with a floor by default; without a word weights are fixed', () => {
    const given = {
      name: 'Bandit',
      audience: { fact: 'orders', op: 'gte', value: 1 },
      trigger: { kind: 'event', event: 'x', ...period },
      variants,
    };
    const taken = checkDefinition(
      { ...given, windowDays: 14, allocation: { kind: 'thompson', batchDays: 7 } },
      templateRules,
    );
    expect(taken.definition.allocation).toEqual(allocation);
    expect(taken.defaults['allocation.floor']).toBe(0.05);
    expect(checkDefinition(given, templateRules).definition.allocation).toEqual({ kind: 'fixed' });
    expect(problemsOf({})).toEqual([]);
  });

  it.each<readonly [string, object, string]>([
    ['one moment', { trigger: { kind: 'at', at: iso(t0) } }, 'allocation.kind thompson needs a trigger'],
    ['one variant', { variants: [{ ...variants[0], weight: 1 }] }, 'variants thompson chooses between'],
    [
      'a floor without room',
      { allocation: { ...allocation, floor: 0.4 } },
      'allocation.floor is more than 3',
    ],
    ['a floor of nothing', { allocation: { ...allocation, floor: 0 } }, 'allocation.floor'],
    [
      'a weight below the floor',
      { allocation: { ...allocation, floor: 0.32 } },
      'variants.1.weight is below allocation.floor',
    ],
    [
      'boundaries',
      { decision: { kind: 'group-sequential', spending: 'pocock', plannedCustomers: 8_000 } },
      'decision.kind must be fixed under thompson',
    ],
    ['another goal', { metrics: { primary: 'revenue' } }, 'metrics.primary must be repurchase'],
    [
      'outcomes that come too late',
      { windowDays: 91 },
      'allocation.batchDays leaves nothing to learn from: the outcomes of the first batch are known after 98 days, and the last batch begins after 98',
    ],
    [
      'too many batches',
      {
        allocation: { ...allocation, batchDays: 1 },
        trigger: { kind: 'event', event: 'x', startsAt: iso(t0), endsAt: iso(t0 + 200 * dayMs) },
      },
      'allocation.batchDays gives 200 batches; at most 100 are allowed. Use 2 days or more',
    ],
    [
      'runs within a batch that do not fit',
      { trigger: { kind: 'recurring', everyDays: 14, ...period } },
      'allocation.batchDays must be trigger.everyDays (14) or a multiple',
    ],
    [
      'windows that overlap',
      { trigger: { kind: 'event', event: 'x', entersEveryDays: 10, ...period } },
      'windowDays must be at most trigger.entersEveryDays (10)',
    ],
  ])('is refused for %s', (_, change, problem) => {
    const found = problemsOf(change);
    expect(found.some((one) => one.startsWith(problem))).toBe(true);
  });
});

describe('the grid of batches', () => {
  it('counts from the start of the period', () => {
    const at = (days: number) => batchAt(bandit, allocation, t0 + days * dayMs);
    expect([at(-1), at(0), at(6.99), at(7), at(20.5)]).toEqual([1, 1, 1, 2, 3]);
  });

  it('names the starts after a run froze, up to the end of its events', () => {
    const starts = batchStartsMs(bandit, { runId: 'run-1', frozenAt: iso(t0 + 8 * dayMs) });
    expect(starts[0]).toBe(t0 + 14 * dayMs);
    expect(starts.at(-1)).toBe(t0 + 98 * dayMs);
    expect(starts).toHaveLength(13);
    expect(batchStartsMs(campaign(), { runId: 'run-1', frozenAt: iso(t0) })).toEqual([]);
  });
});

describe('an assignment by a batch', () => {
  const secrets = { holdoutSalt: 'holdout' };
  const weights = { a: 0.05, b: 0.15, c: 0.8 };
  const batch = (number: number) => ({ ...openingBatch(bandit, number, iso(t0)), weights });
  const assigned = (number: number) =>
    ids(8_000).map((id) => assignMember(bandit, 'run-1', id, iso(t0), secrets, settings, batch(number)));

  it('has the propensity of the batch’s weights, and arms are as frequent', () => {
    const members = assigned(3);
    const inTest = (1 - settings.globalHoldoutShare) * (1 - bandit.holdoutShare);
    for (const [arm, weight] of Object.entries(weights)) {
      const of = members.filter((member) => member.arm === arm);
      expect(of.every(({ propensity }) => Math.abs(propensity - inTest * weight) < 1e-12)).toBe(true);
      const share = inTest * weight;
      const error = Math.sqrt((share * (1 - share)) / members.length);
      expect(Math.abs(of.length / members.length - share)).toBeLessThan(4 * error);
    }
    expect(members.every((member) => member.batch === 3)).toBe(true);
  });

  it('draws anew in every batch, but for the holdouts, which stay', () => {
    const [first, second] = [assigned(1), assigned(2)];
    const held = (members: typeof first) =>
      members.flatMap(({ arm, customerId }) => (arm.includes(holdoutArm) ? [`${arm} ${customerId}`] : []));
    expect(held(first)).toEqual(held(second));
    expect(held(first).length).toBeGreaterThan(1_000);
    const both = first.filter(({ arm }, i) => arm === 'b' && second[i].arm === 'b').length;
    const inB = first.filter(({ arm }) => arm === 'b').length;
    // Given b in one batch, b in the other with its weight of 15%.
    expect(Math.abs(both / inB - 0.15)).toBeLessThan(4 * Math.sqrt((0.15 * 0.85) / inB));
    expect(assigned(1)).toEqual(first);
  });
});

import { describe, expect, test } from 'vitest';
import type { DecisionRule } from '../../lib/assignment/decision-rule.ts';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { analyse } from '../../lib/experiments/analyse.ts';
import type { Design } from '../../lib/experiments/design.ts';
import { primaryOf, type TestResult } from '../../lib/experiments/result.ts';
import { readAtLook } from '../../lib/experiments/sequential.ts';
import { watch } from '../../lib/experiments/watching.ts';
import type { RunOutcomes } from '../../lib/outcomes/collect.ts';
import { type ArmSummary, emptySummary } from '../../lib/outcomes/summary.ts';
import { armSums } from './arm-sums.ts';

const obrien: DecisionRule = {
  kind: 'group-sequential',
  spending: 'obrien-fleming',
  plannedCustomers: 20_000,
};
const designOf = (decision: DecisionRule, treated: readonly string[] = ['B']): Design => ({
  arms: [
    ...treated.map((name) => ({
      name,
      share: 1 / (treated.length + 1),
      role: 'variant' as const,
      treated: true,
    })),
    { name: 'holdout', share: 1 / (treated.length + 1), role: 'holdout', treated: false },
  ],
  reference: 'holdout',
  windowDays: 30,
  metrics: defaultMetrics,
  decision,
});

const arm = (customers: number, conversions: number): ArmSummary => ({
  ...emptySummary,
  customers,
  conversions,
  orders: conversions,
  revenueSum: conversions * 20,
  revenueSumSquares: conversions * 500,
  sent: customers,
});
type Arms = { readonly [name: string]: readonly [customers: number, conversions: number] };
/** `isOpen`: nobody's window is over yet. */
const outcomes = (of: Arms, isOpen = false): RunOutcomes => {
  const arms = Object.entries(of).map(([name, [n, x]]) => [name, arm(n, x)] as const);
  return {
    arms: new Map(arms),
    sums: new Map(isOpen ? [] : arms.map(([name, summary]) => [name, armSums(summary)])),
    segments: new Map(),
    weeks: new Map(),
    days: new Map(),
    conflictsCount: 0,
    currencies: ['USD'],
    refundsWithoutOrderCount: 0,
  };
};

/** Looks one after the other, the last of them the end. */
const looksAt = (design: Design, seen: readonly RunOutcomes[]): readonly TestResult[] => {
  const results: TestResult[] = [];
  for (const [i, outcome] of seen.entries()) {
    const earlier = results.at(-1);
    results.push(
      analyse(design, outcome, {
        look: i + 1,
        final: i === seen.length - 1,
        asOf: `2026-03-${String(i + 1).padStart(2, '0')}T00:00:00.000Z`,
        ...(earlier !== undefined && { earlier }),
      }),
    );
  }
  return results;
};
const armOf = (result: TestResult, name = 'B') => result.sequential?.arms.find((one) => one.arm === name);

describe("a group-sequential test by O'Brien–Fleming", () => {
  const [first, second, last] = looksAt(designOf(obrien), [
    outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
    outcomes({ holdout: [7_500, 750], B: [7_500, 850] }),
    outcomes({ holdout: [10_000, 1_000], B: [10_000, 1_110] }),
  ]);

  test('goes on where the boundary is not reached, and shows it with an interval that holds over all looks', () => {
    // z = 1.949 of the pooled test; half of the information: 2.963 (reference).
    expect(first).toMatchObject({ final: false, decision: 'continue' });
    expect(armOf(first)).toMatchObject({ informationFraction: 0.5, crossed: false });
    expect(armOf(first)?.boundary).toBeCloseTo(2.9626, 3);
    expect(armOf(first)?.repeatedInterval?.low).toBeLessThan(0);
    expect(armOf(first)?.adjustedPValue).toBeGreaterThan(0.05);
    expect(primaryOf(first).comparisons[0].estimate).toMatchObject({ code: 'window-open' });
    expect(first.sequential?.note.en).toContain('50% of the planned customers');
    expect(first.sentence.en).toContain('no effect is shown by the rule so far, so the test goes on');
    expect(first.sentence['zh-CN']).toContain('测试继续');
    expect(first.sequential?.note['zh-CN']).toContain('50%');
  });

  test('widens the adjusted interval as the plain one, so that neither leaves 0 out by a weaker rule', () => {
    const estimate = {
      kind: 'estimate',
      difference: 0.02,
      low: 0.01,
      high: 0.03,
      standardError: 0.005,
      pValue: 0.0001,
      relativeLift: { value: 0.2, low: 0.1, high: 0.3 },
    } as const;
    const read = readAtLook(
      {
        ...primaryOf(first),
        comparisons: [
          {
            ...primaryOf(first).comparisons[0],
            estimate,
            adjusted: { ...estimate, method: 'cuped', covariates: [], varianceReduction: 0 },
          },
        ],
      },
      { arms: first.sequential?.arms ?? [], ends: false },
    );
    const { adjusted } = read.comparisons[0];
    // 2.9626 ÷ 1.95996 = 1.51156 as wide on either side.
    expect(adjusted).toMatchObject({ low: expect.closeTo(0.02 - 0.0151156, 5) });
    expect(adjusted).toMatchObject({ high: expect.closeTo(0.02 + 0.0151156, 5) });
    expect(adjusted).toMatchObject({ relativeLift: { low: expect.closeTo(0.2 - 0.151156, 4) } });
  });

  test('remembers the looks that were, and their error', () => {
    expect(armOf(second)?.looks.map(({ look, informationFraction }) => [look, informationFraction])).toEqual([
      [1, 0.5],
      [2, 0.75],
    ]);
    const spent = armOf(last)?.looks.map((one) => one.spent) ?? [];
    expect(spent.at(-1)).toBe(0.05);
    expect(spent).toEqual(spent.toSorted((a, b) => a - b));
  });

  test('ends where an arm is shown to be better, with its winner and the numbers of then', () => {
    const [early] = looksAt(designOf(obrien), [
      outcomes({ holdout: [5_000, 500], B: [5_000, 700] }),
      outcomes({ holdout: [10_000, 1_000], B: [10_000, 1_000] }),
    ]);
    expect(early).toMatchObject({ look: 1, final: true, decision: 'roll-out', winner: 'B' });
    const { estimate, adjustedPValue } = primaryOf(early).comparisons[0];
    expect(estimate).toMatchObject({ kind: 'estimate', ...armOf(early)?.repeatedInterval });
    expect(adjustedPValue).toBe(armOf(early)?.adjustedPValue);
    expect(early.sentence.en).toContain('Worth rolling out');
    expect(early.sequential?.note.en).toContain('The test ends here');
  });

  test('ends where its only arm is shown to be worse, and keeps holding', () => {
    const [early] = looksAt(designOf(obrien), [
      outcomes({ holdout: [5_000, 640], B: [5_000, 540] }),
      outcomes({ holdout: [10_000, 1_000], B: [10_000, 1_000] }),
    ]);
    // One-sided p of the guard: 0.001 < p, so that it is the boundary that speaks.
    expect(early).toMatchObject({ final: true, decision: 'keep-holding', winner: null });
  });

  test('what harms is stopped as harm before any boundary', () => {
    const [early] = looksAt(designOf(obrien), [
      outcomes({ holdout: [5_000, 700], B: [5_000, 400] }),
      outcomes({ holdout: [10_000, 1_000], B: [10_000, 1_000] }),
    ]);
    expect(early).toMatchObject({ final: false, decision: 'stop-for-harm' });
  });

  test('ends at the plan, at a look that was to be one of several', () => {
    const [over] = looksAt(designOf(obrien), [
      outcomes({ holdout: [11_000, 1_100], B: [11_000, 1_150] }),
      outcomes({ holdout: [15_000, 1_500], B: [15_000, 1_500] }),
    ]);
    expect(over).toMatchObject({ final: true, decision: 'inconclusive' });
    expect(armOf(over)?.boundary).toBeCloseTo(1.96, 2);
  });

  test('that ends with fewer than planned spends what is left', () => {
    const [, short] = looksAt(designOf(obrien), [
      outcomes({ holdout: [2_000, 200], B: [2_000, 210] }),
      outcomes({ holdout: [4_000, 400], B: [4_000, 480] }),
    ]);
    expect(armOf(short)?.informationFraction).toBeCloseTo(0.4, 9);
    expect(armOf(short)?.looks.at(-1)?.spent).toBe(0.05);
    expect(armOf(short)?.boundary).toBeCloseTo(1.96, 2);
    expect(short).toMatchObject({ decision: 'roll-out', winner: 'B' });
  });

  test('takes no look where next to nobody is new', () => {
    const [, same] = looksAt(designOf(obrien), [
      outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
      outcomes({ holdout: [5_100, 510], B: [5_100, 900] }),
      outcomes({ holdout: [9_000, 510], B: [9_000, 570] }),
    ]);
    expect(armOf(same)).toMatchObject({ boundary: null, crossed: false, repeatedInterval: null });
    expect(armOf(same)?.looks).toHaveLength(1);
    expect(same.decision).toBe('continue');
    expect(same.sequential?.note.en).toContain('decides nothing');
  });

  test('of several arms shares the error between them', () => {
    const plan = { ...obrien, plannedCustomers: 30_000 };
    const [one] = looksAt(designOf(plan, ['B', 'C']), [
      outcomes({ holdout: [5_000, 500], B: [5_000, 560], C: [5_000, 510] }),
      outcomes({ holdout: [5_000, 500], B: [5_000, 560], C: [5_000, 510] }),
    ]);
    // 2.5% in place of 5%: a boundary beyond 2.963.
    expect(armOf(one)?.boundary).toBeGreaterThan(3.2);
    expect(armOf(one, 'C')?.boundary).toBe(armOf(one)?.boundary);
    expect(one.sequential?.note.en).toContain(`reaches ${armOf(one)?.boundary?.toFixed(2)}.`);
  });

  test('of arms that are not equally large names every boundary, for none shows an effect at a smaller one', () => {
    const plan = { ...obrien, plannedCustomers: 30_000 };
    const [one] = looksAt(designOf(plan, ['B', 'C']), [
      outcomes({ holdout: [5_000, 500], B: [5_100, 560], C: [4_900, 510] }),
      outcomes({ holdout: [5_000, 500], B: [5_100, 560], C: [4_900, 510] }),
    ]);
    const [b, c] = [armOf(one)?.boundary?.toFixed(2), armOf(one, 'C')?.boundary?.toFixed(2)];
    expect(one.sequential?.note.en).toContain(`reaches ${b} to ${c}, by the size of the arm.`);
    expect(one.sequential?.note['zh-CN']).toContain(`${b} 至 ${c}（依各组人数）才算`);
  });

  test('says nothing where the arms cannot be believed, and remembers its looks all the same', () => {
    const [spoiled] = looksAt(designOf(obrien), [
      outcomes({ holdout: [5_000, 500], B: [4_000, 560] }),
      outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
    ]);
    expect(spoiled.sequential).toBeUndefined();
    expect(spoiled.decision).toBe('continue');
  });
});

describe('a look before the end', () => {
  test('of customers assigned at once gives an interval of who has bought so far, and decides nothing', () => {
    const { plannedCustomers: _, ...atOnce } = obrien;
    const [look] = looksAt(designOf(atOnce), [
      outcomes({ holdout: [5_000, 100], B: [5_000, 180] }, true),
      outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
    ]);
    expect(look).toMatchObject({ final: false, decision: 'continue' });
    expect(look.sequential?.watching).toMatchObject([
      { arm: 'B', over: 'so-far', difference: expect.closeTo(0.016, 9) },
    ]);
    expect(look.sequential?.note.en).toContain('can only stop for harm');
    expect(look.sequential?.note.en).toContain('bought so far');
  });

  test('of a fixed test gives a confidence sequence wider than its interval will be', () => {
    const [look, end] = looksAt(designOf({ kind: 'fixed' }), [
      outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
      outcomes({ holdout: [5_000, 500], B: [5_000, 560] }),
    ]);
    const [watched] = look.sequential?.watching ?? [];
    const { estimate } = primaryOf(end).comparisons[0];
    expect(watched).toMatchObject({ over: 'matured', difference: expect.closeTo(0.012, 9) });
    expect(estimate.kind === 'estimate' && watched.low < estimate.low && watched.high > estimate.high).toBe(
      true,
    );
    expect(end.sequential).toBeUndefined();
  });

  test('stops for a guardrail metric that got worse than in the reference', () => {
    const design: Design = {
      ...designOf({ kind: 'fixed' }),
      metrics: { ...defaultMetrics, primary: 'orders', secondary: [], guardrails: ['revenue'] },
    };
    const poor = (summary: ArmSummary): ArmSummary => ({ ...summary, revenueSum: summary.revenueSum / 2 });
    const seen = outcomes({ holdout: [5_000, 500], B: [5_000, 500] });
    const b = seen.arms.get('B') ?? emptySummary;
    const arms = new Map(seen.arms).set('B', poor(b));
    const sums = new Map(seen.sums).set('B', armSums(poor(b)));
    const [look] = looksAt(design, [{ ...seen, arms, sums }, seen]);
    expect(look.decision).toBe('stop-for-harm');
    expect(look.harm.find(({ stop }) => stop)).toMatchObject({
      measure: 'guardrail',
      metric: { metric: 'revenue', unit: 'money' },
      observed: 1,
      against: 2,
    });
    expect(look.sentence.en).toMatch(
      /^Stopped for harm: revenue per customer of variant B at 1.00 against 2.00/,
    );
  });
});

describe('2,000 campaigns of 1,500 customers an arm, all assigned at once, watched on each of 30 days', () => {
  // 30% have bought by the end, on days alike; the interval of every day must hold the share of that day.
  const [runs, days, perArm] = [2_000, 30, 1_500];
  const random = seededRandom('watching a cohort');
  const daily = 0.3 / days;
  /** Buyers of a day: a binomial, by its normal approximation. */
  const buyers = (left: number, chance: number): number =>
    Math.max(0, Math.round(left * chance + random.normal() * Math.sqrt(left * chance * (1 - chance))));
  const design = designOf({ kind: 'fixed' });
  const comparison = {
    arm: 'B',
    reference: 'holdout',
    adjustedPValue: null,
    estimate: { kind: 'no-estimate', code: 'window-open', reason: text(), action: text() },
  } as const;
  let missed = 0;
  for (let run = 0; run < runs; run++) {
    const bought = { holdout: 0, B: 0 };
    let isMissed = false;
    for (let day = 1; day <= days; day++) {
      const chance = daily / (1 - daily * (day - 1));
      bought.holdout += buyers(perArm - bought.holdout, chance);
      bought.B += buyers(perArm - bought.B, chance);
      const seen = outcomes({ holdout: [perArm, bought.holdout], B: [perArm, bought.B] }, true);
      const [interval] = watch(design, { metric: 'repurchase', comparisons: [comparison] }, seen);
      isMissed ||= interval !== undefined && (interval.low > 0 || interval.high < 0);
    }
    missed += isMissed ? 1 : 0;
  }
  test('the truth is missed in at most 5% of them', () => {
    // Binomial standard deviation of 5% in 2,000 runs: 0.5 points.
    expect(missed / runs).toBeLessThan(0.05 + 3 * 0.005);
    expect(missed).toBeGreaterThan(0);
  });
});

function text() {
  return { en: '', 'zh-CN': '' };
}

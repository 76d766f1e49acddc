import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { gatheringDaysMax } from '../../lib/base/limits.ts';
import { customersStillNeeded, powerWith } from '../../lib/experiments/mid-power.ts';
import { type PlanQuestion, planOf, refuseHopeless } from '../../lib/experiments/plan.ts';
import { customersNeeded, minimalEffect, powerOf, reducedBaseline } from '../../lib/experiments/power.ts';
import { foundEffect, underPowerCheck } from '../../lib/experiments/under-power.ts';

const baseline = fc.oneof(
  fc.record({
    kind: fc.constant('share' as const),
    share: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
    formula: fc.constantFrom('pooled' as const, 'evan-miller' as const, 'unpooled' as const),
  }),
  fc.record({ kind: fc.constant('mean' as const), variance: fc.double({ min: 0.1, max: 1e4, noNaN: true }) }),
);

describe('sample size, power and minimal effect', () => {
  test('are three readings of one equation', () => {
    fc.assert(
      fc.property(
        baseline,
        fc.double({ min: 0.01, max: 0.3, noNaN: true }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (base, effect, ratio, power) => {
          const sizes = customersNeeded(base, effect, { ratio, power });
          expect(sizes.arm / sizes.reference).toBeCloseTo(ratio, 9);
          expect(powerOf(base, effect, sizes)).toBeCloseTo(power, 9);
          expect(minimalEffect(base, sizes, { power })).toBeCloseTo(effect, 6);
        },
      ),
    );
  });

  test('equal arms need the fewest customers in all', () => {
    const total = (ratio: number): number => {
      const { reference, arm } = customersNeeded({ kind: 'mean', variance: 9 }, 0.5, { ratio });
      return reference + arm;
    };
    expect(total(1)).toBeLessThan(total(2));
    // (1 + r)²/4r: a holdout of 10% costs 2.78 times as many.
    expect(total(9) / total(1)).toBeCloseTo(100 / 36, 9);
  });

  test('covariates of correlation 0.6 save 36% of the customers', () => {
    const plain = customersNeeded({ kind: 'mean', variance: 4 }, 0.1);
    expect(customersNeeded(reducedBaseline(4, 0.6), 0.1).arm / plain.arm).toBeCloseTo(0.64, 12);
  });

  test('a drop is planned like a rise, and what no change of a share can show is undefined', () => {
    const share = { kind: 'share', share: 0.02 } as const;
    const down = minimalEffect(share, { reference: 5_000, arm: 5_000 }, { direction: -1 });
    expect(down).toBeLessThan(0);
    expect(powerOf(share, down ?? Number.NaN, { reference: 5_000, arm: 5_000 })).toBeCloseTo(0.8, 9);
    expect(minimalEffect(share, { reference: 50, arm: 50 }, { direction: -1 })).toBeUndefined();
    expect(() => powerOf(share, -0.05, { reference: 50, arm: 50 })).toThrow('received 0.02 and -0.05');
  });
});

describe('while a test runs', () => {
  test('the customers still needed bring the power asked for, and none are when it is there', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (standardError, effect) => {
          const more = customersStillNeeded({ standardError, count: 1_000 }, effect);
          const power = powerWith({ standardError, count: 1_000 }, effect, 1 + (more ?? Number.NaN));
          if (more === 0) {
            expect(power).toBeGreaterThanOrEqual(0.8);
          } else {
            expect(power).toBeCloseTo(0.8, 9);
          }
        },
      ),
    );
  });

  test('no number of customers finds no effect', () => {
    expect(customersStillNeeded({ standardError: 1, count: 10 }, 0)).toBeUndefined();
    expect(() => customersStillNeeded({ standardError: Number.NaN, count: 10 }, 1)).toThrow('received NaN');
  });
});

const question: PlanQuestion = {
  baseline: { kind: 'share', share: 0.08, formula: 'evan-miller' },
  effect: 0.008,
  shares: { reference: 0.5, arms: [0.5] },
  audience: 20_000,
  dailyArrivals: 200,
  windowDays: 30,
};

describe('the plan', () => {
  test('customers from the vectors, days by hand', () => {
    const plan = planOf(question);
    // 18,295.7 an arm; 36,592 in all, 16,592 of them to arrive at 200 a day: 83 days, then the window.
    expect(plan).toMatchObject({ customersNeeded: 36_592, days: 83 + 30, verdict: 'enough' });
    expect(plan.reachable.customers).toBe(20_000 + 200 * gatheringDaysMax);
    expect(plan.reachable.power).toBeGreaterThan(0.8);
    expect(plan.message.en).toContain('36,592 customers');
    expect(plan.message['zh-CN']).toContain('36,592');
  });

  test('several arms share the error, and the smallest decides', () => {
    const one = planOf({ ...question, shares: { reference: 1 / 3, arms: [1 / 3] } });
    const two = planOf({ ...question, shares: { reference: 1 / 3, arms: [1 / 3, 1 / 3] } });
    const uneven = planOf({ ...question, shares: { reference: 1 / 3, arms: [1 / 2, 1 / 6] } });
    expect(two.customersNeeded).toBeGreaterThan(one.customersNeeded);
    expect(uneven.customersNeeded).toBeGreaterThan(two.customersNeeded);
  });

  test('a frozen audience that is too small is weak, and hopeless below even odds; hopeless is refused unless told to start', () => {
    const weak = planOf({ ...question, audience: 25_000, dailyArrivals: 0 });
    expect(weak).toMatchObject({ verdict: 'weak', days: null });
    expect(() => refuseHopeless(weak, false)).not.toThrow();
    const hopeless = planOf({ ...question, audience: 5_000, dailyArrivals: 0 });
    expect(hopeless.verdict).toBe('hopeless');
    expect(hopeless.reachable.power).toBeLessThan(0.5);
    expect(hopeless.reachable.minimalEffect).toBeGreaterThan(question.effect);
    expect(() => refuseHopeless(hopeless, false)).toThrow('experiment-hopeless');
    expect(() => refuseHopeless(hopeless, true)).not.toThrow();
  });

  test('of customers who hardly ever come there is no test', () => {
    const plan = planOf({ ...question, audience: 0, dailyArrivals: 0.001 });
    expect(plan).toMatchObject({
      verdict: 'hopeless',
      reachable: { customers: 0, power: 0, minimalEffect: null },
    });
    expect(plan.days).toBe(Math.ceil(plan.customersNeeded / 0.001) + 30);
  });

  test('a question that cannot be planned names everything that is wrong', () => {
    const wrong = {
      ...question,
      effect: 0.95,
      shares: { reference: 0.9, arms: [0.5] },
      audience: 0,
      dailyArrivals: 0,
      power: 1,
    };
    let failure: unknown;
    try {
      planOf(wrong);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(Failure);
    expect(failure instanceof Failure && failure.detail.problems?.map(({ path }) => path)).toEqual([
      'shares',
      'audience',
      'power',
      'effect',
    ]);
  });
});

describe('under-power', () => {
  const show = (effect: number) => {
    const points = (100 * effect).toFixed(1);
    return { en: `${points} points`, 'zh-CN': `${points} 个百分点` };
  };

  test('goes by the standard error, not by the effect found', () => {
    expect(foundEffect(0.01)).toBeCloseTo(0.0280159, 6);
    expect(underPowerCheck({ standardError: 0.01, relevantEffect: 0.03, show }).ok).toBe(true);
    const finding = underPowerCheck({ standardError: 0.01, relevantEffect: 0.014, show });
    expect(finding.ok).toBe(false);
    expect(finding.message.en).toContain('2.8 points');
    // (2.80159 ÷ 1.4)².
    expect(finding.action?.en).toContain('4.0 times');
    expect(finding.action?.['zh-CN']).toContain('4.0 倍');
  });
});

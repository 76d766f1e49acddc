// Independent reference numbers of the estimates, of test/golden/experiment-vectors.json. Tolerance 1e-5 unless stated;
// GrowthBook's own tests round to five decimals.

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { growthbookBucket, murmur3, optimizelyBucket } from '../../lib/assignment/foreign-buckets.ts';
import { type ArmMean, armMean, armRatio, armShare, meanEffect } from '../../lib/experiments/arm-mean.ts';
import { effectPosterior } from '../../lib/experiments/bayes-means.ts';
import { bestShares } from '../../lib/experiments/bayes-shares.ts';
import { cuped } from '../../lib/experiments/cuped.ts';
import { customersStillNeeded } from '../../lib/experiments/mid-power.ts';
import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  holm,
  hommel,
} from '../../lib/experiments/multiplicity.ts';
import { customersNeeded } from '../../lib/experiments/power.ts';
import { deltaLift, fiellerLift } from '../../lib/experiments/relative-lift.ts';
import { checkSampleRatio } from '../../lib/experiments/sample-ratio.ts';
import { scoreInterval } from '../../lib/experiments/score-interval.ts';
import { type JointSums, jointSums, mergeJointSums } from '../../lib/outcomes/joint-sums.ts';
import type { Moments } from '../../lib/outcomes/summary.ts';
import golden from '../golden/experiment-vectors.json' with { type: 'json' };

interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sumsq: number;
}
const moments = ({ n, sum, sumsq }: Sums): Moments => ({ count: n, sum, sumSquares: sumsq });
const ofSums = (sums: Sums): ArmMean => armMean(moments(sums));
const ofShare = ([sum, count]: readonly number[]): ArmMean => armShare({ count, sum, sumSquares: sum });
const near = (got: number | undefined, expected: number, tolerance = 1e-5): void => {
  expect(Math.abs((got ?? Number.NaN) - expected)).toBeLessThanOrEqual(tolerance);
};
const relative = (got: number | undefined, expected: number, tolerance = 1e-6): void =>
  near(got, expected, tolerance * Math.abs(expected));

describe("GrowthBook's frequentist vectors", () => {
  const [lift, difference, shares, onesided] = golden.frequentist;
  const a = ofSums(lift.a ?? { n: 0, sum: 0, sumsq: 0 });
  const b = ofSums(lift.b ?? { n: 0, sum: 0, sumsq: 0 });

  test.each([
    ['relative, means', deltaLift(b, a), lift],
    ['absolute, means', meanEffect(b, a), difference],
    ['relative, shares', deltaLift(ofShare(shares.b_prop ?? []), ofShare(shares.a_prop ?? [])), shares],
  ] as const)('%s', (_, effect, expected) => {
    near(effect?.value, expected.expected ?? Number.NaN);
    near(effect?.low, expected.ci?.[0] ?? Number.NaN);
    near(effect?.high, expected.ci?.[1] ?? Number.NaN);
    near(effect?.standardError, expected.se);
    near(effect?.pValue, expected.p);
  });

  test('one-sided', () => {
    const effect = deltaLift(
      ofSums(onesided.b ?? { n: 0, sum: 0, sumsq: 0 }),
      ofSums(onesided.a ?? { n: 0, sum: 0, sumsq: 0 }),
      {
        alternative: 'greater',
      },
    );
    near(effect.low, onesided.ci_low ?? Number.NaN);
    near(effect.pValue, onesided.p);
    near(effect.standardError, onesided.se);
    expect(effect.high).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("GrowthBook's Bayesian vectors", () => {
  const [shares, flat, withPrior] = golden.bayesian;
  const lift = deltaLift(
    ofSums(flat.b ?? { n: 0, sum: 0, sumsq: 0 }),
    ofSums(flat.a ?? { n: 0, sum: 0, sumsq: 0 }),
  );
  const prior = { mean: withPrior.prior?.mean ?? Number.NaN, variance: withPrior.prior?.var ?? Number.NaN };

  test.each([
    [
      'shares',
      effectPosterior(deltaLift(ofShare(shares.b_prop ?? []), ofShare(shares.a_prop ?? []))),
      shares,
    ],
    ['means without a prior', effectPosterior(lift), flat],
    ['means with a prior', effectPosterior(lift, prior), withPrior],
  ] as const)('%s', (_, posterior, expected) => {
    near(posterior.mean, expected.expected);
    near(posterior.low, expected.ci[0]);
    near(posterior.high, expected.ci[1]);
    near(posterior.chanceToWin, expected.chanceToWin);
    near(posterior.loss.reference, expected.risk[0]);
    near(posterior.loss.arm, expected.risk[1]);
  });
});

describe("GrowthBook's power in the middle of a test", () => {
  const { a, b, alpha, power, mde, scaling_freq, scaling_seq_N5000 } = golden.midExperiment;
  const { standardError } = deltaLift(ofSums(b), ofSums(a));
  const soFar = { standardError, count: a.n + b.n };

  // GrowthBook halves the interval down to 1/256; the exact answers lie within that.
  test('of the ordinary test', () => {
    near(customersStillNeeded(soFar, mde, { error: alpha, power }), scaling_freq, 1 / 256);
    // By hand, without the other tail: ((z + z_power) × SE ÷ effect)² − 1.
    near(
      customersStillNeeded(soFar, mde, { error: alpha, power }),
      (((1.959963985 + 0.841621234) * standardError) / mde) ** 2 - 1,
      1e-4,
    );
  });

  test('with the half-width of a confidence sequence in place of z × SE', () => {
    const rhoSquare = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / 5_000;
    const halfWidth = (error: number, n: number): number =>
      error *
      Math.sqrt(n) *
      Math.sqrt(
        ((2 * (n * rhoSquare + 1)) / (n * rhoSquare) / n) * Math.log(Math.sqrt(n * rhoSquare + 1) / alpha),
      );
    near(customersStillNeeded(soFar, mde, { error: alpha, power, halfWidth }), scaling_seq_N5000, 1 / 256);
  });
});

describe('power', () => {
  test.each(golden.power)('customers to find $delta above $p', (row) => {
    const { p: share, delta, alpha: error, power } = row;
    const needed = (formula: 'evan-miller' | 'unpooled') =>
      customersNeeded({ kind: 'share', share, formula }, delta, { error, power });
    relative(needed('evan-miller').arm, row.n_per_arm_evanmiller, 1e-9);
    relative(needed('unpooled').reference, row.n_per_arm_unpooled, 1e-9);
  });
});

describe('shares by Bayes', () => {
  test.each(golden.betaBinomial)(
    '$treat against $control',
    ({ control, treat, p_B_gt_A, expected_loss_choose_B }) => {
      const arms = [control, treat].map(([sum, count]) => ({ sum, count }));
      const [a, b] = bestShares(arms);
      near(b.chanceBest, p_B_gt_A, 1e-9);
      near(a.chanceBest, 1 - p_B_gt_A, 1e-9);
      near(b.expectedLoss, expected_loss_choose_B, 1e-9);
    },
  );
});

describe('several comparisons', () => {
  const { p, ...adjusted } = golden.multiplicity;
  test.each([
    ['Bonferroni', bonferroni, adjusted.bonferroni],
    ['Holm', holm, adjusted.holm],
    ['Hommel', hommel, adjusted.hommel],
    ['Benjamini–Hochberg', benjaminiHochberg, adjusted.fdr_bh],
    ['Benjamini–Yekutieli', benjaminiYekutieli, adjusted.fdr_by],
  ] as const)('%s', (_, adjust, expected) => {
    for (const [i, value] of adjust(p).entries()) {
      near(value, expected[i], 1e-12);
    }
    // The order given makes no difference to what belongs to which.
    const turned = [...p].reverse();
    for (const [i, value] of adjust(turned).entries()) {
      near(value, expected[p.length - 1 - i], 1e-12);
    }
  });
});

test('the sample ratio of published counts', () => {
  for (const { observed, weights, p } of golden.sampleRatio) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const { pValue } = checkSampleRatio(
      observed.map(String),
      weights.map((weight) => weight / total),
      observed,
    );
    relative(pValue ?? undefined, p, 1e-9);
  }
});

test('a ratio of sums by the delta method', () => {
  const { num, den, ratio, var_of_ratio, se } = golden.ratio;
  const sums = jointSums(
    ['num', 'den'],
    num.map((value, i) => [value, den[i]]),
  );
  const arm = armRatio(sums, 'num', 'den');
  near(arm?.mean, ratio, 1e-12);
  near((arm?.variance ?? Number.NaN) / num.length, var_of_ratio, 1e-12);
  near(Math.sqrt((arm?.variance ?? Number.NaN) / num.length), se, 1e-12);
});

test('CUPED with one covariate', () => {
  const { y, x, t, theta, raw_diff, cuped_diff, rho2, var_ratio } = golden.cuped;
  const arm = (of: number): JointSums =>
    jointSums(
      ['y', 'x'],
      y.flatMap((value, i) => (t[i] === of ? [[value, x[i]]] : [])),
    );
  const result = cuped([arm(1), arm(0)], 'y', ['x']);
  near(result?.theta[0], theta, 1e-12);
  near(result?.explained, rho2, 1e-12);
  near(1 - (result?.explained ?? Number.NaN), var_ratio, 1e-12);
  const [treated, untreated] = result?.arms ?? [];
  near(treated.mean - untreated.mean, cuped_diff, 1e-12);
  const { adjusted } = golden.cuped;
  const values = adjusted.filter((_, i) => t[i] === 1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  near(treated.mean, mean, 1e-12);
  near(
    treated.variance,
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1),
    1e-12,
  );
  near(
    meanEffect(
      armMean({ count: 4, sum: 24, sumSquares: 154 }),
      armMean({ count: 4, sum: 20, sumSquares: 130 }),
    )?.value,
    raw_diff,
    1e-12,
  );
});

describe('score intervals (Miettinen and Nurminen)', () => {
  test.each(golden.scoreIntervals)('$x1/$n1 against $x2/$n2', ({ x1, n1, x2, n2, ci, p }) => {
    const { low, high, pValue } = scoreInterval({ sum: x1, count: n1 }, { sum: x2, count: n2 });
    near(low, ci[0], 1e-9);
    near(high, ci[1], 1e-9);
    near(pValue, p, 1e-9);
  });
});

describe('Fieller', () => {
  test.each(golden.fieller)('$arm against $reference', ({ arm, reference, ci }) => {
    const from = ([count, mean, variance]: readonly number[]): ArmMean => ({
      count,
      mean,
      variance,
      degrees: count - 1,
    });
    const lift = fiellerLift(from(arm), from(reference));
    if (ci === null) {
      expect(lift).toBeUndefined();
      return;
    }
    near(lift?.low, ci[0], 1e-9);
    near(lift?.high, ci[1], 1e-8);
  });
});

describe('Hillstrom, from the sums of its arms', () => {
  const arms: { readonly [name: string]: { readonly [measure: string]: Sums } } = golden.hillstrom.arms;
  const names: { readonly [short: string]: string } = {
    Mens: 'Mens E-Mail',
    Womens: 'Womens E-Mail',
    No: 'No E-Mail',
  };
  const single = (arm: string, measure: string): JointSums => {
    const { n, sum, sumsq } = arms[names[arm]][measure];
    return { columns: [measure], count: n, sums: [[sum]], products: [[sumsq]] };
  };
  const ofArm = (arm: string, measure: string): ArmMean => {
    const sums =
      arm === 'Any'
        ? mergeJointSums(single('Mens', measure), single('Womens', measure))
        : single(arm, measure);
    return armMean({
      count: sums.count,
      sum: sums.sums[0].at(-1) ?? 0,
      sumSquares: sums.products[0].at(-1) ?? 0,
    });
  };

  test.each(golden.hillstrom.ate)('$arm against $reference on $measure', (row) => {
    const [arm, reference] = [ofArm(row.arm, row.measure), ofArm(row.reference, row.measure)];
    const effect = meanEffect(arm, reference);
    relative(effect?.value, row.diff);
    relative(effect?.standardError, row.se);
    relative(effect?.degrees, row.df);
    relative((effect?.value ?? Number.NaN) / (effect?.standardError ?? Number.NaN), row.t);
    relative(effect?.pValue, row.p);
    relative(effect?.low, row.ci[0]);
    relative(effect?.high, row.ci[1]);
    const lift = deltaLift(arm, reference);
    relative(lift.value, row.rel);
    relative(lift.standardError, row.rel_se_delta);
    // The reference takes normal quantiles here.
    near(lift.value - 1.959963984540054 * lift.standardError, row.rel_ci[0], 1e-6);
    near(lift.value + 1.959963984540054 * lift.standardError, row.rel_ci[1], 1e-6);
  });

  test('the arms are as large as designed', () => {
    const { counts, p } = golden.hillstrom.sampleRatio;
    const { pValue } = checkSampleRatio(Object.keys(counts), [1 / 3, 1 / 3, 1 / 3], Object.values(counts));
    relative(pValue ?? undefined, p);
  });
});

describe('buckets of other systems', () => {
  test.each(golden.growthbookHash.map((row) => [...row]))(
    'GrowthBook: seed %s, value %s, version %s',
    (seed, value, version, expected) => {
      expect(growthbookBucket(String(seed), String(value), Number(version))).toBe(expected);
    },
  );

  test('Optimizely', () => {
    for (const [key, expected] of Object.entries(golden.optimizelyBuckets)) {
      expect(optimizelyBucket(key.slice(0, -10), key.slice(-10))).toBe(expected);
    }
    for (const [text, expected] of Object.entries(golden.murmur3)) {
      expect(murmur3(text, 0)).toBe(expected);
    }
  });

  test("HMAC-SHA-256, which signs links, is RFC 4231's (test case 2)", () => {
    const digest = createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex');
    expect(digest).toBe(golden.hmacSha256);
  });
});

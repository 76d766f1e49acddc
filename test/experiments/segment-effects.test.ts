import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { type ArmMean, meanEffect } from '../../lib/experiments/arm-mean.ts';
import { segmentEffects } from '../../lib/experiments/segment-effects.ts';

const arm = (mean: number, count = 200, variance = 1): ArmMean => ({
  count,
  mean,
  variance,
  degrees: count - 1,
});

describe('effects by segment', () => {
  test('are those of the segments alone, their p-values adjusted together', () => {
    const segments = new Map([
      ['new', { arm: arm(0.25), reference: arm(0) }],
      ['loyal', { arm: arm(0.5), reference: arm(0.1) }],
      ['asleep', { arm: arm(0.02), reference: arm(0) }],
    ]);
    const { effects, heterogeneity } = segmentEffects(segments);
    expect(effects.map(({ segment }) => segment)).toEqual(['new', 'loyal', 'asleep']);
    const alone = meanEffect(arm(0.5), arm(0.1));
    expect(effects[1]).toMatchObject({ value: alone?.value, pValue: alone?.pValue });
    expect(effects[1].adjustedPValue).toBeCloseTo(3 * effects[1].pValue, 12);
    expect(effects[0].adjustedPValue).toBeCloseTo(1.5 * effects[0].pValue, 12);
    expect(effects[2].adjustedPValue).toBeCloseTo(effects[2].pValue, 12);
    // Equal errors of 0.1: Q = Σ (d − mean)² ÷ 0.01 with d 0.25, 0.4, 0.02.
    const mean = (0.25 + 0.4 + 0.02) / 3;
    expect(heterogeneity?.statistic).toBeCloseTo(
      ((0.25 - mean) ** 2 + (0.4 - mean) ** 2 + (0.02 - mean) ** 2) / 0.01,
      9,
    );
    expect(heterogeneity?.degrees).toBe(2);
  });

  test('a segment in which nothing varies has no estimate, and one alone cannot differ', () => {
    const { effects, heterogeneity } = segmentEffects(
      new Map([
        ['silent', { arm: arm(0, 100, 0), reference: arm(0, 100, 0) }],
        ['single', { arm: arm(3, 1, Number.NaN), reference: arm(0) }],
        ['new', { arm: arm(0.2), reference: arm(0) }],
      ]),
    );
    expect(effects.map(({ segment }) => segment)).toEqual(['new']);
    expect(heterogeneity).toBeNull();
  });

  test('where all segments have the same effect their difference is found in 5% of the cases', () => {
    const random = seededRandom('segments');
    const runs = 2_000;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const segments = new Map(
        ['a', 'b', 'c', 'd'].map((name, i) => {
          const count = 200 * (i + 1);
          const mean = (effect: number) => arm(effect + random.normal() / Math.sqrt(count), count);
          return [name, { arm: mean(0.3), reference: mean(0) }];
        }),
      );
      found += (segmentEffects(segments).heterogeneity?.pValue ?? 1) < 0.05 ? 1 : 0;
    }
    expect(Math.abs(found / runs - 0.05)).toBeLessThan(4 * Math.sqrt(0.0475 / runs));
  });
});

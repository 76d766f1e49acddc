// CUPED and Lin's regression from joint sums, against the same estimators computed from the rows: a design matrix,
// least squares and the sandwich, as a textbook has them.

import fc from 'fast-check';
import { Matrix, SVD } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { adjustedDifference } from '../../lib/experiments/adjusted-estimate.ts';
import { meanEffect } from '../../lib/experiments/arm-mean.ts';
import { cuped } from '../../lib/experiments/cuped.ts';
import { estimateOf } from '../../lib/experiments/estimate.ts';
import { linAdjustment } from '../../lib/experiments/lin.ts';
import { robustMean, robustSum } from '../../lib/experiments/lin-robust.ts';
import { covarianceSolver } from '../../lib/numeric/covariance-solve.ts';
import { exactValue, mergeExact } from '../../lib/numeric/exact-sum.ts';
import { jointSums, mergeJointSums } from '../../lib/outcomes/joint-sums.ts';

interface Row {
  readonly treated: boolean;
  readonly y: number;
  readonly x: readonly number[];
}
const columns = ['y', 'score', 'spent', 'is-new'];
const covariates = columns.slice(1);

/** The spread grows with the score and the effect depends on it, so that the robust errors have something to do. */
const rowsOf = (seed: string, count: number): Row[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const score = random.normal();
    const spent = Math.exp(random.normal()) + 0.5 * score;
    const isNew = random.next() < 0.3 ? 1 : 0;
    const treated = random.next() < 0.4;
    const y =
      2 +
      1.5 * score -
      0.4 * spent +
      isNew +
      (treated ? 0.7 + 0.5 * score : 0) +
      (1 + Math.abs(score)) * random.normal();
    return { treated, y, x: [score, spent, isNew] };
  });
};
const armOf = (rows: readonly Row[], treated: boolean) =>
  jointSums(
    columns,
    rows.filter((row) => row.treated === treated).map(({ y, x }) => [y, ...x]),
  );
const cellsOf = (rows: readonly Row[], treated: boolean) =>
  rows
    .filter((row) => row.treated === treated)
    .map(({ y, x }) => ({ covariates: x, count: 1, sum: y, sumSquares: y * y }));

/** Coefficient of the treatment in y ~ t + x̃ + t·x̃ with its HC2 standard error. */
const textbook = (rows: readonly Row[]) => {
  const means = covariates.map((_, j) => rows.reduce((sum, { x }) => sum + x[j], 0) / rows.length);
  const design = new Matrix(
    rows.map(({ treated, x }) => {
      const t = treated ? 1 : 0;
      const centred = x.map((value, j) => value - means[j]);
      return [1, t, ...centred, ...centred.map((value) => value * t)];
    }),
  );
  const inverse = new SVD(design.transpose().mmul(design)).inverse();
  const y = Matrix.columnVector(rows.map((row) => row.y));
  const beta = inverse.mmul(design.transpose().mmul(y));
  const residuals = Matrix.sub(y, design.mmul(beta));
  const meat = Matrix.zeros(design.columns, design.columns);
  for (let i = 0; i < rows.length; i++) {
    const row = design.getRowVector(i);
    const leverage = row.mmul(inverse).mmul(row.transpose()).get(0, 0);
    meat.add(Matrix.mul(row.transpose().mmul(row), residuals.get(i, 0) ** 2 / (1 - leverage)));
  }
  return { value: beta.get(1, 0), standardError: Math.sqrt(inverse.mmul(meat).mmul(inverse).get(1, 1)) };
};

describe("Lin's regression", () => {
  test('from sums it is the interacted regression, and with a second pass its HC2 standard error', () => {
    for (const seed of ['a', 'b', 'c']) {
      const rows = rowsOf(seed, 300);
      const expected = textbook(rows);
      const [arm, reference] = linAdjustment([armOf(rows, true), armOf(rows, false)], 'y', covariates) ?? [];
      const robust = [arm, reference].map((fit, i) =>
        robustMean(fit, robustSum(fit, cellsOf(rows, i === 0))),
      );
      const effect = meanEffect(robust[0], robust[1]);
      expect(effect?.value).toBeCloseTo(expected.value, 10);
      expect(effect?.standardError).toBeCloseTo(expected.standardError, 10);
      // Without that pass the errors are right only where the spread is even; here they are near.
      const plain = meanEffect(arm, reference);
      expect(plain?.value).toBeCloseTo(expected.value, 10);
      expect(Math.abs((plain?.standardError ?? 0) / expected.standardError - 1)).toBeLessThan(0.1);
    }
  });

  test('the second pass adds up: parts and cells of equal customers give the same as all rows', () => {
    const rows = rowsOf('parts', 200).map((row) => ({
      ...row,
      x: [Math.round(row.x[0]), row.x[2], row.y > 2 ? 1 : 0],
    }));
    const [fit] = linAdjustment([armOf(rows, true), armOf(rows, false)], 'y', covariates) ?? [];
    const cells = cellsOf(rows, true);
    const whole = robustSum(fit, cells);
    expect(mergeExact(robustSum(fit, cells.slice(0, 31)), robustSum(fit, cells.slice(31)))).toEqual(whole);
    const grouped = new Map<string, (typeof cells)[number]>();
    for (const cell of cells) {
      const before = grouped.get(String(cell.covariates)) ?? { ...cell, count: 0, sum: 0, sumSquares: 0 };
      grouped.set(String(cell.covariates), {
        ...before,
        count: before.count + 1,
        sum: before.sum + cell.sum,
        sumSquares: before.sumSquares + cell.sumSquares,
      });
    }
    expect(grouped.size).toBeLessThan(cells.length / 2);
    expect(exactValue(robustSum(fit, grouped.values()))).toBeCloseTo(exactValue(whole), 12);
  });

  test('without covariates it is the difference of means', () => {
    const rows = rowsOf('none', 100);
    const arms = [armOf(rows, true), armOf(rows, false)];
    const [arm, reference] = linAdjustment(arms, 'y', []) ?? [];
    const [plain, against] = cuped(arms, 'y', [])?.arms ?? [];
    expect(meanEffect(arm, reference)).toEqual(meanEffect(plain, against));
  });
});

describe('CUPED', () => {
  test('it is the mean of the rows, each less what the covariates foretell', () => {
    const rows = rowsOf('cuped', 250);
    const result = cuped([armOf(rows, true), armOf(rows, false)], 'y', covariates);
    const means = covariates.map((_, j) => rows.reduce((sum, { x }) => sum + x[j], 0) / rows.length);
    for (const [i, treated] of [true, false].entries()) {
      const values = rows
        .filter((row) => row.treated === treated)
        .map(
          ({ y, x }) =>
            y - x.reduce((sum, value, j) => sum + (result?.theta[j] ?? Number.NaN) * (value - means[j]), 0),
        );
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      expect(result?.arms[i].mean).toBeCloseTo(mean, 10);
      expect(result?.arms[i].variance).toBeCloseTo(variance, 10);
    }
  });

  test('it comes out the same from shards, and narrows the interval', () => {
    const rows = rowsOf('shards', 2_000);
    const shard = (from: number, to: number, treated: boolean) => armOf(rows.slice(from, to), treated);
    const merged = [true, false].map((treated) =>
      mergeJointSums(shard(0, 700, treated), shard(700, 2_000, treated)),
    );
    const whole = [armOf(rows, true), armOf(rows, false)];
    expect(cuped(merged, 'y', covariates)).toEqual(cuped(whole, 'y', covariates));
    const [arm, reference] = cuped(whole, 'y', covariates)?.arms ?? [];
    const [plain, against] = cuped(whole, 'y', [])?.arms ?? [];
    const width = (estimate: ReturnType<typeof estimateOf>) => (estimate?.high ?? 0) - (estimate?.low ?? 0);
    expect(width(estimateOf(arm, reference))).toBeLessThan(0.9 * width(estimateOf(plain, against)));
  });

  test('a covariate that says nothing new has no answer, and says so', () => {
    const double = rowsOf('double', 50).map(({ y, x }) => [y, x[0], 2 * x[0] + 1]);
    const sums = jointSums(['y', 'a', 'b'], double);
    expect(cuped([sums, sums], 'y', ['a', 'b'])).toBeUndefined();
    expect(linAdjustment([sums, sums], 'y', ['a', 'b'])).toBeUndefined();
    const constant = jointSums(
      ['y', 'a'],
      [
        [1, 3],
        [2, 3],
        [5, 3],
      ],
    );
    expect(cuped([constant, constant], 'y', ['a'])).toBeUndefined();
    expect(cuped([sums, sums], 'y', ['b'])).toBeDefined();
  });

  test('units do not matter: a covariate in millionths gives the same adjusted means', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(1e-6, 1, 1e6), (seed, unit) => {
        const rows = rowsOf(`units ${seed}`, 40);
        const scaled = rows.map((row) => ({ ...row, x: [row.x[0] * unit, row.x[1], row.x[2]] }));
        const of = (from: readonly Row[]) => cuped([armOf(from, true), armOf(from, false)], 'y', covariates);
        expect(of(scaled)?.arms[0].mean).toBeCloseTo(of(rows)?.arms[0].mean ?? Number.NaN, 8);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the adjusted estimate', () => {
  const rows = rowsOf('estimate', 1_000);
  const arms = [armOf(rows, true), armOf(rows, false)] as const;

  test('has the adjusted difference, and says why where there is none', () => {
    for (const method of ['cuped', 'lin'] as const) {
      const estimate = adjustedDifference(...arms, { metric: 'y', covariates, method });
      // The effect is 0.7 + 0.5·score, 0.7 on average.
      expect(estimate.kind === 'estimate' && estimate.low < 0.7 && estimate.high > 0.7).toBe(true);
    }
    const twice = rows.map((row) => ({ ...row, x: [row.x[0], row.x[0], row.x[2]] }));
    const ask = (of: readonly Row[]) =>
      adjustedDifference(armOf(of, true), armOf(of, false), { metric: 'y', covariates, method: 'lin' });
    expect(ask(twice)).toMatchObject({ kind: 'no-estimate', code: 'covariates-redundant' });
    expect(ask(rows.slice(0, 60))).toMatchObject({ kind: 'no-estimate', code: 'arm-too-small' });
    const still = rows.map((row) => ({ ...row, y: 3 }));
    expect(ask(still)).toMatchObject({ kind: 'no-estimate', code: 'no-variance' });
  });
});

test('small systems of covariances are solved: S⁻¹ b by hand', () => {
  const solver = covarianceSolver([
    [4, 2],
    [2, 3],
  ]);
  // Determinant 8: (3·1 − 2·2, 4·2 − 2·1) ÷ 8.
  const [first, second] = solver?.solve([1, 2]) ?? [];
  expect(first).toBeCloseTo(-1 / 8, 14);
  expect(second).toBeCloseTo(6 / 8, 14);
});

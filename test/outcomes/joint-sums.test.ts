import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jointColumnsCountMax } from '../../lib/base/limits.ts';
import {
  columnMean,
  columnMoments,
  covariance,
  jointSums,
  jointSumsFrom,
  mergeJointSums,
} from '../../lib/outcomes/joint-sums.ts';

const columns = ['revenue', 'orders', 'before'];
const row = fc.tuple(
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: 0, max: 20 }),
  fc.double({ noNaN: true, min: 0, max: 1e4 }),
);

describe('joint sums', () => {
  test('those of the parts merge to those of the whole, bit for bit, however the customers are split', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.nat({ max: 3 })), { maxLength: 40 }), (rows) => {
        const whole = jointSums(
          columns,
          rows.map(([values]) => values),
        );
        const merged = [3, 0, 2, 1]
          .map((shard) =>
            jointSums(
              columns,
              rows.filter(([, of]) => of === shard).map(([values]) => values),
            ),
          )
          .reduce(mergeJointSums);
        expect(merged).toEqual(whole);
        expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
      }),
    );
  });

  test('in cents they are the whole sums that a database has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 90_000_000 }), fc.nat({ max: 90_000_000 })), { maxLength: 50 }),
        (rows) => {
          const total = (of: (pair: readonly [bigint, bigint]) => bigint): bigint =>
            rows.reduce((sum, [a, b]) => sum + of([BigInt(a), BigInt(b)]), 0n);
          const names = ['revenue', 'before'];
          expect(jointSums(names, rows)).toEqual(
            jointSumsFrom(
              names,
              rows.length,
              [total(([a]) => a), total(([, b]) => b)],
              [total(([a]) => a * a), total(([a, b]) => a * b), total(([, b]) => b * b)],
            ),
          );
        },
      ),
    );
  });

  test('means, variances and covariances are those of the values', () => {
    const sums = jointSums(columns, [
      [3, 1, 10],
      [0, 0, 12],
      [9, 2, 20],
    ]);
    expect(columnMean(sums, 'revenue')).toBe(4);
    expect(columnMoments(sums, 'revenue')).toEqual({ count: 3, sum: 12, sumSquares: 90 });
    // Deviations −1, −4, 5 and −4, −2, 6: 4 + 8 + 30 = 42 over 2; squares 42 and 56 over 2.
    expect(covariance(sums, 'revenue', 'before')).toBeCloseTo(21, 12);
    expect(covariance(sums, 'before', 'revenue')).toBeCloseTo(21, 12);
    expect(covariance(sums, 'revenue', 'revenue')).toBeCloseTo(21, 12);
    expect(covariance(sums, 'before', 'before')).toBeCloseTo(28, 12);
  });

  test('refuses columns that differ, repeat, are missing or too many', () => {
    const one = jointSums(['a'], [[1]]);
    expect(() => mergeJointSums(one, jointSums(['b'], [[1]]))).toThrow('received a and b');
    expect(() => jointSums(['a', 'a'], [])).toThrow('must differ');
    expect(() => columnMean(one, 'b')).toThrow('no column b');
    const many = Array.from({ length: jointColumnsCountMax + 1 }, (_, i) => `c${i}`);
    expect(() => jointSums(many, [])).toThrow(`received ${jointColumnsCountMax + 1}`);
    expect(() => jointSumsFrom(['a'], 1, [1], [])).toThrow('1 products');
  });
});

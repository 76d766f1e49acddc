import { expect, test } from 'vitest';
import { dailySums } from '../../lib/experiments/daily-sums.ts';
import { dailyCsv } from '../../lib/experiments/report-csv.ts';
import { comparisonOf, type Estimate } from '../../lib/experiments/result.ts';
import { designOf, outcomesOf, resultOf, type World } from './report-world.ts';

const world: World = {
  arms: [
    ['holdout', 0.4, 0],
    ['B', 0.6, 0.03],
  ],
  customers: 3000,
  days: 12,
};
const lines = dailyCsv([{ test: 'run-1', days: dailySums(outcomesOf(world), designOf(world)) }])
  .trimEnd()
  .split('\r\n')
  .map((line) => line.split(','));
const [header, ...rows] = lines;

/** What a reader's pivot table gives: the sums of an arm in a metric over all days. */
const total = (metric: string, arm: string) => {
  const of = rows.filter((row) => row[3] === metric && row[2] === arm);
  const [n, x, xx, y, yy, xy] = [5, 6, 7, 8, 9, 10].map((column) =>
    of.reduce((sum, row) => sum + Number(row[column]), 0),
  );
  return { days: of.length, n, x, xx, y, yy, xy };
};
const estimateOf = (metric: string): Estimate => {
  const estimate = comparisonOf(resultOf(world), metric, 'B')?.estimate;
  if (estimate?.kind !== 'estimate') throw new Error(`no estimate of ${metric}`);
  return estimate;
};
const spread = (n: number, ab: number, a: number, b: number): number => (ab - (a * b) / n) / (n - 1);

test('a row is a day of assignment, an arm and a metric', () => {
  expect(header.join(',')).toBe(
    '\uFEFFtest,day,arm,metric,kind,customers,sum,sumSquares,denominatorSum,denominatorSumSquares,sumProducts',
  );
  expect(total('repurchase', 'B').days).toBe(12);
  expect(total('repurchase', 'B').n + total('repurchase', 'holdout').n).toBe(3000);
  expect(rows[0].slice(0, 2)).toEqual(['run-1', '2026-03-01']);
});

test('the difference of means and its standard error can be made by hand from the CSV', () => {
  const [b, a] = [total('revenue', 'B'), total('revenue', 'holdout')];
  const { difference, standardError } = estimateOf('revenue');
  expect(b.x / b.n - a.x / a.n).toBeCloseTo(difference, 10);
  const square = spread(b.n, b.xx, b.x, b.x) / b.n + spread(a.n, a.xx, a.x, a.x) / a.n;
  expect(Math.sqrt(square)).toBeCloseTo(standardError, 10);
});

test('the difference of shares and Newcombe’s interval can be made by hand from the CSV', () => {
  const [b, a] = [total('repurchase', 'B'), total('repurchase', 'holdout')];
  const { difference, low, high } = estimateOf('repurchase');
  const z = 1.959963984540054;
  const wilson = ({ n, x }: { readonly n: number; readonly x: number }) => {
    const [p, z2] = [x / n, z * z];
    const half = z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
    return {
      p,
      low: (p + z2 / (2 * n) - half) / (1 + z2 / n),
      high: (p + z2 / (2 * n) + half) / (1 + z2 / n),
    };
  };
  const [of, against] = [wilson(b), wilson(a)];
  expect(of.p - against.p).toBeCloseTo(difference, 12);
  expect(of.p - against.p - Math.hypot(of.p - of.low, against.high - against.p)).toBeCloseTo(low, 9);
  expect(of.p - against.p + Math.hypot(of.high - of.p, against.p - against.low)).toBeCloseTo(high, 9);
});

test('a ratio and its standard error by the delta method can be made by hand from the CSV', () => {
  const [b, a] = [total('average-order-value', 'B'), total('average-order-value', 'holdout')];
  const { difference, standardError } = estimateOf('average-order-value');
  const square = ({ n, x, xx, y, yy, xy }: typeof a): number => {
    const ratio = x / y;
    const of = spread(n, xx, x, x) - 2 * ratio * spread(n, xy, x, y) + ratio * ratio * spread(n, yy, y, y);
    return of / (y / n) ** 2 / n;
  };
  expect(b.x / b.y - a.x / a.y).toBeCloseTo(difference, 10);
  expect(Math.sqrt(square(b) + square(a))).toBeCloseTo(standardError, 10);
});

test('rows stand by day, the arms of each in the order of the design, whatever was read first', () => {
  const measured = outcomesOf(world);
  const backwards = new Map(
    [...measured.days].toReversed().map(([day, arms]) => [day, new Map([...arms].toReversed())]),
  );
  const sorted = dailySums(measured, designOf(world));
  expect(dailySums({ days: backwards }, designOf(world))).toEqual(sorted);
  expect(sorted.map(({ day }) => day)).toEqual(sorted.map(({ day }) => day).toSorted());
  expect(sorted[0].arm).toBe('holdout');
});

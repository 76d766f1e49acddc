import { expect, test } from 'vitest';
import { noEstimate } from '../../lib/experiments/no-estimate.ts';
import { banditSection } from '../../lib/experiments/report-bandit.ts';
import { formatOf } from '../../lib/experiments/report-format.ts';
import type { BanditResult } from '../../lib/experiments/result.ts';

const cell = (arm: string, share: number) => ({ arm, share, customers: 1000, matured: 800, buyers: 80 });
const bandit: BanditResult = {
  method: 'batched',
  batches: [
    { batch: 1, startsAt: '2026-03-01T00:00:00.000Z', arms: [cell('A', 0.5), cell('<B>', 0.5)] },
    { batch: 2, startsAt: '2026-03-08T00:00:00.000Z', arms: [cell('A', 0.9), cell('<B>', 0.1)] },
  ],
  arms: [
    { arm: 'A', share: { value: 0.1, low: 0.09, high: 0.12 }, probabilityBest: 0.9999, expectedLoss: 0.0001 },
    { arm: '<B>', share: null, probabilityBest: 0.0001, expectedLoss: 0.02 },
  ],
  comparisons: [
    {
      arm: 'A',
      reference: 'holdout',
      estimate: {
        kind: 'estimate',
        difference: 0.02,
        low: 0.005,
        high: 0.035,
        standardError: 0.0077,
        pValue: 0.009,
        relativeLift: null,
      },
      adjustedPValue: 0.018,
    },
    { arm: '<B>', reference: 'holdout', estimate: noEstimate('arm-too-small'), adjustedPValue: null },
  ],
};
const html = banditSection({ bandit, currency: null, windowDays: 14 }, formatOf('en'));

test('estimates by batch stand with their interval, and what has none with its reason', () => {
  expect(html).toContain('+2.0 points');
  expect(html).toContain('+0.5 to +3.5');
  expect(html).toContain('<b>&#60;B&#62;</b>: no estimate.');
  expect(html).toContain('nobody counted yet');
  expect(html).toContain('&#62; 99.9%');
  expect(html).not.toContain('<B>');
});

test('the shares of an arm are drawn by batch on one scale from 0 to all', () => {
  const marks = [...html.matchAll(/<circle class="plain" cx="([\d.]+)%" cy="([\d.]+)" r="4.5"/g)].map(
    ([, x, y]) => [Number(x), Number(y)],
  );
  // 0 is at 166 pixels and 100% at 10.
  expect(marks).toEqual([
    [5, 88],
    [95, 25.6],
    [5, 88],
    [95, 150.4],
  ]);
});

test('there is no such section without a bandit', () => {
  expect(banditSection({ currency: null, windowDays: 14 }, formatOf('en'))).toBe('');
});

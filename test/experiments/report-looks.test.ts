import { expect, test } from 'vitest';
import { formatOf } from '../../lib/experiments/report-format.ts';
import { looksSection } from '../../lib/experiments/report-looks.ts';
import { metricsSection } from '../../lib/experiments/report-metrics.ts';
import type { Sequential, SequentialLook, TestResult } from '../../lib/experiments/result.ts';
import { resultOf } from './report-world.ts';

const result = resultOf({
  arms: [
    ['holdout', 0.5, 0],
    ['B', 0.5, 0.03],
  ],
  customers: 1000,
  days: 3,
});
const look = (of: Partial<SequentialLook>): SequentialLook => ({
  look: 1,
  asOf: '2026-03-10T00:00:00.000Z',
  informationFraction: 0.5,
  z: 1.2,
  boundary: 2.96,
  spent: 0.0031,
  crossed: false,
  ...of,
});
const sequential: Sequential = {
  kind: 'group-sequential',
  arms: [
    {
      arm: 'B',
      reference: 'holdout',
      informationFraction: 1,
      looks: [
        look({ informationFraction: 0.2, boundary: null }),
        look({ look: 2 }),
        look({ look: 3, informationFraction: 1, z: 2.5, boundary: 1.97, spent: 0.05, crossed: true }),
      ],
      boundary: 1.97,
      crossed: true,
      repeatedInterval: { low: 0.004, high: 0.06 },
      adjustedPValue: 0.014,
    },
  ],
  watching: [],
  note: { en: 'A note.', 'zh-CN': '说明。' },
};
const watched = (asOf: string, low: number, high: number): TestResult => ({
  ...result,
  asOf,
  final: false,
  sequential: {
    ...sequential,
    kind: 'fixed',
    arms: [],
    watching: [{ arm: 'B', reference: 'holdout', over: 'so-far', difference: (low + high) / 2, low, high }],
  },
});

test('z stands inside its boundaries until it crosses, at the share of the planned customers', () => {
  const html = looksSection([{ ...result, sequential }], formatOf('en'));
  expect(html).toContain('A note.');
  const z = [...html.matchAll(/<circle class="plain" cx="([\d.]+)%" cy="([\d.]+)"/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
  const bounds = [
    ...html.matchAll(/<svg x="([\d.]+)%" y="([\d.]+)" overflow="visible"><path class="bound"/g),
  ].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
  // 20%, 50% and 100% of the information from 5% to 95% of the width; the first look has no boundary.
  expect(z.map(({ x }) => x)).toEqual([5, 38.75, 95]);
  expect(bounds.map(({ x }) => x)).toEqual([38.75, 95, 38.75, 95]);
  const [upper, lastUpper, lower] = bounds.map(({ y }) => y);
  expect(z[1].y).toBeGreaterThan(upper);
  expect(z[1].y).toBeLessThan(lower);
  expect(z[2].y).toBeLessThan(lastUpper);
  expect(html).toContain('<td class="n">±1.97</td>');
  expect(html).toMatch(/3 · Mar 10.*yes/);
});

test('the p-value beside an interval that holds over all looks does so, too, and covariates have names', () => {
  const page = (language: 'en' | 'zh-CN') =>
    metricsSection({ ...result, sequential }, formatOf(language)).split('told beside it')[0];
  expect(metricsSection(result, formatOf('en'))).not.toContain('over all looks');
  expect(page('en')).toContain('over all looks and arms p ');
  expect(page('zh-CN')).toContain('对全部分析与各组有效的 p ');
  for (const language of ['en', 'zh-CN'] as const) expect(page(language)).not.toContain('before:');
});

test('watching intervals follow one another by the time of their look', () => {
  const looks = [
    watched('2026-03-08T00:00:00.000Z', -0.02, 0.06),
    watched('2026-03-15T00:00:00.000Z', 0.001, 0.049),
    { ...result, final: true },
  ];
  const html = looksSection(looks, formatOf('zh-CN'));
  expect(html.match(/<circle class="plain"/g)).toHaveLength(2);
  expect(html).toContain('+2.0 个百分点 (−2.0 至 +6.0)');
  expect(html).toContain('+2.5 个百分点 (+0.1 至 +4.9)');
});

test('there is no such section where nothing was decided or watched', () => {
  expect(looksSection([result], formatOf('en'))).toBe('');
});

import { describe, expect, test } from 'vitest';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { balanceCheck, balanceOf } from '../../lib/experiments/balance.ts';
import { checksOf } from '../../lib/experiments/checks.ts';
import { crossoverCheck } from '../../lib/experiments/crossover.ts';
import type { Design } from '../../lib/experiments/design.ts';
import { exposureChecks } from '../../lib/experiments/exposure-checks.ts';
import { freshnessCheck } from '../../lib/experiments/freshness.ts';
import type { MetricResult } from '../../lib/experiments/result.ts';
import { checkSampleRatio } from '../../lib/experiments/sample-ratio.ts';
import { jointSums } from '../../lib/outcomes/joint-sums.ts';

const hourMs = 3_600_000;
const designOf = (arms: readonly string[]): Design => ({
  arms: arms.map((name) => ({
    name,
    share: 1 / arms.length,
    role: name === 'holdout' ? 'holdout' : 'variant',
    treated: name !== 'holdout',
  })),
  reference: 'holdout',
  windowDays: 30,
  metrics: defaultMetrics,
});
const metric: MetricResult = {
  metric: 'repurchase',
  role: 'primary',
  kind: 'share',
  unit: 'share',
  better: 'higher',
  arms: [],
  comparisons: [],
};

test('a finding says what to do in both languages, and what is in order asks for nothing', () => {
  const outcomes = {
    arms: new Map(),
    sums: new Map(),
    segments: new Map(),
    weeks: new Map(),
    days: new Map(),
    conflictsCount: 2,
    currencies: ['EUR', 'USD'],
    refundsWithoutOrderCount: 0,
  };
  const checks = checksOf({
    design: designOf(['A', 'holdout']),
    outcomes,
    sampleRatio: checkSampleRatio(['A', 'holdout'], [0.5, 0.5], [600, 400]),
    primary: metric,
    currency: null,
    asOfMs: 0,
    final: true,
  });
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['sample-ratio', false],
    ['one-arm-each', false],
    ['arms-of-the-design', true],
    ['one-currency', false],
  ]);
  for (const { ok, action } of checks) {
    expect(action === undefined).toBe(ok);
    expect(ok || (action?.en !== '' && action?.['zh-CN'] !== '')).toBe(true);
  }
});

describe('crossover', () => {
  test('up to one in a hundred is normal, more waters the effect down', () => {
    expect(crossoverCheck([{ arm: 'A', exposed: 1_000, crossed: 10 }]).ok).toBe(true);
    const finding = crossoverCheck([
      { arm: 'A', exposed: 1_000, crossed: 10 },
      { arm: 'holdout', exposed: 500, crossed: 20 },
      { arm: 'empty', exposed: 0, crossed: 0 },
    ]);
    expect(finding.ok).toBe(false);
    expect(finding.message.en).toContain('holdout 4.00%');
    expect(finding.message['zh-CN']).toContain('4.00%');
    expect(finding.action).toBeDefined();
    expect(crossoverCheck([]).ok).toBe(true);
  });
});

describe('freshness', () => {
  test('a day without events is stale, unless the shop is quiet anyway', () => {
    const asOfMs = 100 * hourMs;
    expect(freshnessCheck({ newestEventMs: 80 * hourMs, usualGapMs: hourMs }, asOfMs).ok).toBe(true);
    const stale = freshnessCheck({ newestEventMs: 70 * hourMs, usualGapMs: hourMs }, asOfMs);
    expect(stale.ok).toBe(false);
    expect(stale.message.en).toContain('for 30 hours');
    expect(stale.message['zh-CN']).toContain('30 小时');
    expect(freshnessCheck({ newestEventMs: 70 * hourMs, usualGapMs: 5 * hourMs }, asOfMs).ok).toBe(true);
    expect(freshnessCheck({ newestEventMs: undefined, usualGapMs: 0 }, asOfMs)).toMatchObject({ ok: false });
  });

  test('a clock that runs ahead is not stale', () => {
    expect(freshnessCheck({ newestEventMs: 5 * hourMs, usualGapMs: 0 }, 4 * hourMs).ok).toBe(true);
  });
});

describe('balance', () => {
  const columns = ['spent', 'orders'];
  const arm = (seed: string, count: number, shift: number) => {
    const random = seededRandom(seed);
    return jointSums(
      columns,
      Array.from({ length: count }, () => {
        const spent = random.normal();
        return [spent + shift, 0.5 * spent + random.normal()];
      }),
    );
  };

  test('standardised difference and joint test by hand', () => {
    const reference = jointSums(['x'], [[0], [2]]);
    const treated = jointSums(['x'], [[3], [5], [4]]);
    // Means 1 and 4, variances 2 and 1. Pooled over all five: mean 2.8, variance 14.8 ÷ 4 = 3.7.
    const { differences, joint } = balanceOf(
      new Map([
        ['holdout', reference],
        ['A', treated],
      ]),
      ['x'],
    );
    expect(differences).toEqual([{ arm: 'A', covariate: 'x', standardised: 3 / Math.sqrt(1.5) }]);
    expect(joint?.statistic).toBeCloseTo((2 * 1.8 ** 2 + 3 * 1.2 ** 2) / 3.7, 12);
    expect(joint?.degrees).toBe(1);
  });

  test('random arms pass, arms that were picked do not, and both languages say what differs', () => {
    const alike = balanceOf(
      new Map([
        ['holdout', arm('h', 2_000, 0)],
        ['A', arm('a', 2_000, 0)],
        ['B', arm('b', 500, 0)],
      ]),
      columns,
    );
    expect(alike.joint?.degrees).toBe(4);
    expect(balanceCheck(alike)).toMatchObject({ name: 'balance', ok: true });
    const picked = balanceCheck(
      balanceOf(
        new Map([
          ['holdout', arm('h', 2_000, 0)],
          ['A', arm('a', 2_000, 0.3)],
        ]),
        columns,
      ),
    );
    expect(picked.ok).toBe(false);
    expect(picked.message.en).toContain('spent');
    expect(picked.message['zh-CN']).toContain('spent');
    expect(picked.action).toBeDefined();
  });

  test('small arms may differ by chance, which is told but is no finding', () => {
    const small = balanceOf(
      new Map([
        ['holdout', arm('h', 30, 0)],
        ['A', arm('a', 30, 0.35)],
      ]),
      columns,
    );
    const check = balanceCheck(small);
    expect(check.ok).toBe(true);
    expect(check.message.en).toMatch(/most apart from the reference was A in \w+, by \d\.\d\d standard/);
    expect(check.message['zh-CN']).toMatch(/与对照差异最大的是 A 的.*相差 \d\.\d\d 个标准差/);
  });

  test('of random arms one in a thousand is called unlike: p is uniform', () => {
    const runs = 1_000;
    let [small, total] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const { joint } = balanceOf(
        new Map([
          ['h', arm(`h${run}`, 60, 0)],
          ['A', arm(`a${run}`, 90, 0)],
        ]),
        columns,
      );
      small += (joint?.pValue ?? 0) < 0.05 ? 1 : 0;
      total += joint?.pValue ?? 0;
    }
    // Four standard deviations: 50 ± 27.6 and 0.5 ± 0.0365.
    expect(Math.abs(small - 50)).toBeLessThan(28);
    expect(Math.abs(total / runs - 0.5)).toBeLessThan(0.0365);
  });
});

test('counts of arms whose names are numbers can be told from the names', () => {
  const arms = [
    { arm: '0', exposed: 99, crossed: 0, programs: 1, silent: 1 },
    { arm: '1', exposed: 100, crossed: 0, programs: 0, silent: 0 },
  ];
  const [, programs, silent] = exposureChecks({ arms, unknown: new Map() });
  expect(programs.message.en).toContain(': 1 (0: 1, 1: 0).');
  expect(silent.message.en).toContain(': 1 (0: 1, 1: 0).');
});

// What a result says beside the plain estimate of the primary metric, from customers simulated with a seed: adjusted
// estimates, Bayes, segments, weeks, secondary metrics and guards. Expected values from theory or from the rows.

import { describe, expect, test } from 'vitest';
import { defaultMetrics, type MetricPlan } from '../../lib/assignment/metric-plan.ts';
import { customerId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { idText } from '../../lib/events/meaning.ts';
import { analyse } from '../../lib/experiments/analyse.ts';
import type { Design } from '../../lib/experiments/design.ts';
import { comparisonOf, type Estimate, primaryOf, type TestResult } from '../../lib/experiments/result.ts';
import { type AssignedCustomer, collectOutcomes } from '../../lib/outcomes/collect.ts';
import { at, dayMs, loop, order, t0 } from '../outcomes/sample.ts';

const designOf = (metrics: Partial<MetricPlan> = {}, treated: readonly string[] = ['B']): Design => ({
  arms: [
    { name: 'holdout', share: 0.5, role: 'holdout', treated: false },
    ...treated.map((name) => ({
      name,
      share: 0.5 / treated.length,
      role: 'variant' as const,
      treated: true,
    })),
  ],
  reference: 'holdout',
  windowDays: 30,
  metrics: { ...defaultMetrics, ...metrics },
});

/** Customers who bought before buy again more often; B raises the rate of those who bought before alone. */
const simulate = (count: number, seed = 'scene', days = 1) => {
  const random = seededRandom(seed);
  const assigned: AssignedCustomer[] = [];
  const events: StoredEvent[] = [];
  for (let i = 0; i < count; i++) {
    const user = `c${i}`;
    const day = days === 1 ? 0 : Math.floor(random.next() * days);
    const arm = i % 2 === 0 ? 'holdout' : 'B';
    assigned.push({
      customerId: customerId(user),
      arm,
      assignedAtMs: t0 + day * dayMs,
      decisionId: user,
    });
    const past = Math.floor(random.next() * 3);
    for (let k = 0; k < past; k++) {
      events.push(order(user, `p${i}-${k}`, at(day - 10 * (k + 1)), 15 + 10 * random.next()));
    }
    const rate = past === 0 ? 0.1 : 0.3 * past + (arm === 'B' ? 0.1 : 0);
    if (random.next() < rate) {
      events.push(order(user, `o${i}`, at(day + 2), 10 + 20 * past + random.next()));
    }
  }
  return { assigned, events };
};

const resultOf = (
  design: Design,
  { assigned, events }: ReturnType<typeof simulate>,
  asOfDay = 60,
): TestResult => {
  const asOfMs = t0 + asOfDay * dayMs;
  const { windowDays, metrics } = design;
  const outcomes = collectOutcomes(assigned, events, { windowDays, asOfMs, metrics, historyDays: 90 });
  return analyse(design, outcomes, { look: 1, final: true, asOf: new Date(asOfMs).toISOString() });
};
const estimateOf = (result: TestResult, metric: string): Estimate => {
  const estimate = comparisonOf(result, metric, 'B')?.estimate;
  if (estimate?.kind !== 'estimate') throw new Error(`no estimate of ${metric}`);
  return estimate;
};

describe('metrics of a result', () => {
  const result = resultOf(designOf(), simulate(4_000));

  test('stand in the order of their roles, each with all arms', () => {
    expect(result.metrics.map(({ metric, role }) => [metric, role])).toEqual([
      ['repurchase', 'primary'],
      ['revenue', 'secondary'],
      ['orders', 'secondary'],
      ['margin', 'secondary'],
      ['average-order-value', 'secondary'],
      ['unsubscribe', 'guardrail'],
      ['complaint', 'guardrail'],
      ['refund', 'guardrail'],
    ]);
    for (const { arms } of result.metrics) {
      expect(arms.map(({ arm, customers }) => [arm, customers])).toEqual([
        ['holdout', 2_000],
        ['B', 2_000],
      ]);
    }
  });

  test('average order value is revenue over orders, and orders a customer equal the rate where each buys once', () => {
    const shown = (metric: string) => result.metrics.find((one) => one.metric === metric)?.arms[1].value ?? 0;
    expect(shown('average-order-value')).toBeCloseTo(shown('revenue') / shown('orders'), 12);
    expect(estimateOf(result, 'orders').difference).toBeCloseTo(
      estimateOf(result, 'repurchase').difference,
      12,
    );
  });

  test('adjusted by the past keep the difference and lose the variance that the past explains', () => {
    const comparison = comparisonOf(result, 'revenue', 'B');
    const adjusted = comparison?.adjusted;
    if (adjusted?.kind !== 'estimate') throw new Error('not adjusted');
    expect(adjusted.method).toBe('cuped');
    expect(adjusted.covariates).toEqual(['before:orders', 'before:revenue', 'before:recency']);
    expect(adjusted.varianceReduction).toBeGreaterThan(0.2);
    const plain = estimateOf(result, 'revenue');
    expect(adjusted.standardError / plain.standardError).toBeCloseTo(
      Math.sqrt(1 - adjusted.varianceReduction),
      9,
    );
    expect(Math.abs(adjusted.difference - plain.difference)).toBeLessThan(3 * plain.standardError);
  });

  test('are adjusted as the plan says, or not at all', () => {
    const lin = resultOf(designOf({ adjustment: 'lin' }), simulate(1_000));
    expect(comparisonOf(lin, 'repurchase', 'B')?.adjusted).toMatchObject({ kind: 'estimate', method: 'lin' });
    const none = resultOf(designOf({ adjustment: 'none' }), simulate(1_000));
    expect(comparisonOf(none, 'repurchase', 'B')?.adjusted).toBeUndefined();
  });

  test('say how probable the better arm is: one half of the two-sided p away from certainty, for means', () => {
    const { pValue, difference } = estimateOf(result, 'revenue');
    const outlook = comparisonOf(result, 'revenue', 'B')?.bayes;
    expect(difference).toBeGreaterThan(0);
    expect(outlook?.probabilityBest).toBeCloseTo(1 - pValue / 2, 3);
    expect(outlook?.expectedLoss).toBeGreaterThanOrEqual(0);
  });

  test('of several arms each has its chance to be the best, and the rest is the reference’s', () => {
    const scene = simulate(3_000);
    const assigned = scene.assigned.map((one, i) => ({ ...one, arm: ['holdout', 'B', 'C'][i % 3] }));
    const three = {
      ...designOf({}, ['B', 'C']),
      arms: ['holdout', 'B', 'C'].map((name) => ({
        name,
        share: 1 / 3,
        role: 'variant' as const,
        treated: name !== 'holdout',
      })),
    };
    const { comparisons } = primaryOf(resultOf(three, { ...scene, assigned }));
    const chances = comparisons.map(({ bayes }) => bayes?.probabilityBest ?? 0);
    expect(chances.every((chance) => chance > 0)).toBe(true);
    expect(chances[0] + chances[1]).toBeLessThan(1);
    expect(comparisons.every(({ bayes }) => (bayes?.expectedLoss ?? -1) >= 0)).toBe(true);
  });

  test('Holm multiplies the primary p-values of two arms, Benjamini–Hochberg those of secondary metrics', () => {
    expect(primaryOf(result).comparisons[0].adjustedPValue).toBe(estimateOf(result, 'repurchase').pValue);
    const secondary = result.metrics.filter(({ role }) => role === 'secondary');
    const pairs = secondary.flatMap(({ comparisons }) =>
      comparisons.flatMap(({ estimate, adjustedPValue }) =>
        estimate.kind === 'estimate' ? [[estimate.pValue, adjustedPValue ?? 0]] : [],
      ),
    );
    const largest = pairs.sort((a, b) => b[0] - a[0])[0];
    expect(largest[1]).toBe(largest[0]);
    expect(pairs.every(([p, adjusted]) => adjusted >= p)).toBe(true);
  });

  test('margin has no estimate while costs are not known', () => {
    expect(comparisonOf(result, 'margin', 'B')?.estimate).toMatchObject({ code: 'costs-unknown' });
  });
});

test('covariates that repeat others are left out of the adjustment', () => {
  const { assigned, events } = simulate(1_000);
  const flat = events.map((one) =>
    (idText(one.properties.order_id) ?? '').startsWith('p')
      ? { ...one, properties: { ...one.properties, total: 20 } }
      : one,
  );
  const result = resultOf(designOf(), { assigned, events: flat });
  expect(comparisonOf(result, 'repurchase', 'B')?.adjusted).toMatchObject({
    covariates: ['before:orders', 'before:recency'],
  });
});

describe('parts of the customers', () => {
  test('show the effect where it is, and that it differs', () => {
    const { segments, segmentDifferences } = resultOf(designOf(), simulate(20_000, 'segments'));
    const bySegment = segments.map(({ value, comparisons }) => [value, comparisons[0].estimate] as const);
    expect(bySegment.map(([value]) => value)).toEqual(['0', '1', '2+']);
    for (const [value, estimate] of bySegment) {
      if (estimate.kind !== 'estimate') throw new Error('no estimate');
      const truth = value === '0' ? 0 : 0.1;
      expect(estimate.low).toBeLessThan(truth);
      expect(estimate.high).toBeGreaterThan(truth);
    }
    expect(segmentDifferences).toEqual([{ arm: 'B', segment: 'orders-before', pValue: expect.any(Number) }]);
    expect(segmentDifferences[0].pValue).toBeLessThan(0.001);
  });

  test('weeks of assignment have their own effects, and one week alone none', () => {
    const { weeks } = resultOf(designOf(), simulate(4_000, 'weeks', 28), 70);
    // t0 is a Sunday: its day is a week of its own, the last of 28 days ends on a Saturday.
    expect(weeks.map(({ weekStart }) => weekStart)).toEqual([
      '2026-02-23',
      '2026-03-02',
      '2026-03-09',
      '2026-03-16',
      '2026-03-23',
    ]);
    expect(weeks.every(({ comparisons }) => comparisons.length === 1)).toBe(true);
    expect(resultOf(designOf(), simulate(400)).weeks).toEqual([]);
  });

  test('a long test has its weeks put together, and nobody is lost by it', () => {
    const { weeks } = resultOf(designOf(), simulate(6_000, 'long', 400), 500);
    expect(weeks.length).toBeLessThanOrEqual(26);
    // 58 weeks in threes.
    expect(weeks.map(({ weeksCount }) => weeksCount)).toEqual(Array.from({ length: 20 }, () => 3));
    const gaps = weeks
      .slice(1)
      .map(({ weekStart }, i) => Date.parse(weekStart) - Date.parse(weeks[i].weekStart));
    expect(new Set(gaps)).toEqual(new Set([21 * dayMs]));
  });

  test('are hidden with everything else where the arms are not as large as designed', () => {
    const scene = simulate(4_000);
    const few = scene.assigned.filter(({ arm }, i) => arm === 'B' || i % 8 !== 0);
    const result = resultOf(designOf(), { ...scene, assigned: few });
    expect(result.sampleRatio.ok).toBe(false);
    expect(result.segments).toEqual([]);
    const all = result.metrics.flatMap(({ comparisons }) => comparisons);
    expect(all.every(({ estimate }) => estimate.kind === 'no-estimate')).toBe(true);
    expect(all.some(({ adjusted, bayes }) => adjusted !== undefined || bayes !== undefined)).toBe(false);
  });
});

test('customers whose window is open are shown and not counted', () => {
  const result = resultOf(designOf(), simulate(4_000, 'weeks', 28), 44);
  const [holdout] = result.arms;
  expect(holdout.customers).toBe(2_000);
  // Assigned on 28 days; the windows of the first 15 are over on day 44.
  expect(holdout.matured).toBeGreaterThan(900);
  expect(holdout.matured).toBeLessThan(1_200);
  expect(primaryOf(result).arms[0]).toMatchObject({ customers: holdout.matured });
});

test('the sentence speaks of the primary metric, whichever it is', () => {
  const result = resultOf(designOf({ primary: 'revenue', secondary: ['repurchase'] }), simulate(8_000));
  const { low, high, difference } = estimateOf(result, 'revenue');
  const [holdout, b] = primaryOf(result).arms.map(({ value }) => (value ?? 0).toFixed(2));
  expect(result.sentence.en).toBe(
    `Variant B raised 30-day revenue per customer from ${holdout} USD to ${b} USD, +${difference.toFixed(2)} USD (95% interval +${low.toFixed(2)} to +${high.toFixed(2)}). Worth rolling out.`,
  );
  expect(result.sentence['zh-CN']).toContain('使 30 天人均收入从');
});

/** Orders of the holdout, whose customers have even numbers, are refunded in part. */
test('where lower is better, a fall is what is rolled out', () => {
  const scene = simulate(4_000);
  const metrics = { primary: 'refund' as const, secondary: [], guardrails: [] };
  const refunds = scene.events
    .filter(({ properties }) => /^o\d*[02468]$/.test(idText(properties.order_id) ?? ''))
    .map((one) => ({
      ...one,
      messageId: one.messageId,
      event: 'Order Refunded',
      timestamp: at(5),
      properties: { order_id: idText(one.properties.order_id) ?? '', refund_id: 'r', products: [], value: 1 },
    }));
  const result = resultOf(designOf(metrics), { ...scene, events: [...scene.events, ...refunds] });
  expect(primaryOf(result)).toMatchObject({ better: 'lower' });
  expect(result).toMatchObject({ decision: 'roll-out', winner: 'B' });
  expect(result.sentence.en).toContain('lowered 30-day refund rate');
});

describe('what was checked', () => {
  const checkOf = (result: TestResult, name: string) => result.checks.find((one) => one.name === name);

  test('holds the past, the feed, who met another arm, and whether a tenth more would have been found', () => {
    const { assigned, events } = simulate(8_000);
    const sent = (user: string, variant: string, day: number): StoredEvent =>
      loop(user, loopEvents.deliverySettled, at(day), {
        variant,
        decisionId: user,
        deliveryId: user,
        status: 'sent',
      });
    // Of the holdout 60 of 4,000 got the mail of B within the window, 200 more in a roll-out after it.
    const crossing = Array.from({ length: 60 }, (_, i) => sent(`c${2 * i}`, 'B', 3));
    const rollout = Array.from({ length: 200 }, (_, i) => sent(`c${2 * i}`, 'B', 31));
    const own = Array.from({ length: 4_000 }, (_, i) => sent(`c${2 * i + 1}`, 'B', 0.1));
    const asOfMs = t0 + 60 * dayMs;
    const outcomes = collectOutcomes(assigned, [...events, ...crossing, ...rollout, ...own], {
      windowDays: 30,
      asOfMs,
      historyDays: 90,
      feed: { newestEventMs: t0 + 40 * dayMs, usualGapMs: 3_600_000 },
    });
    const result = analyse(designOf(), outcomes, {
      look: 1,
      final: true,
      asOf: new Date(asOfMs).toISOString(),
    });
    expect(result.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['sample-ratio', true],
      ['one-arm-each', true],
      ['arms-of-the-design', true],
      ['one-currency', true],
      ['crossover', false],
      ['programs', true],
      ['balance', true],
      ['data-freshness', false],
      ['power', true],
    ]);
    expect(checkOf(result, 'crossover')?.message.en).toContain('In arm holdout 1.50%');
    expect(checkOf(result, 'power')?.message['zh-CN']).toContain('个百分点');
  });

  test('finds arms that were unlike before, and a test too small to find a tenth', () => {
    const { assigned, events } = simulate(400);
    const chosen = assigned.filter(
      ({ arm, customerId: who }) => arm === 'B' || events.some(({ userId }) => userId === who),
    );
    const result = resultOf(designOf(), { assigned: chosen, events });
    expect(checkOf(result, 'balance')?.ok).toBe(false);
    const small = resultOf(designOf(), { assigned, events });
    expect(checkOf(small, 'balance')?.ok).toBe(true);
    expect(checkOf(small, 'power')).toMatchObject({ ok: false });
  });
});

// Through the real code: pages are served and logged, the archive is written, DuckDB reads it, the new policy is asked anew.

import { beforeAll, describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createPolicyLogs } from '../../lib/adapters/policy-logs-duckdb.ts';
import { modelVersion } from '../../lib/base/ids.ts';
import { collectPages } from '../../lib/experiments/policy/collect-pages.ts';
import type { EvaluationResult, RecommendationPolicy } from '../../lib/experiments/policy/evaluation.ts';
import { judgePages } from '../../lib/experiments/policy/judge-pages.ts';
import { runEvaluation } from '../../lib/experiments/policy/run-evaluation.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { memoryEvaluationStore } from '../fakes/evaluation-store.ts';
import { memoryPolicyLogs } from '../fakes/policy-logs.ts';
import {
  assortmentOf,
  dayMs,
  depth,
  fromMs,
  nowMs,
  plain,
  share,
  simulate,
  slots,
  toMs,
  type World,
} from './policy-world.ts';

const evaluate = async (
  { archive }: World,
  policy: Omit<RecommendationPolicy, 'kind'>,
  change: { readonly outcome?: 'click' | 'order'; readonly explorationDepth?: number } = {},
): Promise<EvaluationResult> => {
  const evaluations = memoryEvaluationStore();
  const customers = createFakeCustomerStore();
  await evaluations.write({
    evaluationId: 'e1',
    status: 'running',
    requestedAt: new Date(nowMs).toISOString(),
    policy: { kind: 'recommendations', ...policy },
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    outcome: change.outcome ?? 'click',
    windowDays: 1,
  });
  await runEvaluation('e1', {
    evaluations,
    customers,
    logs: createPolicyLogs(archive, customers, withDuckDb),
    campaigns: { get: async () => undefined },
    assortment: assortmentOf,
    clock: { nowMs: () => nowMs },
    settings: { reranking: plain, explorationDepth: change.explorationDepth ?? depth, eligibilityRules: [] },
  });
  const { result, status } = (await evaluations.get('e1')) ?? {};
  expect(status).toBe('done');
  if (result === undefined) throw new Error('no result');
  return result;
};

let world: World;
beforeAll(async () => {
  world = await simulate('policy');
}, 60_000);

const within = (result: EvaluationResult, truth: number): void => {
  for (const found of [result.ips, result.snips, result.doublyRobust]) {
    if (found?.kind !== 'off-policy') throw new Error(result.sentence.en);
    expect(found.low).toBeLessThan(truth);
    expect(found.high).toBeGreaterThan(truth);
  }
};

describe('a new model judged by the logs of the one that served', () => {
  it('is worth what it is truly worth, within the interval, and known to be better', async () => {
    const result = await evaluate(world, { modelVersion: modelVersion('v2') });
    const [truth, before] = [world.truth('v2', share), world.truth('v1', share)];
    expect(truth).toBeGreaterThan(1.5 * before);
    within(result, truth);
    if (result.gain.kind !== 'off-policy' || result.logged.kind !== 'off-policy') throw new Error('no gain');
    expect(result.gain.low).toBeGreaterThan(0);
    expect(result.gain.low).toBeLessThan(truth - before);
    expect(result.gain.high).toBeGreaterThan(truth - before);
    expect(Math.abs(result.logged.value - before)).toBeLessThan(4 * result.logged.standardError);
    // The places fall off as place^−0.7.
    expect(result.positions?.estimated).toBe(true);
    const { exponent = 0, standardError = 0 } = result.positions ?? {};
    expect(Math.abs(exponent - 0.7)).toBeLessThan(3 * standardError);
    expect(result.logs).toMatchObject({ decisions: 2_400, customers: 600, customersShare: 1, leftOut: {} });
    expect(Math.abs(result.weights.mean - 1)).toBeLessThan(4 * result.weights.meanError);
    expect(result.sentence.en).toMatch(/^Shown items that were clicked within a day: .*Better by the logs/);
    expect(result.sentence['zh-CN']).toContain('日志显示更好');
  });

  it('without exploration of its own, too', async () => {
    const result = await evaluate(world, { modelVersion: modelVersion('v2'), explorationShare: 0 });
    within(result, world.truth('v2', 0));
  });

  it('is refused where what it shows was never logged, with what to do', async () => {
    const result = await evaluate(world, { modelVersion: modelVersion('v3') });
    expect(result.doublyRobust).toMatchObject({ kind: 'no-estimate', code: 'logs-lack-support' });
    expect(result.sentence.en).toContain('explorationDepth');
  });
});

describe('the same model', () => {
  it('drawn with another share is worth what that is worth, and its pages come out as they were shown', async () => {
    const result = await evaluate(world, { explorationShare: 0.1 });
    within(result, world.truth('v1', 0.1));
    expect(result.logs.alike).toBe(2_400);
  });

  it('drawn as it was gains nothing, and every weight is 1', async () => {
    const result = await evaluate(world, { explorationShare: share });
    expect(result.weights).toMatchObject({ largest: expect.closeTo(1, 9), effectiveRows: 2_400 * slots });
    if (result.gain.kind !== 'off-policy' || result.logged.kind !== 'off-policy') throw new Error('no gain');
    expect(result.snips).toMatchObject({ value: expect.closeTo(result.logged.value, 12) });
    // Of the doubly robust estimate the model's error is left, chance alone.
    const { value, standardError } = result.gain;
    expect(Math.abs(value)).toBeLessThan(3.5 * standardError);
    expect(standardError).toBeLessThan(result.logged.standardError / 2);
  });

  it('by orders: an order of a shown item counts', async () => {
    const result = await evaluate(world, { explorationShare: 0.1 }, { outcome: 'order' });
    // Of clicks 30% buy, on the page or a day later on another one that showed the item; owned items are not shown again.
    within(result, 0.3 * world.truth('v1', 0.1));
  });
});

describe('logs that say nothing of another policy', () => {
  it('are refused where nothing was left to chance', async () => {
    const certain = await simulate('certain', { customersCount: 200, pagesEach: 1, explorationShare: 0 });
    const result = await evaluate(certain, { explorationShare: 0.1 });
    expect(result.ips).toMatchObject({ kind: 'no-estimate', code: 'logs-not-explored' });
    expect(result.logs.leftOut).toEqual({ 'not-explored': 200 });
    expect(result.sentence.en).toContain('explorationShare');
  });

  it('are refused where they are thin', async () => {
    const thin = await simulate('thin', { customersCount: 60, pagesEach: 1 });
    const result = await evaluate(thin, { modelVersion: modelVersion('v2') });
    expect(result.doublyRobust).toMatchObject({ kind: 'no-estimate', code: 'logs-too-thin' });
  });

  it('leave out a page whose propensities do not follow from how it was drawn', async () => {
    const few = await simulate('few', { customersCount: 200, pagesEach: 1 });
    for (const [key, { bytes, contentType }] of few.archive.objects) {
      const { gunzipSync, gzipSync } = await import('node:zlib');
      const text = gunzipSync(bytes).toString('utf8').replaceAll('"share":0.3', '"share":0.2');
      few.archive.objects.set(key, { bytes: gzipSync(text), contentType });
    }
    const result = await evaluate(few, { explorationShare: 0.1 });
    expect(result.logs.leftOut).toEqual({ inexact: 200 });
  });
});

describe('logs in memory', () => {
  it('tell the same as those that DuckDB reads', async () => {
    const small = await simulate('small', { customersCount: 300, pagesEach: 2 });
    const read = await evaluate(small, { explorationShare: 0.1 });
    const request = {
      policy: { kind: 'recommendations' as const, explorationShare: 0.1 },
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      outcome: 'click' as const,
      windowDays: 1,
    };
    const collected = await collectPages(
      { ...request, untilMs: nowMs, pagesMax: 1_000 },
      { policy: request.policy, reranking: plain, explorationDepth: depth, eligibilityRules: [] },
      {
        logs: memoryPolicyLogs(small.events),
        customers: createFakeCustomerStore(),
        assortment: assortmentOf,
      },
    );
    const { weights, logs, snips } = judgePages(collected, request, nowMs);
    expect(logs).toEqual(read.logs);
    expect(weights.effectiveRows).toBeCloseTo(read.weights.effectiveRows, 6);
    if (snips.kind !== 'off-policy' || read.snips.kind !== 'off-policy') throw new Error('no value');
    expect(snips.value).toBeCloseTo(read.snips.value, 12);
  });
});

describe('the customer of a page', () => {
  it('is who they were before it: what came of the page changes nothing of what the policy would show', async () => {
    // Half a year later everything that was clicked is owned; the pages still come out alike.
    const bought = await simulate('owned', { customersCount: 150, pagesEach: 6 });
    const result = await evaluate(bought, { explorationShare: 0.2 });
    expect(result.logs.alike).toBe(900);
    expect(nowMs - toMs).toBeGreaterThan(dayMs);
  });
});

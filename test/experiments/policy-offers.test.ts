// Other shares of a campaign's variants, from its assignments as the campaign writes them.

import { beforeAll, describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createPolicyLogs } from '../../lib/adapters/policy-logs-duckdb.ts';
import { campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { assignedEvent, assignMember } from '../../lib/campaigns/assigned.ts';
import { archiveContentType, archiveObjects } from '../../lib/events/archive-object.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { fitPositions } from '../../lib/experiments/policy/positions.ts';
import { requestEvaluation } from '../../lib/experiments/policy/request-evaluation.ts';
import { runEvaluation } from '../../lib/experiments/policy/run-evaluation.ts';
import { campaign as sampleCampaign } from '../campaigns/sample.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { memoryEvaluationStore } from '../fakes/evaluation-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';

const dayMs = 86_400_000;
const atMs = Date.UTC(2026, 8, 1, 9);
const nowMs = atMs + 60 * dayMs;
const id = campaignId('spring');
const [variant] = sampleCampaign().variants;
const campaign = sampleCampaign({
  campaignId: id,
  holdoutShare: 0.2,
  variants: [
    { ...variant, name: 'A', weight: 0.75 },
    { ...variant, name: 'B', weight: 0.25 },
  ],
});
const rates: { readonly [arm: string]: number } = { A: 0.1, B: 0.2, holdout: 0.05, 'global-holdout': 0.05 };
const archive = createFakeObjectStore();

beforeAll(async () => {
  const random = seededRandom('offers');
  const events: StoredEvent[] = [];
  for (let i = 0; i < 6_000; i++) {
    const customer = customerId(`c${i}`);
    const member = assignMember(
      campaign,
      'run-1',
      customer,
      new Date(atMs).toISOString(),
      { holdoutSalt: 'workspace' },
      { globalHoldoutShare: 0.05, globalHoldoutPeriod: 'year' },
    );
    events.push(assignedEvent({ campaignId: id, runId: 'run-1', phase: 'test' }, member, atMs));
    if (random.next() >= rates[member.arm]) continue;
    const at = new Date(atMs + 3 * dayMs).toISOString();
    const products = [{ product_id: 'x', price: 10, quantity: 1 }];
    events.push({
      messageId: messageId(`o${i}`),
      type: 'track',
      event: 'Order Completed',
      userId: customer,
      timestamp: at,
      receivedAt: at,
      source: 'app',
      properties: { order_id: `o${i}`, products },
      traits: {},
      context: {},
    });
  }
  for (const { key, bytes } of archiveObjects(events)) await archive.put(key, bytes, archiveContentType);
});

const started: string[] = [];
const evaluations = memoryEvaluationStore();
const models = createFakeObjectStore();
const ask = (change: object = {}, variantShares: object = { B: 1 }) =>
  requestEvaluation(
    {
      policy: { campaignId: id, variantShares },
      from: '2026-09-01T00:00:00Z',
      to: '2026-09-02T00:00:00Z',
      outcome: 'order',
      windowDays: 30,
      ...change,
    },
    {
      evaluations,
      workflows: {
        startEvaluation: async (name) => {
          started.push(name);
        },
      },
      campaigns: { get: async (asked) => (asked === id ? campaign : undefined) },
      models,
      clock: { nowMs: () => nowMs },
      random: { bytes: (count) => new Uint8Array(count).fill(started.length) },
    },
  );
const judged = async (variantShares: object) => {
  const { evaluationId } = await ask({}, variantShares);
  expect(started.at(-1)).toBe(evaluationId);
  expect(await evaluations.get(evaluationId)).toMatchObject({ status: 'running' });
  const customers = createFakeCustomerStore();
  const { result } = await runEvaluation(evaluationId, {
    evaluations,
    customers,
    logs: createPolicyLogs(archive, customers, withDuckDb),
    campaigns: { get: async () => campaign },
    assortment: async () => {
      throw new Error('no model is asked about offers');
    },
    clock: { nowMs: () => nowMs },
    settings: {
      reranking: {
        diversityWeight: 0,
        calibrationWeight: 0,
        noveltyWeight: 0,
        popularShareMax: 1,
        authorCountMax: 1,
        authorShareMax: 1,
        seriesCountMax: 1,
      },
      explorationDepth: 0,
      eligibilityRules: [],
    },
  });
  if (result === undefined) throw new Error('no result');
  return result;
};

describe('other shares of a campaign', () => {
  it('are worth the sum of what the arms are worth, within the interval', async () => {
    const result = await judged({ A: 0.2, B: 0.8 });
    // 0.2 · 10% + 0.8 · 20% = 18%; logged 0.2 · 5% + 0.8 · (0.75 · 10% + 0.25 · 20%) = 11%.
    for (const found of [result.ips, result.snips, result.doublyRobust]) {
      if (found?.kind !== 'off-policy') throw new Error(result.sentence.en);
      expect(found.low).toBeLessThan(0.18);
      expect(found.high).toBeGreaterThan(0.18);
    }
    if (result.logged.kind !== 'off-policy' || result.gain.kind !== 'off-policy') throw new Error('no value');
    expect(Math.abs(result.logged.value - 0.11)).toBeLessThan(3.5 * result.logged.standardError);
    expect(result.gain.low).toBeLessThan(0.07);
    expect(result.gain.high).toBeGreaterThan(0.07);
    expect(result.unit).toBe('customer');
    // The global holdout is left out, and its share of the propensities with it.
    expect(result.logs.leftOut['held-out']).toBeGreaterThan(200);
    expect(Math.abs(result.weights.mean - 1)).toBeLessThan(4 * result.weights.meanError);
    expect(result).not.toHaveProperty('replay');
  });

  it('one for all: SNIPS is the mean of its arm, and replay is refused, since arms were not equally likely', async () => {
    const result = await judged({ B: 1 });
    expect(result.replay).toMatchObject({ kind: 'no-estimate', code: 'logs-not-uniform' });
    if (result.snips.kind !== 'off-policy') throw new Error('no value');
    expect(Math.abs(result.snips.value - 0.2)).toBeLessThan(3.5 * result.snips.standardError);
    expect(result.weights.largest).toBeCloseTo(1 / (0.8 * 0.25), 9);
    expect(result.sentence.en).toContain('Customers who ordered within 30 days');
  });
});

describe('an evaluation asked for', () => {
  const problems = (paths: readonly string[]) => ({
    kind: 'invalid',
    detail: { problems: paths.map((path) => expect.objectContaining({ path })) },
  });

  it('is refused for shares that are none, do not sum to 1, or are of no arm', async () => {
    await expect(ask({}, { A: 0.5 })).rejects.toMatchObject(problems(['policy.variantShares']));
    await expect(ask({}, { A: 0.5, C: 0.5 })).rejects.toMatchObject(problems(['policy.variantShares.C']));
  });

  it('is refused while the window of the last is open, and for a period that is none, all problems at once', async () => {
    await expect(ask({ to: '2026-10-15T00:00:00Z' })).rejects.toMatchObject(problems(['to']));
    await expect(
      ask({ from: '2026-11-01T00:00:00Z', to: '2026-10-31T00:00:00Z', windowDays: 1 }),
    ).rejects.toMatchObject(problems(['to', 'to']));
  });

  it('takes instants of any time zone, and names one that is none', async () => {
    const { evaluationId } = await ask({ from: '2026-09-01T02:00:00+02:00' });
    expect(await evaluations.get(evaluationId)).toMatchObject({ from: '2026-09-01T00:00:00.000Z' });
    await expect(ask({ from: 'yesterday' })).rejects.toMatchObject(problems(['from']));
  });

  it('is refused for a policy that does nothing otherwise, and a model that is not there', async () => {
    await expect(ask({ policy: {} })).rejects.toMatchObject(problems(['policy']));
    await expect(ask({ policy: { modelVersion: 'v9' } })).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('is refused for a model that was trained on what it would be judged by', async () => {
    const put = (version: string, trainedAt: string) =>
      models.put(
        `versions/${version}/manifest.json`,
        new TextEncoder().encode(JSON.stringify({ version, trainedAt })),
        'application/json',
      );
    await put('v1', '2026-08-31T00:00:00Z');
    await put('v2', '2026-09-01T12:00:00Z');
    await expect(ask({ policy: { modelVersion: 'v2' } })).rejects.toMatchObject({
      kind: 'conflict',
      detail: { code: 'model-saw-the-logs' },
    });
    expect(await ask({ policy: { modelVersion: 'v1' } })).toHaveProperty('evaluationId');
  });
});

describe('the curve of places', () => {
  it('is found from explored items: place^−1 for outcomes that fall so, flat for even ones', () => {
    const shown = [10_000, 10_000, 10_000, 10_000];
    const falling = fitPositions({
      shown,
      outcomes: shown.map((count, place) => (0.1 * count) / (place + 1)),
    });
    expect(falling.exponent).toBeCloseTo(1, 8);
    expect(fitPositions({ shown, outcomes: [100, 100, 100, 100] }).exponent).toBeCloseTo(0, 8);
  });

  it('is not told from few outcomes, nor from one place', () => {
    expect(fitPositions({ shown: [50, 50], outcomes: [20, 5] })).toMatchObject({
      exponent: 0,
      estimated: false,
    });
    expect(fitPositions({ shown: [500], outcomes: [90] })).toMatchObject({ exponent: 0, estimated: false });
  });
});

// Experiments end to end over the local host, counted by hand: an app's own, imported after it was over, and one on
// recommendations, from its definition to its result.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentResults } from '../../lib/experiments/experiment-overview.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import {
  capture,
  course,
  historyMessages,
  importItems,
  learnerId,
  learnersCount,
  orderMessage,
} from './world.ts';

const dayMs = 86_400_000;
let flow: FlowHost;
beforeAll(async () => {
  flow = await openFlowHost();
}, 180_000);
afterAll(() => flow?.close());

const nowMs = (): number => flow.host.clock.nowMs();
const isoAfter = (days: number): string => new Date(nowMs() + days * dayMs).toISOString();
const settled = async (): Promise<void> => {
  await flow.host.settle();
  await flow.host.drain();
};
const resultOf = (id: string) => flow.admin.get<ExperimentResults>(`/v1/admin/experiments/${id}/result`);
const armsOf = ({ latest }: ExperimentResults) =>
  Object.fromEntries(
    (latest?.arms ?? []).map(({ arm, customers, conversions, revenue }) => [
      arm,
      { customers, conversions, revenue: revenue.total },
    ]),
  );

describe('an experiment of an app, over before Reprise heard of it', () => {
  const id = 'mail-2025';
  const startMs = Date.UTC(2025, 5, 1);
  const iso = (days: number): string => new Date(startMs + days * dayMs).toISOString();
  // Every third customer has no mail; of them one in ten orders, of the others two in ten.
  const variantOf = (index: number): string => ['none', 'mens', 'womens'][index % 3];
  const buys = (index: number): boolean => Math.floor(index / 3) % 10 < (index % 3 === 0 ? 1 : 2);

  it('is defined and started with its own dates', async () => {
    await flow.admin.post('/v1/admin/experiments', {
      experimentId: id,
      name: 'Mail of June',
      subject: 'external',
      variants: [
        { name: 'none', weight: 1 / 3 },
        { name: 'mens', weight: 1 / 3 },
        { name: 'womens', weight: 1 / 3 },
      ],
      reference: 'none',
      startsAt: iso(0),
      endsAt: iso(1),
      windowDays: 14,
    });
    const messages = Array.from({ length: 1_800 }, (_, index) => [
      {
        type: 'track' as const,
        messageId: `viewed-${index}`,
        userId: `m${index}`,
        timestamp: iso(0),
        event: 'Experiment Viewed',
        properties: { experiment_id: id, variation_id: index, variation_name: variantOf(index) },
      },
      ...(buys(index) ? [orderMessage(`m${index}`, 'c0', `june-${index}`, startMs + 3 * dayMs)] : []),
      // After the window.
      orderMessage(`m${index}`, 'c1', `july-${index}`, startMs + 15 * dayMs),
    ]).flat();
    await capture(flow.host.apiUrl, flow.host.keys.write, [
      ...messages,
      {
        type: 'track',
        messageId: 'viewed-wrong',
        userId: 'stranger',
        timestamp: iso(0),
        event: 'Experiment Viewed',
        properties: { experiment_id: id, variation_name: 'kids' },
      },
    ]);
    await flow.host.drain();
    await flow.admin.post(`/v1/admin/experiments/${id}/start`, { force: true });
    await flow.admin.post(`/v1/admin/experiments/${id}/analyse`);
    await settled();
  }, 60_000);

  it('has its result at once, with every customer in the arm that the app gave', async () => {
    const found = await resultOf(id);
    expect(armsOf(found)).toEqual({
      none: { customers: 600, conversions: 60, revenue: 3_000 },
      mens: { customers: 600, conversions: 120, revenue: 6_000 },
      womens: { customers: 600, conversions: 120, revenue: 6_000 },
    });
    expect(found.latest).toMatchObject({ final: true, decision: 'roll-out', reference: 'none' });
    expect(found.latest?.metrics[0].comparisons.map(({ arm }) => arm)).toEqual(['mens', 'womens']);
    const difference = found.latest?.metrics[0].comparisons[0].estimate;
    expect(difference?.kind === 'estimate' && difference.difference).toBeCloseTo(0.1, 12);
    const unknown = found.latest?.checks.find(({ name }) => name === 'variants-known');
    expect(unknown).toMatchObject({ ok: false, message: { en: expect.stringContaining('"kids" 1') } });
  });

  it('is finished by its only look', async () => {
    await flow.host.clock.advanceTo(nowMs() + 20 * 60_000);
    await settled();
    expect(await resultOf(id)).toMatchObject({
      status: 'finished',
      nextLookAt: null,
      results: [{ look: 1 }],
    });
  });
});

describe('does a model sell more than the same popular items for everybody?', () => {
  let id: string;
  const shown = new Map<string, string>();

  it('is asked by an experiment on recommendations', async () => {
    await importItems(flow.host.apiUrl, flow.host.keys.admin);
    await capture(flow.host.apiUrl, flow.host.keys.write, historyMessages(nowMs()));
    await flow.host.drain();
    await flow.admin.post('/v1/admin/trainings');
    await settled();
    const made = await flow.admin.post<{ readonly experimentId: string }>('/v1/admin/experiments', {
      name: 'Does the model sell more?',
      subject: 'recommendations',
      placements: ['home'],
      variants: [
        { name: 'popular', weight: 0.5, serving: { personalised: false } },
        { name: 'model', weight: 0.5 },
      ],
      reference: 'popular',
      startsAt: isoAfter(0),
      endsAt: isoAfter(14),
      windowDays: 7,
    });
    id = made.experimentId;
    await flow.admin.post(`/v1/admin/experiments/${id}/start`, { force: true });
    // The answer of a function that knows of no experiment yet is 15 seconds old at most.
    await flow.host.clock.advanceTo(nowMs() + 60_000);
  }, 120_000);

  it('shows each customer one variant, however often they come, and none elsewhere', async () => {
    for (let visit = 0; visit < 2; visit++) {
      for (let index = 0; index < learnersCount; index++) {
        const answer = await flow.read.get<{ readonly experiment?: { readonly variant: string } }>(
          `/v1/users/${learnerId(index)}/recommendations?placement=home&limit=3`,
        );
        const variant = answer.experiment?.variant;
        if (visit === 1) expect(variant).toBe(shown.get(learnerId(index)));
        if (variant !== undefined) shown.set(learnerId(index), variant);
      }
    }
    expect(
      await flow.read.get(`/v1/users/${learnerId(0)}/recommendations?placement=cart`),
    ).not.toHaveProperty('experiment');
    await flow.host.drain();
    // Some are in the global holdout, and in no experiment.
    expect(shown.size).toBeGreaterThan(learnersCount * 0.8);
  }, 120_000);

  it('has a result that counts just those, when every window is over', async () => {
    const buys = (index: number): boolean =>
      shown.get(learnerId(index)) === 'model' ? index % 2 === 0 : index % 5 === 0;
    const buyers = Array.from({ length: learnersCount }, (_, index) => index).filter(
      (index) => shown.has(learnerId(index)) && buys(index),
    );
    await flow.host.clock.advanceTo(nowMs() + dayMs);
    await capture(
      flow.host.apiUrl,
      flow.host.keys.write,
      buyers.map((index) => orderMessage(learnerId(index), course(index, 4), `in-${index}`, nowMs())),
    );
    await flow.host.drain();
    const before = await resultOf(id);
    expect(before).toMatchObject({ status: 'running', latest: null, nextLookAt: expect.any(String) });
    await flow.host.clock.advanceTo(nowMs() + 22 * dayMs);
    await settled();
    const found = await resultOf(id);
    const countOf = (variant: string) => [...shown.values()].filter((one) => one === variant).length;
    const buyersOf = (variant: string) =>
      buyers.filter((index) => shown.get(learnerId(index)) === variant).length;
    expect(armsOf(found)).toEqual(
      Object.fromEntries(
        ['popular', 'model'].map((variant) => [
          variant,
          {
            customers: countOf(variant),
            conversions: buyersOf(variant),
            revenue: 50 * buyersOf(variant),
          },
        ]),
      ),
    );
    expect(found.status).toBe('finished');
    expect(found.latest).toMatchObject({ final: true, decision: 'roll-out', winner: 'model' });
    expect(found.latest?.exposures).toEqual(
      ['popular', 'model'].map((variant) => ({
        arm: variant,
        exposed: countOf(variant),
        crossed: 0,
        programs: 0,
        silent: 0,
      })),
    );
    // Nobody sent an event in the last three weeks, and 300 learners are few.
    const findings = found.latest?.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(findings).toEqual(['data-freshness', 'power']);
    expect(found.latest?.sentence.en).toContain('model');
  }, 60_000);

  it('serves everybody as before when its time is over', async () => {
    expect(
      await flow.read.get(`/v1/users/${learnerId(0)}/recommendations?placement=home`),
    ).not.toHaveProperty('experiment');
  });
});

import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../lib/assignment/experiment.ts';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { Failure } from '../../lib/base/errors.ts';
import { customerId, experimentId, itemId, messageId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { planExperiment, startPlannedExperiment } from '../../lib/experiments/plan-experiment.ts';
import { dayMs, iso, state, t0 } from '../campaigns/sample.ts';
import { profileOf } from '../deliveries/stage.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { memoryExperimentStore } from '../fakes/experiment-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';

const id = experimentId('e');
const experiment = (change: Partial<Experiment> = {}): Experiment => ({
  experimentId: id,
  name: 'Does it sell more?',
  status: 'draft',
  subject: 'recommendations',
  variants: [
    { name: 'now', weight: 0.5 },
    { name: 'new', weight: 0.5, serving: { personalised: false } },
  ],
  reference: 'now',
  salt: 's',
  startsAt: iso(t0),
  endsAt: iso(t0 + 20 * dayMs),
  windowDays: 30,
  metrics: defaultMetrics,
  createdAt: iso(t0),
  revision: 1,
  ...change,
});

/** Everybody viewed something 35 days ago and 5 days ago; every fourth ordered the day after the first view. */
const shop = async (of: Experiment, visitors: number) => {
  const customers = createFakeCustomerStore();
  for (let i = 0; i < visitors; i++) {
    const user = customerId(`c${i}`);
    const view = (days: number) => ({
      messageId: messageId(`m${i}-${days}`),
      type: 'view' as const,
      itemId: itemId('x'),
      atMs: t0 - days * dayMs,
    });
    const order = { atMs: t0 - 34 * dayMs, value: 20, refundedValue: 0 };
    await customers.writeProfile(profileOf(user), undefined);
    await customers.writeState(
      user,
      state({ events: [view(5), view(35)], orders: i % 4 === 0 ? { o: order } : {} }),
    );
  }
  return {
    experiments: memoryExperimentStore([of]),
    customers,
    secrets: fakeSecretStore(),
    settings: { ...defaultSettings, globalHoldoutShare: 0 },
    models: { list: async () => [] },
    clock: { nowMs: () => t0 },
    random: { bytes: (count: number) => new Uint8Array(count) },
    workflows: fakeWorkflows(),
  };
};
const failureOf = async (asked: Promise<unknown>): Promise<Failure> => {
  const failure: unknown = await asked.catch((error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error('it was not refused');
  return failure;
};

describe('the plan of an experiment on recommendations', () => {
  it('counts who visited within as many days as it lasts, and what they bought after the visit', async () => {
    const plan = await planExperiment(id, {}, await shop(experiment(), 200));
    expect(plan).toMatchObject({ metric: 'repurchase', dailyArrivals: 10, gatheringDays: 20 });
    expect(plan.baseline).toMatchObject({ value: 0.25, customers: 200 });
    expect(plan.effect).toBeCloseTo(0.025, 12);
    expect(plan.reachable.customers).toBe(200);
  });

  it('of one that an app assigns needs the arrivals', async () => {
    const external = experiment({ subject: 'external', variants: [...experiment().variants] });
    const ports = await shop(external, 200);
    expect((await failureOf(planExperiment(id, {}, ports))).detail.code).toBe('audience-unknown');
    expect(await planExperiment(id, { dailyArrivals: 50 }, ports)).toMatchObject({ dailyArrivals: 50 });
  });
});

describe('the start of an experiment', () => {
  it('is refused where it would tell nothing, and goes ahead when told to', async () => {
    const few = await failureOf(startPlannedExperiment(id, {}, await shop(experiment(), 90)));
    expect(few).toMatchObject({ kind: 'conflict', detail: { code: 'experiment-hopeless' } });
    expect(few.detail.message).toContain('45 of them for its smallest arm');
    const weak = await failureOf(startPlannedExperiment(id, {}, await shop(experiment(), 150)));
    expect(weak.detail.message).toContain('150 can be reached');
    const forced = await startPlannedExperiment(id, { force: true }, await shop(experiment(), 90));
    expect(forced.status).toBe('running');
  });

  it('goes ahead where half as many again would be found, and where an app assigns', async () => {
    expect((await startPlannedExperiment(id, {}, await shop(experiment(), 1_000))).status).toBe('running');
    const external = experiment({ subject: 'external' });
    expect((await startPlannedExperiment(id, {}, await shop(external, 10))).status).toBe('running');
  });
});

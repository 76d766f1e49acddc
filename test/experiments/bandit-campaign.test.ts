// A campaign under Thompson sampling from its start to its result, through the code that runs it: triggers assign, the
// workflow's steps allocate and look, on stores in memory. Customers buy as their arm decides.

import { beforeAll, describe, expect, test } from 'vitest';
import { holdoutArm } from '../../lib/assignment/assign.ts';
import { type CustomerId, customerId, messageId } from '../../lib/base/ids.ts';
import { outcomeDelayMs } from '../../lib/base/limits.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { AllocationBatch } from '../../lib/campaigns/allocation.ts';
import type { AudienceMember } from '../../lib/campaigns/audience.ts';
import { freeze } from '../../lib/campaigns/freeze.ts';
import { memberOfRun } from '../../lib/campaigns/member-of-run.ts';
import { stepTrigger } from '../../lib/campaigns/trigger.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { allocateBatch } from '../../lib/experiments/allocate-batch.ts';
import type { CampaignResult } from '../../lib/experiments/result.ts';
import { runLook } from '../../lib/experiments/run-look.ts';
import type { Assignment } from '../../lib/outcomes/assignment.ts';
import { collectOutcomes } from '../../lib/outcomes/collect.ts';
import type { OutcomeSource, ReportSource } from '../../lib/ports.ts';
import { fill, ids, movedClock, campaign as sample, templates } from '../campaigns/sample.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { at, dayMs, order, t0 } from '../outcomes/sample.ts';

const buyers: { readonly [arm: string]: number } = { plain: 0.1, warm: 0.25, [holdoutArm]: 0.1 };
const customersPerDay = 60;
const days = 40;

const campaign = sample({
  variants: ['plain', 'warm'].map((name) => ({ name, weight: 0.5, action: { kind: 'reminder', templates } })),
  trigger: { kind: 'event', event: 'Course Completed', startsAt: at(0), endsAt: at(days) },
  allocation: { kind: 'thompson', batchDays: 5, floor: 0.1 },
  holdoutShare: 0.25,
  windowDays: 3,
  lookDays: [],
  startedAt: at(0),
});
const { campaignId } = campaign;
const run = { campaignId, runId: 'run-1', phase: 'test' } as const;

const world = () => {
  const clock = movedClock();
  const campaigns = memoryCampaignStore([campaign]);
  const results = memoryResultStore();
  const catalog = fakeCatalogStore();
  const customers = createFakeCustomerStore();
  const secrets = fakeSecretStore();
  const settings = { ...defaultSettings, globalHoldoutShare: 0 };
  const assigned: Assignment[] = [];
  const events: StoredEvent[] = [];
  const reads: number[] = [];
  const feedAt = (toMs: number) => ({ newestEventMs: toMs, usualGapMs: 0 });
  // Sums as the archive's are: without batches.
  const unbatched = () =>
    assigned.map(({ customerId, arm, assignedAtMs, decisionId }) => ({
      customerId,
      arm,
      assignedAtMs,
      decisionId,
    }));
  const outcomes: OutcomeSource & ReportSource = {
    collect: async ({ toMs }, scope) =>
      collectOutcomes(unbatched(), events, { ...scope, feed: feedAt(toMs) }),
    history: async ({ toMs }) => {
      reads.push(toMs);
      return { assignments: assigned, events, feed: feedAt(toMs) };
    },
  };
  return {
    clock,
    campaigns,
    results,
    catalog,
    customers,
    secrets,
    settings,
    assigned,
    events,
    reads,
    outcomes,
  };
};

type World = ReturnType<typeof world>;

const enter = async (id: CustomerId, nowMs: number, on: World): Promise<AudienceMember> => {
  await stepTrigger(
    { campaignId, customerId: id, messageId: messageId(`m-${id}`), at: new Date(nowMs).toISOString() },
    nowMs,
    {
      ...on,
      events: createFakeEventQueue(),
      assortment: async () => ({ seriesParts: () => [] }),
      listVersion: async () => undefined,
    },
  );
  const member = await on.campaigns.assignment(campaignId, 'run-1', id);
  if (member === undefined) throw new Error(`${id} was not assigned`);
  return member;
};

describe('an event campaign of 40 days in batches of 5', () => {
  const on = world();
  const members: AudienceMember[] = [];
  let batches: readonly AllocationBatch[];
  let result: CampaignResult | undefined;

  beforeAll(async () => {
    const all = ids(customersPerDay * days);
    await fill(on.customers, all.length);
    const bought = new Map<string, number>();
    const look = () => runLook(run, on);
    on.clock.nowIs(t0);
    await allocateBatch(campaignId, on);
    let lookAtMs = Date.parse(
      (await freeze(run, { ...on, archive: createFakeObjectStore(), workflows: fakeWorkflows() })).lookAt,
    );
    for (const [i, id] of all.entries()) {
      const nowMs = t0 + (i / customersPerDay) * dayMs + 60_000;
      while (lookAtMs <= nowMs) {
        on.clock.nowIs(lookAtMs);
        lookAtMs = Date.parse((await look()).lookAt);
      }
      on.clock.nowIs(nowMs);
      const member = await enter(id, nowMs, on);
      members.push(member);
      const assignedAtMs = Date.parse(member.assignedAt);
      on.assigned.push({ ...member, assignedAtMs, runId: 'run-1', phase: 'test' });
      // Every tenth or fourth customer of an arm, in turn.
      const owed = (bought.get(member.arm) ?? 0) + buyers[member.arm];
      bought.set(member.arm, owed >= 1 ? owed - 1 : owed);
      if (owed >= 1) {
        on.events.push(order(id, `o-${id}`, new Date(assignedAtMs + dayMs).toISOString(), 20));
      }
    }
    batches = await on.campaigns.batches(campaignId);
    on.clock.nowIs(t0 + (days + campaign.windowDays) * dayMs + outcomeDelayMs);
    await look();
    result = await on.results.latest(campaignId);
  });

  test('begins with the weights of the definition, and moves to the better variant', () => {
    expect(batches.map(({ batch }) => batch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const warm = batches.map(({ weights }) => weights.warm);
    expect(warm[0]).toBe(0.5);
    expect(warm[1]).toBeGreaterThan(0.5);
    expect(warm.slice(3).every((weight) => weight === 0.9)).toBe(true);
    for (const { weights } of batches) {
      expect(weights.plain + weights.warm).toBeCloseTo(1, 12);
    }
  });

  test('weighs by customers whose window is over alone', () => {
    // At the start of day 5 those of the first two days, less the quarter of an hour that orders are on their way.
    const known = Object.values(batches[1].known).reduce((sum, { customers }) => sum + customers, 0);
    const matured = members.filter(
      ({ arm, assignedAt }) =>
        arm !== holdoutArm && Date.parse(assignedAt) + 3 * dayMs <= t0 + 5 * dayMs - outcomeDelayMs,
    );
    expect(known).toBe(matured.length);
    expect(known).toBeGreaterThan(60);
  });

  test('gives every customer the weights of their batch, and the holdout its own share throughout', () => {
    for (const member of members) {
      const batch = batches.find((one) => one.batch === member.batch);
      const expected = member.arm === holdoutArm ? 0.25 : 0.75 * (batch?.weights[member.arm] ?? 0);
      expect(member.propensity).toBeCloseTo(expected, 12);
      expect(member.batch).toBe(Math.floor((Date.parse(member.assignedAt) - t0) / (5 * dayMs)) + 1);
    }
    const held = members.filter(({ arm }) => arm === holdoutArm).length / members.length;
    expect(Math.abs(held - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / members.length));
    const late = members.filter(({ batch }) => (batch ?? 0) >= 4 && batch !== undefined);
    const warm = late.filter(({ arm }) => arm === 'warm').length / late.length;
    expect(Math.abs(warm - 0.675)).toBeLessThan(0.05);
  });

  test('repeats nothing: asked again, a batch and an assignment are as they were', async () => {
    const again = world();
    for (const batch of batches) {
      await again.campaigns.keepBatch(batch);
    }
    again.clock.nowIs(t0 + 12 * dayMs);
    expect(await allocateBatch(campaignId, again)).toEqual(batches[2]);
    expect(again.reads).toEqual([]);
    const first = members[0];
    const secrets = await on.secrets.secrets();
    expect(await memberOfRun(campaign, 'run-1', first.customerId, t0 + 39 * dayMs, secrets, on)).toEqual(
      first,
    );
  });

  test('refuses ordinary tests with reason and action, and says what may be said by batches', () => {
    const blocked = result?.metrics.flatMap(({ comparisons }) => comparisons.map(({ estimate }) => estimate));
    expect(blocked?.length).toBeGreaterThan(1);
    for (const estimate of blocked ?? []) {
      expect(estimate).toMatchObject({
        kind: 'no-estimate',
        code: 'adaptive-allocation',
        reason: { en: expect.stringContaining('Thompson'), 'zh-CN': expect.stringContaining('Thompson') },
      });
    }
    expect(result?.sampleRatio.ok).toBe(true);
    const bandit = result?.bandit;
    expect(bandit?.batches.map(({ batch }) => batch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const warm = bandit?.comparisons.find(({ arm }) => arm === 'warm')?.estimate;
    expect(warm).toMatchObject({ kind: 'estimate' });
    if (warm?.kind === 'estimate') {
      expect(warm.difference).toBeCloseTo(0.15, 1);
      expect(warm.low).toBeGreaterThan(0);
      expect(warm.high).toBeGreaterThan(0.15);
    }
    expect(bandit?.comparisons.find(({ arm }) => arm === 'plain')?.estimate).toMatchObject({
      low: expect.closeTo(-0.05, 1),
    });
    const best = bandit?.arms.find(({ arm }) => arm === 'warm')?.probabilityBest;
    expect(best).toBeGreaterThan(0.99);
    expect(result).toMatchObject({ decision: 'roll-out', winner: 'warm' });
    // The values of the two arms do not differ by it, for it weighs the batches; the sentence says so.
    expect(result?.sentence.en).toMatch(
      /^Variant warm raised .* from .* to 2\d\.\d%; compared batch by batch, \+/,
    );
    expect(result?.sentence['zh-CN']).toContain('；逐批比较，变化 +');
  });

  test('counts every customer once, in their batch', () => {
    const counted = result?.bandit?.batches.flatMap(({ arms }) => arms);
    expect(counted?.reduce((sum, { customers }) => sum + customers, 0)).toBe(members.length);
    expect(counted?.reduce((sum, { matured }) => sum + matured, 0)).toBe(members.length);
    expect(counted?.reduce((sum, arm) => sum + arm.buyers, 0)).toBe(on.events.length);
  });
});

describe('a recurring campaign', () => {
  const weekly = sample({
    ...campaign,
    trigger: { kind: 'recurring', everyDays: 7, startsAt: at(0), endsAt: at(70) },
    allocation: { kind: 'thompson', batchDays: 7, floor: 0.1 },
  });

  test('freezes a run by the batch begun before it, and draws alike when frozen again', async () => {
    const on = { ...world(), campaigns: memoryCampaignStore([weekly]) };
    await fill(on.customers, 400);
    const archive = createFakeObjectStore();
    const ports = { ...on, archive, workflows: fakeWorkflows() };
    await allocateBatch(campaignId, on);
    await freeze(run, ports);
    const frozen = await on.campaigns.run(campaignId, 'run-1');
    expect(frozen?.allocation).toMatchObject({ batch: 1, weights: { plain: 0.5, warm: 0.5 } });
    const member = async (id: string) =>
      memberOfRun(weekly, 'run-1', customerId(id), t0 + dayMs, await on.secrets.secrets(), on);
    const before = await member('c7');
    // The freeze died before its last write, and another batch began in the meantime.
    archive.objects.delete(`campaigns/${campaignId}/run-1/test/batches.json`);
    on.clock.nowIs(t0 + 8 * dayMs);
    expect(await allocateBatch(campaignId, on)).toMatchObject({ batch: 2 });
    await freeze(run, ports);
    expect((await on.campaigns.run(campaignId, 'run-1'))?.allocation).toEqual(frozen?.allocation);
    expect(await on.campaigns.run(campaignId, 'run-1')).toEqual(frozen);
    expect(await member('c7')).toEqual(before);
    await freeze({ ...run, runId: 'run-2' }, ports);
    expect((await on.campaigns.run(campaignId, 'run-2'))?.allocation).toMatchObject({ batch: 2 });
  });
});

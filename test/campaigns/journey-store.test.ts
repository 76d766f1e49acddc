import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJourneyStore } from '../../lib/adapters/journey-store-dynamodb.ts';
import { campaignId, customerId, decisionId } from '../../lib/base/ids.ts';
import type { JourneyState } from '../../lib/campaigns/journey-state.ts';
import type { JourneyStore } from '../../lib/ports.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { iso, t0 } from './sample.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const implementations: readonly [string, () => JourneyStore][] = [
  ['in memory', () => fakeJourneyStore()],
  ['on DynamoDB', () => createJourneyStore(local.client, local.table)],
];

const stateOf = (campaign: string, id: string, change: Partial<JourneyState> = {}): JourneyState => ({
  campaignId: campaignId(campaign),
  runId: 'run-1',
  phase: 'test',
  member: {
    customerId: customerId(id),
    decisionId: decisionId(`d-${id}`),
    arm: 'journey',
    propensity: 1,
    assignedAt: iso(t0),
  },
  stepId: 'a',
  enteredAt: iso(t0),
  dueAt: iso(t0),
  path: [],
  revision: 1,
  ...change,
});
const run = (campaign: string) =>
  ({ campaignId: campaignId(campaign), runId: 'run-1', phase: 'test' }) as const;

describe.each(implementations)('a journey store %s', (_, open) => {
  it('takes the next revision only, and gives the state back as it was written', async () => {
    const store = open();
    const first = stateOf('revised', 'ada');
    expect(await store.write(first, undefined)).toBe(true);
    expect(await store.write(first, undefined)).toBe(false);
    const second = { ...first, stepId: 'b', dueAt: iso(t0 + 60_000), awaits: 'Bought', revision: 2 };
    expect(await store.write(second, first)).toBe(true);
    expect(await store.write({ ...second, stepId: 'c' }, first)).toBe(false);
    expect(await store.get(run('revised'), customerId('ada'))).toEqual(second);
    expect(await store.get(run('revised'), customerId('bob'))).toBeUndefined();
    expect(await store.get({ ...run('revised'), phase: 'rollout' }, customerId('ada'))).toBeUndefined();
  });

  it('lets one of several writers win', async () => {
    const store = open();
    const first = stateOf('raced', 'ada');
    await store.write(first, undefined);
    const won = await Promise.all(
      [1, 2, 3].map((later) => store.write({ ...first, dueAt: iso(t0 + later * 1000), revision: 2 }, first)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.due(run('raced'), t0 + 10_000, 10)).toHaveLength(1);
  });

  it('finds who is due, each at one place, until their journey ends', async () => {
    const store = open();
    const ids = Array.from({ length: 30 }, (_, index) => `c${index}`);
    for (const [index, id] of ids.entries()) {
      await store.write(stateOf('due', id, { dueAt: iso(t0 + index * 60_000) }), undefined);
    }
    await store.write(stateOf('due', 'other', { runId: 'run-2' }), undefined);
    expect(await store.due(run('due'), t0 - 1, 100)).toEqual([]);
    const due = await store.due(run('due'), t0 + 9 * 60_000, 100);
    expect(due.map(({ member }) => String(member.customerId)).sort()).toEqual(ids.slice(0, 10).sort());
    expect(due[0].member).toEqual(stateOf('due', due[0].member.customerId).member);
    expect(await store.nextDueAt(run('due'))).toBe(iso(t0));
    // Moved, ended, and left where it stands.
    const [c0, c1, c2] = ids.map((id, index) => stateOf('due', id, { dueAt: iso(t0 + index * 60_000) }));
    await store.write({ ...c0, dueAt: iso(t0 + 3_600_000), revision: 2 }, c0);
    await store.write({ ...c1, ended: 'completed', revision: 2 }, c1);
    await store.write({ ...c2, stepId: 'b', revision: 2 }, c2);
    const left = await store.due(run('due'), t0 + 9 * 60_000, 100);
    expect(left.map(({ member }) => String(member.customerId)).sort()).toEqual(ids.slice(2, 10).sort());
    expect(await store.nextDueAt(run('due'))).toBe(iso(t0 + 2 * 60_000));
    expect((await store.due(run('due'), t0 + dayMs, 8)).length).toBeLessThanOrEqual(8);
    expect(await store.nextDueAt(run('nobody'))).toBeUndefined();
  });

  it('lists a customer’s journeys of a campaign over its runs', async () => {
    const store = open();
    await store.write(stateOf('runs', 'ada'), undefined);
    await store.write(stateOf('runs', 'ada', { runId: 'run-2', ended: 'exit' }), undefined);
    await store.write(stateOf('runs', 'bob'), undefined);
    const found = await store.of(campaignId('runs'), customerId('ada'));
    expect(found.map(({ runId, ended }) => [runId, ended])).toEqual([
      ['run-1', undefined],
      ['run-2', 'exit'],
    ]);
  });
});

const dayMs = 86_400_000;

import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { assignMember } from '../../lib/campaigns/assigned.ts';
import { memberOfRun } from '../../lib/campaigns/member-of-run.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { campaign } from './sample.ts';

const secrets = { holdoutSalt: 'salt' };
const settings = { globalHoldoutShare: 0.5, globalHoldoutPeriod: 'quarter' as const };
const august = Date.parse('2026-08-01T00:00:00Z');
const november = Date.parse('2026-11-01T00:00:00Z');
const everybody = Array.from({ length: 60 }, (_, i) => customerId(`c${i}`));

describe('the assignment a customer has in a run', () => {
  it('is that of the freeze, although another holdout is drawn by now', async () => {
    const sent = campaign({ status: 'running' });
    const campaigns = memoryCampaignStore([sent]);
    const frozenAt = new Date(august).toISOString();
    await campaigns.writeRun({ campaignId: sent.campaignId, runId: 'run-1', frozenAt, phases: {} });
    for (const id of everybody) {
      const member = await memberOfRun(sent, 'run-1', id, november, secrets, { campaigns, settings });
      expect(member).toEqual(assignMember(sent, 'run-1', id, frozenAt, secrets, settings));
    }
    const now = new Date(november).toISOString();
    const differs = everybody.filter(
      (id) =>
        assignMember(sent, 'run-1', id, now, secrets, settings).arm !==
        assignMember(sent, 'run-1', id, frozenAt, secrets, settings).arm,
    );
    expect(differs.length).toBeGreaterThan(10);
  });

  it('is what an event campaign kept, whenever that was', async () => {
    const waiting = campaign({
      status: 'running',
      trigger: {
        kind: 'event',
        event: 'Order Completed',
        startsAt: '2026-07-01T00:00:00Z',
        endsAt: '2026-12-31T00:00:00Z',
      },
    });
    const campaigns = memoryCampaignStore([waiting]);
    const kept = assignMember(
      waiting,
      'run-1',
      everybody[0],
      new Date(august).toISOString(),
      secrets,
      settings,
    );
    await campaigns.claimAssignment(waiting.campaignId, 'run-1', kept);
    const read = (id = everybody[0]) =>
      memberOfRun(waiting, 'run-1', id, november, secrets, { campaigns, settings });
    expect(await read()).toEqual(kept);
    expect((await read(everybody[1])).assignedAt).toBe(new Date(november).toISOString());
  });
});

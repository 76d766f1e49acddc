import { describe, expect, it } from 'vitest';
import { outcomeDelayMs, resultsShownMax } from '../../lib/base/limits.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { campaignResults, campaignWithRuns } from '../../lib/experiments/overview.ts';
import { emptyResult } from '../experiments/sample-result.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { campaign, dayMs, iso, movedClock, t0 } from './sample.ts';

const open = async (change: Partial<Campaign> = {}) => {
  const campaigns = memoryCampaignStore([campaign(change)]);
  const run = { campaignId: campaign().campaignId, runId: 'run-1', frozenAt: iso(t0), phases: {} };
  await campaigns.writeRun(run);
  return { campaigns, results: memoryResultStore(), clock: movedClock(), run };
};
const id = campaign().campaignId;

describe('what the API tells of a campaign', () => {
  it('includes its runs', async () => {
    const { campaigns, run } = await open();
    expect(await campaignWithRuns(id, campaigns)).toEqual({ ...campaign(), runs: [run] });
  });

  it('says when there will be a result while there is none', async () => {
    const ports = await open();
    const empty = { campaignId: id, status: 'running', latest: null, resultsCount: 0, results: [] };
    expect(await campaignResults(id, ports)).toEqual({
      ...empty,
      nextLookAt: iso(t0 + 7 * dayMs + outcomeDelayMs),
    });
    ports.clock.nowIs(t0 + 20 * dayMs);
    expect(await campaignResults(id, ports)).toEqual({
      ...empty,
      nextLookAt: iso(t0 + 30 * dayMs + outcomeDelayMs),
    });
    // The window is over and its last events are on their way to the archive.
    ports.clock.nowIs(t0 + 30 * dayMs + outcomeDelayMs - 1);
    expect(await campaignResults(id, ports)).toMatchObject({
      nextLookAt: iso(t0 + 30 * dayMs + outcomeDelayMs),
    });
    ports.clock.nowIs(t0 + 31 * dayMs);
    expect(await campaignResults(id, ports)).toEqual({ ...empty, nextLookAt: null });
  });

  it('answers the newest results and how many there are', async () => {
    const ports = await open();
    for (let look = 1; look <= resultsShownMax + 5; look++) {
      await ports.results.write(emptyResult({ campaignId: id, look, asOf: iso(t0 + look * dayMs) }));
    }
    const { latest, results, resultsCount } = await campaignResults(id, ports);
    expect(resultsCount).toBe(resultsShownMax + 5);
    expect(results.map(({ look }) => look)).toEqual(Array.from({ length: resultsShownMax }, (_, i) => i + 6));
    expect(latest?.look).toBe(resultsShownMax + 5);
  });

  it('announces no look of a campaign that has ended', async () => {
    expect((await campaignResults(id, await open({ status: 'cancelled' }))).nextLookAt).toBeNull();
  });
});

// Which runs of other campaigns go before a campaign when both want a customer and a cap leaves room for one: those of
// a higher priority, and of the same one those whose id sorts first. A run counts from its start (also one still to come)
// until its deliveries are through, for at most `yieldMsMax`: nobody waits longer for it.
// Event campaigns are no rivals: whom they will want, nobody knows beforehand. A rollout is none either: its customers
// waited for a whole test. Reads: one list of summaries, and each campaign that goes before with its runs.

import { yieldMsMax } from '../base/limits.ts';
import type { CampaignStore } from '../ports.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignRun } from './run.ts';
import { firstRun, nextRun, runNumber } from './schedule.ts';

export interface Rival {
  readonly campaign: Campaign;
  readonly runId: string;
  /** When it froze or will. */
  readonly fromMs: number;
  /** When the run before it froze. */
  readonly previousMs?: number;
}

type Ranked = Pick<Campaign, 'campaignId' | 'priority'>;

/** Whether `other` is served first. */
export const goesBefore = (other: Ranked, campaign: Ranked): boolean =>
  other.priority === campaign.priority
    ? other.campaignId < campaign.campaignId
    : other.priority > campaign.priority;

export const readRivals = async (
  campaign: Ranked,
  nowMs: number,
  store: Pick<CampaignStore, 'list' | 'get' | 'runs'>,
): Promise<readonly Rival[]> => {
  const before = (await store.list()).filter(
    ({ status, trigger, priority, campaignId }) =>
      status === 'running' && trigger.kind !== 'event' && goesBefore({ campaignId, priority }, campaign),
  );
  const rivals = await Promise.all(
    before.map(async ({ campaignId }) => {
      const [other, runs] = await Promise.all([store.get(campaignId), store.runs(campaignId)]);
      return other === undefined ? [] : runsOf(other, runs, nowMs);
    }),
  );
  return rivals
    .flat()
    .sort((a, b) => (goesBefore(a.campaign, b.campaign) ? -1 : Number(goesBefore(b.campaign, a.campaign))));
};

/** The latest run while somebody may still wait for it, and the next one when it is near. */
const runsOf = (campaign: Campaign, runs: readonly CampaignRun[], nowMs: number): readonly Rival[] => {
  const held = runs.filter(({ skipped }) => skipped !== true);
  const last = held.at(-1);
  const lastMs = last === undefined ? undefined : Date.parse(last.frozenAt);
  const next =
    last === undefined || lastMs === undefined
      ? firstRun(campaign)
      : nextRun(campaign, runs.at(-1)?.runId ?? last.runId, lastMs);
  const coming =
    next === undefined
      ? undefined
      : { runId: next.runId, fromMs: Math.max(Date.parse(next.startsAt), nowMs), previousMs: lastMs };
  const going =
    last === undefined || lastMs === undefined || isThrough(last)
      ? undefined
      : { runId: last.runId, fromMs: lastMs, previousMs: previousMs(held, last) };
  return [going, coming].flatMap((run) =>
    run !== undefined && Math.abs(run.fromMs - nowMs) <= yieldMsMax ? [{ campaign, ...run }] : [],
  );
};

const isThrough = ({ phases }: CampaignRun): boolean => {
  const deliveries = phases.test?.deliveries;
  return deliveries !== undefined && deliveries.deferred + deliveries.failed === 0;
};

const previousMs = (held: readonly CampaignRun[], { runId }: CampaignRun): number | undefined => {
  const before = held.findLast((run) => runNumber(run.runId) < runNumber(runId));
  return before === undefined ? undefined : Date.parse(before.frozenAt);
};

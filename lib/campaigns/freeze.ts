// Freezes the audience of one run: reads every customer in pages, assigns those who belong to the audience, and writes
// assigned events, delivery batches and the run's row. batches.json is written last and is the point of no return:
// once it is there, the same answer is given for ever; without it, a second attempt repeats the first one's instant
// and overwrites its objects, so a kill in between leaves nothing behind that counts.
// Memory is bounded by a page of customers, a batch, and assignedEventsCountMax events.

import { Failure } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import type {
  CampaignStore,
  CatalogStore,
  Clock,
  CustomerStore,
  ObjectStore,
  ResultStore,
  SecretStore,
  Workflows,
} from '../ports.ts';
import { type AllocationBatch, batchInForce, batchStartsMs } from './allocation.ts';
import { assignMember, memberDecisionId, type RunPhaseId } from './assigned.ts';
import {
  type AudienceBatch,
  type AudienceMember,
  type BatchEntry,
  batchesKey,
  freezeKey,
  holdoutPrefix,
} from './audience.ts';
import type { Campaign } from './campaign.ts';
import { exclusion } from './eligibility.ts';
import { getJson, type MemberPages, putJson, writeMembers } from './frozen-objects.ts';
import type { CampaignRun, RunPhase } from './run.ts';
import { lookTimesMs, nextRun, runNumber } from './schedule.ts';

export interface FreezePorts {
  readonly campaigns: CampaignStore;
  readonly customers: CustomerStore;
  readonly catalog: CatalogStore;
  readonly archive: ObjectStore;
  readonly secrets: SecretStore;
  readonly results: ResultStore;
  readonly workflows: Workflows;
  readonly clock: Clock;
  readonly settings: WorkspaceSettings;
}

export interface Frozen extends RunPhaseId {
  readonly batchesKey: string;
  readonly batchCount: number;
  /** When the run is looked at first; ISO 8601. */
  readonly lookAt: string;
}

export const freeze = async (run: RunPhaseId, ports: FreezePorts): Promise<Frozen> => {
  const campaign = await existing(run, ports.campaigns);
  const key = batchesKey(run.campaignId, run.runId, run.phase);
  let batches = await getJson<readonly BatchEntry[]>(ports.archive, key);
  const instant = await freezeInstant(campaign, run, ports);
  const { frozenAt } = instant;
  if (batches === undefined) {
    batches = await freezeMembers(campaign, run, instant, ports);
    await putJson(ports.archive, key, batches);
  }
  await startNextRun(campaign, run, frozenAt, ports.workflows);
  const [lookAtMs] = [
    lookTimesMs(campaign, { ...run, frozenAt })[0],
    ...batchStartsMs(campaign, { ...run, frozenAt }),
  ].toSorted((a, b) => a - b);
  const lookAt = new Date(lookAtMs).toISOString();
  return { ...run, batchesKey: key, batchCount: batches.length, lookAt };
};

const existing = async ({ campaignId }: RunPhaseId, campaigns: CampaignStore): Promise<Campaign> => {
  const campaign = await campaigns.get(campaignId);
  if (campaign === undefined || campaign.status === 'draft') {
    throw new Failure('conflict', {
      code: 'campaign-not-started',
      message: campaign === undefined ? 'There is no such campaign.' : 'The campaign is still a draft.',
      received: campaignId,
      action: 'Start it by POST /v1/admin/campaigns/{campaignId}/start.',
    });
  }
  return campaign;
};

/** Decided once: a second attempt repeats it, weights and all. */
interface Instant {
  readonly frozenAt: string;
  readonly allocation?: AllocationBatch;
}

const freezeInstant = async (
  campaign: Campaign,
  { campaignId, runId, phase }: RunPhaseId,
  { archive, campaigns, clock }: FreezePorts,
): Promise<Instant> => {
  const key = freezeKey(campaignId, runId, phase);
  const found = await getJson<Instant>(archive, key);
  if (found !== undefined) {
    return found;
  }
  const nowMs = clock.nowMs();
  const allocation =
    campaign.trigger.kind === 'event' ? undefined : await batchInForce(campaign, nowMs, campaigns);
  const instant = {
    frozenAt: new Date(nowMs).toISOString(),
    ...(allocation !== undefined && { allocation }),
  };
  await putJson(archive, key, instant);
  return instant;
};

const freezeMembers = async (
  campaign: Campaign,
  run: RunPhaseId,
  instant: Instant,
  ports: FreezePorts,
): Promise<readonly BatchEntry[]> => {
  const { frozenAt } = instant;
  const skipped = leftOut(campaign);
  const pages =
    run.phase === 'rollout'
      ? rolloutMembers(run, frozenAt, ports)
      : skipped || campaign.trigger.kind === 'event'
        ? noMembers
        : testMembers(campaign, run, instant, ports);
  const { batches, arms } = await writeMembers(campaign, run, frozenAt, pages, ports.archive);
  await recordRun(
    run,
    { frozenAt, arms, batchesCount: batches.length, attempts: 0 },
    { ...(skipped && { skipped }), ...(instant.allocation && { allocation: instant.allocation }) },
    ports.campaigns,
  );
  return batches;
};

/**
 * An ended campaign assigns nobody; a paused one leaves out runs that repeat, and freezes its only one to wait. Whose
 * event came during a pause is assigned after it, so a run of an event campaign is never left out for one.
 */
const leftOut = ({ status, trigger }: Campaign): boolean =>
  status === 'cancelled' ||
  status === 'finished' ||
  (status === 'paused' && trigger.kind !== 'at' && trigger.kind !== 'event');

// ---- members -----------------------------------------------------------------------------------------

const noMembers: MemberPages = [];

async function* testMembers(
  campaign: Campaign,
  { runId }: RunPhaseId,
  { frozenAt, allocation }: Instant,
  { catalog, secrets, customers, campaigns, settings }: FreezePorts,
): AsyncIterable<readonly AudienceMember[]> {
  const salts = await secrets.secrets();
  const context = {
    items: new Map((await catalog.all()).map((item) => [item.itemId as string, item])),
    nowMs: Date.parse(frozenAt),
    settings,
    salt: salts.holdoutSalt,
    previousMs: previousFreezeMs(await campaigns.runs(campaign.campaignId), runId),
  };
  let page = 0;
  for await (const records of customers.scan()) {
    const members = records
      .filter((record) => exclusion(campaign, record, context) === undefined)
      .map(({ customerId }) =>
        assignMember(campaign, runId, customerId, frozenAt, salts, settings, allocation),
      );
    yield seededRandom(`${campaign.salt}/${runId}/${page++}`).shuffle(members);
  }
}

const previousFreezeMs = (runs: readonly CampaignRun[], runId: string): number | undefined => {
  const earlier = runs.filter((run) => runNumber(run.runId) < runNumber(runId) && run.skipped !== true);
  return earlier.length === 0 ? undefined : Math.max(...earlier.map((run) => Date.parse(run.frozenAt)));
};

/** The campaign's own holdout as the test froze it, now with the winner. */
async function* rolloutMembers(
  run: RunPhaseId,
  frozenAt: string,
  { archive, results }: FreezePorts,
): AsyncIterable<readonly AudienceMember[]> {
  const decided = (await results.list(run.campaignId)).findLast(
    ({ runId, winner }) => runId === run.runId && winner !== null,
  );
  if (!decided?.winner) {
    throw new Failure('conflict', {
      code: 'no-winner',
      message: 'The run has no result that names a winning variant.',
      received: run,
      action: 'Analyse the run first; only a decision to roll out starts a rollout.',
    });
  }
  const arm = decided.winner;
  for (const { key } of await archive.list(holdoutPrefix(run.campaignId, run.runId))) {
    const frozen = await getJson<AudienceBatch>(archive, key);
    yield (frozen?.members ?? []).map(({ customerId }) => ({
      customerId,
      decisionId: memberDecisionId(run, customerId),
      arm,
      propensity: 1,
      assignedAt: frozenAt,
    }));
  }
}

// ---- afterwards --------------------------------------------------------------------------------------

const recordRun = async (
  { campaignId, runId, phase }: RunPhaseId,
  frozen: RunPhase,
  of: Pick<CampaignRun, 'skipped' | 'allocation'>,
  campaigns: CampaignStore,
): Promise<void> => {
  const stored = await campaigns.run(campaignId, runId);
  await campaigns.writeRun({
    ...stored,
    campaignId,
    runId,
    frozenAt: stored?.frozenAt ?? frozen.frozenAt,
    ...(phase === 'test' ? of : {}),
    phases: { ...stored?.phases, [phase]: frozen },
  });
};

/** Idempotent by the execution's name; a run that froze late does not make the next one start twice. */
const startNextRun = async (
  campaign: Campaign,
  { campaignId, runId, phase }: RunPhaseId,
  frozenAt: string,
  workflows: Workflows,
): Promise<void> => {
  const next = nextRun(campaign, runId, Date.parse(frozenAt));
  if (
    phase === 'test' &&
    next !== undefined &&
    (campaign.status === 'running' || campaign.status === 'paused')
  ) {
    await workflows.startCampaign(executionName(campaignId, next.runId), { campaignId, ...next });
  }
};

export const executionName = (campaignId: string, runId: string): string => `${campaignId}-${runId}`;

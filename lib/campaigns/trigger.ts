// Event campaigns: what one trigger leads to (which events trigger is lib/events/archive.ts's to say).
// A customer is assigned once in the campaign's life, or with `entersEveryDays` once in the run that the event's own time
// lies in, late and repeated events too; the first assignment of a run stays, whatever comes later. Who no longer belongs
// to the audience (bought in the meantime) is left alone. Times as ISO 8601; the window is the event's.
//
// Nobody is lost by waiting: a trigger that must wait is put back with `notBefore` and a delay, and only then is the
// message it came with acknowledged. SQS delays 15 minutes at most, so a long wait takes several turns; a crash in
// between makes two messages of one, and the second finds the delivery done.

import type { HoldoutSettings } from '../assignment/holdout-period.ts';
import type { ModelVersion } from '../base/ids.ts';
import { triggerDelaySMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type {
  CampaignStore,
  CampaignTrigger,
  CatalogStore,
  CustomerStore,
  EventQueue,
  SecretStore,
  TriggerQueue,
} from '../ports.ts';
import { batchInForce } from './allocation.ts';
import { assignedEvent, assignMember, sends } from './assigned.ts';
import type { AudienceMember } from './audience.ts';
import type { Campaign } from './campaign.ts';
import { exclusion } from './eligibility.ts';
import { type FactItemPorts, factItems } from './fact-items.ts';
import { eventRunAt } from './schedule.ts';

export interface TriggerPorts {
  readonly campaigns: CampaignStore;
  readonly customers: CustomerStore;
  readonly catalog: CatalogStore;
  readonly secrets: SecretStore;
  readonly events: EventQueue;
  readonly settings: Pick<WorkspaceSettings, keyof HoldoutSettings | 'consentRequired'>;
  readonly assortment: FactItemPorts['assortment'];
  /** Of the published lists; asked only when the campaign puts recommended items into its mails. */
  readonly listVersion: () => Promise<ModelVersion | undefined>;
}

export type TriggerStep =
  /** Nothing to send, for good. */
  | { readonly kind: 'done'; readonly reason: string }
  /** Put it back until then. */
  | { readonly kind: 'later'; readonly untilMs: number }
  | {
      readonly kind: 'deliver';
      readonly campaign: Campaign;
      readonly runId: string;
      readonly member: AudienceMember;
      readonly record: CustomerRecord;
    };

/** Assigns the customer (once a run, with its event) and says what to do now. */
export const stepTrigger = async (
  trigger: CampaignTrigger,
  nowMs: number,
  ports: TriggerPorts,
): Promise<TriggerStep> => {
  const notBeforeMs = trigger.notBefore === undefined ? 0 : Date.parse(trigger.notBefore);
  if (nowMs < notBeforeMs) {
    return { kind: 'later', untilMs: notBeforeMs };
  }
  const campaign = await ports.campaigns.get(trigger.campaignId);
  const runId = campaign && eventRunAt(campaign, Date.parse(trigger.at))?.runId;
  const closed = closedReason(campaign, trigger, nowMs);
  if (campaign === undefined || closed !== undefined || runId === undefined) {
    return { kind: 'done', reason: closed ?? 'outside-period' };
  }
  if (campaign.status === 'paused') {
    return { kind: 'later', untilMs: nowMs + triggerDelaySMax * 1000 };
  }
  const version = campaign.recommendationsCount > 0 ? await ports.listVersion() : undefined;
  const record = await ports.customers.read(trigger.customerId, version);
  const items = await factItems([campaign.audience], record, ports);
  const { holdoutSalt: salt } = await ports.secrets.secrets();
  const excluded = exclusion(campaign, record, { items, nowMs, settings: ports.settings, salt });
  if (excluded !== undefined) {
    return { kind: 'done', reason: excluded };
  }
  const member = await claim(campaign, runId, trigger, nowMs, ports);
  return sends(campaign, member.arm)
    ? { kind: 'deliver', campaign, runId, member, record }
    : { kind: 'done', reason: 'untreated-arm' };
};

const closedReason = (
  campaign: Campaign | undefined,
  { at }: CampaignTrigger,
  nowMs: number,
): string | undefined => {
  if (campaign === undefined || campaign.trigger.kind !== 'event') {
    return 'unknown-campaign';
  }
  if (campaign.status !== 'running' && campaign.status !== 'paused') {
    return `campaign-${campaign.status}`;
  }
  // After so long a wait the mail would be about something forgotten, and its window would be over.
  return nowMs >= Date.parse(at) + campaign.windowDays * dayMs ? 'window-over' : undefined;
};

const claim = async (
  campaign: Campaign,
  runId: string,
  { customerId, at }: CampaignTrigger,
  nowMs: number,
  { campaigns, secrets, events, settings }: TriggerPorts,
): Promise<AudienceMember> => {
  // A sender's clock may be ahead: the order that begins a window must never count as one that came after it.
  const fromIso = new Date(Math.max(nowMs, Date.parse(at))).toISOString();
  const batch = await batchInForce(campaign, nowMs, campaigns);
  const wanted = assignMember(campaign, runId, customerId, fromIso, await secrets.secrets(), settings, batch);
  const member = await campaigns.claimAssignment(campaign.campaignId, runId, wanted);
  // Sent each time: after a crash nothing tells whether it was, and its message id makes repeats one.
  await events.send([
    assignedEvent({ campaignId: campaign.campaignId, runId, phase: 'test' }, member, nowMs),
  ]);
  return member;
};

/** Puts a trigger back until `untilMs`, or for as long as the queue can hide it. */
export const putBack = (
  trigger: CampaignTrigger,
  untilMs: number,
  nowMs: number,
  queue: TriggerQueue,
): Promise<void> =>
  queue.send(
    [{ ...trigger, notBefore: new Date(untilMs).toISOString() }],
    Math.min(triggerDelaySMax, Math.max(1, Math.ceil((untilMs - nowMs) / 1000))),
  );

// A message yields while campaigns that go before its own (lib/campaigns/rivals.ts) will want the same customer and the
// workspace's caps do not leave room for all of them: so the higher priority gets the place, whichever comes first.
// Whether a rival wants the customer is judged by its audience on the record at hand, its arm by the hash, and whether
// its message is claimed already (then it has its place, or needs none).
// Bounds: for at most yieldMsMax after the assignment, and never so long that the message could not go any more. Then it
// goes, or is suppressed as capped. Steps of a journey do not yield, they have waited already.

import { yieldAfterMs, yieldCacheMs, yieldCheckMsMax, yieldCheckMsMin, yieldMsMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import { assignMember } from '../campaigns/assigned.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { Condition } from '../campaigns/condition.ts';
import { exclusion } from '../campaigns/eligibility.ts';
import { type FactItemPorts, factItems } from '../campaigns/fact-items.ts';
import { type Rival, readRivals } from '../campaigns/rivals.ts';
import type { Channel } from '../events/customer.ts';
import type { CampaignStore, Clock, Coupon, SecretStore } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { roomUnder } from './caps.ts';
import { deliveryIdOf } from './identity.ts';
import { mayWait, plannedMs } from './timing.ts';

export interface RivalPorts extends FactItemPorts {
  readonly campaigns: Pick<CampaignStore, 'list' | 'get' | 'runs'>;
  readonly secrets: SecretStore;
  readonly settings: WorkspaceSettings;
  readonly clock: Clock;
}

/**
 * When campaigns that go before will write to this customer, as far as that is before `untilMs`: of those that rank
 * highest, `countMax` at most.
 */
export type Rivals = (attempt: Attempt, untilMs: number, countMax: number) => Promise<readonly number[]>;

/** Rivals are read once for a campaign and kept for a minute. */
export const createRivals = (ports: RivalPorts): Rivals => {
  const read = new Map<string, { readonly atMs: number; readonly rivals: Promise<readonly Rival[]> }>();
  const rivalsOf = (campaign: Campaign, nowMs: number): Promise<readonly Rival[]> => {
    const known = read.get(campaign.campaignId);
    if (known !== undefined && nowMs - known.atMs < yieldCacheMs) {
      return known.rivals;
    }
    const rivals = readRivals(campaign, nowMs, ports.campaigns);
    read.set(campaign.campaignId, { atMs: nowMs, rivals });
    rivals.catch(() => read.delete(campaign.campaignId));
    return rivals;
  };
  return async (attempt, untilMs, countMax) => {
    const due: number[] = [];
    for (const rival of await rivalsOf(attempt.campaign, ports.clock.nowMs())) {
      const atMs = due.length < countMax ? await dueMs(rival, attempt, untilMs, ports) : undefined;
      due.push(...(atMs === undefined ? [] : [atMs]));
    }
    return due;
  };
};

/** Until when this message makes room for others; undefined: it need not. */
export const yieldUntil = async (
  attempt: Attempt,
  channel: Channel,
  coupon?: Coupon,
): Promise<number | undefined> => {
  const { campaign, member, stepId, context } = attempt;
  const { caps } = context.settings;
  const nowMs = context.clock.nowMs();
  const assignedMs = Date.parse(member.assignedAt);
  const endMs = assignedMs + yieldMsMax;
  if (context.rivals === undefined || caps.length === 0 || stepId !== undefined || nowMs >= endMs) {
    return undefined;
  }
  // A message of that day or later is under no cap with one of today.
  const reachMs = (Math.floor(nowMs / dayMs) + Math.max(...caps.map(({ days }) => days))) * dayMs;
  const readRoom = () =>
    roomUnder(
      { customerId: member.customerId, campaignId: campaign.campaignId, channel, nowMs, caps },
      context.deliveries,
    );
  // One that finds no room is capped, and one that finds room for all of them need not wait.
  const room = await readRoom();
  const due = room === 0 ? [] : await context.rivals(attempt, Math.min(endMs, reachMs), room);
  // A rival that took its place in between wants none any more, and the room read before does not show it.
  if (due.length === 0 || (due.length < room && due.length < (await readRoom()))) {
    return undefined;
  }
  const untilMs = Math.min(endMs, ...due.map((atMs) => lookAgainMs(atMs, nowMs, assignedMs)));
  return mayWait(attempt, untilMs, coupon) ? untilMs : undefined;
};

/** Some minutes after the rival's time; when that is now, the longer it takes the longer. */
const lookAgainMs = (dueAtMs: number, nowMs: number, assignedMs: number): number =>
  dueAtMs > nowMs
    ? dueAtMs + yieldAfterMs
    : nowMs + Math.min(yieldCheckMsMax, Math.max(yieldCheckMsMin, Math.ceil((nowMs - assignedMs) / 4)));

/** When the rival will write to the customer; undefined when it will not, or not before `untilMs`. */
const dueMs = async (
  { campaign, runId, fromMs, previousMs }: Rival,
  { member, record, context }: Attempt,
  untilMs: number,
  ports: RivalPorts,
): Promise<number | undefined> => {
  const { customerId } = member;
  const nowMs = context.clock.nowMs();
  const secrets = await ports.secrets.secrets();
  const at = new Date(fromMs).toISOString();
  const { arm } = assignMember(campaign, runId, customerId, at, secrets, ports.settings);
  const stepId = firstStep(campaign, arm);
  const atMs = plannedMs(campaign, fromMs, record, context);
  if (stepId === undefined || atMs >= untilMs) {
    return undefined;
  }
  const items = needsItems(campaign) ? await factItems([campaign.audience], record, ports) : new Map();
  const { settings } = ports;
  const salt = secrets.holdoutSalt;
  const isWanted = exclusion(campaign, record, { items, nowMs, settings, salt, previousMs });
  const id = deliveryIdOf(campaign, runId, 'test', customerId, stepId === 'only' ? undefined : stepId);
  return isWanted === undefined && (await context.deliveries.get(id)) === undefined ? atMs : undefined;
};

/** The step of the arm's first message, `only` where the action is one message; undefined: none, or only after a wait. */
const firstStep = ({ variants }: Campaign, arm: string): string | undefined => {
  const action = variants.find(({ name }) => name === arm)?.action;
  if (action?.kind !== 'journey') {
    return action === undefined || action.kind === 'none' ? undefined : 'only';
  }
  const first = action.steps.at(0);
  return first?.kind === 'send' ? first.stepId : undefined;
};

/** Facts that the customer's record alone answers. */
const ofRecord = new Set([
  'orders',
  'spend',
  'daysSinceLastOrder',
  'daysSinceFirstOrder',
  'daysSinceLastEvent',
  'language',
  'channel',
]);

const needsItems = ({ audience, trigger }: Campaign): boolean =>
  trigger.kind === 'before-expiry' || asksItems(audience);

const asksItems = (condition: Condition): boolean => {
  if ('all' in condition) return condition.all.some(asksItems);
  if ('any' in condition) return condition.any.some(asksItems);
  if ('not' in condition) return asksItems(condition.not);
  return !ofRecord.has(condition.fact) && !condition.fact.startsWith('trait.');
};

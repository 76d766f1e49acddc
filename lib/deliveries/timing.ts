// Whether a message's time has come: its send time, the quiet hours where the customer is, and the last moment at which it
// still makes sense (the offer's end, `deliverWithinHours`, the end of its window). Waiting never goes past that moment:
// a preference (send time, a rival, the day's mails) gives way and the message goes at once where that is allowed;
// quiet hours do not, and what they would keep beyond it is suppressed.
// Nothing of this holds back an in-app message but its end: the customer is there when it is shown.
// A message that missed its hour by more than sendTimeGraceMs (a pause) waits for the next one.

import { deferralMarginMs, deliveryRetryMs, sendTimeGraceMs } from '../base/limits.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { isQuietHour, quietUntilMs, usableTimeZone } from '../campaigns/schedule.ts';
import { sendAtMs } from '../campaigns/send-time.ts';
import type { Channel, CustomerProfile, CustomerRecord } from '../events/customer.ts';
import type { Coupon } from '../ports.ts';
import type { Attempt, DeliverContext } from './attempt.ts';
import type { Gate } from './gate.ts';

type TimingContext = Pick<DeliverContext, 'settings' | 'activity' | 'clock'>;

export const timing = (attempt: Attempt, channel: Channel, coupon?: Coupon): Gate => {
  const nowMs = attempt.context.clock.nowMs();
  const last = lastMoment(attempt, coupon);
  if (nowMs >= last.atMs) {
    return { kind: 'never', reason: last.reason };
  }
  if (channel === 'in-app') {
    return { kind: 'go' };
  }
  const quietEndMs = quietUntil(attempt, nowMs);
  if (quietEndMs !== undefined && quietEndMs >= last.atMs) {
    return { kind: 'never', reason: 'quiet-until-too-late' };
  }
  const wantedMs = wantedAt(attempt, nowMs);
  if (wantedMs > nowMs && mayWait(attempt, wantedMs, coupon)) {
    const atMs = quietUntil(attempt, wantedMs) ?? wantedMs;
    return { kind: 'later', reason: 'send-time', untilMs: atMs };
  }
  return quietEndMs === undefined
    ? { kind: 'go' }
    : { kind: 'later', reason: 'quiet-hours', untilMs: quietEndMs };
};

/** Whether a message that waits until then can still go out in time, quiet hours and a late wake-up included. */
export const mayWait = (attempt: Attempt, untilMs: number, coupon?: Coupon): boolean => {
  const last = lastMoment(attempt, coupon).atMs;
  // Woken up late, it may find that quiet hours have just begun.
  return [untilMs, untilMs + deferralMarginMs].every(
    (wokenMs) => (quietUntil(attempt, wokenMs) ?? wokenMs) + deferralMarginMs < last,
  );
};

/**
 * When to ask again for what may come back at any time: at `untilMs`, or sooner where that would be past the message's
 * last moment. Undefined: there is no time left to wait.
 */
export const tryAgainMs = (attempt: Attempt, untilMs: number, coupon?: Coupon): number | undefined => {
  const nowMs = attempt.context.clock.nowMs();
  for (let waitMs = untilMs - nowMs; waitMs >= deliveryRetryMs; waitMs /= 2) {
    if (mayWait(attempt, nowMs + waitMs, coupon)) {
      return nowMs + waitMs;
    }
  }
  return undefined;
};

const hourMs = 3_600_000;

/** From then on it is not sent any more, and why. */
const lastMoment = (
  { campaign, member, action }: Attempt,
  coupon: Coupon | undefined,
): { readonly atMs: number; readonly reason: string } => {
  const assignedMs = Date.parse(member.assignedAt);
  const withinHours = campaign.deliverWithinHours ?? campaign.windowDays * 24;
  const tooLate = { atMs: assignedMs + withinHours * hourMs, reason: 'too-late' };
  const ends = [coupon?.expiresAt, action.kind === 'coupon' ? action.offer.expiresAt : undefined];
  const offerMs = Math.min(
    ...ends.map((at) => (at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at))),
  );
  return offerMs < tooLate.atMs ? { atMs: offerMs, reason: 'offer-expired' } : tooLate;
};

/** By the send time. A journey's steps have waits of their own in place of it. */
const wantedAt = ({ campaign, member, stepId, record, context }: Attempt, nowMs: number): number => {
  if (stepId !== undefined) {
    return nowMs;
  }
  const first = sendTimeMs(campaign, Date.parse(member.assignedAt), record, context);
  return nowMs <= first + sendTimeGraceMs ? first : sendTimeMs(campaign, nowMs, record, context);
};

const sendTimeMs = (
  campaign: Campaign,
  fromMs: number,
  { profile, state }: CustomerRecord,
  { settings, activity }: TimingContext,
): number => {
  const quiet = campaign.quietHours ?? settings.quietHours;
  return sendAtMs({
    sendTime: campaign.sendTime,
    fromMs,
    timeZone: usableTimeZone(profile?.timeZone, settings.timeZone),
    state,
    prior: activity,
    isQuiet: (hour) => isQuietHour(hour, quiet),
  });
};

/** When a campaign that begins at `fromMs` writes to this customer: its send time, kept out of quiet hours. */
export const plannedMs = (
  campaign: Campaign,
  fromMs: number,
  record: CustomerRecord,
  context: TimingContext,
): number => {
  const atMs = Math.max(sendTimeMs(campaign, fromMs, record, context), context.clock.nowMs());
  return quietUntil({ campaign, profile: record.profile, context }, atMs) ?? atMs;
};

const quietUntil = (
  {
    campaign,
    profile,
    context,
  }: {
    readonly campaign: Campaign;
    readonly profile: CustomerProfile | undefined;
    readonly context: TimingContext;
  },
  atMs: number,
): number | undefined =>
  quietUntilMs(
    atMs,
    campaign.quietHours ?? context.settings.quietHours,
    usableTimeZone(profile?.timeZone, context.settings.timeZone),
  );

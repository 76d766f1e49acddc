// Whether a message may go to a customer now: can it reach them and do they want it, is it quiet where they are, is
// there room under the caps. `later` loses nothing; `never` is decided for good and recorded with its reason.

import { quietUntilMs, usableTimeZone } from '../campaigns/schedule.ts';
import { reachable } from '../events/consent.ts';
import type { Channel } from '../events/customer.ts';
import type { Coupon } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { type Places, placesUnder } from './caps.ts';

export type Gate =
  | { readonly kind: 'go' }
  | { readonly kind: 'never'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly untilMs: number };

/** What does not depend on other messages; asked at every attempt. `coupon`: the one already issued for this delivery. */
export const gate = (attempt: Attempt, channel: Channel, coupon?: Coupon): Gate => {
  const { campaign, profile, context } = attempt;
  const unreachable = reachable(profile, channel, campaign.purpose, context.settings);
  if (unreachable !== undefined) {
    return { kind: 'never', reason: unreachable };
  }
  const quietMs = quietUntil(attempt);
  if (quietMs !== undefined) {
    return { kind: 'later', reason: 'quiet-hours', untilMs: quietMs };
  }
  const isExpired = coupon !== undefined && Date.parse(coupon.expiresAt) <= context.clock.nowMs();
  return isExpired ? { kind: 'never', reason: 'offer-expired' } : { kind: 'go' };
};

/** The counters that this message must raise to be prepared; undefined: the caps leave no room. */
export const pressureClaims = (attempt: Attempt, channel: Channel): Promise<Places | undefined> => {
  const { campaign, context, member } = attempt;
  return placesUnder(
    {
      customerId: member.customerId,
      campaignId: campaign.campaignId,
      channel,
      nowMs: context.clock.nowMs(),
      caps: context.settings.caps,
      own: campaign.caps ?? [],
    },
    context.deliveries,
  );
};

const quietUntil = ({ campaign, profile, context }: Attempt): number | undefined =>
  quietUntilMs(
    context.clock.nowMs(),
    campaign.quietHours ?? context.settings.quietHours,
    usableTimeZone(profile?.timeZone, context.settings.timeZone),
  );

// Whether a message may go to a customer now: can it reach them and do they want it, has its time come (timing.ts), is
// there room under the caps, do campaigns of higher priority need that room (yielding.ts), are there places left among
// today's mails (allowance.ts). `later` loses nothing; `never` is decided for good and recorded with its reason.

import { reachable } from '../events/consent.ts';
import type { Channel } from '../events/customer.ts';
import type { Coupon } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { type Places, placesUnder } from './caps.ts';
import { mayWait, timing, tryAgainMs } from './timing.ts';
import { yieldUntil } from './yielding.ts';

export type Gate =
  | { readonly kind: 'go' }
  | { readonly kind: 'never'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly untilMs: number };

/** What does not depend on other messages; asked at every attempt. `coupon`: the one already issued for this delivery. */
export const gate = (attempt: Attempt, channel: Channel, coupon?: Coupon): Gate => {
  const { campaign, profile, context } = attempt;
  const unreachable = reachable(profile, channel, campaign.purpose, context.settings);
  return unreachable === undefined
    ? timing(attempt, channel, coupon)
    : { kind: 'never', reason: unreachable };
};

export type Pressure = { readonly kind: 'go'; readonly places: Places } | Exclude<Gate, { kind: 'go' }>;

/** What other messages leave: `places` are the counters that this one must raise to be prepared. */
export const pressure = async (attempt: Attempt, channel: Channel): Promise<Pressure> => {
  const { campaign, context, member } = attempt;
  const untilMs = channel === 'in-app' ? undefined : await yieldUntil(attempt, channel);
  if (untilMs !== undefined) {
    return { kind: 'later', reason: 'yields', untilMs };
  }
  const places = await placesUnder(
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
  return places === undefined ? { kind: 'never', reason: 'capped' } : { kind: 'go', places };
};

/** One of the places among today's mails, taken for a message that is about to be prepared or sent. */
export const todaysPlace = async (attempt: Attempt, channel: Channel, coupon?: Coupon): Promise<Gate> => {
  const none = channel === 'email' ? await attempt.context.allowance?.take() : undefined;
  if (none === undefined) {
    return { kind: 'go' };
  }
  const { reason, untilMs } = none;
  const againMs = reason === 'mail-quota' ? tryAgainMs(attempt, untilMs, coupon) : untilMs;
  return againMs !== undefined && mayWait(attempt, againMs, coupon)
    ? { kind: 'later', reason, untilMs: againMs }
    : { kind: 'never', reason };
};

/** It was not sent after all. */
export const putTodaysPlaceBack = ({ context }: Attempt, channel: Channel): void => {
  if (channel === 'email') {
    context.allowance?.putBack();
  }
};

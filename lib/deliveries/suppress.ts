// Stops or resumes a channel to a customer in the profile, at once and idempotently, and writes the consent event.
// A stronger reason replaces a weaker one (complained > bounced > manual > unsubscribed) and keeps the earliest time.
// Only an own unsubscription can be taken back by link: after a bounce or complaint mail would harm the sender.

import type { CustomerId } from '../base/ids.ts';
import type { Channel, CustomerProfile, Suppression } from '../events/customer.ts';
import { loopEvents } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import { isForgiven } from '../events/owner-words.ts';
import { isSameAddress } from '../events/profile.ts';
import { suppressionOf } from '../events/suppressions.ts';
import { type ConsentContext, changeProfile } from './change-profile.ts';

export type WithdrawalVia = 'link' | 'one-click' | 'bounce' | 'complaint';

const strength: readonly Suppression['reason'][] = ['unsubscribed', 'manual', 'bounced', 'complained'];

export const suppressChannel = async (
  customerId: CustomerId,
  channel: Channel,
  suppression: Suppression,
  via: WithdrawalVia,
  context: ConsentContext,
): Promise<void> => {
  const { suppressed } = await changeProfile(customerId, context, (profile) =>
    stopped(profile, channel, suppression),
  );
  const stands = suppressed[channel];
  if (stands === undefined) {
    // The bounce of an address that the customer does not have any more, or one that the owner has forgiven.
    return;
  }
  const { atMs } = stands;
  await context.events.send([
    loopEvent({
      event: loopEvents.consentWithdrawn,
      identity: [customerId, channel, String(atMs), suppression.reason],
      customerId,
      at: new Date(atMs).toISOString(),
      nowMs: context.clock.nowMs(),
      properties: { channel, purpose: 'marketing', via },
    }),
  ]);
};

/** Lifts an own unsubscription; a channel that is stopped for another reason stays stopped. */
export const resumeChannel = async (
  customerId: CustomerId,
  channel: Channel,
  context: ConsentContext,
): Promise<void> => {
  let lifted: Suppression | undefined;
  await changeProfile(customerId, context, (profile) => {
    lifted = liftable(profile, channel);
    return lifted === undefined ? profile : resumed(profile, channel);
  });
  if (lifted !== undefined) {
    const nowMs = context.clock.nowMs();
    await context.events.send([
      loopEvent({
        event: loopEvents.consentGiven,
        identity: [customerId, channel, String(lifted.atMs)],
        customerId,
        at: new Date(nowMs).toISOString(),
        nowMs,
        properties: { channel, purpose: 'marketing', via: 'link' },
      }),
    ]);
  }
};

/** The suppression that the customer may take back; undefined where there is none, or one that is not theirs. */
export const liftable = (profile: CustomerProfile, channel: Channel): Suppression | undefined => {
  const stands = suppressionOf(profile, channel);
  return stands?.reason === 'unsubscribed' ? stands : undefined;
};

export const resumed = (profile: CustomerProfile, channel: Channel): CustomerProfile => {
  const { [channel]: _, ...others } = profile.suppressed;
  return { ...profile, suppressed: others };
};

/**
 * The stronger reason and the earlier time stand, whichever was told first. A bounce is of its address alone, until
 * something else stops the channel as well.
 */
const stopped = (profile: CustomerProfile, channel: Channel, suppression: Suppression): CustomerProfile => {
  const current = profile.suppressed[channel];
  const { address } = suppression;
  const isOfOther =
    address !== undefined && profile.email !== undefined && !isSameAddress(address, profile.email);
  if (isOfOther || isForgiven(suppression, profile.owner?.[channel])) {
    return profile;
  }
  const isStronger =
    current === undefined || strength.indexOf(suppression.reason) > strength.indexOf(current.reason);
  const atMs = Math.min(suppression.atMs, current?.atMs ?? suppression.atMs);
  const { address: _, ...reason } = isStronger ? suppression : current;
  const isBounceAlone = address !== undefined && (current === undefined || current.address !== undefined);
  const wanted = { ...reason, atMs, ...(isBounceAlone && { address }) };
  return !isStronger && current.atMs === atMs && current.address === wanted.address
    ? profile
    : { ...profile, suppressed: { ...profile.suppressed, [channel]: wanted } };
};

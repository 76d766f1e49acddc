// From channel to channel under one delivery: which comes first, and which next when one did not take the message.
// Every try that did not send is kept with its reason. A dead address (a token its push service disowned, a number that
// opted out) is struck off the profile, so that nothing else is sent there; the next device may still be pushed to.

import { profileWriteAttemptsCountMax } from '../base/limits.ts';
import type { Channel, CustomerProfile } from '../events/customer.ts';
import { withoutToken } from '../events/devices.ts';
import type { Coupon, Delivery, OutgoingMessage } from '../ports.ts';
import { type Attempt, nowIso } from './attempt.ts';
import { type ChannelChoice, chooseChannel, refusalOf } from './channel-choice.ts';
import { type Written, write } from './write.ts';

export const choiceOf = ({ campaign, action, record, profile, context }: Attempt): ChannelChoice =>
  chooseChannel(
    campaign,
    action.templates,
    { ...record, profile },
    { settings: context.settings, channels: context.transport.channels },
  );

/** What a new delivery states of its channel; where none is possible, the campaign's first. */
export const firstChannel = (
  { campaign }: Attempt,
  { order, why }: ChannelChoice,
): Pick<Delivery, 'channel' | 'channelReason' | 'channelsCount'> => ({
  channel: order[0] ?? campaign.channels[0],
  ...(order.length > 1 && { channelReason: why, channelsCount: order.length }),
});

/**
 * The delivery on the next channel, or on its last one; the try that just failed is noted in both. Once it is prepared,
 * its places under the caps are taken, so it does not move to a channel that has caps of its own.
 */
export const nextChannel = (
  delivery: Delivery,
  reason: string,
  attempt: Attempt,
  { isCounted, isAddressDead = false }: { readonly isCounted: boolean; readonly isAddressDead?: boolean },
): { readonly delivery: Delivery; readonly isLast: boolean } => {
  const failed = { channel: delivery.channel, at: nowIso(attempt.context), reason };
  const attempts = [...(delivery.attempts ?? []), { ...failed, ...(isAddressDead && { isAddressDead }) }];
  const spent = attempts.filter((each) => !each.isAddressDead).map(({ channel }) => channel);
  const channel = choiceOf(attempt).order.find(
    (each) => !spent.includes(each) && !(isCounted && each !== delivery.channel && hasOwnCap(each, attempt)),
  );
  return channel === undefined
    ? { delivery: { ...delivery, attempts }, isLast: true }
    : { delivery: { ...delivery, attempts, channel, channelReason: 'fallback' }, isLast: false };
};

const hasOwnCap = (channel: Channel, { campaign, context }: Attempt): boolean =>
  [...context.settings.caps, ...(campaign.caps ?? [])].some((cap) => cap.channel === channel);

/** A prepared delivery whose channel was lost since (unsubscribed, token gone) on another; a text: none is possible. */
export const onPossibleChannel = (stored: Delivery, attempt: Attempt): Delivery | string => {
  const choice = choiceOf(attempt);
  if (choice.order.includes(stored.channel)) {
    return stored;
  }
  const gone = choice.refused.find(({ channel }) => channel === stored.channel)?.reason ?? refusalOf(choice);
  const next = nextChannel(stored, gone, attempt, { isCounted: true });
  return next.isLast ? refusalOf(choice) : next.delivery;
};

/** Nothing can be written for this customer, on this channel or any other. */
export type Unwritten = Pick<Delivery, 'reason' | 'attempts'> & { readonly status: 'suppressed' | 'failed' };

/** Written on its channel, or on the next one whose words can be rendered for this customer. */
export const writeOn = async (
  delivery: Delivery,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<{ readonly delivery: Delivery; readonly written: Written } | Unwritten> => {
  const { attempts } = delivery;
  const written = await write(delivery, coupon, attempt);
  if ('nothing' in written) {
    return { status: 'suppressed', reason: written.nothing, ...(attempts && { attempts }) };
  }
  if (!('problem' in written)) {
    return { delivery, written };
  }
  const next = nextChannel(delivery, written.problem, attempt, { isCounted: true });
  return next.isLast
    ? { status: 'failed', reason: written.problem, ...(attempts && { attempts }) }
    : writeOn(next.delivery, coupon, attempt);
};

/** Strikes the message's address off the customer's profile; the attempt goes on without it. */
export const withoutAddress = async (message: OutgoingMessage, attempt: Attempt): Promise<Attempt> => {
  const { customers, clock } = attempt.context;
  const atMs = clock.nowMs();
  const struck = (profile: CustomerProfile): CustomerProfile => {
    switch (message.channel) {
      case 'push':
        return withoutToken(profile, message.token, atMs);
      case 'sms':
        return profile.suppressed.sms === undefined
          ? { ...profile, suppressed: { ...profile.suppressed, sms: { reason: 'unsubscribed', atMs } } }
          : profile;
      case 'email':
      case 'in-app':
        return profile;
    }
  };
  for (let write = 0; write < profileWriteAttemptsCountMax; write++) {
    const { profile: previous } = await customers.read(attempt.member.customerId);
    if (previous === undefined || (await customers.writeProfile(struck(previous), previous))) {
      break;
    }
  }
  return attempt.profile === undefined ? attempt : { ...attempt, profile: struck(attempt.profile) };
};

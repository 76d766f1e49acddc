// The owner stops a channel to a customer, or frees it (PUT and DELETE /v1/admin/customers/{userId}/suppressions/{channel}),
// in the profile at once and idempotently, with a consent event (via owner) from which the archive gives the same profile.
// What may be freed: what the owner stopped, and a bounce that nothing else stands beside; the next bounce stops it again.
// Never a complaint or an unsubscription, nor a bounce of somebody who had unsubscribed: only the customer takes those back.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, customerId as toCustomerId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax, suppressionNoteLengthMax } from '../base/limits.ts';
import { channels } from '../events/consent.ts';
import type { Channel, CustomerProfile, OwnerWord, Suppression } from '../events/customer.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import { viaOwner, withOwnerWords, withoutForgiven } from '../events/owner-words.ts';
import { suppressionOf } from '../events/suppressions.ts';
import { type ConsentContext, changeProfile } from './change-profile.ts';

export interface OwnedChannel {
  readonly customerId: CustomerId;
  readonly channel: Channel;
}

export interface SuppressionAnswer extends OwnedChannel {
  /** What stands against the channel now; null: nothing. */
  readonly suppression: Suppression | null;
}

export const stopChannel = async (
  owned: OwnedChannel,
  note: string | undefined,
  context: ConsentContext,
): Promise<SuppressionAnswer> => {
  const profile = await changeProfile(owned.customerId, context, (current) => {
    const known = current.owner?.[owned.channel];
    const isSaid = known?.stopped === true && (note === undefined || note === known.note);
    return isSaid ? current : withWord(current, owned.channel, true, note, context.clock.nowMs());
  });
  return told(owned, profile, context);
};

/** Throws conflict where something stands that is not the owner's to lift; what the owner said is lifted all the same. */
export const freeChannel = async (
  owned: OwnedChannel,
  note: string | undefined,
  context: ConsentContext,
): Promise<SuppressionAnswer> => {
  const profile = await changeProfile(owned.customerId, context, (current) => {
    const { channel } = owned;
    const nowMs = context.clock.nowMs();
    const next = withWord(current, channel, false, note, nowMs);
    const isBounced = current.suppressed[channel] !== undefined && next.suppressed[channel] === undefined;
    return current.owner?.[channel]?.stopped === true || isBounced ? next : current;
  });
  const answer = await told(owned, profile, context);
  if (answer.suppression !== null) {
    throw notOurs(owned, answer.suppression);
  }
  return answer;
};

const bodySchema = z.strictObject({ note: z.string().min(1).max(suppressionNoteLengthMax).optional() });

export const parseOwnerNote = (body: unknown): string | undefined =>
  parseInput(bodySchema, body, 'suppression').note;

const ownedSchema = z.strictObject({
  userId: z.string().min(1).max(idLengthMax),
  channel: z.enum(['email', 'sms', 'push', 'in-app'], `Write one of ${channels.join(', ')}`),
});

export const parseOwnedChannel = (userId: string, channel: string): OwnedChannel => {
  const parsed = parseInput(ownedSchema, { userId, channel }, 'path');
  return { customerId: toCustomerId(parsed.userId), channel: parsed.channel };
};

/** Its message id is made of what it says: writing it again changes nothing. */
export const ownerEvent = (
  { customerId, channel }: OwnedChannel,
  { stopped, atMs, note }: OwnerWord,
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: stopped ? loopEvents.consentWithdrawn : loopEvents.consentGiven,
    identity: [customerId, channel, viaOwner, String(atMs), note ?? ''],
    customerId,
    at: new Date(atMs).toISOString(),
    nowMs,
    properties: { channel, purpose: 'marketing', via: viaOwner, ...(note !== undefined && { note }) },
  });

/** Later than the word before it, whatever the clock of who said that. */
const withWord = (
  profile: CustomerProfile,
  channel: Channel,
  stopped: boolean,
  note: string | undefined,
  nowMs: number,
): CustomerProfile => {
  const atMs = Math.max(nowMs, (profile.owner?.[channel]?.atMs ?? 0) + 1);
  const owner = withOwnerWords(profile.owner, [
    { channel, stopped, atMs, ...(note !== undefined && { note }) },
  ]);
  const suppressed = withoutForgiven(profile.suppressed, owner);
  return { ...profile, suppressed, ...(owner !== undefined && { owner }) };
};

/** The event goes out whenever the word stands, also when the request is sent again after the first broke off. */
const told = async (
  owned: OwnedChannel,
  profile: CustomerProfile,
  { events, clock }: ConsentContext,
): Promise<SuppressionAnswer> => {
  const word = profile.owner?.[owned.channel];
  if (word !== undefined) {
    await events.send([ownerEvent(owned, word, clock.nowMs())]);
  }
  return { ...owned, suppression: suppressionOf(profile, owned.channel) ?? null };
};

const whose: { readonly [reason in Suppression['reason']]: string } = {
  unsubscribed:
    'The customer unsubscribed; only they can take it back, by the link in a message or the preference page.',
  complained: 'The customer complained of a message as spam; it is never lifted here.',
  bounced:
    'The address bounced, and the channel was stopped for another reason as well, which is not yours to lift.',
  manual: 'The channel was stopped again at the same time.',
};

const notOurs = ({ channel }: OwnedChannel, { reason }: Suppression): Failure =>
  new Failure('conflict', {
    code: 'suppression-not-liftable',
    message: `${whose[reason]} The channel ${channel} stays stopped.`,
    received: shown(reason),
    action:
      'Send to this customer on another channel, or let them choose on their preference page. A bounce ends when the customer tells another address.',
  });

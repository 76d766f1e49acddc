// What a customer agreed to, for each channel and purpose: the latest word by its time stands, in any order of arrival,
// and of two at the same time the withdrawal. It comes from identify traits (`consents: { sms: { marketing: true } }`),
// from the track events "Consent Given" and "Consent Withdrawn" ({ channel, purpose }), and from the preference page.
// A word never counts as later than its receipt, so that no clock can make it last for ever.
// Apart from it stands `suppressed`: a whole channel that was stopped. No event of an app lifts that, but for a bounce,
// which is of its address: another address lifts it.

import type { WorkspaceSettings } from '../base/settings.ts';
import type { Fault } from './check-properties.ts';
import type { Channel, Consent, Consents, CustomerProfile, Purpose } from './customer.ts';
import { liveDevices } from './devices.ts';
import { type Json, loopEvents, type StoredEvent } from './event.ts';
import { loopSource } from './loop-event.ts';
import { isObject } from './meaning.ts';
import { suppressionOf } from './suppressions.ts';

export const channels: readonly Channel[] = ['email', 'sms', 'push', 'in-app'];
export const purposes: readonly Purpose[] = ['marketing', 'reminder'];

export type ConsentSettings = Pick<WorkspaceSettings, 'consentRequired'>;

export const consentOf = (
  profile: CustomerProfile | undefined,
  channel: Channel,
  purpose: Purpose,
  { consentRequired }: ConsentSettings,
): 'given' | 'withdrawn' | 'not-given' => {
  const consent = profile?.consents?.[channel]?.[purpose];
  const isGiven = consent?.given ?? !consentRequired[channel];
  return isGiven ? 'given' : consent === undefined ? 'not-given' : 'withdrawn';
};

/**
 * Why this customer must not get a message of this purpose on this channel, undefined when they may:
 * no address or a bad one, the channel stopped, consent withdrawn or, where it is required, never given.
 */
export const reachable = (
  profile: CustomerProfile | undefined,
  channel: Channel,
  purpose: Purpose,
  settings: ConsentSettings,
): string | undefined => {
  const consent = consentOf(profile, channel, purpose, settings);
  return unaddressable(profile, channel) ?? (consent === 'given' ? undefined : `consent-${consent}`);
};

/** The same without asking for consent, which depends on what a message is for. */
const unaddressable = (profile: CustomerProfile | undefined, channel: Channel): string | undefined =>
  missingAddress(profile, channel) ?? suppressionOf(profile, channel)?.reason ?? badAddress(profile, channel);

/** Channels that the customer has a good address on and did not stop. */
export const addressableChannels = (profile: CustomerProfile | undefined): readonly Channel[] =>
  channels.filter((channel) => unaddressable(profile, channel) === undefined);

/** One plain address: no display name, no list, nothing that could become a second recipient. */
const addressPattern = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;
/** E.164, with the separators that people write. */
const phonePattern = /^\+[1-9](?:[ .()-]*\d){6,14}$/;

const missingAddress = (profile: CustomerProfile | undefined, channel: Channel): string | undefined => {
  switch (channel) {
    case 'email':
      return profile?.email ? undefined : 'no-email';
    case 'sms':
      return profile?.phone ? undefined : 'no-phone';
    case 'push':
      return liveDevices(profile).length > 0 ? undefined : 'no-device';
    case 'in-app':
      return undefined;
  }
};

const badAddress = (profile: CustomerProfile | undefined, channel: Channel): string | undefined => {
  if (channel === 'email') {
    return addressPattern.test(profile?.email ?? '') ? undefined : 'email-invalid';
  }
  return channel === 'sms' && !phonePattern.test(profile?.phone ?? '') ? 'phone-invalid' : undefined;
};

export interface ConsentChoice {
  readonly channel: Channel;
  readonly purpose: Purpose;
  readonly given: boolean;
  readonly atMs: number;
}

/** The consents after these words too; undefined while nothing was said. */
export const withConsents = (
  consents: Consents | undefined,
  choices: readonly ConsentChoice[],
): Consents | undefined => {
  const all = [...choicesOf(consents), ...choices];
  const result: { [channel in Channel]?: { [purpose in Purpose]?: Consent } } = {};
  for (const { channel, purpose, given, atMs } of all) {
    const ofChannel = { ...result[channel] };
    const known = ofChannel[purpose];
    if (known === undefined || atMs > known.atMs || (atMs === known.atMs && !given)) {
      result[channel] = { ...ofChannel, [purpose]: { given, atMs } };
    }
  }
  return all.length === 0 ? undefined : result;
};

/** Every word that is kept, as a list. */
export const choicesOf = (consents: Consents | undefined): ConsentChoice[] =>
  channels.flatMap((channel) =>
    purposes.flatMap((purpose) => {
      const consent = consents?.[channel]?.[purpose];
      return consent === undefined ? [] : [{ channel, purpose, ...consent }];
    }),
  );

const trackNames: { readonly [event: string]: boolean } = {
  'Consent Given': true,
  'Consent Withdrawn': false,
  [loopEvents.consentGiven]: true,
  [loopEvents.consentWithdrawn]: false,
};

/** What an event says about consent. A bounce, a complaint or the owner stops the channel and says nothing of what was wanted. */
export const choicesOfEvent = (event: StoredEvent): readonly ConsentChoice[] => {
  const atMs = Math.min(Date.parse(event.timestamp), Date.parse(event.receivedAt));
  if (event.type === 'identify') {
    return choicesOfTrait(event.traits.consents, atMs);
  }
  const { channel, purpose, via } = event.properties;
  const isSaid =
    event.type === 'track' &&
    Object.hasOwn(trackNames, event.event) &&
    (event.source === loopSource) === event.event.startsWith('Reprise ') &&
    via !== 'bounce' &&
    via !== 'complaint' &&
    !(event.source === loopSource && via === 'owner');
  return isSaid && isChannel(channel) && isPurpose(purpose)
    ? [{ channel, purpose, given: trackNames[event.event], atMs }]
    : [];
};

const choicesOfTrait = (trait: Json | undefined, atMs: number): ConsentChoice[] =>
  channels.flatMap((channel) =>
    purposes.flatMap((purpose) => {
      const ofChannel = isObject(trait) ? trait[channel] : undefined;
      const given = isObject(ofChannel) ? ofChannel[purpose] : undefined;
      return typeof given === 'boolean' ? [{ channel, purpose, given, atMs }] : [];
    }),
  );

const isChannel = (value: unknown): value is Channel => channels.some((channel) => channel === value);
const isPurpose = (value: unknown): value is Purpose => purposes.some((purpose) => purpose === value);

/** Capture refuses what would be half understood: a consent that is lost, or taken for given, is no small thing. */
export const faultOfConsents = ({
  type,
  event,
  traits,
  properties,
}: Pick<StoredEvent, 'type' | 'event' | 'traits' | 'properties'>): Fault | undefined => {
  if (type === 'identify') {
    return traits.consents === undefined || isTrait(traits.consents)
      ? undefined
      : {
          code: 'consents-invalid',
          message: `traits.consents is by channel (${channels.join(', ')}) and purpose (${purposes.join(', ')}), each true or false.`,
          received: traits.consents,
          action: 'Send for example { "sms": { "marketing": true } }, or leave it out.',
        };
  }
  const isConsent = type === 'track' && Object.hasOwn(trackNames, event);
  return !isConsent || (isChannel(properties.channel) && isPurpose(properties.purpose))
    ? undefined
    : {
        code: 'consent-invalid',
        message: `"${event}" needs properties.channel (${channels.join(', ')}) and properties.purpose (${purposes.join(', ')}).`,
        received: { channel: properties.channel, purpose: properties.purpose },
        action: 'Send one event for each channel and purpose.',
      };
};

const isTrait = (trait: Json): boolean =>
  isObject(trait) &&
  Object.entries(trait).every(
    ([channel, ofChannel]) =>
      isChannel(channel) &&
      isObject(ofChannel) &&
      Object.entries(ofChannel).every(([purpose, given]) => isPurpose(purpose) && typeof given === 'boolean'),
  );

// A customer's profile as a function of the set of their identify and consent events: each trait's latest value by the
// event's timestamp (of two at the same time the one whose JSON is greater), in any order of arrival; consents: consent.ts,
// devices: devices.ts, what became of messages: channel-record.ts, the owner's words on a channel: owner-words.ts.
// Contact fields come from Segment's standard traits (email, phone, name or firstName and lastName, language or
// locale, timezone), with the device's context.locale and context.timezone where the traits are silent.
// Bounds: 200 traits, contact traits the last to go; a trait with a long name or value stays in the archive only.

import type { CustomerId } from '../base/ids.ts';
import { traitNameBytesMax, traitsCountMax, traitValueBytesMax } from '../base/limits.ts';
import { canonicalJson } from './canonical-json.ts';
import { messageOfEvent, withMessages } from './channel-record.ts';
import { type ConsentChoice, choicesOf, choicesOfEvent, withConsents } from './consent.ts';
import type { ChannelMessage, CustomerProfile, Device } from './customer.ts';
import { deviceOfEvent, withDevices } from './devices.ts';
import type { Json, JsonObject, StoredEvent } from './event.ts';
import { latestByKey } from './newest.ts';
import {
  type ChannelWord,
  ownerWordsOf,
  ownerWordsOfEvent,
  withOwnerWords,
  withoutForgiven,
} from './owner-words.ts';

/** The profile after these events too; the same object when they tell nothing new, undefined when there is none. */
export const foldProfile = (
  profile: CustomerProfile | undefined,
  customerId: CustomerId,
  events: readonly StoredEvent[],
): CustomerProfile | undefined => {
  const telling = events.filter(
    (event) =>
      event.type === 'identify' || Object.values(factsOfEvent(event)).some(({ length }) => length > 0),
  );
  if (telling.length === 0) {
    return profile;
  }
  const facts = telling.map(factsOfEvent);
  return profileOf(profile, customerId, {
    traits: facts.flatMap(({ traits }) => traits),
    choices: facts.flatMap(({ choices }) => choices),
    devices: facts.flatMap(({ devices }) => devices),
    messages: facts.flatMap(({ messages }) => messages),
    owner: facts.flatMap(({ owner }) => owner),
    sinceMs: firstMs(telling),
  });
};

/** What events or another profile tell about a customer. */
interface Facts {
  readonly traits: readonly Trait[];
  readonly choices: readonly ConsentChoice[];
  readonly devices: readonly Device[];
  readonly messages: readonly ChannelMessage[];
  readonly owner: readonly ChannelWord[];
}

const factsOfEvent = (event: StoredEvent): Facts => {
  const device = deviceOfEvent(event);
  const message = messageOfEvent(event);
  return {
    traits: event.type === 'identify' ? traitsOfEvent(event) : [],
    choices: choicesOfEvent(event),
    devices: device === undefined ? [] : [device],
    messages: message === undefined ? [] : [message],
    owner: ownerWordsOfEvent(event),
  };
};

/** An anonymous visitor's traits join the user's. */
export const mergeProfiles = (
  profile: CustomerProfile | undefined,
  customerId: CustomerId,
  other: CustomerProfile | undefined,
): CustomerProfile | undefined =>
  other === undefined
    ? profile
    : profileOf(profile, customerId, {
        traits: traitsOfProfile(other),
        choices: choicesOf(other.consents),
        devices: other.devices ?? [],
        messages: other.messages ?? [],
        owner: ownerWordsOf(other.owner),
        sinceMs: other.createdAtMs,
      });

interface Trait {
  readonly key: string;
  readonly atMs: number;
  readonly value: Json;
}

/** What the device told, beside what the app said; `$` keeps it apart from the app's own traits. */
const contextTraits = { $locale: 'locale', $timezone: 'timezone' } as const;
/** What the customer chose on the preference page; stands over what apps and devices tell at every start. */
export const chosenLanguageTrait = '$language';

const contactTraits = new Set([
  'email',
  'phone',
  'name',
  'firstName',
  'lastName',
  'language',
  'locale',
  'timezone',
  'preferredChannel',
  chosenLanguageTrait,
  ...Object.keys(contextTraits),
]);

const traitsOfEvent = (event: StoredEvent): Trait[] => {
  const atMs = Date.parse(event.timestamp);
  const fromContext = Object.entries(contextTraits).flatMap(([key, field]) =>
    typeof event.context[field] === 'string' ? [{ key, atMs, value: event.context[field] }] : [],
  );
  const fromTraits = Object.entries(event.traits).map(([key, value]) => ({ key, atMs, value }));
  return [...fromContext, ...fromTraits.filter(({ key }) => !key.startsWith('$'))].filter(isShort);
};

const isShort = ({ key, value }: Trait): boolean =>
  key !== '__proto__' &&
  Buffer.byteLength(JSON.stringify(key)) <= traitNameBytesMax &&
  Buffer.byteLength(JSON.stringify(value)) <= traitValueBytesMax;

const traitsOfProfile = (profile: CustomerProfile | undefined): Trait[] =>
  Object.entries(profile?.traits ?? {}).map(([key, value]) => ({
    key,
    atMs: profile?.traitTimes[key] ?? 0,
    value,
  }));

const firstMs = (events: readonly StoredEvent[]): number =>
  events.reduce((first, event) => Math.min(first, Date.parse(event.timestamp)), Number.POSITIVE_INFINITY);

const profileOf = (
  profile: CustomerProfile | undefined,
  customerId: CustomerId,
  told: Facts & { readonly sinceMs: number },
): CustomerProfile => {
  const latest = latestByKey([...traitsOfProfile(profile), ...told.traits], ({ value }) =>
    canonicalJson(value),
  );
  const kept = [...latest.values()]
    .sort(byImportance)
    .slice(0, traitsCountMax)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const traits: JsonObject = Object.fromEntries(kept.map(({ key, value }) => [key, value]));
  const consents = withConsents(profile?.consents, told.choices);
  const devices = withDevices(profile?.devices, told.devices);
  const messages = withMessages(profile?.messages, told.messages);
  const owner = withOwnerWords(profile?.owner, told.owner);
  const contact = contactOf(traits);
  const next: CustomerProfile = {
    customerId,
    ...contact,
    traits,
    traitTimes: Object.fromEntries(kept.map(({ key, atMs }) => [key, atMs])),
    suppressed: withoutForgiven(withoutOldBounce(profile?.suppressed, contact.email), owner),
    ...(owner !== undefined && { owner }),
    ...(consents !== undefined && { consents }),
    ...(devices !== undefined && { devices }),
    ...(messages !== undefined && { messages }),
    createdAtMs: Math.min(told.sinceMs, profile?.createdAtMs ?? Number.POSITIVE_INFINITY),
  };
  return profile !== undefined && canonicalJson(profile) === canonicalJson(next) ? profile : next;
};

/** Who has corrected an address can be mailed again. */
const withoutOldBounce = (
  suppressed: CustomerProfile['suppressed'] = {},
  email: string | undefined,
): CustomerProfile['suppressed'] => {
  const { email: stopped, ...others } = suppressed;
  return stopped?.address === undefined || email === undefined || isSameAddress(stopped.address, email)
    ? suppressed
    : others;
};

export const isSameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const byImportance = (a: Trait, b: Trait): number =>
  Number(contactTraits.has(b.key)) - Number(contactTraits.has(a.key)) ||
  b.atMs - a.atMs ||
  (a.key < b.key ? -1 : 1);

type Contact = Pick<CustomerProfile, 'email' | 'phone' | 'name' | 'language' | 'timeZone'>;

const contactOf = (traits: JsonObject): Contact => {
  const email = emailOf(traits.email);
  const phone = textOf(traits.phone);
  const fullName = [textOf(traits.firstName), textOf(traits.lastName)]
    .filter((part) => part !== undefined)
    .join(' ');
  const name = textOf(traits.name) ?? textOf(fullName);
  const language = languageOfTraits(traits);
  const timeZone = timeZoneOf(traits.timezone) ?? timeZoneOf(traits.$timezone);
  return {
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(name !== undefined && { name }),
    ...(language !== undefined && { language }),
    ...(timeZone !== undefined && { timeZone }),
  };
};

/** What the customer chose, or else what apps and devices tell. */
export const languageOfTraits = (traits: JsonObject): string | undefined =>
  textOf(traits[chosenLanguageTrait]) ??
  textOf(traits.language) ??
  textOf(traits.locale) ??
  textOf(traits.$locale);

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** One @, a dot after it, nothing that could end the address or start another; RFC 5321's 254 characters. */
const emailOf = (value: Json | undefined): string | undefined => {
  const text = textOf(value);
  return text !== undefined &&
    text.length <= 254 &&
    /^[^\s@,;:<>"()[\]\\\p{Cc}]+@[^\s@,;:<>"()[\]\\\p{Cc}]+\.[^\s@,;:<>"()[\]\\\p{Cc}]+$/u.test(text)
    ? text
    : undefined;
};

const knownTimeZones = new Map<string, boolean>();

const timeZoneOf = (value: Json | undefined): string | undefined => {
  const text = textOf(value);
  if (text === undefined) {
    return undefined;
  }
  const isKnown = knownTimeZones.get(text) ?? isTimeZone(text);
  if (knownTimeZones.size < 1_000) {
    knownTimeZones.set(text, isKnown);
  }
  return isKnown ? text : undefined;
};

const isTimeZone = (text: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
};

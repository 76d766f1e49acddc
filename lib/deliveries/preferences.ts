// Answers the preference link: GET shows what the customer gets on each channel, where they like it best and in which
// language; POST stores what the form says. Opening it changes nothing, the same form sent twice is one change, and
// only what the form showed is touched. A box that is ticked lifts an own unsubscription of its channel, never a stop
// by bounce, complaint or the owner.
// Consent events go out before the profile is written: should the call break off in between, the archive applies them.

import type { CustomerId } from '../base/ids.ts';
import {
  type ConsentChoice,
  type ConsentSettings,
  channels,
  consentOf,
  purposes,
  reachable,
  withConsents,
} from '../events/consent.ts';
import type { Channel, CustomerProfile, Language } from '../events/customer.ts';
import { loopEvents } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import { chosenLanguageTrait, languageOfTraits } from '../events/profile.ts';
import { suppressionOf } from '../events/suppressions.ts';
import { type ConsentContext, changeProfile } from './change-profile.ts';
import { languageOf } from './compose.ts';
import { acceptedLanguage, invalidLinkPage } from './html-page.ts';
import { type ChannelPreference, preferencePage } from './preference-page.ts';
import { liftable, resumed } from './suppress.ts';
import type { HtmlAnswer, LinkRequest } from './unsubscribe.ts';
import { readPreferenceToken } from './unsubscribe-link.ts';

export interface PreferenceContext extends ConsentContext {
  readonly settings: ConsentSettings;
}

export const answerPreferences = async (
  { method, token, body, acceptLanguage }: LinkRequest,
  linkSecret: string,
  context: PreferenceContext,
): Promise<HtmlAnswer> => {
  const customerId = readPreferenceToken(token, linkSecret);
  if (customerId === undefined) {
    return { statusCode: 404, html: invalidLinkPage(acceptedLanguage(acceptLanguage)) };
  }
  if (method === 'POST') {
    await savePreferences(customerId, parseForm(body), context);
  }
  const { profile } = await context.customers.read(customerId);
  const html = preferencePage({
    language: languageOf(profile),
    email: profile?.email,
    saved: method === 'POST',
    channels: channels.flatMap((channel) => shownChannel(profile, channel, context.settings)),
    preferredChannel: preferredChannelOf(profile),
    chosenLanguage: profile?.traits[chosenLanguageTrait] ? languageOf(profile) : undefined,
  });
  return { statusCode: 200, html };
};

// ---- what is shown -----------------------------------------------------------------------------------

/** Nothing for a channel on which there is no address. */
const shownChannel = (
  profile: CustomerProfile | undefined,
  channel: Channel,
  settings: ConsentSettings,
): readonly ChannelPreference[] =>
  reachable(profile, channel, 'marketing', settings)?.startsWith('no-')
    ? []
    : [
        {
          channel,
          stopped: suppressionOf(profile, channel)?.reason,
          purposes: purposes.map((purpose) => ({
            purpose,
            wanted: isWanted(profile, { channel, purpose }, settings),
          })),
        },
      ];

const isWanted = (
  profile: CustomerProfile | undefined,
  { channel, purpose }: Pick<ConsentChoice, 'channel' | 'purpose'>,
  settings: ConsentSettings,
): boolean =>
  suppressionOf(profile, channel) === undefined && consentOf(profile, channel, purpose, settings) === 'given';

const preferredChannelOf = (profile: CustomerProfile | undefined): Channel | undefined =>
  channels.find((channel) => channel === profile?.traits.preferredChannel);

// ---- what is stored ----------------------------------------------------------------------------------

interface PreferenceForm {
  readonly choices: readonly Omit<ConsentChoice, 'atMs'>[];
  /** Absent: the form did not say. */
  readonly preferredChannel?: Channel | 'none';
  readonly language?: Language | 'none';
}

/** Fields: `shown` and `want` (each `channel:purpose`, repeated), `preferredChannel`, `language`; anything else is ignored. */
const parseForm = (body: string): PreferenceForm => {
  const form = new URLSearchParams(body);
  const [shown, wanted] = [new Set(form.getAll('shown')), new Set(form.getAll('want'))];
  const preferredChannel = [...channels, 'none' as const].find((one) => one === form.get('preferredChannel'));
  const language = (['en', 'zh-CN', 'none'] as const).find((one) => one === form.get('language'));
  return {
    choices: channels.flatMap((channel) =>
      purposes.flatMap((purpose) => {
        const name = `${channel}:${purpose}`;
        return shown.has(name) ? [{ channel, purpose, given: wanted.has(name) }] : [];
      }),
    ),
    ...(preferredChannel !== undefined && { preferredChannel }),
    ...(language !== undefined && { language }),
  };
};

const savePreferences = async (
  customerId: CustomerId,
  form: PreferenceForm,
  context: PreferenceContext,
): Promise<void> => {
  const nowMs = context.clock.nowMs();
  const { profile } = await context.customers.read(customerId);
  const changes = changesOf(profile, form, context.settings, nowMs);
  if (changes.length > 0) {
    await context.events.send(changes.map((change) => consentEvent(customerId, change, nowMs)));
  }
  await changeProfile(customerId, context, (current) => {
    const consented = withChoices(current, changesOf(current, form, context.settings, nowMs));
    return withTraits(consented, form, nowMs);
  });
};

/** The words that say something new. Those of a channel whose unsubscription is lifted are all said anew. */
const changesOf = (
  profile: CustomerProfile | undefined,
  { choices }: PreferenceForm,
  settings: ConsentSettings,
  nowMs: number,
): readonly ConsentChoice[] =>
  choices.flatMap((choice) => {
    const { channel, purpose, given } = choice;
    const known = profile?.consents?.[channel]?.[purpose];
    const isStopped = suppressionOf(profile, channel) !== undefined;
    const lifts =
      profile !== undefined &&
      liftable(profile, channel) !== undefined &&
      choices.some((other) => other.channel === channel && other.given);
    const changes = lifts || (!isStopped && given !== isWanted(profile, choice, settings));
    // Later than what it takes back, whatever the clock of who said that.
    return changes ? [{ channel, purpose, given, atMs: Math.max(nowMs, (known?.atMs ?? 0) + 1) }] : [];
  });

const withChoices = (profile: CustomerProfile, changes: readonly ConsentChoice[]): CustomerProfile => {
  if (changes.length === 0) {
    return profile;
  }
  const lifted = changes
    .filter(({ channel }) => liftable(profile, channel) !== undefined)
    .reduce((one, { channel }) => resumed(one, channel), profile);
  const consents = withConsents(profile.consents, changes);
  return { ...lifted, ...(consents !== undefined && { consents }) };
};

/** Null takes a choice back: the app's or the device's word stands again. */
const withTraits = (profile: CustomerProfile, form: PreferenceForm, nowMs: number): CustomerProfile => {
  const { preferredChannel, language } = form;
  const wanted = {
    ...(preferredChannel !== undefined && {
      preferredChannel: preferredChannel === 'none' ? null : preferredChannel,
    }),
    ...(language !== undefined && { [chosenLanguageTrait]: language === 'none' ? null : language }),
  };
  const changed = Object.entries(wanted).filter(
    ([trait, value]) => (profile.traits[trait] ?? null) !== value,
  );
  if (changed.length === 0) {
    return profile;
  }
  const times = changed.map(([trait]) => [trait, Math.max(nowMs, (profile.traitTimes[trait] ?? 0) + 1)]);
  const traits = { ...profile.traits, ...Object.fromEntries(changed) };
  const { language: _, ...others } = profile;
  const told = languageOfTraits(traits);
  return {
    ...others,
    ...(told !== undefined && { language: told }),
    traits,
    traitTimes: { ...profile.traitTimes, ...Object.fromEntries(times) },
  };
};

const consentEvent = (
  customerId: CustomerId,
  { channel, purpose, given, atMs }: ConsentChoice,
  nowMs: number,
) =>
  loopEvent({
    event: given ? loopEvents.consentGiven : loopEvents.consentWithdrawn,
    identity: [customerId, channel, purpose, String(given), String(atMs)],
    customerId,
    at: new Date(atMs).toISOString(),
    nowMs,
    properties: { channel, purpose, via: 'preferences' },
  });

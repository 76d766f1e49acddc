// Which channel a customer's message goes out on. Possible are the campaign's channels that are set up, for which the
// message has words, and on which the customer can be reached and agreed to its purpose. Of these come first those the
// customer asked for (trait preferredChannel or preferred_channel: a channel, or a list with the liked best first), then
// those on which they have responded, by the mean of a Beta posterior, then the campaign's order.
// A channel without any response is never put before others for its novelty alone: an untried SMS costs money.

import {
  channelPriorMessagesCount,
  channelPriorResponsesCount,
  channelResponseDays,
} from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import type { Campaign, Template, Templates } from '../campaigns/campaign.ts';
import { countsByChannel } from '../events/channel-record.ts';
import { reachable } from '../events/consent.ts';
import type { Channel, CustomerRecord } from '../events/customer.ts';
import { liveDevices } from '../events/devices.ts';
import type { ChannelReason } from '../ports.ts';
import { languageOf } from './compose.ts';
import { mailPartsOf } from './template.ts';

export interface ChannelChoice {
  /** The one to take first, and what to fall back to. */
  readonly order: readonly Channel[];
  /** Why the first is first. */
  readonly why: ChannelReason;
  /** Why the campaign's other channels are not possible. */
  readonly refused: readonly { readonly channel: Channel; readonly reason: string }[];
}

export interface ChoiceContext {
  readonly settings: Pick<WorkspaceSettings, 'consentRequired' | 'push'>;
  /** Those that are set up. */
  readonly channels: readonly Channel[];
}

export const chooseChannel = (
  { channels, purpose }: Pick<Campaign, 'channels' | 'purpose'>,
  templates: Templates,
  record: CustomerRecord,
  context: ChoiceContext,
): ChannelChoice => {
  const judged = [...new Set(channels)].map((channel) => ({
    channel,
    reason: impossibility(channel, purpose, templates, record, context),
  }));
  const possible = judged.filter(({ reason }) => reason === undefined).map(({ channel }) => channel);
  const liked = preferenceOf(record);
  const score = scoreOf(record);
  const rank = (channel: Channel): number => {
    const place = liked.indexOf(channel);
    return place === -1 ? liked.length : place;
  };
  const order = possible.toSorted((a, b) => rank(a) - rank(b) || score(b) - score(a));
  return {
    order,
    why: whyFirst(order, possible, rank, liked.length, score),
    refused: judged.flatMap(({ channel, reason }) => (reason === undefined ? [] : [{ channel, reason }])),
  };
};

/** The reason for which nothing can be sent at all. */
export const refusalOf = ({ refused }: ChannelChoice): string =>
  refused.length === 1 ? refused[0].reason : 'no-channel';

const whyFirst = (
  [first]: readonly Channel[],
  possible: readonly Channel[],
  rank: (channel: Channel) => number,
  unranked: number,
  score: (channel: Channel) => number,
): ChannelReason => {
  if (possible.length < 2) {
    return 'only';
  }
  if (rank(first) < unranked) {
    return 'preference';
  }
  return score(first) > 0 ? 'response' : 'campaign-order';
};

const impossibility = (
  channel: Channel,
  purpose: Campaign['purpose'],
  templates: Templates,
  { profile }: CustomerRecord,
  { settings, channels }: ChoiceContext,
): string | undefined => {
  if (!channels.includes(channel)) {
    return `${channel}-not-set-up`;
  }
  if (!hasWords(templates, channel, profile)) {
    return `no-${channel}-text`;
  }
  const unreachable = reachable(profile, channel, purpose, settings);
  return unreachable === undefined &&
    channel === 'push' &&
    !liveDevices(profile).some(({ platform }) => settings.push?.[platform] !== undefined)
    ? 'no-device'
    : unreachable;
};

const partOf = { sms: 'sms', push: 'push', 'in-app': 'inApp' } as const satisfies {
  readonly [channel in Exclude<Channel, 'email'>]: keyof Template;
};

/** In the customer's language, or in English, which stands in. */
const hasWords = (templates: Templates, channel: Channel, profile: CustomerRecord['profile']): boolean => {
  const language = languageOf(profile);
  return channel === 'email'
    ? mailPartsOf(templates, language) !== undefined
    : templates[language]?.[partOf[channel]] !== undefined || templates.en[partOf[channel]] !== undefined;
};

const preferenceOf = ({ profile }: CustomerRecord): readonly string[] => {
  const given = profile?.traits.preferredChannel ?? profile?.traits.preferred_channel ?? [];
  return (Array.isArray(given) ? given : [given]).filter((each) => typeof each === 'string');
};

const scoreOf = ({ profile, state }: CustomerRecord): ((channel: Channel) => number) => {
  const orders = Object.values(state?.orders ?? {}).map(({ atMs }) => atMs);
  const counts = countsByChannel(profile?.messages ?? [], orders, channelResponseDays);
  return (channel) => {
    const { messages = 0, responses = 0 } = counts.get(channel) ?? {};
    return responses === 0
      ? 0
      : (responses + channelPriorResponsesCount) / (messages + channelPriorMessagesCount);
  };
};

// What became of a customer's messages on each channel, as far as there was a choice of channels: from Reprise's own
// events of deliveries sent, received and clicked. Kept per delivery, so that repeated and unordered events change nothing:
// the facts of one delivery only add up, and the newest by the time of preparation are kept.
// A click counts where clicks.ts finds a person's: so of the latest clicks of a message the time is kept, with hashes of
// the link and of the visitor. Limit: a scanner with more than channelClicksCountMax links hides an earlier person.
// Orders are not noted here: they stand in the customer's state, and are set against the messages when they are asked for.

import { hash } from 'node:crypto';
import { channelClicksCountMax, channelMessagesCountMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { isScannerAgent, judgeClicks } from './clicks.ts';
import { channels } from './consent.ts';
import type { Channel, ChannelMessage, NotedClick } from './customer.ts';
import { loopEvents, type StoredEvent } from './event.ts';
import { idText } from './meaning.ts';

/** Deliveries with one possible channel teach nothing about the choice, and would write every profile they reach. */
export const messageOfEvent = (event: StoredEvent): ChannelMessage | undefined => {
  const { channel, channelsCount, preparedAt } = event.properties;
  const id = idText(event.properties.deliveryId);
  const told = toldBy(event);
  if (told === undefined || id === undefined || typeof channelsCount !== 'number' || channelsCount < 2) {
    return undefined;
  }
  const atMs = typeof preparedAt === 'string' ? Date.parse(preparedAt) : Number.NaN;
  const known = channels.find((each) => each === channel);
  return known === undefined || Number.isNaN(atMs) ? undefined : { id, channel: known, atMs, ...told };
};

type Told = Pick<ChannelMessage, 'sentAtMs' | 'deliveredAtMs' | 'clicks'>;

const toldBy = ({ event, properties, timestamp }: StoredEvent): Told | undefined => {
  const { status, kind, link, userAgent, network } = properties;
  const atMs = Date.parse(timestamp);
  if (event === loopEvents.deliverySettled) {
    return status === 'sent' ? { sentAtMs: atMs } : undefined;
  }
  if (event !== loopEvents.deliveryReported) {
    return undefined;
  }
  if (kind === 'delivery') {
    return { deliveredAtMs: atMs };
  }
  // One that names itself a program says nothing of others: only clicks with its very name are of its visit.
  if (kind !== 'click' || (typeof userAgent === 'string' && isScannerAgent(userAgent))) {
    return undefined;
  }
  const by = typeof userAgent === 'string' && typeof network === 'string' ? [userAgent, network] : undefined;
  const click = { atMs, link: shortHash(idText(link) ?? ''), ...(by && { by: shortHash(by.join('\n')) }) };
  return { clicks: [click] };
};

/** Of a few links and visitors: 24 bits tell them apart. */
const shortHash = (text: string): string => hash('sha256', text, 'hex').slice(0, 6);

/** The messages after these too; undefined while there is none. */
export const withMessages = (
  messages: readonly ChannelMessage[] | undefined,
  added: readonly ChannelMessage[],
): readonly ChannelMessage[] | undefined => {
  const byId = new Map<string, ChannelMessage>();
  for (const message of [...(messages ?? []), ...added]) {
    const known = byId.get(message.id);
    byId.set(message.id, known === undefined ? message : joined(known, message));
  }
  const newest = [...byId.values()]
    .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1))
    .slice(0, channelMessagesCountMax);
  return newest.length === 0 ? undefined : newest;
};

/** Of one delivery; of two words on its channel (a fallback between them) the later by name, whichever came first. */
const joined = (a: ChannelMessage, b: ChannelMessage): ChannelMessage => {
  const sentAtMs = earlier(a.sentAtMs, b.sentAtMs);
  const deliveredAtMs = earlier(a.deliveredAtMs, b.deliveredAtMs);
  const clicks = latestClicks([...(a.clicks ?? []), ...(b.clicks ?? [])]);
  return {
    id: a.id,
    channel: a.channel > b.channel ? a.channel : b.channel,
    atMs: Math.max(a.atMs, b.atMs),
    ...(sentAtMs !== undefined && { sentAtMs }),
    ...(deliveredAtMs !== undefined && { deliveredAtMs }),
    ...(clicks.length > 0 && { clicks }),
  };
};

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

const latestClicks = (clicks: readonly NotedClick[]): readonly NotedClick[] =>
  [...new Map(clicks.map((click) => [keyOf(click), click]))]
    .sort(([a], [b]) => (a > b ? -1 : 1))
    .slice(0, channelClicksCountMax)
    .map(([, click]) => click);

const keyOf = ({ atMs, link, by = '' }: NotedClick): string =>
  `${String(atMs).padStart(16, '0')} ${link} ${by}`;

/** By the rules of clicks.ts; hashes stand in for names, and no hash reads like a program's. */
const isClicked = ({ sentAtMs, deliveredAtMs, clicks = [] }: ChannelMessage): boolean =>
  judgeClicks(
    clicks.map(({ atMs, link, by }) => ({ atMs, link, ...(by && { userAgent: by, network: by }) })),
    deliveredAtMs ?? sentAtMs,
  ).some(({ rule }) => rule === undefined);

export interface ChannelCounts {
  readonly messages: number;
  /** Messages that a person clicked, or were the last one before an order within `days` after it. */
  readonly responses: number;
}

/** Messages sent and responded to, by channel. */
export const countsByChannel = (
  messages: readonly ChannelMessage[],
  orderTimesMs: readonly number[],
  days: number,
): ReadonlyMap<Channel, ChannelCounts> => {
  const sent = messages
    .filter(({ sentAtMs }) => sentAtMs !== undefined)
    .sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  const responded = new Set(sent.filter(isClicked));
  for (const orderMs of orderTimesMs) {
    const last = sent.findLast(({ atMs }) => atMs <= orderMs);
    if (last !== undefined && orderMs - last.atMs <= days * dayMs) {
      responded.add(last);
    }
  }
  return new Map(
    [...Map.groupBy(sent, ({ channel }) => channel)].map(([channel, all]) => [
      channel,
      { messages: all.length, responses: all.filter((message) => responded.has(message)).length },
    ]),
  );
};

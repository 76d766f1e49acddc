// What became of a customer's messages on each channel, as far as there was a choice of channels: from Reprise's own
// events of deliveries sent, opened and clicked. Kept per delivery, so that repeated and unordered events change nothing:
// the facts of one delivery only add up, and the newest by the time of preparation are kept.
// Orders are not noted here: they stand in the customer's state, and are set against the messages when they are asked for.

import { channelMessagesCountMax } from '../base/limits.ts';
import { channels } from './consent.ts';
import type { Channel, ChannelMessage } from './customer.ts';
import { loopEvents, type StoredEvent } from './event.ts';
import { idText } from './meaning.ts';

/** Deliveries with one possible channel teach nothing about the choice, and would write every profile they reach. */
export const messageOfEvent = ({ event, properties }: StoredEvent): ChannelMessage | undefined => {
  const { channel, channelsCount, preparedAt, status, kind } = properties;
  const id = idText(properties.deliveryId);
  const isSent = event === loopEvents.deliverySettled && status === 'sent';
  const isClick = event === loopEvents.deliveryReported && kind === 'click';
  if (!(isSent || isClick) || id === undefined || typeof channelsCount !== 'number' || channelsCount < 2) {
    return undefined;
  }
  const atMs = typeof preparedAt === 'string' ? Date.parse(preparedAt) : Number.NaN;
  const known = channels.find((each) => each === channel);
  return known === undefined || Number.isNaN(atMs)
    ? undefined
    : { id, channel: known, atMs, ...(isSent && { sent: true }), ...(isClick && { clicked: true }) };
};

/** The messages after these too; undefined while there is none. */
export const withMessages = (
  messages: readonly ChannelMessage[] | undefined,
  added: readonly ChannelMessage[],
): readonly ChannelMessage[] | undefined => {
  const byId = new Map<string, ChannelMessage>();
  for (const message of [...(messages ?? []), ...added]) {
    const known = byId.get(message.id);
    const isSent = message.sent ?? known?.sent;
    const isClicked = message.clicked ?? known?.clicked;
    byId.set(message.id, {
      id: message.id,
      channel: message.channel,
      atMs: message.atMs,
      ...(isSent && { sent: true }),
      ...(isClicked && { clicked: true }),
    });
  }
  const newest = [...byId.values()]
    .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1))
    .slice(0, channelMessagesCountMax);
  return newest.length === 0 ? undefined : newest;
};

export interface ChannelCounts {
  readonly messages: number;
  /** Messages that were clicked, or were the last one before an order within `days` after it. */
  readonly responses: number;
}

/** Messages sent and responded to, by channel. */
export const countsByChannel = (
  messages: readonly ChannelMessage[],
  orderTimesMs: readonly number[],
  days: number,
): ReadonlyMap<Channel, ChannelCounts> => {
  const sent = messages.filter((message) => message.sent).sort((a, b) => a.atMs - b.atMs);
  const responded = new Set(sent.filter(({ clicked }) => clicked));
  for (const orderMs of orderTimesMs) {
    const last = sent.findLast(({ atMs }) => atMs <= orderMs);
    if (last !== undefined && orderMs - last.atMs <= days * 86_400_000) {
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

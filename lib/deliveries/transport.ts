// All channels behind one call: each message goes to the sender of its channel. A channel without a sender is not set
// up in this workspace; its messages are rejected, so that the delivery falls back to the next channel.

import { channels } from '../events/consent.ts';
import type { Channel } from '../events/customer.ts';
import type { OutgoingMessage, SendResult, Throttled, Transport } from '../ports.ts';

export interface Sender<C extends Channel> {
  (message: Extract<OutgoingMessage, { readonly channel: C }>): Promise<SendResult>;
  /** Takes a place in the channel's rate and waits for it; absent where there is no rate to keep. */
  readonly turn?: () => Promise<Throttled | undefined>;
}

export type Senders = { readonly [C in Channel]?: Sender<C> };

export const createTransport = (senders: Senders): Transport => ({
  channels: channels.filter((channel) => senders[channel] !== undefined),
  turn: async (channel) => senders[channel]?.turn?.(),
  send: async (message) => {
    switch (message.channel) {
      case 'email':
        return senders.email?.(message) ?? notSetUp('email');
      case 'sms':
        return senders.sms?.(message) ?? notSetUp('sms');
      case 'push':
        return senders.push?.(message) ?? notSetUp('push');
      case 'in-app':
        return senders['in-app']?.(message) ?? notSetUp('in-app');
    }
  },
});

const notSetUp = (channel: Channel): SendResult => ({
  kind: 'rejected',
  message: `${channel} is not set up in this workspace`,
});

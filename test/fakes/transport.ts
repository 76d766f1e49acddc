// Transport in memory: keeps what was sent; answers can be queued. Set up for mail alone unless said otherwise.

import type { Channel } from '../../lib/events/customer.ts';
import type { OutgoingMail, OutgoingMessage, SendResult, Transport } from '../../lib/ports.ts';

export interface FakeTransport extends Transport {
  /** The mails among them. */
  readonly sent: OutgoingMail[];
  /** Of every channel, in order. */
  readonly messages: OutgoingMessage[];
  /** Answers for the next calls, first in first out; when empty every message is sent. */
  readonly next: (Exclude<SendResult, { kind: 'sent' }> | { kind: 'throws'; error: Error })[];
}

export const fakeTransport = (channels: readonly Channel[] = ['email']): FakeTransport => {
  const sent: OutgoingMail[] = [];
  const messages: OutgoingMessage[] = [];
  const next: FakeTransport['next'] = [];
  return {
    channels,
    sent,
    messages,
    next,
    turn: async () => undefined,
    async send(message) {
      const planned = next.shift();
      if (planned?.kind === 'throws') {
        throw planned.error;
      }
      if (planned !== undefined) {
        return planned;
      }
      messages.push(message);
      if (message.channel === 'email') {
        sent.push(message);
      }
      return { kind: 'sent', messageId: `${message.channel === 'email' ? 'ses' : 'sns'}-${messages.length}` };
    },
  };
};

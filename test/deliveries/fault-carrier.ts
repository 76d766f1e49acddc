// All channels in memory, for fault-world.ts: takes or refuses a message as the scene says, keeps what was taken, and
// has what SES reports of the mails. An in-app offer put again under the same key is one; under another it is two.

import type { OutgoingMessage, SendResult } from '../../lib/ports.ts';
import { onlyDelivery, ownerOfPhone, ownerOfToken, refusalTo, type Scene } from './fault-scenes.ts';

export interface Carried {
  readonly deliveryId: string;
  readonly words: string;
}

export const createCarrier = (scene: Scene) => {
  const sent: Carried[] = [];
  const reports: string[] = [];
  const asked = new Set<string>();
  const inbox = new Set<string>();
  return {
    sent,
    reports,
    send: (message: OutgoingMessage, nowMs: number): SendResult => {
      const { channel, id, words, ...known } = described(message);
      const about = `${channel}/${id}`;
      const refusal = refusalTo(scene.answers[about], asked.has(about));
      asked.add(about);
      if (refusal !== undefined) {
        if (channel === 'in-app') throw new Error('the table is out of reach');
        return refusal;
      }
      const deliveryId = known.deliveryId ?? onlyDelivery(scene, id);
      if (message.channel === 'in-app') {
        const key = `${message.offer.expiresAt}#${deliveryId}`;
        if (inbox.has(key)) return { kind: 'sent', messageId: deliveryId };
        inbox.add(key);
      }
      const number = sent.push({ deliveryId, words });
      const messageId = `${channel}-${number}`;
      if (message.channel === 'email') reports.push(...reportsOf(deliveryId, messageId, nowMs));
      return { kind: 'sent', messageId };
    },
  };
};

interface Described {
  readonly channel: string;
  readonly id: string;
  readonly words: string;
  readonly deliveryId?: string;
}

const described = (message: OutgoingMessage): Described => {
  switch (message.channel) {
    case 'email': {
      const [id] = message.to.split('@');
      return { channel: 'email', id, words: message.text, deliveryId: message.tags['reprise-delivery'] };
    }
    case 'sms':
      return { channel: 'sms', id: ownerOfPhone(message.to), words: message.text };
    case 'push':
      return {
        ...ownerOfToken(message.token),
        words: `${message.title} ${message.body} ${message.data.couponCode ?? ''}`,
        deliveryId: message.data.deliveryId,
      };
    case 'in-app': {
      const { customerId: id, deliveryId, body, couponCode = '' } = message.offer;
      return { channel: 'in-app', id, words: `${body} ${couponCode}`, deliveryId };
    }
  }
};

const reportsOf = (deliveryId: string, messageId: string, nowMs: number): string[] => {
  const timestamp = new Date(nowMs).toISOString();
  return ['Send', 'Delivery', 'Open'].map((eventType) => {
    const mail = { messageId, timestamp, tags: { 'reprise-delivery': [deliveryId] } };
    return JSON.stringify({ eventType, mail, [eventType.toLowerCase()]: { timestamp } });
  });
};

// SES's event publishing: builds the JSON that a configuration set sends to its SNS topic for Send, Delivery,
// Bounce, Complaint, Open and Click, with the message tags under mail.tags, and publishes it in batches.
// Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".

import { randomUUID } from 'node:crypto';
import type { StoredMail } from './mail-files.ts';
import { place } from './template.ts';

/** Suppressed is a Bounce whose subtype says that the address is on the account's suppression list. */
export type MailEventType = 'Send' | 'Delivery' | 'Bounce' | 'Suppressed' | 'Complaint' | 'Open' | 'Click';

export interface MailEvent {
  readonly configurationSet: string;
  /** SES's name in event destinations: SEND, DELIVERY, … */
  readonly type: string;
  readonly body: string;
}
export type PublishMailEvent = (events: readonly MailEvent[]) => Promise<void>;

export interface MailEvents {
  readonly emit: (mail: StoredMail, type: MailEventType, link?: string) => void;
  readonly flush: () => Promise<void>;
}

export const createMailEvents = (publish: PublishMailEvent, nowMs: () => number): MailEvents => {
  let waiting: MailEvent[] = [];
  let publishing: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    // One turn later, so that the events of mails sent together leave together.
    await new Promise((resolve) => setTimeout(resolve, 20));
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await publish(batch);
    }
    publishing = undefined;
  };
  return {
    emit: (mail, type, link) => {
      if (mail.configurationSet !== undefined) {
        const eventType = type === 'Suppressed' ? 'Bounce' : type;
        const body = JSON.stringify(eventBody(mail, type, eventType, new Date(nowMs()).toISOString(), link));
        waiting.push({ configurationSet: mail.configurationSet, type: eventType.toUpperCase(), body });
        publishing ??= drain();
      }
    },
    flush: async () => {
      while (publishing !== undefined) {
        await publishing;
      }
    },
  };
};

const eventBody = (
  mail: StoredMail,
  type: MailEventType,
  eventType: string,
  timestamp: string,
  link: string | undefined,
) => ({
  eventType,
  mail: {
    timestamp: mail.sentAt,
    source: mail.from,
    sourceArn: `arn:aws:ses:${place.region}:${place.account}:identity/${domainOf(mail.from)}`,
    sendingAccountId: place.account,
    messageId: mail.sesMessageId,
    destination: mail.to,
    headersTruncated: false,
    headers: [
      { name: 'From', value: mail.from },
      { name: 'To', value: mail.to.join(', ') },
      { name: 'Subject', value: mail.subject },
    ],
    commonHeaders: { from: [mail.from], to: mail.to, messageId: mail.sesMessageId, subject: mail.subject },
    tags: {
      'ses:operation': [mail.operation],
      'ses:configuration-set': [mail.configurationSet],
      'ses:source-ip': ['127.0.0.1'],
      'ses:from-domain': [domainOf(mail.from)],
      'ses:caller-identity': ['local'],
      ...Object.fromEntries(Object.entries(mail.tags).map(([name, value]) => [name, [value]])),
    },
  },
  [eventType.toLowerCase()]: detail[type](mail, timestamp, link),
});

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).replace('>', '');

const bounce = (bounceSubType: string, diagnosticCode: string) => (mail: StoredMail, timestamp: string) => ({
  bounceType: 'Permanent',
  bounceSubType,
  bouncedRecipients: mail.to.map((emailAddress) => ({
    emailAddress,
    action: 'failed',
    status: '5.1.1',
    diagnosticCode,
  })),
  timestamp,
  feedbackId: randomUUID(),
  reportingMTA: 'dns; a8-1.smtp-out.amazonses.com',
});

const browser = { ipAddress: '192.0.2.1', userAgent: 'Mozilla/5.0 (local host)' };

const detail: {
  readonly [type in MailEventType]: (mail: StoredMail, timestamp: string, link?: string) => object;
} = {
  Send: () => ({}),
  Delivery: (mail, timestamp) => ({
    timestamp,
    processingTimeMillis: 500,
    recipients: mail.to,
    smtpResponse: '250 2.6.0 Message received',
    reportingMTA: 'a8-1.smtp-out.amazonses.com',
  }),
  Bounce: bounce('General', 'smtp; 550 5.1.1 user unknown'),
  Suppressed: bounce(
    'OnAccountSuppressionList',
    'Amazon SES did not send the message to this address because it is on the suppression list.',
  ),
  Complaint: (mail, timestamp) => ({
    complainedRecipients: mail.to.map((emailAddress) => ({ emailAddress })),
    timestamp,
    feedbackId: randomUUID(),
    complaintSubType: null,
    userAgent: 'Amazon SES Mailbox Simulator',
    complaintFeedbackType: 'abuse',
    arrivalDate: timestamp,
  }),
  Open: (_mail, timestamp) => ({ timestamp, ...browser }),
  Click: (_mail, timestamp, link) => ({ timestamp, ...browser, link: link ?? '', linkTags: null }),
};

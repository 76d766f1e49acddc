// Mail through SES's SendRawEmail (API v1), MIME by nodemailer: text and HTML, headers, message tags.
// One request a mail, and another only when SES refused the first for its rate: SES does not know a repeated request, so
// a retry of one without an answer could be a second mail. The account's rate and its 24 hours are kept (GetSendQuota).

import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import MailComposer from 'nodemailer/lib/mail-composer';
import { quotaRetryMs } from '../base/limits.ts';
import type { RateLine } from '../deliveries/rate-line.ts';
import type { Sender } from '../deliveries/transport.ts';
import type { Clock, OutgoingMail } from '../ports.ts';
import { type Meaning, sendWaitingOut, type Waiting } from './refusals.ts';
import type { SendQuota } from './send-quota-ses.ts';
import { createTurns, type Passing } from './turns.ts';

export interface MailerOptions extends Passing, Waiting {
  readonly configurationSet: string;
  readonly line: RateLine;
  readonly mailsPerSecondMax: number;
  readonly quota: SendQuota;
  readonly clock: Clock;
}

/** A call that took longer has failed in some way nobody will tell; far under limits.sendingAttemptMs. */
const requestMsMax = 30_000;

export const createSesClient = (): SESClient =>
  new SESClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: requestMsMax },
  });

export const createMailer = (
  client: Pick<SESClient, 'send'>,
  { configurationSet, line, mailsPerSecondMax, quota, clock, ...passing }: MailerOptions,
): Sender<'email'> => {
  const rateTurn = createTurns({
    channel: 'email',
    perSecond: async () => Math.min(mailsPerSecondMax, await quota.perSecond()),
    line,
    clock,
    ...passing,
  });
  const later = (): number => clock.nowMs() + quotaRetryMs;
  const turn: Sender<'email'>['turn'] = async () =>
    (await quota.left()) < 1
      ? {
          kind: 'throttled',
          reason: 'mail-quota',
          message: "SES's quota of 24 hours is used up",
          untilMs: later(),
        }
      : rateTurn();
  const meaning: Meaning = {
    rejections,
    putOff: (error) => {
      if (!isDailyQuota(error)) {
        return undefined;
      }
      quota.spend();
      return { reason: 'mail-quota', untilMs: later() };
    },
  };
  const send: Sender<'email'> = async (mail) => {
    let raw: Buffer;
    try {
      raw = await mimeOf(mail);
    } catch (error) {
      return { kind: 'rejected', message: `The mail could not be written: ${String(error)}` };
    }
    return sendWaitingOut(
      async () => {
        const { MessageId } = await client.send(
          new SendRawEmailCommand({
            // Stated besides the header, so that no header can add a recipient.
            Source: mail.from,
            Destinations: [mail.to],
            RawMessage: { Data: raw },
            ConfigurationSetName: configurationSet,
            Tags: Object.entries(mail.tags).map(([Name, Value]) => ({ Name, Value })),
          }),
        );
        if (MessageId === undefined) {
          throw new Error('SES answered without a message id');
        }
        quota.count();
        return { kind: 'sent', messageId: MessageId };
      },
      meaning,
      passing,
    );
  };
  return Object.assign(send, { turn });
};

/** SES has one name for both: "Maximum sending rate exceeded." and "Daily message quota exceeded." */
const isDailyQuota = (error: Error): boolean => error.name === 'Throttling' && /daily/i.test(error.message);

export const mimeOf = async ({ from, to, subject, html, text, headers }: OutgoingMail): Promise<Buffer> => {
  const prepared = Object.entries(headers).map(([key, value]) => ({ key, value: { prepared: true, value } }));
  return new MailComposer({
    from,
    to,
    subject,
    html,
    text,
    headers: prepared,
    // A template must not reach into the file system or the network by way of an attachment or image.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
};

/** Refusals that another try cannot change. */
const rejections = new Set(['MessageRejected', 'MailFromDomainNotVerified', 'InvalidParameterValue']);

// Mail through SES's SendRawEmail (API v1), MIME by nodemailer: text and HTML, headers, message tags.
// One request a mail and no retries inside: SES does not know a repeated request, so a retry could be a second mail.
// What SES answered with an error, or what never left, was not sent. What got no answer may have been: it throws.

import { setTimeout as pause } from 'node:timers/promises';
import { SESClient, SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import MailComposer from 'nodemailer/lib/mail-composer';
import { createPace } from '../deliveries/pace.ts';
import type { Sender } from '../deliveries/transport.ts';
import type { OutgoingMail, SendResult } from '../ports.ts';

export interface MailerOptions {
  readonly configurationSet: string;
  readonly mailsPerSecondMax: number;
  /** Real time in ms and a way to let it pass; default the machine's. */
  readonly nowMs?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
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
  { configurationSet, mailsPerSecondMax, nowMs = () => performance.now(), wait = pause }: MailerOptions,
): Sender<'email'> & { readonly turn: () => Promise<void> } => {
  const pace = createPace(mailsPerSecondMax);
  const turn = async (): Promise<void> => {
    const waitMs = pace.reserve(nowMs());
    if (waitMs > 0) {
      await wait(waitMs);
    }
  };
  const send: Sender<'email'> = async (mail) => {
    let raw: Buffer;
    try {
      raw = await mimeOf(mail);
    } catch (error) {
      return { kind: 'rejected', message: `The mail could not be written: ${String(error)}` };
    }
    try {
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
      return { kind: 'sent', messageId: MessageId };
    } catch (error) {
      return notSent(error);
    }
  };
  return Object.assign(send, { turn });
};

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
const rejections = new Set([
  'MessageRejected',
  'MailFromDomainNotVerified',
  'MailFromDomainNotVerifiedException',
  'InvalidParameterValue',
]);

/** Errors of the connection's making: the request did not leave this machine. */
const neverLeft = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError']);

const notSent = (error: unknown): SendResult => {
  if (!(error instanceof Error)) {
    throw error;
  }
  const message = `${error.name}: ${error.message}`;
  if (rejections.has(error.name)) {
    return { kind: 'rejected', message };
  }
  const status = error instanceof SESServiceException ? error.$metadata.httpStatusCode : undefined;
  const code = 'code' in error ? String(error.code) : error.name;
  // Throttling, a paused account, missing rights: SES answered that it did not take the mail; later it may.
  if ((status !== undefined && status >= 400 && status < 500) || neverLeft.has(code)) {
    return { kind: 'throttled', message };
  }
  throw error;
};

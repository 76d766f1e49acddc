// What the learners found in their mailboxes: read from the raw mails, as their readers would.
// A mail with a code in its text is the coupon's, any other the reminder's.

import type { LocalMail } from '../host.ts';
import { findPart } from '../mail-message.ts';

export interface ReceivedMail {
  readonly email: string;
  /** Absent: a reminder. */
  readonly code?: string;
}

/** As the templates show it: three groups of four. */
const codePattern = /\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b/;

export const readMail = (mail: LocalMail): ReceivedMail => {
  const text = findPart(Buffer.from(mail.raw, 'utf8'), 'text/plain');
  if (text === undefined) throw new Error(`mail ${mail.sesMessageId} has no text part`);
  const code = codePattern.exec(text)?.[0];
  const [to = ''] = mail.to;
  const email = /<([^>]+)>/.exec(to)?.[1] ?? to;
  return { email, ...(code !== undefined && { code }) };
};

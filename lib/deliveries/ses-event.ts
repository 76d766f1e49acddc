// What SES publishes about a mail (event publishing and feedback notifications), read from an SQS record: with SNS's
// envelope or raw. Source: Amazon SES developer guide, "Contents of event data that SES publishes to SNS".
// Event types that mean nothing to deliveries give undefined; what is no SES event at all is refused.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { userAgentLengthMax } from '../base/limits.ts';
import { mailTags } from './compose.ts';
import { networkOf } from './network.ts';

export type MailReportKind = 'send' | 'reject' | 'delivery' | 'bounce' | 'complaint' | 'open' | 'click';

export interface MailReport {
  readonly kind: MailReportKind;
  readonly sesMessageId: string;
  /** From the mail's tags, when it was sent by us. */
  readonly deliveryId?: string;
  /** ISO 8601. */
  readonly at: string;
  /** When SES took the mail: the same in all reports of it. */
  readonly mailAt: string;
  /** Whom the mail was sent to: a forwarded one may bounce in another's name. */
  readonly to?: string;
  /** Bounces only: the mailbox will never take mail. */
  readonly isPermanent?: boolean;
  /** Clicks only. */
  readonly link?: string;
  /** Opens and clicks: what SES saw of the program that did it; '' where it named itself nothing. */
  readonly userAgent?: string;
  /** Opens and clicks: its network, without the part of the address that could name a person. */
  readonly network?: string;
  /** Rejections, bounces and complaints, in SES's words. */
  readonly detail?: string;
}

const at = z.object({ timestamp: z.iso.datetime({ offset: true }).optional() });
const seen = at.extend({ userAgent: z.string().nullish(), ipAddress: z.string().nullish() });

const sesEvent = z.object({
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.object({
    messageId: z.string().min(1),
    timestamp: z.iso.datetime({ offset: true }),
    destination: z.array(z.string()).optional(),
    tags: z.record(z.string(), z.array(z.string())).optional(),
  }),
  delivery: at.optional(),
  bounce: at.extend({ bounceType: z.string(), bounceSubType: z.string().optional() }).optional(),
  complaint: at.extend({ complaintFeedbackType: z.string().nullish() }).optional(),
  open: seen.optional(),
  click: seen.extend({ link: z.string().optional() }).optional(),
  reject: z.object({ reason: z.string().optional() }).optional(),
});

const kinds: { readonly [type: string]: MailReportKind } = {
  Send: 'send',
  Reject: 'reject',
  Delivery: 'delivery',
  Bounce: 'bounce',
  Complaint: 'complaint',
  Open: 'open',
  Click: 'click',
};

export const parseSesEvent = (body: string): MailReport | undefined => {
  const message = unwrapped(jsonOf(body));
  const parsed = sesEvent.safeParse(message);
  if (!parsed.success) {
    // SES sends this once, when the event destination is made.
    if (typeof message === 'string' && message.startsWith('Successfully validated')) {
      return undefined;
    }
    throw notAnEvent(body);
  }
  const { mail, delivery, bounce, complaint, open, click, reject, ...rest } = parsed.data;
  const kind = kinds[rest.eventType ?? rest.notificationType ?? ''];
  if (kind === undefined) {
    return undefined;
  }
  const deliveryId = mail.tags?.[mailTags.delivery]?.[0];
  const part = { send: undefined, reject: undefined, delivery, bounce, complaint, open, click }[kind];
  const detail = reject?.reason ?? bounce?.bounceSubType ?? complaint?.complaintFeedbackType ?? undefined;
  return {
    kind,
    sesMessageId: mail.messageId,
    ...(deliveryId !== undefined && { deliveryId }),
    at: new Date(part?.timestamp ?? mail.timestamp).toISOString(),
    mailAt: new Date(mail.timestamp).toISOString(),
    ...(mail.destination?.length === 1 && { to: mail.destination[0] }),
    ...(bounce && { isPermanent: bounce.bounceType === 'Permanent' }),
    ...(click?.link !== undefined && { link: click.link }),
    ...visitorOf(kind === 'open' ? open : kind === 'click' ? click : undefined),
    ...(detail !== undefined && { detail }),
  };
};

const visitorOf = (part: z.infer<typeof seen> | undefined): Pick<MailReport, 'userAgent' | 'network'> => {
  const network = part?.ipAddress ? networkOf(part.ipAddress) : undefined;
  return {
    ...(typeof part?.userAgent === 'string' && { userAgent: part.userAgent.slice(0, userAgentLengthMax) }),
    ...(network !== undefined && { network }),
  };
};

/** SNS puts the event as text into `Message`, unless raw delivery is switched on. */
const unwrapped = (value: unknown): unknown => {
  const envelope = z.object({ Type: z.literal('Notification'), Message: z.string() }).safeParse(value);
  if (!envelope.success) {
    return value;
  }
  const { Message } = envelope.data;
  return Message.trimStart().startsWith('{') ? jsonOf(Message) : Message;
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw notAnEvent(text);
  }
};

const notAnEvent = (text: string): Failure =>
  new Failure('invalid', {
    code: 'ses-event-invalid',
    message: 'The message is no event that SES publishes.',
    received: shown(text),
    action: "Subscribe this queue to the topic of SES's configuration set and to nothing else.",
  });

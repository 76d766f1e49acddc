// SES on this machine: the v1 Query protocol (SendRawEmail, SendEmail, GetSendQuota, VerifyEmailIdentity,
// VerifyDomainIdentity), with the limits that hurt in production: verified sender, 50 recipients, 10 MB, sending rate.
// Mails are kept as .eml files; events go to the SNS topic of the configuration set in SES's event format, as if
// every mailbox were the success one of SES's mailbox simulator; bounce@, complaint@, suppressionlist@ and ooto@
// simulator.amazonses.com (with or without +label) behave as theirs. Pages and opens/clicks: local/mail-page.ts.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { arnOf, type Refusal, unguarded } from './guard.ts';
import { serveOnLoopback } from './loopback.ts';
import { openMailFiles, type StoredMail } from './mail-files.ts';
import { composeSimple, envelopeOf } from './mail-message.ts';
import { serveMailPage } from './mail-page.ts';
import { element } from './s3-wire.ts';
import {
  createMailEvents,
  type MailEvents,
  type MailEventType,
  type PublishMailEvent,
} from './ses-events.ts';
import type { StoredMessage } from './sns-files.ts';

export interface SesOptions {
  /** Directory for the mails. */
  readonly directory: string;
  readonly port?: number;
  /** Virtual time: what mails and events are dated with. */
  readonly nowMs: () => number;
  /** Time that the sending rate is measured by. Default: the machine's. */
  readonly rateNowMs?: () => number;
  /** Addresses and domains mail may come from. */
  readonly identities: readonly string[];
  readonly configurationSets: readonly string[];
  /** Mails a second, in real time. Default: `sendRateMax`. */
  readonly sendRateMax?: number;
  /** Mails in 24 hours of virtual time. Default a million, since a simulated month passes in seconds. */
  readonly sendQuotaMax?: number;
  /** An account that was not moved out of SES's sandbox: 200 mails a day, one a second, to verified receivers only. */
  readonly sandbox?: boolean;
  readonly publish: PublishMailEvent;
  /** SMS and pushes to be shown beside the mails. Default: none. */
  readonly messages?: () => readonly StoredMessage[];
  /** Default: everyone may send. */
  readonly refusal?: Refusal;
}

export interface LocalSes {
  readonly endpoint: string;
  readonly mails: () => readonly StoredMail[];
  readonly raw: (sesMessageId: string) => string;
  /** Records that the receiver opened the mail or followed a link of it. */
  readonly engage: (sesMessageId: string, type: 'Open' | 'Click', link?: string) => Promise<void>;
  /** Resolves when every event so far has been published. */
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The local account's rate, which the local configuration has as its ceiling: a simulated month is to pass in seconds. */
export const sendRateMax = 10_000;
/** SES developer guide, "Request production access". */
const sandboxLimits = { rateMax: 1, quotaMax: 200 };
/** SES: recipients of one message. */
const recipientsCountMax = 50;
/** SES v1: size of a raw message. */
const messageBytesMax = 10 * 1024 * 1024;

class SesError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Account {
  readonly rateNowMs: () => number;
  readonly identities: Set<string>;
  readonly configurationSets: ReadonlySet<string>;
  readonly sandbox: boolean;
  readonly sendRateMax: number;
  readonly sendQuotaMax: number;
  /** Real times of the sends of the last second, and virtual times of those of the last 24 hours. */
  readonly recentMs: number[];
  readonly dayMs: number[];
  readonly refusal: Refusal;
  readonly nowMs: () => number;
}

type Form = URLSearchParams;

export const startSes = async (options: SesOptions): Promise<LocalSes> => {
  const files = openMailFiles(options.directory);
  const events = createMailEvents(options.publish, options.nowMs);
  const account: Account = {
    rateNowMs: options.rateNowMs ?? Date.now,
    identities: new Set(options.identities),
    configurationSets: new Set(options.configurationSets),
    sendRateMax: options.sendRateMax ?? (options.sandbox ? sandboxLimits.rateMax : sendRateMax),
    sendQuotaMax: options.sendQuotaMax ?? (options.sandbox ? sandboxLimits.quotaMax : 1_000_000),
    sandbox: options.sandbox ?? false,
    recentMs: [],
    dayMs: files.list().map(({ sentAt }) => Date.parse(sentAt)),
    refusal: options.refusal ?? unguarded,
    nowMs: options.nowMs,
  };
  const { nowMs, refusal = unguarded } = options;
  const send: Send = (call, raw, to, operation) =>
    accept({ account, files, events, nowMs, refusal }, call, raw, to, operation);
  const engage = async (sesMessageId: string, type: 'Open' | 'Click', link?: string): Promise<void> => {
    const mail = files.list().find((each) => each.sesMessageId === sesMessageId);
    if (mail === undefined) {
      throw new Error(`mail: there is no mail ${sesMessageId}`);
    }
    events.emit(mail, type, link);
    await events.flush();
  };
  const server = createServer((request, response) => {
    const answer =
      request.method === 'POST' && request.url === '/'
        ? query(account, send, request, response)
        : serveMailPage({ files, engage, messages: options.messages ?? (() => []) }, request, response);
    answer.catch((error: unknown) => sendError(response, error));
  });
  const loopback = await serveOnLoopback(server, options.port);
  return {
    endpoint: loopback.endpoint,
    mails: files.list,
    raw: files.raw,
    engage,
    flush: events.flush,
    close: async () => {
      await events.flush();
      await loopback.close();
    },
  };
};

// ---- the Query protocol ------------------------------------------------------------------------------

interface Call {
  readonly form: Form;
  readonly headers: IncomingHttpHeaders;
}
type Send = (call: Call, raw: Buffer, to: readonly string[], operation: string) => string;

const query = async (
  account: Account,
  send: Send,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const action = form.get('Action') ?? '';
  const run = actions[action];
  if (run === undefined) {
    throw new SesError(
      'InvalidAction',
      `The local SES does not have ${action}; it has ${Object.keys(actions).join(', ')}.`,
    );
  }
  const result = `<${action}Result>${await run({ form, headers: request.headers }, account, send)}</${action}Result>`;
  sendXml(
    response,
    200,
    `<${action}Response xmlns="${namespace}">${result}${metadata()}</${action}Response>`,
  );
};

const actions: {
  readonly [action: string]: (call: Call, account: Account, send: Send) => string | Promise<string>;
} = {
  SendRawEmail: (call, _account, send) => {
    const raw = Buffer.from(call.form.get('RawMessage.Data') ?? '', 'base64');
    return element('MessageId', send(call, raw, members(call.form, 'Destinations'), 'SendRawEmail'));
  },
  SendEmail: async (call, _account, send) => {
    const { form } = call;
    const to = ['To', 'Cc', 'Bcc'].flatMap((kind) => members(form, `Destination.${kind}Addresses`));
    const raw = await composeSimple({
      from: form.get('Source') ?? '',
      to: members(form, 'Destination.ToAddresses'),
      cc: members(form, 'Destination.CcAddresses'),
      subject: form.get('Message.Subject.Data') ?? '',
      html: form.get('Message.Body.Html.Data') ?? undefined,
      text: form.get('Message.Body.Text.Data') ?? undefined,
    });
    return element('MessageId', send(call, raw, to, 'SendEmail'));
  },
  GetSendQuota: ({ headers }, account) => {
    const reason = account.refusal(headers, 'ses:GetSendQuota', '*');
    if (reason !== undefined) {
      throw new SesError('AccessDenied', reason);
    }
    return (
      element('Max24HourSend', String(account.sendQuotaMax)) +
      element('MaxSendRate', String(account.sendRateMax)) +
      element('SentLast24Hours', String(sentInDay(account)))
    );
  },
  VerifyEmailIdentity: ({ form }, account) => verify(account, form.get('EmailAddress')),
  VerifyDomainIdentity: ({ form }, account) =>
    verify(account, form.get('Domain')) + element('VerificationToken', 'local'),
};

const verify = ({ identities }: Account, identity: string | null): string => {
  identities.add(identity ?? '');
  return '';
};

const members = (form: Form, name: string): string[] => {
  const found: string[] = [];
  for (let index = 1; form.has(`${name}.member.${index}`); index += 1) {
    found.push(form.get(`${name}.member.${index}`) ?? '');
  }
  return found;
};

// ---- sending -----------------------------------------------------------------------------------------

interface Sending {
  readonly account: Account;
  readonly files: ReturnType<typeof openMailFiles>;
  readonly events: MailEvents;
  readonly nowMs: () => number;
  readonly refusal: Refusal;
}

const accept = (
  { account, files, events, nowMs, refusal }: Sending,
  { form, headers }: Call,
  raw: Buffer,
  destinations: readonly string[],
  operation: string,
): string => {
  const envelope = envelopeOf(raw);
  const from = form.get('Source') ?? envelope.from;
  const to = destinations.length > 0 ? destinations : envelope.recipients;
  const configurationSet = form.get('ConfigurationSetName') ?? envelope.configurationSet;
  const identity = identityOf(account, from);
  // The API's SendEmail is IAM's ses:SendEmail; both act on the sender and on the configuration set.
  for (const arn of [
    arnOf.mailIdentity(identity ?? addressIn(from)),
    ...(configurationSet === undefined ? [] : [arnOf.configurationSet(configurationSet)]),
  ]) {
    const reason = refusal(headers, `ses:${operation}`, arn);
    if (reason !== undefined) {
      throw new SesError('AccessDenied', reason);
    }
  }
  if (identity === undefined) {
    throw new SesError(
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region US-EAST-1: ${addressIn(from)}`,
    );
  }
  const unverified = account.sandbox
    ? to.find((each) => !each.includes('@simulator.amazonses.com') && identityOf(account, each) === undefined)
    : undefined;
  if (unverified !== undefined) {
    throw new SesError(
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region US-EAST-1: ${addressIn(unverified)}`,
    );
  }
  check(account, raw, to, configurationSet);
  account.recentMs.push(account.rateNowMs());
  account.dayMs.push(account.nowMs());
  const mail = files.add({
    from,
    to,
    subject: envelope.subject,
    sentAt: new Date(nowMs()).toISOString(),
    operation,
    ...(configurationSet !== undefined && { configurationSet }),
    tags: { ...envelope.tags, ...tagsOf(form) },
    raw,
  });
  for (const type of fateOf(to[0] ?? '')) {
    events.emit(mail, type);
  }
  return mail.sesMessageId;
};

const addressIn = (from: string): string => /<([^>]+)>/.exec(from)?.[1] ?? from.trim();

/** The verified identity that a sender's address is of: the address itself, else its domain or one above it. */
const identityOf = ({ identities }: Account, from: string): string | undefined => {
  const address = addressIn(from);
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return [...identities]
    .filter((each) => each === address || each === domain || domain.endsWith(`.${each}`))
    .sort((a, b) => b.length - a.length)[0];
};

const check = (
  account: Account,
  raw: Buffer,
  to: readonly string[],
  configurationSet: string | undefined,
): void => {
  if (to.length === 0 || to.length > recipientsCountMax) {
    throw new SesError(
      'InvalidParameterValue',
      `Recipient count is ${to.length}; it must be between 1 and ${recipientsCountMax}.`,
    );
  }
  if (raw.length > messageBytesMax) {
    throw new SesError(
      'InvalidParameterValue',
      `Message length is more than ${messageBytesMax} bytes long: '${raw.length}'.`,
    );
  }
  if (configurationSet !== undefined && !account.configurationSets.has(configurationSet)) {
    throw new SesError(
      'ConfigurationSetDoesNotExist',
      `Configuration set <${configurationSet}> does not exist.`,
    );
  }
  while (account.recentMs[0] !== undefined && account.recentMs[0] <= account.rateNowMs() - 1_000) {
    account.recentMs.shift();
  }
  if (account.recentMs.length >= account.sendRateMax) {
    throw new SesError('Throttling', 'Maximum sending rate exceeded.');
  }
  if (sentInDay(account) >= account.sendQuotaMax) {
    throw new SesError('Throttling', 'Daily message quota exceeded.');
  }
};

/** SES counts the last 24 hours, whenever they begin. */
const sentInDay = ({ dayMs, nowMs }: Account): number => {
  const first = dayMs.findIndex((atMs) => atMs > nowMs() - 86_400_000);
  dayMs.splice(0, first === -1 ? dayMs.length : first);
  return dayMs.length;
};

const tagsOf = (form: Form): Record<string, string> => {
  const tags: Record<string, string> = {};
  for (let index = 1; form.has(`Tags.member.${index}.Name`); index += 1) {
    tags[form.get(`Tags.member.${index}.Name`) ?? ''] = form.get(`Tags.member.${index}.Value`) ?? '';
  }
  return tags;
};

/** What becomes of a mail, by the names of SES's mailbox simulator. */
const fateOf = (recipient: string): readonly MailEventType[] => {
  const box = /^(?:.*<)?(\w+)(?:\+[^@]*)?@simulator\.amazonses\.com>?$/.exec(recipient.trim())?.[1];
  const fates: { readonly [box: string]: readonly MailEventType[] } = {
    bounce: ['Send', 'Bounce'],
    suppressionlist: ['Send', 'Suppressed'],
    complaint: ['Send', 'Delivery', 'Complaint'],
  };
  return fates[box ?? ''] ?? ['Send', 'Delivery'];
};

// ---- answers -----------------------------------------------------------------------------------------

const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/';
const metadata = () => `<ResponseMetadata>${element('RequestId', crypto.randomUUID())}</ResponseMetadata>`;

const sendXml = (response: ServerResponse, status: number, xml: string): void => {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
  response.end(xml);
};

const statusByCode: { readonly [code: string]: number } = { InternalFailure: 500, AccessDenied: 403 };

const sendError = (response: ServerResponse, error: unknown): void => {
  const known = error instanceof SesError ? error : new SesError('InternalFailure', String(error));
  const detail = `<Error><Type>Sender</Type>${element('Code', known.code)}${element('Message', known.message)}</Error>`;
  const status = statusByCode[known.code] ?? 400;
  sendXml(
    response,
    status,
    `<ErrorResponse xmlns="${namespace}">${detail}${element('RequestId', crypto.randomUUID())}</ErrorResponse>`,
  );
};

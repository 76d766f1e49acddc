// Internet messages, as far as the local SES needs them: the envelope of a raw message, its text and HTML parts for
// the mail page, and composing a simple one for SendEmail.
// Limits: multipart by boundary, base64 and quoted-printable, UTF-8; what the mail page cannot read it shows raw.

import { createTransport } from 'nodemailer';

export interface Envelope {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly configurationSet?: string;
  /** From the X-SES-MESSAGE-TAGS header. */
  readonly tags: { readonly [name: string]: string };
}

export interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export const envelopeOf = (raw: Buffer): Envelope => {
  const { headers } = splitPart(raw);
  const configurationSet = headers.get('x-ses-configuration-set');
  const tags = (headers.get('x-ses-message-tags') ?? '').split(',').flatMap((pair) => {
    const [name = '', value = ''] = pair.split('=');
    return name.trim() === '' ? [] : [[name.trim(), value.trim()] as const];
  });
  return {
    from: headers.get('from') ?? '',
    recipients: ['to', 'cc', 'bcc']
      .flatMap((name) => (headers.get(name) ?? '').split(','))
      .map((to) => to.trim())
      .filter(Boolean),
    subject: decodeWords(headers.get('subject') ?? ''),
    ...(configurationSet !== undefined && { configurationSet }),
    tags: Object.fromEntries(tags),
  };
};

/** The first part of this media type, decoded to text. */
export const findPart = (raw: Buffer, type: 'text/html' | 'text/plain'): string | undefined => {
  const part = splitPart(raw);
  const contentType = part.headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) {
    return contentType.toLowerCase().startsWith(type) ? decodeBody(part).toString('utf8') : undefined;
  }
  const sections = part.body
    .toString('latin1')
    .split(new RegExp(`(?:^|\\r?\\n)--${escapeRegExp(boundary)}(?:--)?[^\\n]*\\r?\\n`));
  for (const section of sections.slice(1)) {
    const found = findPart(Buffer.from(section, 'latin1'), type);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
};

export const splitPart = (raw: Buffer): Part => {
  const text = raw.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const unfolded = Buffer.from(head, 'latin1')
    .toString('utf8')
    .replace(/\r?\n[ \t]+/g, ' ');
  const headers = new Map(
    unfolded.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { headers, body: end === null ? Buffer.alloc(0) : raw.subarray(end.index + end[0].length) };
};

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const decodeBody = ({ headers, body }: Part): Buffer => {
  const encoding = (headers.get('content-transfer-encoding') ?? '').toLowerCase();
  if (encoding === 'base64') {
    return Buffer.from(body.toString('latin1'), 'base64');
  }
  return encoding === 'quoted-printable'
    ? decodeQuotedPrintable(body.toString('latin1').replace(/=\r?\n/g, ''))
    : body;
};

const decodeQuotedPrintable = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  );

/** RFC 2047 encoded words: =?utf-8?B?…?= and =?utf-8?Q?…?=. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_whole, kind: string, data: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(data, 'base64').toString('utf8')
        : decodeQuotedPrintable(data.replaceAll('_', ' ')).toString('utf8'),
    );

export interface SimpleMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  readonly html: string | undefined;
  readonly text: string | undefined;
}

export const composeSimple = async ({ to, cc, ...mail }: SimpleMail): Promise<Buffer> => {
  const composed = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    ...mail,
    to: [...to],
    cc: [...cc],
  });
  if (!Buffer.isBuffer(composed.message)) {
    throw new Error('mail: nodemailer gave a stream although a buffer was asked for');
  }
  return composed.message;
};

// Where sent mails can be read: GET /mail lists them, /mail/<id> shows one, /mail/<id>/html and /mail/<id>.eml give
// its HTML and the raw message, /mail.json the list for programs; SMS and pushes stand below, /messages.json has them.
// POST /mail/<id>/open and /mail/<id>/click?link=… tell what the receiver did; SES's events follow.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MailFiles, StoredMail } from './mail-files.ts';
import { findPart } from './mail-message.ts';
import { escapeXml } from './s3-wire.ts';
import type { StoredMessage } from './sns-files.ts';

export interface MailPage {
  readonly messages: () => readonly StoredMessage[];
  readonly files: MailFiles;
  readonly engage: (sesMessageId: string, type: 'Open' | 'Click', link?: string) => Promise<void>;
}

/** Mails shown on one page of the list. */
const listedCountMax = 200;

export const serveMailPage = async (
  page: MailPage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://mail');
  const [, id = '', rest = ''] = /^\/mail\/([\w-]+)(\.eml|\/\w+)?$/.exec(url.pathname) ?? [];
  const mail = page.files.list().find(({ sesMessageId }) => sesMessageId === id);
  if (url.pathname === '/mail') {
    send(response, 200, 'text/html', listPage(page.files.list(), page.messages()));
  } else if (url.pathname === '/mail.json') {
    send(response, 200, 'application/json', JSON.stringify(page.files.list()));
  } else if (url.pathname === '/messages.json') {
    send(response, 200, 'application/json', JSON.stringify(page.messages()));
  } else if (mail === undefined) {
    send(response, 404, 'text/plain', `There is no ${url.pathname} here; sent mails are listed at /mail.`);
  } else if (request.method === 'POST' && (rest === '/open' || rest === '/click')) {
    await page.engage(id, rest === '/open' ? 'Open' : 'Click', url.searchParams.get('link') ?? undefined);
    send(response, 202, 'text/plain', 'recorded');
  } else {
    sendMail(response, mail, page.files.raw(id), rest);
  }
};

const sendMail = (response: ServerResponse, mail: StoredMail, raw: string, rest: string): void => {
  const bytes = Buffer.from(raw);
  if (rest === '.eml') {
    send(response, 200, 'text/plain', raw);
  } else if (rest === '/html') {
    send(response, 200, 'text/html', findPart(bytes, 'text/html') ?? '(no HTML part)');
  } else {
    send(response, 200, 'text/html', onePage(mail, findPart(bytes, 'text/plain') ?? raw));
  }
};

const shell = (title: string, body: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${escapeXml(title)}</title><style>body{font:15px/1.5 system-ui;margin:2rem;max-width:70rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}iframe{width:100%;height:32rem;border:1px solid #ccc}pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}</style>${body}`;

const listPage = (mails: readonly StoredMail[], messages: readonly StoredMessage[]): string => {
  const rows = mails
    .slice(-listedCountMax)
    .reverse()
    .map(
      ({ sesMessageId, sentAt, to, subject }) =>
        `<tr><td>${sentAt}</td><td>${escapeXml(to.join(', '))}</td><td><a href="/mail/${sesMessageId}">${escapeXml(subject)}</a></td></tr>`,
    );
  const more =
    mails.length > listedCountMax ? ` The latest ${listedCountMax} are shown; /mail.json has all.` : '';
  return shell(
    'Sent mails',
    `<h1>Sent mails</h1><p>${mails.length} mails; none has left this machine.${more}</p><table><tr><th>Sent</th><th>To</th><th>Subject</th></tr>${rows.join('')}</table>${messagesTable(messages)}`,
  );
};

const messagesTable = (messages: readonly StoredMessage[]): string =>
  messages.length === 0
    ? ''
    : `<h2>SMS and push</h2><p>${messages.length} messages; /messages.json has them whole.</p><table><tr><th>Sent</th><th>By</th><th>To</th><th>Text</th></tr>${messages
        .slice(-listedCountMax)
        .reverse()
        .map(
          ({ sentAt, channel, to, text }) =>
            `<tr><td>${sentAt}</td><td>${channel}</td><td>${escapeXml(to)}</td><td>${escapeXml(text)}</td></tr>`,
        )
        .join('')}</table>`;

const onePage = (mail: StoredMail, text: string): string =>
  shell(
    mail.subject,
    `<p><a href="/mail">All mails</a></p><h1>${escapeXml(mail.subject)}</h1><p>From ${escapeXml(mail.from)} to ${escapeXml(mail.to.join(', '))}, ${mail.sentAt} · <a href="/mail/${mail.sesMessageId}.eml">raw message</a></p><iframe sandbox src="/mail/${mail.sesMessageId}/html" title="HTML part"></iframe><h2>Text part</h2><pre>${escapeXml(text)}</pre>`,
  );

const send = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

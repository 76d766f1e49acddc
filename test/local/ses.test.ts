import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetSendQuotaCommand,
  SESClient,
  SendEmailCommand,
  SendRawEmailCommand,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LocalSes, startSes } from '../../local/ses.ts';
import type { MailEvent } from '../../local/ses-events.ts';

let directory: string;
let local: LocalSes;
let client: SESClient;
let events: MailEvent[];
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

const start = async () => {
  local = await startSes({
    directory,
    nowMs: () => nowMs,
    identities: ['shop.example'],
    configurationSets: ['set'],
    sendRateMax: 5,
    rateNowMs: () => 0,
    publish: async (published) => void events.push(...published),
  });
  client = new SESClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-ses-'));
  events = [];
  await start();
});
afterEach(async () => {
  client.destroy();
  await local.close();
  await rm(directory, { recursive: true });
});

const message = (to: string) =>
  [
    'From: Shop <hello@shop.example>',
    `To: ${to}`,
    'Subject: =?UTF-8?B?5L2g5aW9?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'caf=C3=A9 <soft=',
    ' break>',
    '--b1',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('<p>你好</p>').toString('base64'),
    '--b1--',
    '',
  ].join('\r\n');

const sendRaw = (to: string) =>
  client.send(
    new SendRawEmailCommand({
      RawMessage: { Data: Buffer.from(message(to)) },
      ConfigurationSetName: 'set',
      Tags: [{ Name: 'deliveryId', Value: 'd-1' }],
    }),
  );
const bodies = async () => {
  await local.flush();
  return events.map(({ body }) => JSON.parse(body));
};

it('keeps a raw mail, tells of its sending and delivery with its tags, and survives a restart', async () => {
  const { MessageId } = await sendRaw('li@learners.example');
  const [sent, delivered, ...more] = await bodies();
  expect(more).toEqual([]);
  expect(sent).toMatchObject({
    eventType: 'Send',
    mail: {
      messageId: MessageId,
      destination: ['li@learners.example'],
      timestamp: '2026-01-02T03:04:05.000Z',
      tags: { deliveryId: ['d-1'] },
    },
    send: {},
  });
  expect(delivered).toMatchObject({
    eventType: 'Delivery',
    delivery: { recipients: ['li@learners.example'] },
  });
  await local.close();
  client.destroy();
  await start();
  expect(local.mails()).toMatchObject([
    { sesMessageId: MessageId, subject: '你好', to: ['li@learners.example'] },
  ]);
  expect(local.raw(MessageId ?? '')).toBe(message('li@learners.example'));
});

it.each([
  [
    'bounce@simulator.amazonses.com',
    ['Send', 'Bounce'],
    { bounce: { bounceType: 'Permanent', bounceSubType: 'General' } },
  ],
  [
    'complaint+a@simulator.amazonses.com',
    ['Send', 'Delivery', 'Complaint'],
    { complaint: { complaintFeedbackType: 'abuse' } },
  ],
  [
    'suppressionlist@simulator.amazonses.com',
    ['Send', 'Bounce'],
    { bounce: { bounceSubType: 'OnAccountSuppressionList' } },
  ],
])('%s behaves as in the mailbox simulator', async (to, types, last) => {
  await sendRaw(to);
  const all = await bodies();
  expect(all.map(({ eventType }) => eventType)).toEqual(types);
  expect(all.at(-1)).toMatchObject(last);
});

it('refuses more than 50 recipients, an unverified sender and an unknown configuration set', async () => {
  const send = (Source: string, ToAddresses: string[], ConfigurationSetName?: string) =>
    client.send(
      new SendEmailCommand({
        Source,
        Destination: { ToAddresses },
        Message: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hi' } } },
        ConfigurationSetName,
      }),
    );
  const many = Array.from({ length: 51 }, (_, i) => `a${i}@learners.example`);
  await expect(send('hello@shop.example', many)).rejects.toMatchObject({
    message: expect.stringContaining('Recipient count'),
  });
  await expect(send('hello@elsewhere.example', ['a@b.example'])).rejects.toMatchObject({
    name: 'MessageRejected',
  });
  await expect(send('hello@shop.example', ['a@b.example'], 'other')).rejects.toMatchObject({
    name: 'ConfigurationSetDoesNotExistException',
  });
  await client.send(new VerifyEmailIdentityCommand({ EmailAddress: 'hello@elsewhere.example' }));
  await send('hello@elsewhere.example', ['a@b.example']);
  expect(local.mails()).toHaveLength(1);
  expect(local.raw(local.mails()[0]?.sesMessageId ?? '')).toContain('Subject: Hello');
});

it('throttles above its rate and sends nothing of what it throttled', async () => {
  const results = await Promise.allSettled(Array.from({ length: 9 }, () => sendRaw('li@learners.example')));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(4);
  expect(refused[0]).toMatchObject({
    reason: { name: 'Throttling', message: 'Maximum sending rate exceeded.' },
  });
  expect(local.mails()).toHaveLength(5);
  expect(await client.send(new GetSendQuotaCommand({}))).toMatchObject({
    MaxSendRate: 5,
    SentLast24Hours: 5,
  });
});

it('shows a mail, and turns an open and a click into events', async () => {
  const { MessageId } = await sendRaw('li@learners.example');
  const page = (path: string, method = 'GET') => fetch(`${local.endpoint}${path}`, { method });
  expect(await (await page('/mail')).text()).toContain(`<a href="/mail/${MessageId}">你好</a>`);
  expect(await (await page(`/mail/${MessageId}`)).text()).toContain('café &lt;soft break&gt;');
  expect(await (await page(`/mail/${MessageId}/html`)).text()).toBe('<p>你好</p>');
  expect(await (await page('/mail.json')).json()).toMatchObject([{ sesMessageId: MessageId }]);
  expect((await page('/mail/absent')).status).toBe(404);
  await page(`/mail/${MessageId}/open`, 'POST');
  await page(`/mail/${MessageId}/click?link=https%3A%2F%2Fshop.example%2Fx`, 'POST');
  const [, , open, click] = await bodies();
  expect(open).toMatchObject({ eventType: 'Open', mail: { messageId: MessageId } });
  expect(click).toMatchObject({ eventType: 'Click', click: { link: 'https://shop.example/x' } });
});

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type SESClient, SESServiceException, type SendRawEmailCommand } from '@aws-sdk/client-ses';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createDeliveryStore } from '../../lib/adapters/delivery-store-dynamodb.ts';
import { createMailer } from '../../lib/adapters/mailer-ses.ts';
import type { OutgoingMail } from '../../lib/ports.ts';
import { fakeRateLine } from '../fakes/rate-line.ts';

const mail: OutgoingMail = {
  channel: 'email',
  from: '"Shop, Ltd" <hello@shop.example>',
  to: 'ada@example.com',
  subject: '送您一张8.5折优惠券',
  html: '<p>码 7K2M</p>',
  text: '码 7K2M',
  headers: {
    'List-Unsubscribe': `<https://api.example/v1/unsubscribe/${'t'.repeat(300)}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'X-Reprise-Delivery': 'd1',
  },
  tags: { 'reprise-delivery': 'd1' },
};

const setUp = (answer: () => Promise<unknown> = async () => ({ MessageId: 'ses-9' })) => {
  const inputs: SendRawEmailCommand['input'][] = [];
  const waits: number[] = [];
  const client = {
    send: (command: SendRawEmailCommand) => {
      inputs.push(command.input);
      return answer();
    },
  } as Pick<SESClient, 'send'>;
  const options = {
    configurationSet: 'reprise',
    line: fakeRateLine(),
    mailsPerSecondMax: 4,
    quota: {
      perSecond: async () => Number.POSITIVE_INFINITY,
      left: async () => Number.POSITIVE_INFINITY,
      count: () => undefined,
      spend: () => undefined,
    },
    clock: { nowMs: () => 1_000_000 },
    random: () => 0.5,
    nowMs: () => 0,
  };
  const wait = async (ms: number) => void waits.push(ms);
  return { inputs, waits, mailer: createMailer(client, { ...options, wait }) };
};

const sesError = (name: string, statusCode: number): SESServiceException =>
  new SESServiceException({
    name,
    message: 'why',
    $fault: statusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: statusCode },
  });

describe('mail through SES', () => {
  it('goes to one stated recipient with configuration set, tags and one-click headers in both parts', async () => {
    const { mailer, inputs } = setUp();
    expect(await mailer(mail)).toEqual({ kind: 'sent', messageId: 'ses-9' });
    const [{ RawMessage, ...rest }] = inputs;
    expect(rest).toEqual({
      Source: mail.from,
      Destinations: ['ada@example.com'],
      ConfigurationSetName: 'reprise',
      Tags: [{ Name: 'reprise-delivery', Value: 'd1' }],
    });
    const raw = Buffer.from(RawMessage?.Data ?? []).toString();
    const [head] = raw.split('\r\n\r\n');
    expect(head).toContain(`List-Unsubscribe: ${mail.headers['List-Unsubscribe']}\r\n`);
    expect(head).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
    expect(head).toContain('X-Reprise-Delivery: d1\r\n');
    expect(head).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(raw.indexOf('text/plain')).toBeLessThan(raw.indexOf('text/html'));
    // RFC 5322: no line over 998 characters; RFC 2047: non-ASCII subjects are encoded.
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(Buffer.from(head).every((byte) => byte < 128)).toBe(true);
  });

  it.each([
    ['Throttling', 400, 'throttled'],
    ['AccountSendingPausedException', 400, 'throttled'],
    ['AccessDenied', 403, 'throttled'],
    ['MessageRejected', 400, 'rejected'],
    ['MailFromDomainNotVerifiedException', 400, 'rejected'],
    ['InvalidParameterValue', 400, 'rejected'],
  ])('%s (%d) is %s', async (name, status, kind) => {
    const { mailer } = setUp(() => Promise.reject(sesError(name, status)));
    expect(await mailer(mail)).toEqual({ kind, message: `${name}: why` });
  });

  it('says throttled when the request never left this machine', async () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const { mailer } = setUp(() => Promise.reject(refused));
    expect(await mailer(mail)).toMatchObject({ kind: 'throttled' });
  });

  it.each([
    sesError('InternalFailure', 500),
    sesError('ServiceUnavailable', 503),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
    new Error('TimeoutError'),
  ])('throws when SES may have taken the mail: %s', async (error) => {
    const { mailer, inputs } = setUp(() => Promise.reject(error));
    await expect(mailer(mail)).rejects.toBe(error);
    expect(inputs).toHaveLength(1);
  });

  it('gives turns spaced by the rate', async () => {
    const { mailer, waits } = setUp();
    for (let index = 0; index < 4; index++) await mailer.turn?.();
    expect(waits).toEqual([250, 500, 750]);
  });

  it('rejects a mail that cannot be written, before anything leaves', async () => {
    const { mailer, inputs } = setUp();
    const broken = {
      ...mail,
      headers: {
        get 'X-Broken'(): string {
          throw new Error('no value');
        },
      },
    };
    expect(await mailer(broken)).toMatchObject({ kind: 'rejected' });
    expect(inputs).toEqual([]);
  });
});

describe('transactions that meet', () => {
  const storeAnswering = (codes: readonly string[]) => {
    let calls = 0;
    const client = {
      send: async () => {
        const code = codes[calls++];
        if (code !== undefined) {
          const $metadata = {};
          const CancellationReasons = [{ Code: code }];
          throw new TransactionCanceledException({ message: code, $metadata, CancellationReasons });
        }
        return {};
      },
    };
    return {
      store: createDeliveryStore(Object.assign(Object.create(DynamoDBDocumentClient.prototype), client), 't'),
      calls: () => calls,
    };
  };
  const step = (store: ReturnType<typeof createDeliveryStore>) =>
    store.advance('d' as Parameters<typeof store.get>[0], 'sending', 'sent', { messageId: 's' });

  it('are tried again until they are through', async () => {
    const { store, calls } = storeAnswering(['TransactionConflict', 'ThrottlingError']);
    expect(await step(store)).toBe(true);
    expect(calls()).toBe(3);
  });

  it('are not tried again when a condition refused them', async () => {
    const { store, calls } = storeAnswering(['ConditionalCheckFailed']);
    expect(await step(store)).toBe(false);
    expect(calls()).toBe(1);
  });

  it('fail with what is wrong when the request itself is', async () => {
    const { store } = storeAnswering(['ValidationError']);
    await expect(step(store)).rejects.toThrow('ValidationError');
  });
});

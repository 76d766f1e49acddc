// The senders of SMS and push against the local SNS, through the real SDK client.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreatePlatformEndpointCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPushSender } from '../../lib/adapters/push-sns.ts';
import { createSmsSender } from '../../lib/adapters/sms-sns.ts';
import type { OutgoingPush, OutgoingSms } from '../../lib/ports.ts';
import { type LocalSns, startSns } from '../../local/sns.ts';
import { fakeRateLine } from '../fakes/rate-line.ts';

const nowMs = Date.UTC(2026, 5, 10, 12);
const clock = { nowMs: () => nowMs };
const ios = 'arn:aws:sns:us-east-1:000000000000:app/APNS/shop';
const android = 'arn:aws:sns:us-east-1:000000000000:app/GCM/shop';
const smsSettings = { messagesPerSecondMax: 10, optOutText: { en: '', 'zh-CN': '' } };
const sms: OutgoingSms = { channel: 'sms', to: '+4915112345678', text: 'Hello', purpose: 'marketing' };
const push: OutgoingPush = {
  channel: 'push',
  platform: 'android',
  token: 'token-1',
  title: '15% off',
  body: 'Until Sunday',
  data: { deliveryId: 'd1' },
};

let directory: string;
let local: LocalSns;
let client: SNSClient;
let calls: string[];

const start = async (smsRateMax?: number): Promise<void> => {
  local = await startSns({
    directory,
    nowMs: () => nowMs,
    rateNowMs: () => 0,
    ...(smsRateMax && { smsRateMax }),
  });
  client = new SNSClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next, context) => (args) => {
      calls.push(String(context.commandName));
      return next(args);
    },
    { step: 'initialize' },
  );
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-sns-'));
  calls = [];
  await start();
});
afterEach(async () => {
  client.destroy();
  await local.close();
  await rm(directory, { recursive: true });
});

const waits: number[] = [];
const passing = { nowMs: () => 0, wait: async (ms: number) => void waits.push(ms), random: () => 0.5 };
const smsSender = (settings = {}) =>
  createSmsSender(client, {
    settings: { ...smsSettings, ...settings },
    line: fakeRateLine(),
    clock,
    ...passing,
  });
const pushSender = () =>
  createPushSender(client, {
    settings: { ios, android, messagesPerSecondMax: 10 },
    line: fakeRateLine(),
    clock,
    ...passing,
  });

describe('SMS through SNS', () => {
  it('go to the number with type, sender and origin, and are kept to read', async () => {
    const sent = await smsSender({ senderId: 'Shop', originationNumber: '+12065550100' })(sms);
    const [message] = local.messages();
    expect(sent).toEqual({ kind: 'sent', messageId: message.messageId });
    expect(message).toMatchObject({
      channel: 'sms',
      to: '+4915112345678',
      text: 'Hello',
      sentAt: '2026-06-10T12:00:00.000Z',
      detail: {
        'AWS.SNS.SMS.SMSType': 'Promotional',
        'AWS.SNS.SMS.SenderID': 'Shop',
        'AWS.MM.SMS.OriginationNumber': '+12065550100',
      },
    });
  });

  it('of reminders are transactional', async () => {
    await smsSender()({ ...sms, purpose: 'reminder' });
    expect(local.messages()[0].detail).toEqual({ 'AWS.SNS.SMS.SMSType': 'Transactional' });
  });

  it('do not go to a number that opted out, which SNS would take and drop without a word', async () => {
    const to = '+4915112340000';
    await client.send(new PublishCommand({ PhoneNumber: to, Message: 'dropped' }));
    expect(local.messages()).toEqual([]);
    calls.length = 0;
    expect(await smsSender()({ ...sms, to })).toMatchObject({ kind: 'rejected', isAddressDead: true });
    expect(calls).toEqual(['CheckIfPhoneNumberIsOptedOutCommand']);
  });

  it('are refused without a call when the number is none', async () => {
    const result = await smsSender()({ ...sms, to: '0151 12345678' });
    expect(result).toMatchObject({ kind: 'rejected', isAddressDead: true });
    expect(calls).toEqual([]);
  });

  it('wait out the rate with full jitter, and are put off when it lasts', async () => {
    await local.close();
    await start(1);
    const send = smsSender();
    expect(await send(sms)).toMatchObject({ kind: 'sent' });
    waits.length = 0;
    expect(await send(sms)).toMatchObject({ kind: 'throttled' });
    // Half of 100, 200, 400 … and at most 4,000 ms.
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600]);
    expect(local.messages()).toHaveLength(1);
  });

  it('whose fate nobody knows throw, and one that was only asked about is put off', async () => {
    await local.close();
    const gone = smsSender();
    expect(await gone(sms)).toMatchObject({ kind: 'throttled' });
    const lost = new Error('socket hang up');
    const answers: (() => Promise<object>)[] = [
      async () => ({ isOptedOut: false }),
      () => Promise.reject(lost),
    ];
    const broken = createSmsSender(
      Object.assign(Object.create(SNSClient.prototype), { send: () => answers.shift()?.() }),
      { settings: smsSettings, line: fakeRateLine(), clock, ...passing },
    );
    await expect(broken(sms)).rejects.toBe(lost);
    await start();
  });
});

describe('push through SNS', () => {
  it('makes the endpoint once and sends FCM’s HTTP v1 message', async () => {
    const send = pushSender();
    await send(push);
    await send(push);
    expect(calls).toEqual(['CreatePlatformEndpointCommand', 'PublishCommand', 'PublishCommand']);
    expect(local.messages()[0]).toMatchObject({
      channel: 'push',
      to: 'token-1',
      text: '15% off\nUntil Sunday',
      detail: {
        fcmV1Message: {
          message: {
            notification: { title: '15% off', body: 'Until Sunday' },
            data: { deliveryId: 'd1' },
          },
        },
      },
    });
  });

  it('sends APNs’ alert to iOS, with the data beside aps', async () => {
    await pushSender()({ ...push, platform: 'ios' });
    expect(local.messages()[0].detail).toEqual({
      aps: { alert: { title: '15% off', body: 'Until Sunday' }, sound: 'default' },
      deliveryId: 'd1',
    });
  });

  it('makes the same endpoint of the same token, in every sandbox', async () => {
    const make = () =>
      client.send(new CreatePlatformEndpointCommand({ PlatformApplicationArn: android, Token: 'token-1' }));
    expect((await make()).EndpointArn).toBe((await make()).EndpointArn);
  });

  it('calls a disabled endpoint’s token dead and deletes the endpoint', async () => {
    const result = await pushSender()({ ...push, token: 'dead-1' });
    expect(result).toMatchObject({ kind: 'rejected', isAddressDead: true });
    expect(calls).toEqual(['CreatePlatformEndpointCommand', 'PublishCommand', 'DeleteEndpointCommand']);
    expect(local.messages()).toEqual([]);
  });

  it('takes the endpoint that SNS names when it was made with other attributes', async () => {
    const arn = 'arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/abc';
    const published: unknown[] = [];
    const answers = {
      CreatePlatformEndpointCommand: () =>
        Promise.reject(
          Object.assign(
            new Error(
              `Invalid parameter: Token Reason: Endpoint ${arn} already exists with the same Token, but different attributes.`,
            ),
            { name: 'InvalidParameterException', $fault: 'client', $metadata: { httpStatusCode: 400 } },
          ),
        ),
      PublishCommand: async (input: unknown) => {
        published.push(input);
        return { MessageId: 'm1' };
      },
    };
    const send = createPushSender(
      Object.assign(Object.create(SNSClient.prototype), {
        send: (command: { readonly input: unknown; readonly constructor: { readonly name: string } }) =>
          answers[command.constructor.name as keyof typeof answers](command.input),
      }),
      { settings: { android, messagesPerSecondMax: 10 }, line: fakeRateLine(), clock, ...passing },
    );
    expect(await send(push)).toEqual({ kind: 'sent', messageId: 'm1' });
    expect(published).toMatchObject([{ TargetArn: arn, MessageStructure: 'json' }]);
  });

  it('is refused where the platform is not set up, or the payload is too long', async () => {
    const settings = { ios, messagesPerSecondMax: 10 };
    const onlyIos = createPushSender(client, { settings, line: fakeRateLine(), clock, ...passing });
    expect(await onlyIos(push)).toMatchObject({ kind: 'rejected' });
    expect(await pushSender()({ ...push, body: 'x'.repeat(4_096) })).toMatchObject({ kind: 'rejected' });
    expect(calls).toEqual([]);
  });
});

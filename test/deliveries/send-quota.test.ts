// The account's quota of SES, and how the mailer keeps it, against the local SES through the real SDK client.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESClient } from '@aws-sdk/client-ses';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMailer } from '../../lib/adapters/mailer-ses.ts';
import { createSendQuota } from '../../lib/adapters/send-quota-ses.ts';
import { quotaCacheMs, quotaRetryMs } from '../../lib/base/limits.ts';
import type { RateLine } from '../../lib/deliveries/rate-line.ts';
import type { OutgoingMail } from '../../lib/ports.ts';
import { type LocalSes, type SesOptions, startSes } from '../../local/ses.ts';
import { fakeRateLine } from '../fakes/rate-line.ts';

const dayMs = 86_400_000;
let directory: string;
let local: LocalSes;
let client: SESClient;
let virtualMs: number;
let realMs: number;
let waits: number[];

const mail: OutgoingMail = {
  channel: 'email',
  from: 'hello@shop.example',
  to: 'success@simulator.amazonses.com',
  subject: 's',
  html: 'h',
  text: 't',
  headers: {},
  tags: {},
};

const start = async (limits: Partial<SesOptions>): Promise<void> => {
  local = await startSes({
    directory,
    nowMs: () => virtualMs,
    rateNowMs: () => realMs,
    identities: ['shop.example'],
    configurationSets: ['set'],
    publish: async () => undefined,
    ...limits,
  });
  client = new SESClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
};

/** Real time passes by what is waited for. */
const mailer = (mailsPerSecondMax = 1_000, line: RateLine = fakeRateLine()) => {
  const quota = createSendQuota(client, () => realMs);
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms);
    realMs += ms;
  };
  const send = createMailer(client, {
    configurationSet: 'set',
    line,
    mailsPerSecondMax,
    quota,
    clock: { nowMs: () => virtualMs },
    nowMs: () => realMs,
    wait,
    random: () => 0.999,
  });
  return { send: () => send(mail), turn: async () => send.turn?.(), quota };
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-quota-'));
  virtualMs = Date.UTC(2026, 5, 10, 12);
  realMs = 0;
  waits = [];
});
afterEach(async () => {
  client.destroy();
  await local.close();
  await rm(directory, { recursive: true });
});

describe('the rate', () => {
  it('is the smaller of the account’s and the workspace’s', async () => {
    await start({ sendRateMax: 5 });
    for (const [own, gapMs] of [
      [1_000, 200],
      [4, 250],
    ] as const) {
      waits.length = 0;
      const { turn } = mailer(own);
      await turn();
      await turn();
      await turn();
      expect(waits).toEqual([gapMs, gapMs]);
    }
  });

  it('that SES finds exceeded is waited out with jitter: nothing is lost and nothing sent twice', async () => {
    await start({ sendRateMax: 2 });
    const { send } = mailer();
    for (let index = 0; index < 6; index++) {
      expect(await send()).toMatchObject({ kind: 'sent' });
    }
    expect(local.mails()).toHaveLength(6);
    expect(waits.length).toBeGreaterThan(0);
  });
});

describe('the quota of 24 hours', () => {
  it('of the sandbox is 200: the 201st is known not to be sent, and goes out the next day', async () => {
    await start({ sandbox: true, sendRateMax: 1_000 });
    const { send, turn } = mailer();
    for (let index = 0; index < 200; index++) {
      expect(await turn()).toBeUndefined();
      expect(await send()).toMatchObject({ kind: 'sent' });
    }
    const late = { kind: 'throttled', reason: 'mail-quota', untilMs: virtualMs + quotaRetryMs };
    expect(await turn()).toMatchObject(late);
    // Another sandbox counted otherwise, and is told so by SES itself.
    expect(await send()).toMatchObject(late);
    expect(local.mails()).toHaveLength(200);
    virtualMs += dayMs;
    realMs += quotaCacheMs;
    expect(await turn()).toBeUndefined();
    expect(await send()).toMatchObject({ kind: 'sent' });
  });

  it('counts what others of the account sent', async () => {
    await start({ sendQuotaMax: 3 });
    const one = mailer();
    for (let index = 0; index < 3; index++) await one.send();
    expect(await mailer().turn()).toMatchObject({ kind: 'throttled' });
  });

  it('is asked for once a minute', async () => {
    await start({});
    let asked = 0;
    const quota = createSendQuota(
      {
        send: async () => {
          asked += 1;
          return { Max24HourSend: -1, MaxSendRate: 14, SentLast24Hours: 5 };
        },
      } as Pick<SESClient, 'send'>,
      () => realMs,
    );
    for (let index = 0; index < 5; index++) expect(await quota.perSecond()).toBe(14);
    expect(await quota.left()).toBe(Number.POSITIVE_INFINITY);
    expect(asked).toBe(1);
    realMs += quotaCacheMs;
    await quota.perSecond();
    expect(asked).toBe(2);
  });

  it('is not known while SES does not answer, and then holds nobody up', async () => {
    await start({});
    const quota = createSendQuota({ send: () => Promise.reject(new Error('down')) } as Pick<
      SESClient,
      'send'
    >);
    expect(await quota.perSecond()).toBe(Number.POSITIVE_INFINITY);
    expect(await quota.left()).toBe(Number.POSITIVE_INFINITY);
  });
});

it('the local sandbox takes no mail to a receiver who was not verified', async () => {
  await start({ sandbox: true });
  const quota = createSendQuota(client);
  const send = createMailer(client, {
    configurationSet: 'set',
    line: fakeRateLine(),
    mailsPerSecondMax: 10,
    quota,
    clock: { nowMs: () => virtualMs },
  });
  expect(await send({ ...mail, to: 'ada@example.com' })).toMatchObject({ kind: 'rejected' });
});

// Many checkouts at once against one coupon, through the real HTTP API of a running host: what they were answered.
// Scenes: a personal single-use code from a mail; a shared code with room for so many, by number and by money, the
// same reserved and not redeemed in time; refunds; one Idempotency-Key many times. Used by bench and test/flow alike.

import { type Api, createApi } from '../local/demo/api.ts';
import type { LocalHost } from '../local/host.ts';

export interface Scene {
  readonly name: string;
  readonly requestsCount: number;
  /** How many must be let through. */
  readonly expected: number;
  readonly succeeded: number;
  /** Status and code of each answer, with how often. */
  readonly answers: ReadonlyMap<string, number>;
  readonly seconds: number;
}

export interface Crowd {
  readonly requestsCount: number;
  readonly room: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const orderValue = 50;
const percent = 20;
const discount = (orderValue * percent) / 100;
const minuteMs = 60_000;

export const runRedemptions = async (
  host: LocalHost,
  { requestsCount, room }: Crowd,
): Promise<readonly Scene[]> => {
  const admin = createApi(host.apiUrl, host.keys.admin);
  const numbers = Array.from({ length: requestsCount }, (_, index) => index);
  const { code, customerId } = await personalCode(host, admin);
  const scenes: Scene[] = [];
  const play = async (name: string, expected: number, requests: readonly (() => Promise<Answer>)[]) => {
    const fromMs = performance.now();
    const answers = await Promise.all(requests.map((request) => request()));
    scenes.push({
      name,
      requestsCount: requests.length,
      expected,
      succeeded: answers.filter(({ status }) => status === 200).length,
      answers: tallied(answers),
      seconds: (performance.now() - fromMs) / 1_000,
    });
    return answers;
  };
  const step =
    (path: string, at: string, customer: string, key: string, more: object = {}) =>
    () =>
      call(host, `/v1/coupons/${at}/${path}`, key, {
        customerId: customer,
        orderId: `order-${key}`,
        orderValue,
        currency: 'EUR',
        ...more,
      });

  await play(
    'a personal code for one use',
    1,
    numbers.map((n) => step('redemptions', code, customerId, `p${n}`)),
  );

  const byNumber = await sharedCode(host, admin, 'NUMBER', { redemptionsTotalMax: room });
  const won = await play(
    `a shared code with room for ${room}`,
    room,
    numbers.map((n) => step('redemptions', byNumber, `c${n}`, `n${n}`)),
  );
  const winners = numbers.filter((n) => won[n].status === 200).slice(0, Math.ceil(room / 10));
  await play(
    'refunds of some of them',
    winners.length,
    winners.map(
      (n) => () => call(host, `/v1/coupons/${byNumber}/refunds`, `r${n}`, { orderId: `order-n${n}` }),
    ),
  );
  await play(
    'others, for the places that the refunds gave back',
    winners.length,
    numbers.map((n) => step('redemptions', byNumber, `d${n}`, `m${n}`)),
  );

  const byMoney = await sharedCode(host, admin, 'MONEY', { budget: room * discount, currency: 'EUR' });
  await play(
    `a shared code with a budget of ${room} discounts`,
    room,
    numbers.map((n) => step('redemptions', byMoney, `c${n}`, `b${n}`)),
  );

  const reserved = await sharedCode(host, admin, 'RESERVED', { redemptionsTotalMax: room });
  await play(
    `reservations with room for ${room}`,
    room,
    numbers.map((n) => step('reservations', reserved, `c${n}`, `h${n}`, { minutes: 10 })),
  );
  await host.clock.advanceTo(host.clock.nowMs() + 11 * minuteMs);
  await play(
    'redemptions by others, once those reservations ended',
    room,
    numbers.map((n) => step('redemptions', reserved, `d${n}`, `i${n}`)),
  );

  const same = await sharedCode(host, admin, 'SAME', { redemptionsTotalMax: room });
  const repeats = await play(
    'one Idempotency-Key, all answered the same',
    requestsCount,
    numbers.map(() => step('redemptions', same, 'c0', 'same')),
  );
  const bodies = new Set(repeats.map(({ body }) => body));
  if (bodies.size !== 1) {
    throw new Error(
      `the same key was answered in ${bodies.size} ways: ${[...bodies].slice(0, 3).join('\n')}`,
    );
  }
  await play(
    'others beside that one redemption',
    room - 1,
    numbers.map((n) => step('redemptions', same, `d${n}`, `s${n}`)),
  );
  return scenes;
};

const call = async (
  { apiUrl, keys }: LocalHost,
  path: string,
  key: string,
  body: object,
): Promise<Answer> => {
  const response = await fetch(`${apiUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys.read}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
};

const tallied = (answers: readonly Answer[]): ReadonlyMap<string, number> => {
  const tally = new Map<string, number>();
  for (const { status, body } of answers) {
    const code = status === 200 ? '' : ` ${/"code":"([^"]+)"/.exec(body)?.[1] ?? body.slice(0, 40)}`;
    tally.set(`${status}${code}`, (tally.get(`${status}${code}`) ?? 0) + 1);
  }
  return tally;
};

const started = async (admin: Api, host: LocalHost, name: string, offer: object): Promise<void> => {
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name,
    audience: { all: [] },
    trigger: { kind: 'at', at: new Date(host.clock.nowMs()).toISOString() },
    variants: [{ name: 'coupon', weight: 1, action: { kind: 'coupon', offer } }],
    holdoutShare: 0,
    recommendationsCount: 0,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
};

const sharedCode = async (host: LocalHost, admin: Api, code: string, limits: object): Promise<string> => {
  await started(admin, host, code, {
    discount: { kind: 'percent', percent },
    expiresAfterDays: 30,
    sharedCode: code,
    ...limits,
  });
  return code;
};

/** From the first mail of a campaign to ten customers, so that somebody is in no holdout. */
const personalCode = async (
  host: LocalHost,
  admin: Api,
): Promise<{ readonly code: string; readonly customerId: string }> => {
  const response = await fetch(`${host.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${host.keys.write}:`).toString('base64')}` },
    body: JSON.stringify({
      batch: Array.from({ length: 10 }, (_, index) => ({
        type: 'identify',
        messageId: `identify-${index}`,
        userId: `mailed${index}`,
        timestamp: new Date(host.clock.nowMs()).toISOString(),
        traits: { email: `mailed${index}@example.com`, timezone: 'UTC' },
      })),
    }),
  });
  if (!response.ok) {
    throw new Error(`capture answered ${response.status}`);
  }
  await host.drain();
  await started(admin, host, 'Personal', { discount: { kind: 'percent', percent }, expiresAfterDays: 30 });
  await host.settle();
  const [mail] = await host.mails();
  const text = mail?.raw.replace(/=\r?\n/g, '') ?? '';
  const code = /(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])/.exec(text)?.[0];
  if (code === undefined) {
    throw new Error('no mail with a code was sent');
  }
  return { code, customerId: mail.to[0].split('@')[0] };
};

// An account of ten mails in 24 hours on the real local host: a batch, an event and a test mail share it through the
// functions as they are deployed. What it does not take waits, is named, and goes out when SES has room again.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FlowHost, openFlowHost } from './flow-host.ts';

const quota = 10;
const customersCount = 24;
const lateCount = 6;
const hourMs = 3_600_000;
let flow: FlowHost;

beforeAll(async () => {
  flow = await openFlowHost({ mailQuota: quota });
}, 180_000);
afterAll(() => flow?.close());

const send = async (messages: readonly object[]): Promise<void> => {
  const response = await fetch(`${flow.host.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${flow.host.keys.write}:`).toString('base64')}` },
    body: JSON.stringify({ batch: messages }),
  });
  expect(await response.text()).toBe('{"success":true}');
  await flow.host.drain();
};

const define = async (change: object): Promise<string> => {
  const { campaignId } = await flow.admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: 'short of mails',
    variants: [
      {
        name: 'coupon',
        weight: 1,
        action: {
          kind: 'coupon',
          offer: { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 },
        },
      },
    ],
    holdoutShare: 0,
    recommendationsCount: 0,
    windowDays: 7,
    ...change,
  });
  return campaignId;
};

interface Problems {
  readonly customers: readonly {
    readonly customerId: string;
    readonly kind: string;
    readonly reason: string;
  }[];
}
const problemsOf = (campaignId: string): Promise<Problems> =>
  flow.admin.get(`/v1/admin/campaigns/${campaignId}/runs/run-1/problems`);
const mailsCount = async (): Promise<number> => (await flow.host.mails()).length;

it('a batch, an event and a test keep the account’s 24 hours; who waits is named, and nobody is lost or mailed twice', async () => {
  const { host, admin } = flow;
  const nowMs = host.clock.nowMs();
  const at = new Date(nowMs).toISOString();
  await send(
    Array.from({ length: customersCount }, (_, index) => ({
      type: 'identify',
      messageId: `identify-${index}`,
      userId: `q${index}`,
      timestamp: at,
      traits: { email: `q${index}@example.com`, timezone: 'UTC', isAsked: true },
    })),
  );
  const batch = await define({
    audience: { fact: 'trait.isAsked', op: 'eq', value: true },
    trigger: { kind: 'at', at },
  });
  await admin.post(`/v1/admin/campaigns/${batch}/start`, { force: true });
  await expect.poll(mailsCount, { timeout: 60_000, interval: 200 }).toBe(quota);
  await host.settle();
  await host.drain();
  const { customers } = await problemsOf(batch);
  const treated = quota + customers.length;
  expect(customers.every(({ kind, reason }) => kind === 'deferred' && reason === 'mail-quota')).toBe(true);
  expect(customers.length).toBeGreaterThan(0);

  const onEvent = await define({
    audience: { all: [] },
    trigger: {
      kind: 'event',
      event: 'Hello',
      startsAt: at,
      endsAt: new Date(nowMs + 100 * hourMs).toISOString(),
    },
  });
  await admin.post(`/v1/admin/campaigns/${onEvent}/start`, { force: true });
  await send(
    Array.from({ length: lateCount }, (_, index) => `late${index}`).flatMap((userId) => [
      {
        type: 'identify',
        messageId: `identify-${userId}`,
        userId,
        timestamp: at,
        traits: { email: `${userId}@example.com`, timezone: 'UTC' },
      },
      { type: 'track', messageId: `hello-${userId}`, userId, event: 'Hello', timestamp: at },
    ]),
  );
  const test = { customerId: 'q0', to: 'marketer@example.com' };
  await expect(admin.post(`/v1/admin/campaigns/${batch}/test-send`, test)).rejects.toThrow(/429/);
  expect(await mailsCount()).toBe(quota);

  for (let hour = 1; hour <= 54; hour++) {
    await host.clock.advanceTo(nowMs + hour * hourMs);
    await host.settle();
    await host.drain();
  }
  const receivers = (await host.mails()).map(({ to }) => to[0]);
  expect(new Set(receivers).size).toBe(receivers.length);
  expect(receivers.filter((to) => to.startsWith('q'))).toHaveLength(treated);
  // All but those whom the workspace holds out of everything.
  expect(receivers.filter((to) => to.startsWith('late')).length).toBeGreaterThan(0);
  expect((await problemsOf(batch)).customers).toEqual([]);
  expect(host.roles.refused()).toEqual([]);
}, 180_000);

// Least privilege from both sides. Every function is led through each of its paths over the real local host, which
// refuses what the synthesized roles do not allow: no call may be refused, and each grant must have been used or be
// among those explained below.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../../local/demo/api.ts';
import type { LocalHost } from '../../local/host.ts';
import { callExperiments } from './experiment-calls.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import { judgePolicies } from './judged.ts';
import { reachableId, reachableMessages } from './reachable.ts';
import {
  capture,
  course,
  historyMessages,
  importItems,
  items,
  learnerId,
  orderMessage,
  type ReadMail,
  readMail,
  startCampaign,
} from './world.ts';

const dayMs = 86_400_000;
let flow: FlowHost;
let host: LocalHost;
let admin: Api;
let read: Api;

beforeAll(async () => {
  flow = await openFlowHost();
  ({ host, admin, read } = flow);
}, 180_000);
afterAll(() => flow?.close());

const isoAfter = (ms: number): string => new Date(host.clock.nowMs() + ms).toISOString();
const settled = async (): Promise<void> => {
  await host.settle();
  await host.drain();
};
const send = async (method: 'PUT' | 'DELETE', path: string, body?: object): Promise<void> => {
  const response = await fetch(`${host.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${host.keys.admin}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
};
const started = async (definition: object): Promise<string> => {
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', definition);
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  await settled();
  return campaignId;
};
/** To customers: the marketer's test has no unsubscription. */
const mails = async (): Promise<ReadMail[]> =>
  (await host.mails()).filter(({ to }) => to[0] !== marketer).map(({ raw, to }) => readMail(raw, to[0]));
const marketer = 'marketer@example.com';
const everyone = { fact: 'orders', op: 'gte', value: 1 };
const variants = [
  {
    name: 'coupon',
    weight: 1,
    action: { kind: 'coupon', offer: { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 } },
  },
];
const period = () => ({ startsAt: isoAfter(0), endsAt: isoAfter(60 * dayMs) });

it('events, a join of an anonymous visitor, and the catalogue', async () => {
  await importItems(host.apiUrl, host.keys.admin);
  await capture(host.apiUrl, host.keys.write, historyMessages(host.clock.nowMs()));
  // So many that some are surely in no holdout.
  await capture(
    host.apiUrl,
    host.keys.write,
    Array.from({ length: 30 }, (_, index) => ({
      type: 'identify',
      messageId: `moved-${index}`,
      userId: learnerId(40 + index),
      timestamp: isoAfter(-dayMs),
      traits: { email: `bounce+${index}@simulator.amazonses.com` },
    })),
  );
  const visitor = { anonymousId: 'visitor-1', timestamp: isoAfter(-dayMs) };
  const messages = [
    { type: 'track', messageId: 'v1', event: 'Product Viewed', properties: { product_id: 'c0' }, ...visitor },
    { type: 'identify', messageId: 'v2', userId: learnerId(1), traits: {}, ...visitor },
  ];
  for (const message of messages) {
    const response = await fetch(`${host.apiUrl}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${host.keys.write}:`).toString('base64')}` },
      body: JSON.stringify({ batch: [message] }),
    });
    expect(response.status).toBe(200);
    await host.drain();
  }
  await send('PUT', '/v1/items/extra', { ...items[0], itemId: 'extra' });
  await read.get('/v1/items/extra');
  await send('DELETE', '/v1/items/extra');
  expect(await read.get('/v1/items')).toHaveProperty('items.length', items.length);
});

it('keys', async () => {
  const { keyId } = await admin.post<{ readonly keyId: string }>('/v1/admin/keys', {
    scope: 'read',
    app: 'test',
  });
  await send('DELETE', `/v1/admin/keys/${keyId}`);
  expect(await admin.get('/v1/admin/keys')).toHaveProperty('keys.length', 4);
});

it('two trainings, a rollback, and answers', async () => {
  const version = async (): Promise<string> =>
    (await admin.get<{ readonly current: { readonly version: string } }>('/v1/admin/models')).current.version;
  for (let training = 0; training < 2; training += 1) {
    await admin.post('/v1/admin/trainings');
    await settled();
    await host.clock.advanceTo(host.clock.nowMs() + 60_000);
  }
  const second = await version();
  const { versions } = await admin.get<{ readonly versions: readonly { readonly version: string }[] }>(
    '/v1/admin/models',
  );
  const first = versions.find((each) => each.version !== second)?.version;
  await admin.post(`/v1/admin/models/${first}/promotion`);
  expect(await version()).toBe(first);
  expect(await read.get(`/v1/users/${learnerId(0)}/recommendations`)).toMatchObject({ modelVersion: first });
  await read.get('/v1/items/c0/similar');
  await admin.get(`/v1/admin/customers/${learnerId(0)}`);
});

it('a channel that the owner stops and frees, and a list of such', async () => {
  const path = '/v1/admin/customers/stopped-1';
  await send('PUT', `${path}/suppressions/email`, { note: 'asked by phone' });
  expect(await admin.get(path)).toMatchObject({ profile: { suppressed: { email: { reason: 'manual' } } } });
  await send('DELETE', `${path}/suppressions/email`);
  expect(await admin.get(path)).toMatchObject({ profile: { suppressed: {} } });
  const response = await fetch(`${host.apiUrl}/v1/admin/suppressions/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${host.keys.admin}`, 'content-type': 'text/csv' },
    body: 'userId,channel\nstopped-1,sms\n',
  });
  expect(response.status).toBe(202);
  await host.drain();
  expect(await admin.get(path)).toMatchObject({ profile: { suppressed: { sms: { reason: 'manual' } } } });
});

it('a campaign with redemption, unsubscription, bounce and result', async () => {
  const at = isoAfter(0);
  const campaignId = await startCampaign(admin, 'once', at);
  await settled();
  const customerId = learnerId(2);
  await admin.post(`/v1/admin/campaigns/${campaignId}/preview`, { customerId, estimate: true });
  expect(await admin.get(`/v1/admin/customers/${customerId}/messages`)).toMatchObject({
    campaigns: [{ campaignId }],
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/test-send`, { customerId, to: marketer });
  const coded = (await mails()).find(({ code, to }) => code !== undefined && to.startsWith('u'));
  const learner = coded?.to.slice(0, 4) ?? '';
  const atCheckout = {
    customerId: learner,
    orderId: 'o1',
    orderValue: 50,
    currency: 'EUR',
    lines: [{ itemId: course(Number(learner.slice(1)), 4), price: 50 }],
  };
  const steps = [
    ['reservations', atCheckout],
    ['releases', { orderId: 'o1' }],
    ['redemptions', atCheckout],
    ['refunds', { orderId: 'o1', refundValue: 1 }],
  ] as const;
  for (const [step, body] of steps) {
    await read.post(`/v1/coupons/${coded?.code}/${step}`, body, { 'idempotency-key': 'o1' });
  }
  expect(
    await read.get(`/v1/coupons/${coded?.code}?customerId=${learner}&orderId=o2&orderValue=50`),
  ).toMatchObject({ valid: false, reason: { code: 'coupon-exhausted-code' } });
  await capture(host.apiUrl, host.keys.write, [
    orderMessage(learner, course(Number(learner.slice(1)), 4), 'o1', host.clock.nowMs(), coded?.code),
  ]);
  // With a secret key: it gives back what the request above left.
  await capture(host.apiUrl, host.keys.read, [
    {
      ...orderMessage(learner, course(Number(learner.slice(1)), 4), 'o1', host.clock.nowMs()),
      messageId: 'refund-o1',
      event: 'Order Refunded',
      properties: { order_id: 'o1' },
    },
  ]);
  const anonymous = { type: 'track', messageId: 'a1', anonymousId: 'visitor-1', event: 'Order Completed' };
  await fetch(`${host.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${host.keys.write}:`).toString('base64')}` },
    body: JSON.stringify({
      batch: [
        {
          ...anonymous,
          timestamp: isoAfter(0),
          properties: {
            order_id: 'o2',
            currency: 'EUR',
            products: [{ product_id: 'c9', price: 50, quantity: 1 }],
          },
        },
      ],
    }),
  });
  const body = 'List-Unsubscribe=One-Click';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const gone = await fetch(coded?.unsubscribeUrl ?? '', { method: 'POST', headers, body });
  expect(gone.status).toBe(200);
  await host.drain();
  await host.clock.advanceTo(host.clock.nowMs() + 31 * dayMs);
  await settled();
  expect(await admin.get(`/v1/admin/campaigns/${campaignId}/runs/run-1/problems`)).toMatchObject({
    next: null,
  });
  expect(await admin.get(`/v1/admin/campaigns/${campaignId}/result`)).toMatchObject({
    latest: { final: true },
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/report`);
  await settled();
  expect(await admin.get(`/v1/admin/campaigns/${campaignId}/report`)).toMatchObject({ campaignId });
});

it('an experiment, from its definition to a result on demand and a last look', () =>
  callExperiments(flow, settled));

it('a code for friends, and a friend', async () => {
  const campaignId = await started({
    name: 'friends',
    audience: everyone,
    trigger: { kind: 'at', at: isoAfter(0) },
    variants: [
      {
        name: 'invitation',
        weight: 1,
        action: {
          kind: 'coupon',
          offer: {
            discount: { kind: 'percent', percent: 20 },
            expiresAfterDays: 30,
            referral: {
              reward: { discount: { kind: 'percent', percent: 10 }, expiresAfterDays: 30 },
              waitDays: 0,
            },
          },
        },
      },
    ],
    holdoutShare: 0,
  });
  // Most are in no holdout.
  const codes = await Promise.all(
    [50, 51, 52, 53].map((index) =>
      read
        .post<{ readonly code: string }>(`/v1/users/${learnerId(index)}/referrals`, { campaignId })
        .then(({ code }) => code)
        .catch(() => undefined),
    ),
  );
  const code = codes.find((each) => each !== undefined) ?? '';
  const order = { customerId: 'friend-1', orderId: 'f1', orderValue: 50, currency: 'EUR' };
  expect(
    await read.post(`/v1/coupons/${code}/redemptions`, order, { 'idempotency-key': 'f1' }),
  ).toMatchObject({ discountAmount: 10 });
});

it('a repeating campaign, which starts its next run', async () => {
  const before = host.executions().length;
  const campaignId = await started({
    name: 'again',
    audience: everyone,
    trigger: { kind: 'recurring', everyDays: 7, ...period() },
    variants,
    caps: [{ deliveriesMax: 10, days: 7 }],
    windowDays: 7,
  });
  expect(host.executions().length).toBe(before + 2);
  await admin.post(`/v1/admin/campaigns/${campaignId}/pause`);
  await admin.post(`/v1/admin/campaigns/${campaignId}/cancel`);
});

it('an event campaign: customers are addressed at once, and wait while it is paused', async () => {
  // Past the days in which the mails of the repeating campaign count for the cap.
  await host.clock.advanceTo(host.clock.nowMs() + 31 * dayMs);
  await settled();
  const campaignId = await started({
    name: 'on event',
    audience: everyone,
    trigger: { kind: 'event', event: 'Course Completed', ...period() },
    variants,
    caps: [{ deliveriesMax: 10, days: 7 }],
    holdoutShare: 0,
    windowDays: 7,
  });
  const finishedBy = async (learners: readonly number[]): Promise<void> => {
    await capture(
      host.apiUrl,
      host.keys.write,
      learners.map((index) => ({
        type: 'track',
        messageId: `finished-${index}`,
        userId: learnerId(index),
        timestamp: isoAfter(0),
        event: 'Course Completed',
        properties: { product_id: course(index, 0) },
      })),
    );
    await host.drain();
  };
  const before = (await host.mails()).length;
  await finishedBy([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  expect((await host.mails()).length).toBeGreaterThan(before);
  await admin.post(`/v1/admin/campaigns/${campaignId}/pause`);
  await finishedBy([30]);
  await admin.post(`/v1/admin/campaigns/${campaignId}/cancel`);
});

it('journeys: a step that is due, and an event that one waits for', async () => {
  await host.clock.advanceTo(host.clock.nowMs() + 31 * dayMs);
  await settled();
  const message = { kind: 'reminder' };
  const steps = [
    { stepId: 'first', kind: 'send', message },
    { stepId: 'started', kind: 'wait-for-event', event: 'Course Started', hours: 48 },
    { stepId: 'second', kind: 'send', message },
  ];
  const campaignId = await started({
    name: 'journey',
    audience: everyone,
    trigger: { kind: 'at', at: isoAfter(0) },
    variants: [{ name: 'journey', weight: 1, action: { kind: 'journey', steps } }],
    windowDays: 7,
  });
  await capture(
    host.apiUrl,
    host.keys.write,
    [2, 3, 4, 5, 6].map((index) => ({
      type: 'track',
      messageId: `started-${index}`,
      userId: learnerId(index),
      timestamp: isoAfter(0),
      event: 'Course Started',
      properties: { product_id: course(index, 0) },
    })),
  );
  await settled();
  const before = (await host.mails()).length;
  await host.clock.advanceTo(host.clock.nowMs() + 2 * dayMs + 10 * 60_000);
  await settled();
  expect((await host.mails()).length).toBeGreaterThan(before);
  await admin.post(`/v1/admin/campaigns/${campaignId}/cancel`);
});

it('messages over SMS, push and in-app, from a batch and on an event, and the offers of a customer', async () => {
  await host.clock.advanceTo(host.clock.nowMs() + 31 * dayMs);
  await settled();
  const batch = async (messages: readonly object[]): Promise<void> => {
    const response = await fetch(`${host.apiUrl}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${host.keys.write}:`).toString('base64')}` },
      body: JSON.stringify({ batch: messages }),
    });
    expect(response.status).toBe(200);
    await host.drain();
  };
  // Two groups, since whose address turned out dead in the one is not tried again in the other.
  await batch(reachableMessages(80, isoAfter(-dayMs)));
  const definition = { variants, windowDays: 7, holdoutShare: 0, recommendationsCount: 0 };
  const audience = { fact: 'trait.group', op: 'eq', value: 'reachable' };
  const channels = ['push', 'sms', 'in-app'];
  await started({
    ...definition,
    name: 'event, over channels',
    audience,
    channels,
    trigger: { kind: 'event', event: 'Course Completed', ...period() },
  });
  await batch(
    Array.from({ length: 40 }, (_, index) => ({
      type: 'track',
      messageId: `reached-${index}`,
      userId: reachableId(index),
      timestamp: isoAfter(0),
      event: 'Course Completed',
      properties: { product_id: 'c0' },
    })),
  );
  await started({
    ...definition,
    name: 'batch, over channels',
    audience,
    channels,
    trigger: { kind: 'at', at: isoAfter(0) },
  });
  const of = await Promise.all(
    Array.from({ length: 80 }, async (_, index) => ({
      userId: reachableId(index),
      ...(await read.get<{
        readonly offers: readonly { readonly kind: string; readonly promotionId?: string }[];
      }>(`/v1/users/${reachableId(index)}/offers`)),
    })),
  );
  const inApp = of.find(({ offers }) => offers[0]?.kind === 'message');
  const promotionId = inApp?.offers[0].promotionId;
  await read.post(`/v1/users/${inApp?.userId}/offers/${promotionId}/impressions`);
  await batch([
    {
      type: 'track',
      messageId: 'promotion-1',
      userId: inApp?.userId,
      timestamp: isoAfter(0),
      event: 'Promotion Clicked',
      properties: { promotion_id: promotionId },
    },
  ]);
});

it('policies judged by the logs', async () => {
  await judgePolicies(flow, settled);
});

it('no call was refused', () => {
  expect(host.roles.refused()).toEqual([]);
});

it('no grant is superfluous', () => {
  const explained = [
    // Lambda's own calls, which the local host makes itself.
    / logs:(CreateLogStream|PutLogEvents) /,
    / sqs:(ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueueAttributes|GetQueueUrl) /,
    // Only when the upload of a part fails.
    / s3:AbortMultipartUpload /,
    // Without it a missing object would be 403, not 404.
    / s3:ListBucket /,
    // Only where an owner put factors of a model trained elsewhere (test/training/external.test.ts).
    /^TrainDataset s3:GetObject .*external/,
    // Whoever is first makes the workspace's secrets.
    /^(Campaigns|Coupons|Unsubscribe|CampaignTrigger|CampaignFreeze|CampaignDeliver) dynamodb:PutItem .*-Control/,
    // Only where the workspace has eligibility rules: the default has none (test/deliveries/offers-shown.test.ts).
    /^Offers dynamodb:BatchGetItem .*-Catalog/,
    // Only when two batches join the same visitor at once.
    /^Archive dynamodb:GetItem .*-Customers/,
  ];
  const unused = host.roles
    .unused()
    .map((grant) => grant.replace(/^\w+-(\w+)[0-9A-F]{8} /, '$1 '))
    .filter((grant) => !explained.some((reason) => reason.test(grant)));
  expect(unused).toEqual([]);
});

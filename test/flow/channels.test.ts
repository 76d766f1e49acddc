// One campaign over e-mail, SMS, push and in-app on the real local host, with customers who have only some of them.
// Customer k of 64: mail by bit 0, phone by bit 1, device by bit 2; bit 3 withholds consent to in-app offers, bit 4 makes
// the device's endpoint disabled, bit 5 the number one that opted out. The campaign's order: push, sms, email, in-app.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import { archivedEvents, importItems } from './world.ts';

const customersCount = 64;
const dayMs = 86_400_000;
let flow: FlowHost;

beforeAll(async () => {
  flow = await openFlowHost();
}, 180_000);
afterAll(() => flow?.close());

const has = (index: number, bit: number): boolean => (index & (1 << bit)) !== 0;
const idOf = (index: number): string => `k${String(index).padStart(2, '0')}`;
const phoneOf = (index: number): string =>
  `+4915100${String(index).padStart(2, '0')}${has(index, 5) ? '0000' : '1111'}`;
const tokenOf = (index: number): string => `${has(index, 4) ? 'dead' : 'live'}-${idOf(index)}`;

type Way = 'push' | 'sms' | 'email' | 'in-app' | 'none';

/** By hand: the first channel that the customer has and that takes the message. */
const wayOf = (index: number): Way => {
  if (has(index, 2) && !has(index, 4)) return 'push';
  if (has(index, 1) && !has(index, 5)) return 'sms';
  if (has(index, 0)) return 'email';
  return has(index, 3) ? 'none' : 'in-app';
};
const everyone = Array.from({ length: customersCount }, (_, index) => index);
const going = (way: Way): string[] => everyone.filter((index) => wayOf(index) === way).map(idOf);

const messagesOf = (index: number, nowMs: number): object[] => {
  const common = { userId: idOf(index), timestamp: new Date(nowMs - dayMs).toISOString() };
  const consents = { sms: { marketing: true }, 'in-app': { marketing: !has(index, 3) } };
  return [
    {
      ...common,
      type: 'identify',
      messageId: `identify-${idOf(index)}`,
      traits: {
        timezone: 'UTC',
        consents,
        ...(has(index, 0) && { email: `${idOf(index)}@example.com` }),
        ...(has(index, 1) && { phone: phoneOf(index) }),
      },
      ...(has(index, 2) && { context: { device: { id: idOf(index), type: 'ios', token: tokenOf(index) } } }),
    },
    {
      ...common,
      type: 'track',
      messageId: `order-${idOf(index)}`,
      event: 'Order Completed',
      properties: { order_id: idOf(index), currency: 'EUR', products: [{ product_id: 'c0', price: 50 }] },
    },
  ];
};

const send = async (messages: readonly object[]): Promise<void> => {
  const response = await fetch(`${flow.host.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${flow.host.keys.write}:`).toString('base64')}` },
    body: JSON.stringify({ batch: messages }),
  });
  expect(await response.text()).toBe('{"success":true}');
  await flow.host.drain();
};

const start = async (name: string): Promise<void> => {
  const { admin, host } = flow;
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name,
    audience: { fact: 'orders', op: 'gte', value: 1 },
    trigger: { kind: 'at', at: new Date(host.clock.nowMs()).toISOString() },
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
    channels: ['push', 'sms', 'email', 'in-app'],
    holdoutShare: 0,
    recommendationsCount: 0,
    windowDays: 7,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  await host.settle();
  await host.drain();
};

interface Offer {
  readonly kind: string;
  readonly promotionId?: string;
  readonly coupon?: { readonly code: string };
}
const offersOf = async (customer: string): Promise<readonly Offer[]> =>
  (await flow.read.get<{ readonly offers: readonly Offer[] }>(`/v1/users/${customer}/offers`)).offers;

/** Who the workspace holds out of everything got nothing and is known by their assignment. */
let treated: Set<string>;
/** Each once: a mail is settled by its attempt and by SES's report, whichever comes first, with the same message id. */
const settledEvents = () => {
  const settled = archivedEvents(flow.directory).filter(({ event }) => event === 'Reprise Delivery Settled');
  return [...new Map(settled.map((event) => [event.messageId, event])).values()];
};
const sentTo = (way: Way): string[] => going(way).filter((customer) => treated.has(customer));

describe('a campaign over four channels', () => {
  it('reaches each customer once, on the first channel that they have and that takes it', async () => {
    await importItems(flow.host.apiUrl, flow.host.keys.admin);
    await send(everyone.flatMap((index) => messagesOf(index, flow.host.clock.nowMs())));
    await start('everywhere');
    treated = new Set(
      archivedEvents(flow.directory)
        .filter(
          ({ event, properties }) => event === 'Reprise Customer Assigned' && properties.variant === 'coupon',
        )
        .map(({ userId }) => `${userId}`),
    );
    expect(treated.size).toBeGreaterThan(customersCount / 2);
    const mails = (await flow.host.mails()).map(({ to }) => to[0].split('@')[0]);
    const messages = flow.host.messages();
    const numberOf = new Map(everyone.map((index) => [phoneOf(index), idOf(index)]));
    expect(mails.sort()).toEqual(sentTo('email'));
    expect(
      messages
        .filter(({ channel }) => channel === 'sms')
        .map(({ to }) => numberOf.get(to) ?? '')
        .sort(),
    ).toEqual(sentTo('sms'));
    expect(
      messages
        .filter(({ channel }) => channel === 'push')
        .map(({ to }) => to.slice('live-'.length))
        .sort(),
    ).toEqual(sentTo('push'));
    for (const way of ['in-app', 'push', 'none'] as const) {
      for (const customer of sentTo(way)) {
        const shown = (await offersOf(customer)).filter(({ kind }) => kind === 'message');
        expect(shown.length, `${customer}, ${way}`).toBe(way === 'in-app' ? 1 : 0);
      }
    }
  });

  it('settles one delivery a customer, and says on which channel and why', () => {
    const events = settledEvents();
    expect(events.length).toBe(treated.size);
    expect(new Set(events.map(({ userId }) => userId)).size).toBe(treated.size);
    for (const { userId, properties } of events) {
      const index = Number(`${userId}`.slice(1));
      const way = wayOf(index);
      const expected = way === 'none' ? {} : { status: 'sent', channel: way };
      expect(properties, `${userId}`).toMatchObject(expected);
      const fellBack = (has(index, 2) && has(index, 4)) || (way !== 'push' && has(index, 1) && has(index, 5));
      if (way !== 'none' && fellBack) expect(properties.channelReason).toBe('fallback');
    }
  });

  it('does not try a dead device or a number that opted out again', async () => {
    const dead = everyone.find((index) => has(index, 4) && has(index, 2) && treated.has(idOf(index))) ?? 0;
    const optedOut = everyone.find(
      (index) => has(index, 5) && has(index, 1) && !has(index, 2) && treated.has(idOf(index)),
    );
    const profileOf = (index = 0) =>
      flow.admin.get<{
        readonly profile: {
          readonly devices?: readonly { readonly deadAtMs?: number }[];
          readonly suppressed: { readonly sms?: object };
        };
      }>(`/v1/admin/customers/${idOf(index)}`);
    expect((await profileOf(dead)).profile.devices?.[0].deadAtMs).toBeGreaterThan(0);
    expect((await profileOf(optedOut)).profile.suppressed.sms).toMatchObject({ reason: 'unsubscribed' });
  });

  it('counts what the app shows and what is tapped, once each, and for nobody else', async () => {
    const [customer, other] = sentTo('in-app');
    const [offer] = await offersOf(customer);
    const seen = (userId: string, event: string) => ({
      type: 'track',
      messageId: `${event}-${userId}`,
      userId,
      event,
      timestamp: new Date(flow.host.clock.nowMs()).toISOString(),
      properties: { promotion_id: offer.promotionId },
    });
    const shown = [
      seen(customer, 'Promotion Viewed'),
      seen(customer, 'Promotion Clicked'),
      seen(other, 'Promotion Clicked'),
    ];
    await send(shown);
    await send(shown);
    const own = `/v1/users/${customer}/offers/${offer.promotionId}`;
    await flow.read.post(`${own}/impressions`);
    await flow.read.post(`${own}/impressions`);
    await expect(flow.read.post(`/v1/users/${other}/offers/${offer.promotionId}/clicks`)).rejects.toThrow(
      /404/,
    );
    await flow.host.drain();
    const reports = archivedEvents(flow.directory).filter(
      ({ event, properties }) =>
        event === 'Reprise Delivery Reported' && properties.deliveryId === offer.promotionId,
    );
    const distinct = new Map(reports.map((report) => [report.messageId, report.properties.kind]));
    // One open by the event, one by the API; one click.
    expect([...distinct.values()].map(String).sort()).toEqual(['click', 'open', 'open']);
    expect(new Set(reports.map(({ userId }) => userId))).toEqual(new Set([customer]));
  });

  it('shows a redeemed offer no more, and a live code however it was sent', async () => {
    const [customer] = sentTo('in-app');
    const [offer] = await offersOf(customer);
    await flow.read.post(
      `/v1/coupons/${offer.coupon?.code}/redemptions`,
      { customerId: customer, orderId: 'o1', orderValue: 50, currency: 'EUR' },
      { 'idempotency-key': 'o1' },
    );
    expect(await offersOf(customer)).toEqual([]);
    const [mailed] = sentTo('email');
    expect(await offersOf(mailed)).toMatchObject([{ kind: 'coupon', title: '20% off' }]);
  });

  it('shows nothing after its expiry', async () => {
    await flow.host.clock.advanceTo(flow.host.clock.nowMs() + 31 * dayMs);
    await flow.host.settle();
    for (const customer of [...sentTo('in-app'), ...sentTo('email')]) {
      expect(await offersOf(customer)).toEqual([]);
    }
  });

  it('kept to the roles of its functions', () => {
    expect(flow.host.roles.refused()).toEqual([]);
  });
});

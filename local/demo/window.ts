// The campaign's window, day by day, under the moved clock: learners behave by the market's model, knowing only what
// reached their mailbox; coupons are redeemed and orders sent through the API, as the shop's own server would do.

import type { LocalHost } from '../host.ts';
import { createCaptureClient } from '../import/capture-client.ts';
import type { Learner, Market } from '../market/market.ts';
import { added, type Draft, ordered, renewed, tracked, viewed } from '../market/messages.ts';
import {
  behaveDay,
  type LearnerWindow,
  openWindow,
  type Treatment,
  type WindowOrder,
} from '../market/window.ts';
import { type Api, inParallel } from './api.ts';
import { type ReceivedMail, readMail } from './mails.ts';

export interface WindowCounts {
  mails: number;
  codes: number;
  orders: number;
  redemptions: number;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Quiet hours end within eleven hours; learners order from the twelfth on. */
const mailsArriveWithinMs = 11.5 * 3_600_000;
const redemptionsConcurrency = 8;
/** Mails that come later than this are reminders of nothing: nobody in the simulation waits for them. */
const mailDays = 3;

export const liveThrough = async (
  host: LocalHost,
  api: Api,
  market: Market,
  startMs: number,
  windowDays: number,
  log: (line: string) => void,
): Promise<WindowCounts> => {
  const counts: WindowCounts = { mails: 0, codes: 0, orders: 0, redemptions: 0 };
  const byEmail = new Map<string, ReceivedMail & { readonly day: number }>();
  const windows = market.learners.map((learner) => openWindow(market, learner, startMs, 'demo'));
  for (let day = 0; day < windowDays; day++) {
    if (day === 0) await deliver(host, startMs + mailsArriveWithinMs);
    await host.clock.advanceTo(startMs + (day + 1) * dayMs - minuteMs);
    if (day < mailDays) {
      await host.settle();
      await receive(host, byEmail, day);
    }
    const made = windows.flatMap((window) => ordersOf(market, window, day, byEmail));
    await inParallel(made, redemptionsConcurrency, (order) => redeem(api, order, counts));
    await send(host, made);
    counts.orders += made.length;
    if ((day + 1) % 10 === 0)
      log(`  day ${day + 1}: ${counts.orders} orders, ${counts.redemptions} with a coupon`);
  }
  counts.mails = byEmail.size;
  counts.codes = new Set([...byEmail.values()].flatMap(({ code }) => code ?? [])).size;
  return counts;
};

/** Moves the clock from one end of quiet hours to the next, so that each mail leaves when it may. */
const deliver = async (host: LocalHost, untilMs: number): Promise<void> => {
  for (;;) {
    await host.settle();
    const due = host
      .executions()
      .flatMap(({ status, waitsUntilMs }) =>
        status === 'RUNNING' && waitsUntilMs !== undefined ? waitsUntilMs : [],
      )
      .filter((ms) => ms > host.clock.nowMs() && ms <= untilMs);
    if (due.length === 0) return;
    await host.clock.advanceTo(Math.min(...due));
  }
};

const receive = async (
  host: LocalHost,
  byEmail: Map<string, ReceivedMail & { readonly day: number }>,
  day: number,
): Promise<void> => {
  const known = new Set(byEmail.keys());
  for (const raw of await host.mails()) {
    const mail = readMail(raw);
    if (!known.has(mail.email)) {
      if (byEmail.has(mail.email)) throw new Error(`two mails of one campaign to ${mail.email}`);
      byEmail.set(mail.email, { ...mail, day });
    }
  }
};

interface MadeOrder extends WindowOrder {
  readonly learner: Learner;
  readonly orderId: string;
  readonly code?: string;
  discount: number;
}

const ordersOf = (
  market: Market,
  window: LearnerWindow,
  day: number,
  byEmail: ReadonlyMap<string, ReceivedMail & { readonly day: number }>,
): MadeOrder[] => {
  const { learner } = window;
  const mail = byEmail.get(learner.email);
  const treatment: Treatment | undefined = mail && {
    action: mail.code === undefined ? 'reminder' : 'coupon',
    deliveredDay: mail.day,
  };
  return behaveDay(market, window, day, treatment).map((order, index) => ({
    ...order,
    learner,
    orderId: `w-${learner.customerId}-${day}-${index}`,
    ...(order.usesCoupon && mail?.code !== undefined && { code: mail.code }),
    discount: 0,
  }));
};

const redeem = async (api: Api, order: MadeOrder, counts: WindowCounts): Promise<void> => {
  if (order.code === undefined) return;
  const { discountAmount } = await api.post<{ readonly discountAmount: number }>(
    `/v1/coupons/${order.code}/redemptions`,
    {
      customerId: order.learner.customerId,
      orderId: order.orderId,
      orderValue: order.listValue,
      currency: order.lines[0].item.currency,
    },
    { 'idempotency-key': order.orderId },
  );
  order.discount = discountAmount;
  counts.redemptions++;
};

const send = async (host: LocalHost, orders: readonly MadeOrder[]): Promise<void> => {
  const client = createCaptureClient({ apiUrl: host.apiUrl, writeKey: host.keys.write });
  for (const order of orders) {
    for (const [index, draft] of draftsOf(order).entries()) {
      await client.add(tracked(draft, `${order.orderId}-${index}`, { userId: order.learner.customerId }));
    }
  }
  await client.flush();
  if (client.counts.refused > 0)
    throw new Error(`capture refused ${client.counts.refused} events of the window`);
};

const draftsOf = ({ at, lines, orderId, isRenewal, code, discount }: MadeOrder): Draft[] => {
  if (isRenewal) return [renewed(orderId, lines[0].item, at)];
  const looks = lines.flatMap(({ item }) => [
    viewed(item, at - 20 * minuteMs),
    added(item, at - 10 * minuteMs),
  ]);
  return [...looks, ordered(orderId, lines, at, code === undefined ? undefined : { code, discount })];
};

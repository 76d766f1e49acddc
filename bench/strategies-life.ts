// What the learners of the simulated market do in a day while every strategy runs: they look around and fill carts,
// complete what they own, order by the market's model, and come back by what reached their mailbox. The latest mail is
// the one that works; its code is used on the order that follows, through the API. Newcomers (who never bought) make their
// first order with a chance of 8% a day, some with a code from a friend.

import { type Random, seededRandom } from '../lib/base/random.ts';
import { type Api, inParallel } from '../local/demo/api.ts';
import type { LocalHost } from '../local/host.ts';
import { createCaptureClient } from '../local/import/capture-client.ts';
import { basket } from '../local/market/history.ts';
import type { Learner, Market } from '../local/market/market.ts';
import {
  added,
  completed,
  type Draft,
  type OrderLine,
  ordered,
  orderValue,
  renewed,
  tracked,
  viewed,
} from '../local/market/messages.ts';
import { behaveDay, type LearnerWindow, openWindow } from '../local/market/window.ts';
import type { StrategyMail } from './strategies-mails.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const newcomerOrderShare = 0.08;
const friendCodeShare = 0.3;
const cartShare = 0.15;
const completionShare = 0.004;
const redemptionsConcurrency = 8;

export interface LifeCounts {
  orders: number;
  redeemed: number;
  /** Answers to codes that could not be used, by the API's code. */
  readonly refused: Map<string, number>;
}

export interface Life {
  readonly counts: LifeCounts;
  receive(mail: StrategyMail, day: number): void;
  /** Everything of this day, sent and redeemed. */
  live(day: number): Promise<void>;
}

interface Living {
  readonly learner: Learner;
  readonly window: LearnerWindow;
  readonly random: Random;
  isNewcomer: boolean;
  mail?: { readonly code?: string; readonly day: number };
}

interface MadeOrder {
  readonly learner: Learner;
  readonly orderId: string;
  readonly at: number;
  readonly lines: readonly OrderLine[];
  readonly code?: string;
  readonly isRenewal: boolean;
  discount: number;
}

export const createLife = (host: LocalHost, api: Api, market: Market, startMs: number): Life => {
  const living = market.learners.map(
    (learner): Living => ({
      learner,
      window: openWindow(market, learner, startMs, 'strategies'),
      random: seededRandom(`life/${market.seed}/${learner.customerId}`),
      isNewcomer: !learner.hasBought,
    }),
  );
  const byEmail = new Map(living.map((one) => [one.learner.email, one]));
  const friendCodes: { readonly code: string; readonly owner: string }[] = [];
  const counts: LifeCounts = { orders: 0, redeemed: 0, refused: new Map() };
  return {
    counts,
    receive: (mail, day) => {
      const reader = byEmail.get(mail.email);
      if (reader === undefined) throw new Error(`a mail to ${mail.email}, who is no learner`);
      const isForFriends = mail.strategy === 'referral';
      if (isForFriends && mail.code !== undefined) {
        friendCodes.push({ code: mail.code, owner: reader.learner.customerId });
      }
      reader.mail = { day, ...(!isForFriends && mail.code !== undefined && { code: mail.code }) };
      reader.window.opened = undefined;
      reader.window.respondedOn = undefined;
    },
    live: async (day) => {
      const drafts: [Learner, string, Draft][] = [];
      const orders: MadeOrder[] = [];
      for (const one of living) {
        drafts.push(...browses(market, one, startMs, day));
        orders.push(...ordersOf(market, one, startMs, day, friendCodes));
      }
      await inParallel(
        orders.filter(({ code }) => code !== undefined),
        redemptionsConcurrency,
        (order) => redeem(api, order, counts),
      );
      counts.orders += orders.length;
      for (const order of orders) {
        for (const [index, draft] of draftsOf(order).entries()) {
          drafts.push([order.learner, `${order.orderId}-${index}`, draft]);
        }
      }
      const client = createCaptureClient({ apiUrl: host.apiUrl, writeKey: host.keys.write });
      for (const [{ customerId }, id, draft] of drafts) {
        await client.add(tracked(draft, id, { userId: customerId }));
      }
      await client.flush();
      if (client.counts.refused > 0) throw new Error(`capture refused ${client.counts.refused} events`);
    },
  };
};

const browses = (
  market: Market,
  { learner, window, random }: Living,
  startMs: number,
  day: number,
): [Learner, string, Draft][] => {
  const atMs = startMs + (day + 0.1 + 0.3 * random.next()) * dayMs;
  const drafts: Draft[] = [];
  if (random.next() < learner.visitsPerDay) {
    const item = market.choiceFor(learner).view(random);
    drafts.push(viewed(item, atMs));
    if (random.next() < cartShare) drafts.push(added(item, atMs + minuteMs));
  }
  const courses = [...window.owned.keys()].filter((id) => market.itemsById.get(id)?.kind === 'course');
  if (courses.length > 0 && random.next() < completionShare * courses.length) {
    const item = market.itemsById.get(courses[random.int(courses.length)]);
    if (item !== undefined) drafts.push(completed(item, atMs));
  }
  return drafts.map((draft, index) => [learner, `b-${learner.customerId}-${day}-${index}`, draft]);
};

const ordersOf = (
  market: Market,
  one: Living,
  startMs: number,
  day: number,
  friendCodes: readonly { readonly code: string; readonly owner: string }[],
): MadeOrder[] => {
  const { learner, window, mail } = one;
  const id = `w-${learner.customerId}-${day}`;
  if (one.isNewcomer) {
    return firstOrder(market, one, startMs, day, id, friendCodes);
  }
  const treatment = mail && {
    action: mail.code === undefined ? ('reminder' as const) : ('coupon' as const),
    deliveredDay: mail.day,
  };
  return behaveDay(market, window, day, treatment).map(({ at, lines, usesCoupon, isRenewal }, index) => ({
    learner,
    orderId: `${id}-${index}`,
    at,
    lines,
    isRenewal,
    ...(usesCoupon && mail?.code !== undefined && { code: mail.code }),
    discount: 0,
  }));
};

const firstOrder = (
  market: Market,
  one: Living,
  startMs: number,
  day: number,
  orderId: string,
  friendCodes: readonly { readonly code: string; readonly owner: string }[],
): MadeOrder[] => {
  const { learner, window, random } = one;
  if (random.next() >= newcomerOrderShare) return [];
  const at = Math.round(startMs + (day + 0.5 + 0.4 * random.next()) * dayMs);
  const lines = basket(market, learner, random, window.owned, at);
  if (lines.length === 0) return [];
  one.isNewcomer = false;
  for (const { item } of lines) window.owned.set(item.itemId, at);
  const friend = random.next() < friendCodeShare && friendCodes.length > 0;
  const code = friend ? friendCodes[random.int(friendCodes.length)].code : undefined;
  return [
    { learner, orderId, at, lines, isRenewal: false, discount: 0, ...(code !== undefined && { code }) },
  ];
};

const redeem = async (api: Api, order: MadeOrder, counts: LifeCounts): Promise<void> => {
  try {
    const { discountAmount } = await api.post<{ readonly discountAmount: number }>(
      `/v1/coupons/${order.code}/redemptions`,
      {
        customerId: order.learner.customerId,
        orderId: order.orderId,
        orderValue: orderValue(order.lines),
        currency: order.lines[0].item.currency,
        lines: order.lines.map(({ item, quantity }) => ({
          itemId: item.itemId,
          price: item.price,
          quantity,
        })),
      },
      { 'idempotency-key': order.orderId },
    );
    order.discount = discountAmount;
    counts.redeemed += 1;
  } catch (error) {
    const code = /"code":"([a-z-]+)"/.exec(String(error))?.[1];
    // An expired code, or a bundle that was not bought: the shop charges the full price.
    if (code === undefined) throw error;
    counts.refused.set(code, (counts.refused.get(code) ?? 0) + 1);
  }
};

const draftsOf = ({ at, lines, orderId, isRenewal, code, discount }: MadeOrder): Draft[] => {
  if (isRenewal) return [renewed(orderId, lines[0].item, at)];
  const looks = lines.flatMap(({ item }) => [
    viewed(item, at - 20 * minuteMs),
    added(item, at - 10 * minuteMs),
  ]);
  return [
    ...looks,
    ordered(orderId, lines, at, discount > 0 && code !== undefined ? { code, discount } : undefined),
  ];
};

// A coupon put on an order, held or redeemed: judged on one consistent view, answered with the entry to commit, or with
// the limit that is used up (reservations that ended may free it), or thrown as a refusal.
// What was reserved while the coupon was valid is honoured when it is redeemed, at the order's final value, also when
// the reservation's time is over and nobody else has taken its place.

import type { CustomerId, ItemId } from '../base/ids.ts';
import { couponsPerOrderCountMax } from '../base/limits.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Coupon } from '../ports.ts';
import { needsLines, type PricedLine, type Takeoff, takeoff } from './discount.ts';
import { budgetMinor, type LedgerEntry, type LedgerView, type OrderCoupons, tallyChanges } from './ledger.ts';
import { fromMinor, toMinor } from './money.ts';
import { currencyOf } from './offer.ts';
import * as refusal from './refusals.ts';
import { combines } from './stacking.ts';

export interface OrderRequest {
  readonly customerId: CustomerId;
  readonly orderId: string;
  /** Before any coupon, in the major unit. */
  readonly orderValue: number;
  readonly currency?: string;
  readonly lines?: readonly PricedLine[];
}

export interface Placing {
  readonly request: OrderRequest;
  readonly view: LedgerView;
  /** The catalogue's, of the order's lines. */
  readonly items: ReadonlyMap<ItemId, CatalogItem>;
  readonly nowMs: number;
  /** Absent: redeemed at once. */
  readonly holdMs?: number;
}

export type Placed =
  | { readonly kind: 'placed'; readonly entry: LedgerEntry }
  | { readonly kind: 'exhausted'; readonly which: refusal.Exhausted };

export const place = (placing: Placing): Placed => {
  const { request, view, nowMs, holdMs } = placing;
  const { coupon, use } = view;
  refuseUnusable(placing);
  const currency = request.currency ?? currencyOf(coupon.terms);
  const others = otherCoupons(coupon, request, view.order);
  const taken = takenOff(request, coupon, others, placing.items, currency);
  const isHeld = use?.status === 'held';
  const change = {
    count: isHeld ? 0 : 1,
    minor: taken.minor - (isHeld ? use.discountMinor : 0),
  };
  const which = usedUp(view, change);
  if (which !== undefined) {
    return { kind: 'exhausted', which };
  }
  const at = new Date(nowMs).toISOString();
  const heldUntil = holdMs === undefined ? undefined : new Date(nowMs + holdMs).toISOString();
  return {
    kind: 'placed',
    entry: {
      use: {
        code: coupon.code,
        campaignId: coupon.campaignId,
        customerId: request.customerId,
        orderId: request.orderId,
        status: heldUntil === undefined ? 'redeemed' : 'held',
        orderValue: request.orderValue,
        ...(currency !== undefined && { currency }),
        discountMinor: taken.minor,
        byItem: taken.byItem,
        gives: taken.gives,
        refundedPaidMinor: 0,
        refundedDiscountMinor: 0,
        ...(heldUntil === undefined ? { redeemedAt: at } : { heldUntil }),
        ...(isHeld && use.advocateId !== undefined && { advocateId: use.advocateId }),
        revision: (use?.revision ?? 0) + 1,
      },
      order: withCoupon(request, coupon, view.order, taken),
      couponCount: coupon.redemptionsMax === undefined ? 0 : change.count,
      tallies: tallyChanges(coupon, request.customerId, change),
      ...(heldUntil !== undefined && { holdAdded: heldUntil }),
      ...(isHeld && use.heldUntil !== heldUntil && { holdRemoved: use.heldUntil }),
    },
  };
};

const refuseUnusable = ({ request, view: { coupon, use, order }, nowMs }: Placing): void => {
  const { customerId, orderId } = request;
  const wanted = currencyOf(coupon.terms);
  if (coupon.customerId !== undefined && coupon.customerId !== customerId) {
    throw refusal.ofAnotherCustomer(customerId);
  }
  if (order !== undefined && order.customerId !== customerId) {
    throw refusal.orderOfAnother(orderId);
  }
  if (use?.status === 'redeemed' || use?.status === 'refunded') {
    throw refusal.alreadyOnOrder(use);
  }
  if (coupon.revokedAt !== undefined) {
    throw refusal.revoked(coupon.code);
  }
  if (coupon.validFrom !== undefined && nowMs < Date.parse(coupon.validFrom)) {
    throw refusal.notYetValid(coupon.code, coupon.validFrom);
  }
  if (Date.parse(coupon.expiresAt) <= nowMs && use?.status !== 'held') {
    throw refusal.expired(coupon.code, coupon.expiresAt);
  }
  if (wanted !== undefined && request.currency !== undefined && request.currency !== wanted) {
    throw refusal.otherCurrency(wanted, request.currency);
  }
};

/** The order's coupons beside this one; refuses what may not stand together. */
const otherCoupons = (
  coupon: Coupon,
  { orderId }: OrderRequest,
  order: OrderCoupons | undefined,
): OrderCoupons['coupons'] => {
  const others = (order?.coupons ?? []).filter(({ code }) => code !== coupon.code);
  const clash = others.find((other) => !combines(coupon.terms.stacking, other.stacking));
  if (clash !== undefined) {
    throw refusal.notCombinable(coupon.code, clash.code);
  }
  if (others.length >= couponsPerOrderCountMax) {
    throw refusal.orderFull(orderId);
  }
  return others;
};

const takenOff = (
  request: OrderRequest,
  { code, terms }: Coupon,
  others: OrderCoupons['coupons'],
  items: Placing['items'],
  currency: string | undefined,
): Takeoff => {
  // What another coupon took off single items may have brought them to their lowest price: not without looking.
  const isOnLines = others.some(({ byItem }) => Object.keys(byItem).length > 0);
  if (request.lines === undefined && (needsLines(terms) || isOnLines)) {
    throw refusal.linesMissing();
  }
  const linesMinor = (request.lines ?? []).reduce(
    (total, { price, quantity }) => total + toMinor(price * quantity, currency),
    0,
  );
  if (linesMinor > toMinor(request.orderValue, currency)) {
    throw refusal.linesExceedValue(fromMinor(linesMinor, currency), request.orderValue);
  }
  const taken = takeoff(
    terms,
    {
      value: request.orderValue,
      currency,
      lines: request.lines,
      takenMinor: others.reduce((total, { discountMinor }) => total + discountMinor, 0),
      takenByItem: sumByItem(others),
    },
    items,
  );
  // A gift among the lines does not help to reach the minimum for getting it.
  const counted =
    request.orderValue - (terms.discount.kind === 'gift' ? fromMinor(taken.minor, currency) : 0);
  if (terms.minimumSpend !== undefined && counted < terms.minimumSpend) {
    throw refusal.underMinimum(terms.minimumSpend, currency, counted);
  }
  if (taken.isForOthers) {
    throw refusal.notForTheseItems(code);
  }
  if (taken.minor === 0 && taken.gives.length === 0) {
    throw refusal.nothingToTakeOff(code);
  }
  return taken;
};

const sumByItem = (coupons: OrderCoupons['coupons']): { readonly [itemId: string]: number } => {
  const sums = new Map<string, number>();
  for (const [item, minor] of coupons.flatMap(({ byItem }) => Object.entries(byItem))) {
    sums.set(item, (sums.get(item) ?? 0) + minor);
  }
  return Object.fromEntries(sums);
};

const usedUp = (
  { coupon, customer, campaign }: LedgerView,
  change: { readonly count: number; readonly minor: number },
): refusal.Exhausted | undefined => {
  const { terms } = coupon;
  const isOver = (used: number, more: number, max: number | undefined): boolean =>
    max !== undefined && more > 0 && used + more > max;
  if (isOver(coupon.redemptionsCount, change.count, coupon.redemptionsMax)) {
    return 'code';
  }
  if (isOver(customer.count, change.count, terms.redemptionsPerCustomerMax)) {
    return 'customer';
  }
  if (isOver(campaign.count, change.count, terms.redemptionsTotalMax)) {
    return 'campaign';
  }
  return isOver(campaign.minor, change.minor, budgetMinor(terms)) ? 'budget' : undefined;
};

const withCoupon = (
  { orderId, customerId }: OrderRequest,
  { code, campaignId, terms: { stacking } }: Coupon,
  order: OrderCoupons | undefined,
  { minor, byItem }: Takeoff,
): OrderCoupons => ({
  orderId,
  customerId,
  coupons: [
    ...(order?.coupons ?? []).filter((other) => other.code !== code),
    { code, campaignId, ...(stacking !== undefined && { stacking }), discountMinor: minor, byItem },
  ],
  revision: (order?.revision ?? 0) + 1,
});

// What a coupon takes off an order: in whole minor units of its currency, never more than the order is worth, and off
// each item never below its floor (depth.ts). Percentages are of what earlier coupons on the order left, rounded half
// up over all lines together and shared among them by largest remainder; amounts are shared by the room each line has.
// Without lines only offers for everything and without a margin can be computed (needsLines).
// Gifts and trials are below cost by their nature and know no floor.

import type { ItemId } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import { floorPrice } from './depth.ts';
import { isEligible } from './eligible.ts';
import { minorDigits, toMinor } from './money.ts';
import type { AmountOff, OfferTerms, PercentOff } from './offer.ts';

export interface PricedLine {
  readonly itemId: ItemId;
  readonly quantity: number;
  /** Of one unit, before any coupon, in the major unit. */
  readonly price: number;
}

export interface PricedOrder {
  /** Before any coupon, in the major unit. */
  readonly value: number;
  readonly currency?: string;
  readonly lines?: readonly PricedLine[];
  /** What coupons already on the order take off, in all and by item, in minor units. */
  readonly takenMinor: number;
  readonly takenByItem: { readonly [itemId: string]: number };
}

export interface Takeoff {
  readonly minor: number;
  /** By item, where lines were given. */
  readonly byItem: { readonly [itemId: string]: number };
  /** What the shop gives beside: a gift that is no line of the order, a trial. */
  readonly gives: readonly {
    readonly itemId: ItemId;
    readonly quantity: number;
    readonly days?: number;
  }[];
  /** None of the order's items is one that the offer is for. */
  readonly isForOthers?: boolean;
}

type Items = ReadonlyMap<ItemId, CatalogItem>;

/** `items`: the catalogue's, of the order's lines; only asked for costs, categories and kinds. */
export const takeoff = (terms: OfferTerms, order: PricedOrder, items: Items): Takeoff => {
  const { discount } = terms;
  const left = Math.max(0, toMinor(order.value, order.currency) - order.takenMinor);
  switch (discount.kind) {
    case 'percent':
    case 'amount':
      return order.lines === undefined
        ? { minor: Math.min(left, wanted(discount, left, order.currency)), byItem: {}, gives: [] }
        : offLines(discount, eligibleParts(terms, partsOf(order, terms, items), items), left, order);
    case 'bundle':
      return offLines(discount.off, bundleParts(discount.itemIds, partsOf(order, terms, items)), left, order);
    case 'gift':
      return gift(discount.itemId, partsOf(order, terms, items), left);
    case 'trial':
      return {
        minor: 0,
        byItem: {},
        gives: [{ itemId: discount.itemId, quantity: 1, days: discount.days }],
      };
  }
};

/** Whether the discount depends on what is in the order. */
export const needsLines = ({ discount, eligibleItems, margin }: OfferTerms): boolean =>
  discount.kind === 'bundle' || eligibleItems !== undefined || margin !== undefined;

/** An item's lines of the order together. */
interface Part {
  readonly itemId: ItemId;
  readonly quantity: number;
  /** What is still to pay for it. */
  readonly minor: number;
  /** What may be taken off. */
  readonly room: number;
}

const partsOf = (order: PricedOrder, { margin }: OfferTerms, items: Items): readonly Part[] => {
  const { currency } = order;
  const scale = 10 ** minorDigits(currency);
  return stillToPay(order, scale).map(({ itemId, quantity, minor }) => {
    const floor = floorPrice(items.get(itemId), margin, currency);
    const floorMinor =
      floor.kind === 'none'
        ? 0
        : floor.kind === 'at-least'
          ? Math.ceil(floor.price * quantity * scale - 1e-6)
          : minor;
    return { itemId, quantity, minor, room: Math.max(0, minor - floorMinor) };
  });
};

/**
 * What earlier coupons left of each item. What one of them took without saying off which items is counted off all of
 * the order in proportion to what is left of it, so that a later coupon still ends at each item's floor.
 */
const stillToPay = (
  { value, lines = [], currency, takenMinor, takenByItem }: PricedOrder,
  scale: number,
): readonly Omit<Part, 'room'>[] => {
  const parts = [...Map.groupBy(lines, (line) => line.itemId)].map(([itemId, ofItem]) => {
    const full = ofItem.reduce((total, line) => total + Math.round(line.price * scale) * line.quantity, 0);
    const quantity = ofItem.reduce((total, line) => total + line.quantity, 0);
    return { itemId, quantity, full, minor: Math.max(0, full - (takenByItem[itemId] ?? 0)) };
  });
  const left = parts.map(({ minor }) => minor);
  const noLines = Math.max(0, toMinor(value, currency) - sum(parts.map(({ full }) => full)));
  const unsaid = Math.max(0, takenMinor - sum(Object.values(takenByItem)));
  const shares = shared(Math.min(unsaid, sum(left) + noLines), [...left, noLines]);
  return parts.map(({ itemId, quantity, minor }, index) => ({
    itemId,
    quantity,
    minor: minor - shares[index],
  }));
};

const eligibleParts = (
  { eligibleItems }: OfferTerms,
  parts: readonly Part[],
  items: Items,
): readonly Part[] => parts.filter(({ itemId }) => isEligible(itemId, items.get(itemId), eligibleItems));

/** As much of the bundle's items as makes complete sets. */
const bundleParts = (itemIds: readonly ItemId[], parts: readonly Part[]): readonly Part[] => {
  const ofBundle = parts.filter(({ itemId }) => itemIds.includes(itemId));
  const sets = ofBundle.length < itemIds.length ? 0 : Math.min(...ofBundle.map(({ quantity }) => quantity));
  return sets === 0
    ? []
    : ofBundle.map((part) => {
        const share = sets / part.quantity;
        return {
          ...part,
          quantity: sets,
          minor: Math.floor(part.minor * share),
          room: Math.floor(part.room * share),
        };
      });
};

const gift = (itemId: ItemId, parts: readonly Part[], left: number): Takeoff => {
  const part = parts.find((one) => one.itemId === itemId);
  if (part === undefined) {
    return { minor: 0, byItem: {}, gives: [{ itemId, quantity: 1 }] };
  }
  const minor = Math.min(left, Math.floor(part.minor / part.quantity));
  return { minor, byItem: { [itemId]: minor }, gives: [] };
};

const wanted = (off: PercentOff | AmountOff, minor: number, currency: string | undefined): number =>
  off.kind === 'percent'
    ? Math.floor((minor * off.percent) / 100 + 0.5 + 1e-9)
    : Math.round(off.amount * 10 ** minorDigits(currency));

const offLines = (
  off: PercentOff | AmountOff,
  parts: readonly Part[],
  left: number,
  { currency }: PricedOrder,
): Takeoff => {
  if (parts.length === 0) {
    return { minor: 0, byItem: {}, gives: [], isForOthers: true };
  }
  const minors = parts.map(({ minor }) => minor);
  const rooms = parts.map(({ room }) => room);
  const shares =
    off.kind === 'percent'
      ? shared(wanted(off, sum(minors), currency), minors).map((share, index) =>
          Math.min(share, rooms[index]),
        )
      : shared(Math.min(wanted(off, 0, currency), sum(rooms)), rooms);
  const within = sum(shares) <= left ? shares : shared(left, shares);
  const byItem = parts.flatMap(({ itemId }, index) =>
    within[index] > 0 ? [[itemId, within[index]] as const] : [],
  );
  return { minor: sum(within), byItem: Object.fromEntries(byItem), gives: [] };
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** `total` in whole parts proportional to the weights, by largest remainder: no part above its weight if total ≤ their sum. */
const shared = (total: number, weights: readonly number[]): readonly number[] => {
  const whole = sum(weights);
  if (whole === 0) {
    return weights.map(() => 0);
  }
  const exact = weights.map((weight) => (total * weight) / whole);
  const shares = exact.map(Math.floor);
  const order = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of order.slice(0, total - sum(shares))) {
    shares[index] += 1;
  }
  return shares;
};

// What a customer holds at an instant, by the items' repurchase rules, and when each holding ends (ms since 1970).
// Bought and not refunded since; `renews` and `expires` end `days` after the latest purchase. Consumables are held:
// nothing tells when they are used up. An item that left the catalogue counts as bought once and kept.

import { type ItemId, itemId } from '../base/ids.ts';
import type { CustomerState } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import { dayMs } from './schedule.ts';

export interface Holding {
  readonly itemId: ItemId;
  readonly purchasedAtMs: number;
  /** When it expires or renews; absent when it does neither. */
  readonly endsAtMs?: number;
}

export const holdings = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
  nowMs: number,
): readonly Holding[] =>
  Object.entries(state?.owned ?? {}).flatMap(([id, { purchasedAtMs, refundedAtMs }]) => {
    const refunded = refundedAtMs !== undefined && refundedAtMs >= purchasedAtMs;
    const endsAtMs = endOf(items.get(id), purchasedAtMs);
    const held = !refunded && (endsAtMs === undefined || nowMs < endsAtMs);
    return held ? [{ itemId: itemId(id), purchasedAtMs, endsAtMs }] : [];
  });

/**
 * Whether one of the customer's items is due (ends within `days`) now and was not yet due at `previousMs`, the
 * freeze of the run before. So daily runs address each ending once, and a late or left-out run loses none
 * that is still to come.
 */
export const becomesDue = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
  days: number,
  nowMs: number,
  previousMs: number | undefined,
): boolean =>
  holdings(state, items, nowMs).some(
    (holding) =>
      isDue(holding, days, nowMs) && !(previousMs !== undefined && isDue(holding, days, previousMs)),
  );

const isDue = ({ purchasedAtMs, endsAtMs }: Holding, days: number, atMs: number): boolean =>
  endsAtMs !== undefined && purchasedAtMs <= atMs && atMs < endsAtMs && endsAtMs - atMs <= days * dayMs;

const endOf = (item: CatalogItem | undefined, purchasedAtMs: number): number | undefined =>
  item?.repurchase.kind === 'renews' || item?.repurchase.kind === 'expires'
    ? purchasedAtMs + item.repurchase.days * dayMs
    : undefined;

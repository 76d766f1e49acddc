// What a customer holds at an instant, by the items' repurchase rules, and when each holding ends (ms since 1970).
// Bought and not refunded since; `renews` and `expires` end `days` after the latest purchase. Consumables are held:
// nothing tells when they are used up. An item that left the catalogue counts as bought once and kept.
// Free trials are held by nobody, but their ends are endings too, until the item is bought.

import { type ItemId, itemId } from '../base/ids.ts';
import { expiryLateDaysMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerState } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import { openTrials } from '../events/trials.ts';

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
 * Whether one of the customer's items is due now and was not yet due at `previousMs`, the freeze of the run before: it
 * ends within `days`, or, for days ≤ 0, ended so many days ago and was not bought again. So daily runs address each
 * ending once, and a late or left-out run loses none that is still to come, nor one past its day by a week.
 */
export const becomesDue = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
  days: number,
  nowMs: number,
  previousMs: number | undefined,
): boolean => {
  // The first run of all looks ahead as far as it is told, and back only to what the day before would have found.
  const beforeMs = previousMs ?? (days > 0 ? undefined : nowMs - dayMs);
  return endings(state, items).some(
    (ending) => isDue(ending, days, nowMs) && !(beforeMs !== undefined && isDue(ending, days, beforeMs)),
  );
};

interface Ending {
  readonly purchasedAtMs: number;
  readonly endsAtMs: number;
  /** Not due before. */
  readonly earliestMs?: number;
}

const endings = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
): readonly Ending[] => [
  ...trialEndings(state, items),
  ...Object.entries(state?.owned ?? {}).flatMap(([id, { purchasedAtMs, refundedAtMs }]) => {
    const endsAtMs = endOf(items.get(id), purchasedAtMs);
    const refunded = refundedAtMs !== undefined && refundedAtMs >= purchasedAtMs;
    return refunded || endsAtMs === undefined ? [] : [{ purchasedAtMs, endsAtMs }];
  }),
];

/** Of a short trial half is left before its end is spoken of. */
const trialEndings = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
): readonly Ending[] =>
  [...openTrials(state)].flatMap(([id, { startedAtMs, endsAtMs }]) =>
    items.has(id) ? [{ purchasedAtMs: startedAtMs, endsAtMs, earliestMs: (startedAtMs + endsAtMs) / 2 }] : [],
  );

/** When the customer's trials end that are under way or over. */
export const trialEnds = (
  state: CustomerState | undefined,
  items: ReadonlyMap<string, CatalogItem>,
): readonly number[] => trialEndings(state, items).map(({ endsAtMs }) => endsAtMs);

const isDue = (
  { purchasedAtMs, endsAtMs, earliestMs = purchasedAtMs }: Ending,
  days: number,
  atMs: number,
): boolean => {
  const fromMs = Math.max(endsAtMs - days * dayMs, earliestMs);
  const untilMs = days > 0 ? endsAtMs : fromMs + expiryLateDaysMax * dayMs;
  return purchasedAtMs <= atMs && fromMs <= atMs && atMs < untilMs;
};

const endOf = (item: CatalogItem | undefined, purchasedAtMs: number): number | undefined =>
  item?.repurchase.kind === 'renews' || item?.repurchase.kind === 'expires'
    ? purchasedAtMs + item.repurchase.days * dayMs
    : undefined;

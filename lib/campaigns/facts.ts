// Facts about one customer that segment conditions compare: counts, sums in the orders' currency, whole days, ids.
// Derived from the customer's record, the catalogue and now; a fact without a value is missing (undefined).
// Days since are whole days passed (rounded down); days until are rounded up, so "expiresInDays lte 7" means within
// seven days. Orders refunded in full do not count. Limits: fresh events and orders are bounded (limits.ts).

import { dayMs } from '../base/time.ts';
import { addressableChannels } from '../events/consent.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { Json } from '../events/event.ts';
import type { CatalogItem } from '../events/item.ts';
import { endsAtMs, isHeld } from '../recommendations/eligibility.ts';
import type { Focus } from './campaign.ts';
import { catalogueOf } from './fact-items.ts';
import { focusItems } from './focus.ts';
import { holdings, trialEnds } from './holdings.ts';

export type FactKind = 'number' | 'text' | 'list' | 'trait';

/** Name → what it may be compared with. Traits are named `trait.<name>`. */
export const factKinds: { readonly [fact: string]: FactKind } = {
  orders: 'number',
  spend: 'number',
  daysSinceLastOrder: 'number',
  daysSinceFirstOrder: 'number',
  ownedItems: 'number',
  owns: 'list',
  ownsCategory: 'list',
  viewed: 'list',
  daysSinceLastEvent: 'number',
  expiresInDays: 'number',
  daysSinceExpiry: 'number',
  cart: 'list',
  viewedNotBought: 'list',
  completed: 'list',
  daysSinceLastCompletion: 'number',
  nextInSeries: 'list',
  language: 'text',
  channel: 'list',
};

export const traitPrefix = 'trait.';

/** Looks a fact up by the name a condition uses. */
export type CustomerFacts = (fact: string) => Json | undefined;

export const customerFacts = (
  record: CustomerRecord,
  items: ReadonlyMap<string, CatalogItem>,
  nowMs: number,
): CustomerFacts => {
  const traits = new Map(Object.entries(record.profile?.traits ?? {}));
  let derived: ReadonlyMap<string, Json | undefined> | undefined;
  return (fact) => {
    if (fact.startsWith(traitPrefix)) {
      return traits.get(fact.slice(traitPrefix.length));
    }
    derived ??= new Map(Object.entries(deriveFacts(record, items, nowMs)));
    return derived.get(fact);
  };
};

const deriveFacts = (
  record: CustomerRecord,
  items: ReadonlyMap<string, CatalogItem>,
  nowMs: number,
): { readonly [fact: string]: Json | undefined } => {
  const held = holdings(record.state, items, nowMs);
  const ends = [
    ...held.flatMap(({ endsAtMs }) => (endsAtMs === undefined ? [] : [endsAtMs])),
    ...trialEnds(record.state, items).filter((endMs) => endMs > nowMs),
  ];
  const events = record.state?.events ?? [];
  return {
    ...orderFacts(record, nowMs),
    ...itemFacts(record, items, nowMs),
    ownedItems: held.length,
    owns: held.map(({ itemId }) => itemId),
    ownsCategory: [...new Set(held.flatMap(({ itemId }) => items.get(itemId)?.category ?? []))],
    viewed: [...new Set(events.filter(({ type }) => type === 'view').map(({ itemId }) => itemId))],
    daysSinceLastEvent: daysSince(latest(events.map(({ atMs }) => atMs)), nowMs),
    expiresInDays: ends.length === 0 ? undefined : Math.ceil((Math.min(...ends) - nowMs) / dayMs),
    language: record.profile?.language,
    channel: [...addressableChannels(record.profile)],
  };
};

/** Of the items that a message may be about (focus.ts): what it would show is what the condition saw. */
const itemFacts = ({ state }: CustomerRecord, items: ReadonlyMap<string, CatalogItem>, nowMs: number) => {
  const catalogue = catalogueOf(items);
  const of = (focus: Focus) => focusItems(focus, anyTime, state, catalogue, nowMs);
  const idsOf = (focus: Focus): readonly string[] => of(focus).map(({ item }) => item.itemId);
  const completions = (state?.events ?? []).filter(({ type }) => type === 'complete');
  const ended = Object.entries(state?.owned ?? {}).flatMap(([id, owned]) => {
    const item = items.get(id);
    const atMs = item !== undefined && isHeld(owned) ? endsAtMs(item.repurchase, owned) : undefined;
    return atMs !== undefined && atMs <= nowMs ? [atMs] : [];
  });
  return {
    daysSinceExpiry: daysSince(
      latest([...ended, ...trialEnds(state, items).filter((endMs) => endMs <= nowMs)]),
      nowMs,
    ),
    cart: idsOf('cart'),
    viewedNotBought: idsOf('viewed'),
    completed: idsOf('completed'),
    daysSinceLastCompletion: daysSince(latest(completions.map(({ atMs }) => atMs)), nowMs),
    nextInSeries: idsOf('series'),
  };
};

/** Only endings look at the trigger, and no fact is made of them here. */
const anyTime = { kind: 'at', at: '' } as const;

const latest = (times: readonly number[]): number | undefined =>
  times.length === 0 ? undefined : Math.max(...times);

const orderFacts = (record: CustomerRecord, nowMs: number) => {
  const orders = Object.values(record.state?.orders ?? {});
  const kept = orders.filter(({ value, refundedValue }) => value === 0 || refundedValue < value);
  const times = kept.map(({ atMs }) => atMs);
  return {
    orders: kept.length,
    spend:
      orders.reduce((sum, { value, refundedValue }) => sum + value - refundedValue, 0) -
      (record.state?.unmatchedRefundedValue ?? 0),
    daysSinceLastOrder: daysSince(latest(times), nowMs),
    daysSinceFirstOrder: daysSince(times.length === 0 ? undefined : Math.min(...times), nowMs),
  };
};

const daysSince = (atMs: number | undefined, nowMs: number): number | undefined =>
  atMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - atMs) / dayMs));

// Facts about one customer that segment conditions compare: counts, sums in the orders' currency, whole days, ids.
// Derived from the customer's record, the catalogue and now; a fact without a value is missing (undefined).
// Days since are whole days passed (rounded down); days until are rounded up, so "expiresInDays lte 7" means within
// seven days. Orders refunded in full do not count. Limits: fresh events and orders are bounded (limits.ts).

import type { CustomerRecord } from '../events/customer.ts';
import type { Json } from '../events/event.ts';
import type { CatalogItem } from '../events/item.ts';
import { holdings } from './holdings.ts';
import { dayMs } from './schedule.ts';

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
  const ends = held.flatMap(({ endsAtMs }) => (endsAtMs === undefined ? [] : [endsAtMs]));
  const events = record.state?.events ?? [];
  const newestMs = events.length === 0 ? undefined : Math.max(...events.map(({ atMs }) => atMs));
  return {
    ...orderFacts(record, nowMs),
    ownedItems: held.length,
    owns: held.map(({ itemId }) => itemId),
    ownsCategory: [...new Set(held.flatMap(({ itemId }) => items.get(itemId)?.category ?? []))],
    viewed: [...new Set(events.filter(({ type }) => type === 'view').map(({ itemId }) => itemId))],
    daysSinceLastEvent: daysSince(newestMs, nowMs),
    expiresInDays: ends.length === 0 ? undefined : Math.ceil((Math.min(...ends) - nowMs) / dayMs),
    language: record.profile?.language,
    channel: reachableChannels(record),
  };
};

const orderFacts = (record: CustomerRecord, nowMs: number) => {
  const orders = Object.values(record.state?.orders ?? {});
  const kept = orders.filter(({ value, refundedValue }) => value === 0 || refundedValue < value);
  const times = kept.map(({ atMs }) => atMs);
  return {
    orders: kept.length,
    spend:
      orders.reduce((sum, { value, refundedValue }) => sum + value - refundedValue, 0) -
      (record.state?.unmatchedRefundedValue ?? 0),
    daysSinceLastOrder: daysSince(times.length === 0 ? undefined : Math.max(...times), nowMs),
    daysSinceFirstOrder: daysSince(times.length === 0 ? undefined : Math.min(...times), nowMs),
  };
};

const daysSince = (atMs: number | undefined, nowMs: number): number | undefined =>
  atMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - atMs) / dayMs));

/** Channels with an address on which marketing was not stopped. */
export const reachableChannels = ({ profile }: CustomerRecord): ('email' | 'sms')[] => {
  const channels: ('email' | 'sms')[] = [];
  if (profile?.email && !profile.suppressed.email) {
    channels.push('email');
  }
  if (profile?.phone && !profile.suppressed.sms) {
    channels.push('sms');
  }
  return channels;
};

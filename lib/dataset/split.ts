// The split by time: train is what was known at one instant for everybody, test what the customers took from then on.
//   instant   the 80% quantile of the times of what counts as taken (purchases that were kept; where there are none,
//             every interaction)
//   train     rows before the instant, purchases already refunded by then left out; a later refund is not known yet
//   test      items taken at or after it and never refunded, by customers with a row in train; items owned at the
//             instant count only when their repurchase rule lets an owner take them again
// Nothing of train is later than anything of test, over all customers.

import type { CustomerId } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import { type Interactions, purchaseCode } from './interaction.ts';
import type { DatasetRows } from './load.ts';

export interface Split {
  readonly atMs: number;
  readonly train: Interactions;
  readonly test: readonly TestCustomer[];
}

export interface TestCustomer {
  readonly customerId: CustomerId;
  /** What was taken after the instant: what a recommender should have found. */
  readonly relevant: ReadonlySet<string>;
  /** Never to be recommended: owned at the instant, and bought once for all. */
  readonly excluded: ReadonlySet<string>;
}

export const trainShareDefault = 0.8;

type Catalogue = ReadonlyMap<string, CatalogItem>;

export const splitByTime = (rows: DatasetRows, catalogue: Catalogue, share = trainShareDefault): Split => {
  const atMs = splitPointMs(rows, share);
  const train = interactionsBefore(rows, atMs);
  return { atMs, train, test: testCustomers(rows, train, catalogue, atMs) };
};

/** Everything up to the instant, as known then; indexes are dense again. Infinity gives all that was kept. */
export const interactionsBefore = (rows: DatasetRows, atMs: number): Interactions => {
  const kept: number[] = [];
  for (let row = 0; row < rows.atMs.length; row++) {
    if (rows.atMs[row] < atMs && !(rows.refundedMs[row] < atMs)) {
      kept.push(row);
    }
  }
  const customers = denseFrom(rows.customers, rows.customerIndex, kept);
  const items = denseFrom(rows.items, rows.itemIndex, kept);
  return {
    customers: customers.ids,
    items: items.ids,
    customerIndex: customers.index,
    itemIndex: items.index,
    value: Float32Array.from(kept, (row) => rows.value[row]),
    atMs: Float64Array.from(kept, (row) => rows.atMs[row]),
    type: Uint8Array.from(kept, (row) => rows.type[row]),
  };
};

/** Items each customer owns for good: bought, not sent back, and of the rule `once` (also where no rule is known). */
export const ownedOnce = (
  interactions: Interactions,
  catalogue: Catalogue,
): ReadonlyMap<CustomerId, Set<string>> => {
  const owned = new Map<CustomerId, Set<string>>();
  for (let row = 0; row < interactions.type.length; row++) {
    const item = interactions.items[interactions.itemIndex[row]];
    if (
      interactions.type[row] === purchaseCode &&
      (catalogue.get(item)?.repurchase.kind ?? 'once') === 'once'
    ) {
      const customer = interactions.customers[interactions.customerIndex[row]];
      owned.set(customer, (owned.get(customer) ?? new Set()).add(item));
    }
  }
  return owned;
};

/** Items a recommendation may name: in the catalogue and not hidden. */
export const visibleItems = (catalogue: Catalogue): ReadonlySet<string> =>
  new Set([...catalogue.values()].filter((item) => !item.hidden).map((item) => item.itemId));

/** Rows that count as taken: kept purchases, or every row where nothing was ever bought. */
const isTaken = (rows: DatasetRows): ((row: number) => boolean) =>
  rows.type.includes(purchaseCode)
    ? (row) => rows.type[row] === purchaseCode && Number.isNaN(rows.refundedMs[row])
    : () => true;

const splitPointMs = (rows: DatasetRows, share: number): number => {
  const taken = isTaken(rows);
  const times = rows.atMs.filter((_, row) => taken(row)).sort();
  return times.length === 0
    ? Number.POSITIVE_INFINITY
    : times[Math.min(times.length - 1, Math.floor(times.length * share))];
};

const testCustomers = (
  rows: DatasetRows,
  train: Interactions,
  catalogue: Catalogue,
  atMs: number,
): readonly TestCustomer[] => {
  const owned = ownedOnce(train, catalogue);
  const known = new Set(train.customers);
  const visible = visibleItems(catalogue);
  const taken = isTaken(rows);
  const relevant = new Map<CustomerId, Set<string>>();
  for (let row = 0; row < rows.atMs.length; row++) {
    const customer = rows.customers[rows.customerIndex[row]];
    const item = rows.items[rows.itemIndex[row]];
    const counts = rows.atMs[row] >= atMs && taken(row) && visible.has(item) && known.has(customer);
    if (counts && !(owned.get(customer)?.has(item) ?? false)) {
      relevant.set(customer, (relevant.get(customer) ?? new Set()).add(item));
    }
  }
  return [...relevant].map(([customerId, items]) => ({
    customerId,
    relevant: items,
    excluded: owned.get(customerId) ?? new Set(),
  }));
};

const denseFrom = <Id>(ids: readonly Id[], index: Int32Array, kept: readonly number[]) => {
  const placeOf = new Int32Array(ids.length).fill(-1);
  const used: Id[] = [];
  const dense = Int32Array.from(kept, (row) => {
    const original = index[row];
    if (placeOf[original] < 0) {
      placeOf[original] = used.push(ids[original]) - 1;
    }
    return placeOf[original];
  });
  return { ids: used, index: dense };
};

// What is withheld from a training to learn weights and hyperparameters on, never the test part:
//   by time      where times differ: train is before the instant, taken is what came from then on (as dataset/split.ts)
//   at random    where they do not: one item of every customer who has two, drawn by seed
// Indexes stay those of the interactions given, so that models of both parts speak of the same items.
// Items owned for good are never candidates; items that may be bought again are.

import { seededRandom } from '../base/random.ts';
import { type Interactions, purchaseCode } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';

export interface Withheld {
  readonly train: Interactions;
  /** The end of train, ms since 1970. */
  readonly nowMs: number;
  /** Those with something in train. */
  readonly customers: readonly WithheldCustomer[];
  /** Those whose first item is withheld: none where it is drawn. */
  readonly newcomers: readonly WithheldCustomer[];
}

export interface WithheldCustomer {
  readonly customer: number;
  /** Items taken in the withheld part, distinct, as first taken. */
  readonly taken: readonly number[];
  /** Items bought in train once for all. */
  readonly owned: ReadonlySet<number>;
}

type CatalogueByIndex = readonly (CatalogItem | undefined)[];

export interface WithholdOptions {
  /** Of what was taken, how much the withheld part holds where the split is by time. */
  readonly share: number;
  readonly seed: string;
}

export const withhold = (
  interactions: Interactions,
  catalogue: CatalogueByIndex,
  nowMs: number,
  options: WithholdOptions,
): Withheld => {
  const taken = takenRows(interactions);
  const instant = instantOf(interactions, taken, options.share);
  const isWithheld =
    instant === undefined
      ? drawnRows(interactions, taken, options.seed)
      : interactions.atMs.map((atMs) => (atMs >= instant ? 1 : 0));
  const train = rowsOf(interactions, (row) => isWithheld[row] === 0);
  const all = customersOf(interactions, train, catalogue, (row) => isWithheld[row] === 1 && taken(row));
  const known = new Set(train.customerIndex);
  return {
    train,
    nowMs: instant ?? nowMs,
    customers: all.filter(({ customer }) => known.has(customer)),
    newcomers: all.filter(({ customer }) => !known.has(customer)),
  };
};

/** In the catalogue and not hidden; where there is no catalogue, every item. */
export const visibleIn = (catalogue: CatalogueByIndex): ((item: number) => boolean) =>
  catalogue.some((item) => item !== undefined) ? (item) => catalogue[item]?.hidden === false : () => true;

export const rowsOf = (interactions: Interactions, keep: (row: number) => boolean): Interactions => {
  const { customers, items, customerIndex, itemIndex, value, atMs, type } = interactions;
  const kept: number[] = [];
  for (let row = 0; row < value.length; row++) {
    if (keep(row)) {
      kept.push(row);
    }
  }
  return {
    customers,
    items,
    customerIndex: Int32Array.from(kept, (row) => customerIndex[row]),
    itemIndex: Int32Array.from(kept, (row) => itemIndex[row]),
    value: Float32Array.from(kept, (row) => value[row]),
    atMs: Float64Array.from(kept, (row) => atMs[row]),
    type: Uint8Array.from(kept, (row) => type[row]),
  };
};

/** Purchases; every row where nothing was ever bought. */
const takenRows = ({ type }: Interactions): ((row: number) => boolean) =>
  type.includes(purchaseCode) ? (row) => type[row] === purchaseCode : () => true;

/** Undefined where nothing would lie before it. */
const instantOf = (
  { atMs }: Interactions,
  taken: (row: number) => boolean,
  share: number,
): number | undefined => {
  const times = atMs.filter((_, row) => taken(row)).sort();
  const instant = times[Math.min(times.length - 1, Math.floor(times.length * (1 - share)))];
  return times.length > 0 && instant > times[0] ? instant : undefined;
};

/** All rows of one taken item of each customer with two items or more. */
const drawnRows = (
  { customers, customerIndex, itemIndex }: Interactions,
  taken: (row: number) => boolean,
  seed: string,
): Uint8Array => {
  const random = seededRandom(`withhold/${seed}`);
  const choices: Set<number>[] = customers.map(() => new Set<number>());
  customerIndex.forEach((customer, row) => {
    if (taken(row)) {
      choices[customer].add(itemIndex[row]);
    }
  });
  const drawn = choices.map((items) => (items.size < 2 ? -1 : [...items][random.int(items.size)]));
  return Uint8Array.from(itemIndex, (item, row) => (drawn[customerIndex[row]] === item ? 1 : 0));
};

const customersOf = (
  interactions: Interactions,
  train: Interactions,
  catalogue: CatalogueByIndex,
  counts: (row: number) => boolean,
): readonly WithheldCustomer[] => {
  const { customerIndex, itemIndex } = interactions;
  const owned = ownedItems(train, catalogue);
  const isVisible = visibleIn(catalogue);
  const taken = new Map<number, Set<number>>();
  for (let row = 0; row < itemIndex.length; row++) {
    const [customer, item] = [customerIndex[row], itemIndex[row]];
    if (counts(row) && isVisible(item) && !(owned.get(customer)?.has(item) ?? false)) {
      taken.set(customer, (taken.get(customer) ?? new Set()).add(item));
    }
  }
  return [...taken].map(([customer, items]) => ({
    customer,
    taken: [...items],
    owned: owned.get(customer) ?? new Set(),
  }));
};

const ownedItems = (
  { customerIndex, itemIndex, type }: Interactions,
  catalogue: CatalogueByIndex,
): ReadonlyMap<number, ReadonlySet<number>> => {
  const owned = new Map<number, Set<number>>();
  for (let row = 0; row < type.length; row++) {
    const item = itemIndex[row];
    if (type[row] === purchaseCode && (catalogue[item]?.repurchase.kind ?? 'once') === 'once') {
      owned.set(customerIndex[row], (owned.get(customerIndex[row]) ?? new Set()).add(item));
    }
  }
  return owned;
};

// Features of customers, as the shell keeps them beside the pairs: names, and for each customer the numbers of theirs
// (rows as in lib/numeric/sparse.ts), first the customers of the training, then those of whom nothing but features is known.
// Which features are fit to be given: lib/dataset/customer-features.ts.

import type { CustomerId } from '../base/ids.ts';
import { type Artifact, int32 } from './artifact.ts';
import type { CustomerFeatures } from './recommender.ts';

export interface FeatureLists {
  readonly names: readonly string[];
  readonly rowStart: Int32Array;
  readonly index: Int32Array;
  /** Rows of customers without interactions. */
  readonly others: ReadonlyMap<string, number>;
}

/** What of the lists is saved as JSON. */
export interface FeatureHeader {
  readonly names: readonly string[];
  readonly others: readonly string[];
}

/** Undefined where nothing is known of anyone. */
export const featureLists = (
  customers: readonly string[],
  features: CustomerFeatures,
): FeatureLists | undefined => {
  const trained = new Set(customers);
  const others = [...features.keys()].filter((id) => !trained.has(id));
  const numberOf = new Map<string, number>();
  const rowStart = new Int32Array(customers.length + others.length + 1);
  const index: number[] = [];
  for (const [row, customer] of [...customers, ...others].entries()) {
    for (const name of features.get(customer) ?? []) {
      const known = numberOf.get(name) ?? numberOf.size;
      numberOf.set(name, known);
      index.push(known);
    }
    rowStart[row + 1] = index.length;
  }
  return index.length === 0
    ? undefined
    : {
        names: [...numberOf.keys()],
        rowStart,
        index: Int32Array.from(index),
        others: rowsOf(others, customers.length),
      };
};

/** `customer`: index in the training, −1 for others. */
export const featuresOf = (
  lists: FeatureLists | undefined,
  customer: number,
  id: CustomerId | undefined,
): readonly string[] => {
  const row = customer >= 0 || id === undefined ? customer : (lists?.others.get(id) ?? -1);
  return lists === undefined || row < 0
    ? []
    : Array.from(
        lists.index.subarray(lists.rowStart[row], lists.rowStart[row + 1]),
        (name) => lists.names[name],
      );
};

export const featureArrays = (lists: FeatureLists | undefined) =>
  lists && { 'features.rowStart': lists.rowStart, 'features.index': lists.index };

export const featureHeader = (lists: FeatureLists | undefined): FeatureHeader | undefined =>
  lists && { names: lists.names, others: [...lists.others.keys()] };

export const featureListsFrom = (
  artifact: Artifact<unknown>,
  header: FeatureHeader | undefined,
  customersCount: number,
): FeatureLists | undefined =>
  header && {
    names: header.names,
    rowStart: int32(artifact, 'features.rowStart'),
    index: int32(artifact, 'features.index'),
    others: rowsOf(header.others, customersCount),
  };

const rowsOf = (ids: readonly string[], first: number): ReadonlyMap<string, number> =>
  new Map(ids.map((id, place) => [id, first + place]));

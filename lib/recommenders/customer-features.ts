// Features of the customers of a training, as the shell keeps them beside the pairs: names, and for each customer the
// numbers of theirs (rows as in lib/numeric/sparse.ts). Only features with names that several share are worth giving:
// lib/dataset/customer-features.ts sees to it.

import { type Artifact, int32 } from './artifact.ts';
import type { CustomerFeatures } from './recommender.ts';

export interface FeatureLists {
  readonly names: readonly string[];
  readonly rowStart: Int32Array;
  readonly index: Int32Array;
}

/** In the order of `customers`; undefined where nothing is known of anyone. */
export const featureLists = (
  customers: readonly string[],
  features: CustomerFeatures,
): FeatureLists | undefined => {
  const numberOf = new Map<string, number>();
  const rowStart = new Int32Array(customers.length + 1);
  const index: number[] = [];
  for (const [row, customer] of customers.entries()) {
    for (const name of features.get(customer) ?? []) {
      const known = numberOf.get(name) ?? numberOf.size;
      numberOf.set(name, known);
      index.push(known);
    }
    rowStart[row + 1] = index.length;
  }
  return index.length === 0
    ? undefined
    : { names: [...numberOf.keys()], rowStart, index: Int32Array.from(index) };
};

export const featuresOf = (lists: FeatureLists | undefined, customer: number): readonly string[] =>
  lists === undefined || customer < 0
    ? []
    : Array.from(
        lists.index.subarray(lists.rowStart[customer], lists.rowStart[customer + 1]),
        (name) => lists.names[name],
      );

export const featureArrays = (lists: FeatureLists | undefined) =>
  lists && { 'features.rowStart': lists.rowStart, 'features.index': lists.index };

export const featureListsFrom = (
  artifact: Artifact<unknown>,
  names: readonly string[] | undefined,
): FeatureLists | undefined =>
  names && {
    names,
    rowStart: int32(artifact, 'features.rowStart'),
    index: int32(artifact, 'features.index'),
  };

// The arm that another system's hash gave a customer, told again from its settings: an experiment begun in GrowthBook or
// Optimizely can be brought here, and the arms that the app reported be checked against what the hash says.
// GrowthBook: variant i holds [w₁ + … + wᵢ₋₁, that + coverage × wᵢ), outside of which nobody is in the experiment
// (docs.growthbook.io/lib/build-your-own). Optimizely: upper ends of 10,000 buckets, in the order of the variants.

import type { CustomerId } from '../base/ids.ts';
import { growthbookBucket, optimizelyBucket } from './foreign-buckets.ts';

export type ForeignAssigner =
  | {
      readonly system: 'growthbook';
      /** The experiment's key, unless it states a seed. */
      readonly seed: string;
      readonly hashVersion: 1 | 2;
      /** Share of customers in the experiment. */
      readonly coverage: number;
    }
  /** The experiment's numeric id there. */
  | { readonly system: 'optimizely'; readonly experimentKey: string };

/** Undefined: in no variant. Weights sum to 1 and stand in the order that the other system has them. */
export const foreignVariant = (
  assigner: ForeignAssigner,
  variants: readonly { readonly name: string; readonly weight: number }[],
  customerId: CustomerId,
): string | undefined => {
  let from = 0;
  for (const { name, weight } of variants) {
    if (holds(assigner, customerId, from, weight)) return name;
    from += weight;
  }
  return undefined;
};

const holds = (assigner: ForeignAssigner, customerId: CustomerId, from: number, weight: number): boolean => {
  if (assigner.system === 'optimizely') {
    const position = optimizelyBucket(customerId, assigner.experimentKey);
    return position >= Math.round(from * 10_000) && position < Math.round((from + weight) * 10_000);
  }
  const position = growthbookBucket(assigner.seed, customerId, assigner.hashVersion);
  return position !== null && position >= from && position < from + assigner.coverage * weight;
};

// Assignment: salt and customer → bucket in [0, 1) → arm. Nothing is stored to decide it and nothing is drawn:
// the same salts give the same arm on every machine, in any order, as often as asked.
// Hash: SHA-256 over "purpose, salt, customer id", separated by line feeds, UTF-8; the first 53 bits over 2^53, so
// shares are exact to 1.1e-16. The purpose keeps both buckets independent even where both salts were equal.
// The global bucket is asked first with the workspace's salt: who is held out there is held out of everything for the period.

import { hash } from 'node:crypto';
import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';

export const holdoutArm = 'holdout';
export const globalHoldoutArm = 'global-holdout';
/** Arms that are no variant; a variant may not carry these names. */
export const reservedArms: readonly string[] = [holdoutArm, globalHoldoutArm];

/** What an assignment depends on; shares in [0, 1], variant weights sum to 1 (within 1e-9). */
export interface AssignmentDesign {
  readonly campaignSalt: string;
  /** Draws the variant where it is drawn anew for each batch of a bandit; absent: campaignSalt, in one draw with the holdout. */
  readonly variantSalt?: string;
  readonly holdoutShare: number;
  readonly variants: readonly { readonly name: string; readonly weight: number }[];
  readonly globalSalt: string;
  /** What the global holdout's bucket is for: one draw a period (holdout-period.ts). */
  readonly globalPurpose: string;
  readonly globalHoldoutShare: number;
}

export interface Assignment {
  /** A variant's name, `holdout` or `global-holdout`. */
  readonly arm: string;
  /**
   * Probability of this arm for a customer of the audience, over the draw of both salts: global share g,
   * (1 − g)·h, (1 − g)·(1 − h)·weight. It is conditional on nothing but being in the audience; over all arms it
   * sums to 1. Given that the customer is not in the global holdout, divide by 1 − g.
   */
  readonly propensity: number;
}

export const assign = (customerId: CustomerId, design: AssignmentDesign): Assignment => {
  checkDesign(design);
  const { holdoutShare, globalHoldoutShare } = design;
  if (bucket(design.globalPurpose, design.globalSalt, customerId) < globalHoldoutShare) {
    return { arm: globalHoldoutArm, propensity: globalHoldoutShare };
  }
  const inCampaign = 1 - globalHoldoutShare;
  const position = bucket('campaign', design.campaignSalt, customerId);
  if (position < holdoutShare) {
    return { arm: holdoutArm, propensity: inCampaign * holdoutShare };
  }
  const inVariants =
    design.variantSalt === undefined
      ? (position - holdoutShare) / (1 - holdoutShare)
      : bucket('variant', design.variantSalt, customerId);
  const chosen = variantAt(design.variants, inVariants);
  return { arm: chosen.name, propensity: inCampaign * (1 - holdoutShare) * chosen.weight };
};

/**
 * Probability of each arm of the campaign given that the customer is not in the global holdout; sums to 1.
 * The sample-ratio check compares with these.
 */
export const campaignShares = (
  design: Pick<AssignmentDesign, 'holdoutShare' | 'variants'>,
): ReadonlyMap<string, number> => {
  const shares = new Map<string, number>();
  if (design.holdoutShare > 0) {
    shares.set(holdoutArm, design.holdoutShare);
  }
  for (const { name, weight } of design.variants) {
    shares.set(name, (1 - design.holdoutShare) * weight);
  }
  return shares;
};

/** Uniform in [0, 1), 53 bits, decided by its arguments alone. */
export const bucket = (purpose: string, salt: string, customerId: CustomerId): number => {
  const digest = hash('sha256', `${purpose}\n${salt}\n${customerId}`, 'buffer');
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
};

const variantAt = <V extends { readonly weight: number }>(variants: readonly V[], position: number): V => {
  let upTo = 0;
  let last = variants[0];
  for (const variant of variants) {
    upTo += variant.weight;
    if (position < upTo) {
      return variant;
    }
    // The weights may sum to a little less than 1: what is left belongs to the last arm that gets anyone.
    last = variant.weight > 0 ? variant : last;
  }
  return last;
};

const isShare = (value: number): boolean => value >= 0 && value <= 1;

const checkDesign = ({ holdoutShare, globalHoldoutShare, variants }: AssignmentDesign): void => {
  let sum = 0;
  let usable = variants.length > 0 && isShare(holdoutShare) && isShare(globalHoldoutShare);
  for (const { name, weight } of variants) {
    sum += weight;
    usable &&= isShare(weight) && name !== holdoutArm && name !== globalHoldoutArm;
  }
  if (!usable || Math.abs(sum - 1) > 1e-9) {
    throw new Failure('invalid', {
      code: 'assignment-design-invalid',
      message: 'Shares and weights must lie in [0, 1] and weights sum to 1; holdout names are reserved.',
      received: { holdoutShare, globalHoldoutShare, variants },
      action:
        'Correct the campaign: variant weights that sum to 1, names other than holdout and global-holdout.',
    });
  }
};

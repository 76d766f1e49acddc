// An assignment as reports need it: of which run and phase, and which role its arm plays in the campaign.
// A customer may be assigned several times: in every run of a campaign that repeats, and again by a rollout.

import { globalHoldoutArm, holdoutArm } from '../assignment/assign.ts';
import type { Phase } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { AssignedCustomer } from './collect.ts';

export interface Assignment extends AssignedCustomer {
  readonly runId: string;
  readonly phase: Phase;
}

/** `untreated`: an arm inside the test whose action is none. */
export const roles = ['global-holdout', 'holdout', 'untreated', 'treated'] as const;
export type Role = (typeof roles)[number];

export const roleOf = ({ variants }: Pick<Campaign, 'variants'>, arm: string): Role => {
  if (arm === globalHoldoutArm || arm === holdoutArm) {
    return arm;
  }
  const action = variants.find(({ name }) => name === arm)?.action;
  return action?.kind === 'none' ? 'untreated' : 'treated';
};

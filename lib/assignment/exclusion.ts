// Mutually exclusive experiments: each group is one more hash of the customer, cut into slices, so that a customer of
// one slice is in no experiment of another. The group's bucket is independent of every arm's bucket (another purpose),
// so within a slice arms are as random as without it. Source: layers and domains, Tang et al., KDD 2010.
// Campaigns and experiments may share a group. Shares in [0, 1].

import type { CustomerId } from '../base/ids.ts';
import { bucket } from './assign.ts';
import type { ExclusionSlice } from './experiment.ts';

/** Whether the customer may be in what has this slice; `salt` is the workspace's. */
export const inSlice = (customerId: CustomerId, slice: ExclusionSlice | undefined, salt: string): boolean => {
  if (slice === undefined) return true;
  const position = bucket(`group/${slice.group}`, salt, customerId);
  return position >= slice.from && position < slice.to;
};

/** Slices of different groups, and none at all, share customers. */
export const overlap = (a: ExclusionSlice | undefined, b: ExclusionSlice | undefined): boolean =>
  a === undefined || b === undefined || a.group !== b.group || (a.from < b.to && b.from < a.to);

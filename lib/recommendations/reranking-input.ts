// Re-ranking as settings and experiments state it: the bounds of each value, and the values where all may be left out.

import { z } from 'zod';
import { recommendationsCountMax } from '../base/limits.ts';

export const weight = z.number().min(0).max(0.9);
export const share = z.number().min(0).max(1);
export const count = z.int().min(1).max(recommendationsCountMax);

/** What is left out is as elsewhere. */
export const someReranking = {
  diversityWeight: weight.optional(),
  calibrationWeight: weight.optional(),
  noveltyWeight: weight.optional(),
  popularShareMax: share.optional(),
  authorCountMax: count.optional(),
  authorShareMax: share.optional(),
  seriesCountMax: count.optional(),
};

export const leavesRelevanceMessage =
  'diversityWeight + calibrationWeight + noveltyWeight must be at most 0.9, so that relevance keeps a tenth';

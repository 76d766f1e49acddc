// How much less a later place of a page is looked at: the chance falls as place^−x. Explored items tell it without bias:
// they are drawn evenly from one pool whatever the place, so that their outcomes differ by place alone. Given how many
// outcomes there were, each fell on place k with probability E_k k^−x ÷ Σ E k^−x, E_k explored items shown there: x by
// maximum likelihood (Newton; the log-likelihood is concave), its error by the curvature.
// Power-law examination: Craswell, Zoeter, Taylor & Ramsey (WSDM 2008) compare such curves.

import { positionOutcomesCountMin } from '../../base/policy-limits.ts';
import type { Positions } from './evaluation.ts';
import type { ServedPage } from './served-page.ts';

export interface PlaceCounts {
  /** Explored items shown, by place from 0. */
  readonly shown: readonly number[];
  /** Of those, how many led to the outcome. */
  readonly outcomes: readonly number[];
}

/** Steeper curves than this are noise: place 2 would be looked at an eighth as often as place 1. */
const exponentMax = 3;

export const fitPositions = ({ shown, outcomes }: PlaceCounts): Positions => {
  const total = outcomes.reduce((sum, each) => sum + each, 0);
  if (total < positionOutcomesCountMin) {
    return { exponent: 0, standardError: 0, outcomes: total, estimated: false };
  }
  const logs = shown.map((_, place) => Math.log(place + 1));
  const observed = outcomes.reduce((sum, count, place) => sum + count * logs[place], 0) / total;
  let exponent = 0;
  let variance = 0;
  for (let step = 0; step < 50; step++) {
    const weights = shown.map((count, place) => count * Math.exp(-exponent * logs[place]));
    const mass = weights.reduce((sum, each) => sum + each, 0);
    const mean = weights.reduce((sum, weight, place) => sum + weight * logs[place], 0) / mass;
    variance = weights.reduce((sum, weight, place) => sum + weight * (logs[place] - mean) ** 2, 0) / mass;
    // One place alone: nothing to fall.
    if (variance === 0) return { exponent: 0, standardError: 0, outcomes: total, estimated: false };
    const next = Math.min(exponentMax, Math.max(0, exponent + (mean - observed) / variance));
    const isDone = Math.abs(next - exponent) < 1e-10;
    exponent = next;
    if (isDone) break;
  }
  return { exponent, standardError: 1 / Math.sqrt(total * variance), outcomes: total, estimated: true };
};

/** The chance that each place is looked at, relative to the first. */
export const looksAt = (exponent: number, slots: number): Float64Array =>
  Float64Array.from({ length: slots }, (_, place) => (place + 1) ** -exponent);

export const placeCounts = (
  pages: Iterable<{ readonly page: ServedPage; readonly rewards: readonly number[] }>,
): PlaceCounts => {
  const shown: number[] = [];
  const outcomes: number[] = [];
  for (const { page, rewards } of pages) {
    for (const [place, item] of page.shown.entries()) {
      shown[place] ??= 0;
      outcomes[place] ??= 0;
      if (item.place !== undefined) continue;
      shown[place] += 1;
      outcomes[place] += rewards[place];
    }
  }
  return { shown, outcomes };
};

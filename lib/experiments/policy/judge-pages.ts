// From pages with the new policy's probabilities to the result: places' curve, rows, estimates, refusals, words.
// The curve of places is itself estimated: each estimate is computed at the exponent and one standard error to both
// sides, and half of that distance is added to its standard error (delta method).

import { effectOf } from '../effect.ts';
import { noEstimate } from '../no-estimate.ts';
import { type OffPolicy, type OffPolicyValue, offPolicy, supportRefusal } from '../off-policy.ts';
import type { NoEstimate } from '../result.ts';
import type {
  EvaluationRequest,
  EvaluationResult,
  LeftOut,
  Positions,
  RecommendationPolicy,
} from './evaluation.ts';
import { notesOnPages, sentenceOn } from './evaluation-words.ts';
import { type PageWithTarget, pageRows } from './page-rows.ts';
import { fitPositions, placeCounts } from './positions.ts';

export interface CollectedPages {
  readonly pages: readonly PageWithTarget[];
  readonly leftOut: { readonly [reason in LeftOut]?: number };
  readonly customersShare: number;
}

export const judgePages = (
  { pages, leftOut, customersShare }: CollectedPages,
  request: EvaluationRequest & { readonly policy: RecommendationPolicy },
  asOfMs: number,
): EvaluationResult => {
  const positions = fitPositions(placeCounts(pages));
  const found = refusedBefore(pages, leftOut) ?? judged(pages, positions);
  const alike = alikeCount(pages, request.policy);
  const logs = {
    decisions: pages.length,
    customers: new Set(pages.map(({ customerId }) => customerId)).size,
    customersShare,
    leftOut,
    ...(alike === undefined ? {} : { alike }),
  };
  return {
    ...found,
    asOf: new Date(asOfMs).toISOString(),
    unit: 'shown-item',
    logs,
    positions,
    sentence: sentenceOn(found, request),
    notes: notesOnPages(logs, positions, request),
  };
};

const judged = (pages: readonly PageWithTarget[], positions: Positions): OffPolicy => {
  const { exponent, standardError } = positions;
  const found = offPolicy(pageRows(pages, exponent));
  const refused = supportRefusal(found.weights);
  if (refused !== undefined && found.ips.kind === 'off-policy') return refusedWith(found, refused);
  if (standardError === 0) return found;
  const [less, more] = [exponent - standardError, exponent + standardError].map((each) =>
    offPolicy(pageRows(pages, Math.max(0, each))),
  );
  const wider = (of: (each: OffPolicy) => OffPolicyValue | NoEstimate | undefined) =>
    widened(of(found), of(less), of(more));
  const doublyRobust = wider((each) => each.doublyRobust);
  return {
    ...found,
    ips: wider((each) => each.ips) ?? found.ips,
    snips: wider((each) => each.snips) ?? found.snips,
    ...(doublyRobust && { doublyRobust }),
    gain: wider((each) => each.gain) ?? found.gain,
  };
};

const widened = (
  found: OffPolicyValue | NoEstimate | undefined,
  less: OffPolicyValue | NoEstimate | undefined,
  more: OffPolicyValue | NoEstimate | undefined,
): OffPolicyValue | NoEstimate | undefined => {
  if (found?.kind !== 'off-policy' || less?.kind !== 'off-policy' || more?.kind !== 'off-policy')
    return found;
  const standardError = Math.hypot(found.standardError, (more.value - less.value) / 2);
  if (standardError === 0) return found;
  const { low, high } = effectOf(found.value, standardError, Number.POSITIVE_INFINITY);
  return { ...found, standardError, low, high };
};

const refusedBefore = (
  pages: readonly PageWithTarget[],
  leftOut: { readonly [reason in LeftOut]?: number },
): OffPolicy | undefined => {
  const found = offPolicy([]);
  if (pages.length === 0) {
    const isCertain = (leftOut['not-explored'] ?? 0) > 0;
    return refusedWith(found, noEstimate(isCertain ? 'logs-not-explored' : 'logs-too-thin'));
  }
  return pages.some(({ rewards }) => rewards.some((reward) => reward > 0))
    ? undefined
    : refusedWith(found, noEstimate('outcomes-missing'));
};

export const refusedWith = (found: OffPolicy, refused: NoEstimate): OffPolicy => ({
  ...found,
  ips: refused,
  snips: refused,
  doublyRobust: refused,
  gain: refused,
});

/** Whether the rebuilt customers are who serving met: with the page's own model and order, the ranking must come out alike. */
const alikeCount = (
  pages: readonly PageWithTarget[],
  { modelVersion, reranking }: RecommendationPolicy,
): number | undefined =>
  modelVersion === undefined && reranking === undefined
    ? pages.filter(({ page, target }) =>
        page.shown.every(({ itemId, place }) => place === undefined || target.ranked[place] === itemId),
      ).length
    : undefined;

// The primary metric among parts of the customers: by what they were before the assignment, and by week of assignment.
// Segments and weeks do not overlap. p-values of segments are adjusted over all segments and arms (Benjamini–Hochberg):
// of those called affected at most 5% are expected to be false. Whether the effect differs between segments at all is
// told by its own test (segment-effects.ts), never by one segment being significant and another not.

import { weekPartsCountMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import { type JointSums, mergeJointSums } from '../outcomes/joint-sums.ts';
import { metricOf } from '../outcomes/metrics.ts';
import { compareArms } from './compare-arms.ts';
import { adjustTogether, comparedArms, obstacleOf } from './compare-metrics.ts';
import type { Design } from './design.ts';
import { benjaminiHochberg } from './multiplicity.ts';
import type { Comparison, NoEstimate, SegmentDifference, SegmentResult, WeekResult } from './result.ts';
import { heterogeneity } from './segment-effects.ts';

export interface Parts {
  readonly segments: readonly SegmentResult[];
  readonly segmentDifferences: readonly SegmentDifference[];
  readonly weeks: readonly WeekResult[];
}

const segment = 'orders-before';
const weekMs = 7 * dayMs;

export const compareParts = (
  design: Design,
  outcomes: RunOutcomes,
  blocked: NoEstimate | undefined,
): Parts => {
  const metric = metricOf(design.metrics.primary, design.metrics);
  const obstacle = blocked ?? obstacleOf(metric, outcomes);
  if (obstacle !== undefined) {
    return { segments: [], segmentDifferences: [], weeks: [] };
  }
  const compare = (sums: ReadonlyMap<string, JointSums>): readonly Comparison[] =>
    comparedArms(design).map((pair) => ({
      ...pair,
      estimate: compareArms(metric, sums.get(pair.arm), sums.get(pair.reference)),
      adjustedPValue: null,
    }));
  const segments = [...outcomes.segments].map(([value, sums]) => ({
    segment,
    value,
    comparisons: compare(sums),
  }));
  const weeks = weekParts(outcomes.weeks).map(({ sums, ...part }) => ({
    ...part,
    comparisons: compare(sums),
  }));
  return {
    segments: segments.length < 2 ? [] : adjustTogether(segments, benjaminiHochberg),
    segmentDifferences: segments.length < 2 ? [] : differencesOf(design, segments),
    weeks: weeks.length < 2 ? [] : adjustTogether(weeks, benjaminiHochberg),
  };
};

interface WeekPart {
  readonly weekStart: string;
  readonly weeksCount: number;
  readonly sums: ReadonlyMap<string, JointSums>;
}

/** Neighbouring weeks together, as many as it takes for weekPartsCountMax parts; by the calendar, empty weeks too. */
const weekParts = (weeks: RunOutcomes['weeks']): readonly WeekPart[] => {
  const starts = [...weeks.keys()];
  const numberOf = (weekStart: string): number =>
    Math.round((Date.parse(weekStart) - Date.parse(starts[0])) / weekMs);
  const weeksCount = Math.ceil((numberOf(starts.at(-1) ?? '') + 1) / weekPartsCountMax) || 1;
  const parts = new Map<number, { weekStart: string; sums: Map<string, JointSums> }>();
  for (const [weekStart, sums] of weeks) {
    const at = Math.floor(numberOf(weekStart) / weeksCount);
    const part = parts.get(at) ?? {
      weekStart: new Date(Date.parse(starts[0]) + at * weeksCount * weekMs).toISOString().slice(0, 10),
      sums: new Map<string, JointSums>(),
    };
    for (const [arm, of] of sums) {
      const kept = part.sums.get(arm);
      part.sums.set(arm, kept === undefined ? of : mergeJointSums(kept, of));
    }
    parts.set(at, part);
  }
  return [...parts.values()].map((part) => ({ ...part, weeksCount }));
};

const differencesOf = (design: Design, segments: readonly SegmentResult[]): readonly SegmentDifference[] =>
  comparedArms(design).flatMap(({ arm }) => {
    const effects = segments.flatMap(({ comparisons }) =>
      comparisons.flatMap(({ arm: name, estimate }) =>
        name === arm && estimate.kind === 'estimate'
          ? [{ value: estimate.difference, standardError: estimate.standardError }]
          : [],
      ),
    );
    const test = heterogeneity(effects);
    return test === null ? [] : [{ arm, segment, pValue: test.pValue }];
  });

// The definition of an experiment as the API takes it, checked completely: every problem named at once, nothing corrected
// silently. Dates are instants with a zone; weights sum to 1 within 1e-9, as campaigns' do.

import { z } from 'zod';
import { reservedArms } from '../assignment/assign.ts';
import { decisionSchema, fixedDecision, plannedCustomersMissing } from '../assignment/decision-rule.ts';
import type { Experiment } from '../assignment/experiment.ts';
import { metricPlanInput } from '../assignment/metric-plan-input.ts';
import { sliceSchema } from '../assignment/slice-input.ts';
import { instant, shortName } from '../base/common-fields.ts';
import { type ModelVersion, modelVersion } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import {
  campaignNameLengthMax,
  experimentDaysMax,
  experimentVariantsCountMax,
  idLengthMax,
  placementsCountMax,
  windowDaysMax,
} from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { leavesRelevanceMessage, someReranking } from '../recommendations/reranking-input.ts';

export type ExperimentDefinition = Pick<
  Experiment,
  | 'name'
  | 'subject'
  | 'placements'
  | 'variants'
  | 'reference'
  | 'exclusion'
  | 'assignedBy'
  | 'startsAt'
  | 'endsAt'
  | 'windowDays'
  | 'metrics'
  | 'decision'
>;

/** Failure('invalid') with every problem; `experimentId` only where an app assigns and knows the experiment by it. */
export const checkExperiment = (input: unknown): ExperimentDefinition & { readonly experimentId?: string } =>
  parseInput(schema, input, 'experiment');

/** Over the workspace's. */
export const rerankingSchema = z
  .strictObject(someReranking)
  .refine(
    ({ diversityWeight = 0, calibrationWeight = 0, noveltyWeight = 0 }) =>
      diversityWeight + calibrationWeight + noveltyWeight <= 0.9,
    { error: leavesRelevanceMessage },
  );

const serving = z.strictObject({
  modelVersion: z
    .string()
    .min(1)
    .max(idLengthMax)
    .transform((text): ModelVersion => modelVersion(text))
    .optional(),
  reranking: rerankingSchema.optional(),
  explorationShare: z.number().min(0).max(0.5).optional(),
  personalised: z.boolean().optional(),
});

const assigner = z.discriminatedUnion('system', [
  z.strictObject({
    system: z.literal('growthbook'),
    seed: z.string().min(1).max(idLengthMax),
    hashVersion: z.literal([1, 2], 'must be 1 or 2'),
    coverage: z.number().gt(0).max(1).default(1),
  }),
  z.strictObject({
    system: z.literal('optimizely'),
    experimentKey: z.string().regex(/^\d{1,20}$/, 'must be the digits of the id'),
  }),
]);

const shape = z.strictObject({
  experimentId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, hyphens or underscores')
    .optional(),
  name: z.string().trim().min(1).max(campaignNameLengthMax),
  subject: z.enum(['recommendations', 'external']),
  placements: z.array(shortName).min(1).max(placementsCountMax).optional(),
  variants: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(campaignNameLengthMax),
        weight: z.number().gt(0, 'must be above 0; leave the variant out instead').max(1),
        serving: serving.optional(),
      }),
    )
    .min(2)
    .max(experimentVariantsCountMax),
  reference: z.string(),
  exclusion: sliceSchema.optional(),
  assignedBy: assigner.optional(),
  startsAt: instant,
  endsAt: instant,
  windowDays: z.int().min(1).max(windowDaysMax),
  metrics: metricPlanInput(false).prefault({}),
  decision: decisionSchema.default(fixedDecision),
});

const schema = shape.superRefine((given, context) => {
  const problem = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  variantProblems(given, problem);
  if (given.subject === 'external' && given.placements !== undefined) {
    problem(['placements'], 'are for recommendations; an app that assigns decides where');
  }
  if (given.subject === 'recommendations' && given.assignedBy !== undefined) {
    problem(['assignedBy'], 'is for external experiments; here Reprise assigns');
  }
  if (given.subject === 'recommendations' && given.experimentId !== undefined) {
    problem(['experimentId'], 'is made by Reprise; only an app that assigns brings its own');
  }
  const { startsAt, endsAt } = given;
  const { decision } = given;
  if (decision.kind === 'group-sequential' && decision.plannedCustomers === undefined) {
    problem(['decision', 'plannedCustomers'], plannedCustomersMissing);
  }
  const lasts = (Date.parse(endsAt) - Date.parse(startsAt)) / dayMs;
  if (!(lasts > 0)) problem(['endsAt'], 'must be after startsAt');
  if (lasts > experimentDaysMax)
    problem(['endsAt'], `must be at most ${experimentDaysMax} days after startsAt`);
});

const variantProblems = (
  { variants, reference, subject }: z.output<typeof shape>,
  problem: (path: (string | number)[], message: string) => void,
): void => {
  const names = variants.map(({ name }) => name);
  const sum = variants.reduce((total, variant) => total + variant.weight, 0);
  if (Math.abs(sum - 1) > 1e-9) problem(['variants'], `weights must sum to 1; they sum to ${sum}`);
  if (!names.includes(reference)) {
    problem(['reference'], `must name a variant: ${names.join(', ')}`);
  }
  for (const [i, { name, serving: served }] of variants.entries()) {
    if (names.indexOf(name) !== i) problem(['variants', i, 'name'], `"${name}" stands there twice`);
    if (reservedArms.includes(name)) problem(['variants', i, 'name'], `"${name}" is reserved`);
    if (subject === 'external' && served !== undefined) {
      problem(['variants', i, 'serving'], 'is for recommendations; an app that assigns shows what it likes');
    }
    if (served?.personalised === false && (served.explorationShare ?? 0) > 0) {
      problem(
        ['variants', i, 'serving', 'explorationShare'],
        'must be 0 or absent: popular items alone leave nothing to chance',
      );
    }
  }
  const versions = new Set(variants.flatMap(({ serving: served }) => served?.modelVersion ?? []));
  if (versions.size > 1) {
    problem(['variants'], 'may name one model version beside the one that serves; memory holds two models');
  }
  if (subject === 'recommendations' && new Set(variants.map((one) => stated(one.serving))).size < 2) {
    problem(['variants'], 'all answer alike: give at least one of them another serving');
  }
};

/** What a serving changes, as text; settings that change nothing are left out, whatever their order. */
const stated = ({ personalised, reranking, ...other }: z.output<typeof serving> = {}): string =>
  JSON.stringify([
    personalised !== false,
    Object.entries({ ...other, ...reranking })
      .filter(([, value]) => value !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);

// Is an experiment on recommendations worth running? POST /v1/admin/experiments/{experimentId}/plan, as of a campaign
// (plan-campaign.ts): who visits within its length, and what visitors did in a window after their visit, are the shop's
// own where they are not given. A start that is hopeless is refused (409) unless {"force": true}, by the same rule as of
// campaigns: no arm too small for any estimate, and half as many again to be found in at least half of all cases.
// Who meets an experiment that an app assigns is not known here: its plan needs the arrivals, its start is not refused.

import { z } from 'zod';
import type { Experiment } from '../assignment/experiment.ts';
import { Failure } from '../base/errors.ts';
import type { ExperimentId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { estimateCustomersCountMin, hopelessLift, relevantLift, visitorDaysMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { metricOf } from '../outcomes/metrics.ts';
import type { Clock } from '../ports.ts';
import { type ExperimentPorts, existingExperiment, startExperiment } from './administer-experiment.ts';
import { experimentDesign } from './experiment-design.ts';
import { type Plan, planOf, refuseHopeless } from './plan.ts';
import {
  baselineOf,
  baselineUnknown,
  type CampaignPlan,
  effectUnknown,
  type PlanGiven,
  planSchema,
  type Seen,
  unusedFigure,
} from './plan-campaign.ts';
import { type ShopSurvey, type SurveyPorts, surveyVisitors } from './shop-survey.ts';

export type ExperimentPlanPorts = Pick<SurveyPorts, 'customers' | 'secrets' | 'settings'> & {
  readonly experiments: ExperimentPorts['experiments'];
  readonly clock: Clock;
};

export interface ExperimentPlan
  extends Plan,
    Pick<CampaignPlan, 'metric' | 'reference' | 'baseline' | 'effect' | 'dailyArrivals' | 'gatheringDays'> {
  readonly experimentId: ExperimentId;
}

export const planExperiment = async (
  id: ExperimentId,
  input: unknown,
  ports: ExperimentPlanPorts,
): Promise<ExperimentPlan> => {
  const given = parseInput(planSchema, input, 'plan');
  const experiment = await existingExperiment(id, ports.experiments);
  const answer = planWith(experiment, given, await surveyOf(experiment, ports), ports);
  if ('missing' in answer) throw answer.missing;
  return answer;
};

const start = z.strictObject({ force: z.boolean().default(false), effect: z.number().optional() });

export const startPlannedExperiment = async (
  id: ExperimentId,
  input: unknown,
  ports: ExperimentPorts & ExperimentPlanPorts,
): Promise<Experiment> => {
  const { force, effect } = parseInput(start, input, 'start');
  const experiment = await existingExperiment(id, ports.experiments);
  if (!force && experiment.status === 'draft' && experiment.subject === 'recommendations') {
    refuse(experiment, effect, await surveyOf(experiment, ports), ports);
  }
  return await startExperiment(id, ports);
};

const refuse = (
  experiment: Experiment,
  effect: number | undefined,
  survey: ShopSurvey,
  ports: ExperimentPlanPorts,
): void => {
  if (!survey.complete) return;
  const { reachable, smallest } = peopleOf(experiment, survey, ports);
  if (smallest < estimateCustomersCountMin) {
    throw new Failure('conflict', {
      code: 'experiment-hopeless',
      message: `The test cannot tell anything: in as many days as it lasts ${reachable} customers came, ${Math.floor(smallest)} of them for its smallest arm, and below ${estimateCustomersCountMin} in an arm no estimate is given.`,
      received: { reachable, smallestArm: Math.floor(smallest) },
      action: 'Let it last longer, use fewer variants, or start it all the same: {"force": true}.',
    });
  }
  const first = planWith(experiment, { power: 0.8, ...(effect !== undefined && { effect }) }, survey, ports);
  if ('missing' in first) return;
  const { value } = first.baseline;
  const rise = value === null ? undefined : hopelessLift * value;
  const looked =
    effect !== undefined || rise === undefined
      ? first
      : planWith(
          experiment,
          { power: 0.8, effect: first.metric === 'repurchase' ? Math.min(1 - (value ?? 0), rise) : rise },
          survey,
          ports,
        );
  if (!('missing' in looked)) refuseHopeless(looked, false);
};

const planWith = (
  experiment: Experiment,
  given: PlanGiven,
  survey: ShopSurvey,
  ports: ExperimentPlanPorts,
): ExperimentPlan | { readonly missing: Failure } => {
  const { arms, metrics, windowDays } = experimentDesign(experiment);
  const metric = metricOf(metrics.primary, metrics);
  const unused = unusedFigure(metric, given);
  if (unused !== undefined) return { missing: unused };
  const seen: Seen | undefined = baselineOf(metric, given, survey);
  if (seen === undefined) return { missing: baselineUnknown(metric, survey) };
  const effect = given.effect ?? (seen.value === null ? undefined : relevantLift * seen.value);
  if (effect === undefined || effect === 0) return { missing: effectUnknown };
  const isKnown = survey.complete && experiment.subject === 'recommendations';
  const dailyArrivals = given.dailyArrivals ?? (isKnown ? (survey.dailyArrivals ?? 0) : 0);
  if (dailyArrivals + (given.audience ?? 0) === 0) return { missing: visitorsUnknown(experiment) };
  const { inTest, gatheringDays } = peopleOf(experiment, survey, ports);
  const shareOf = (name: string): number => inTest * (arms.find((arm) => arm.name === name)?.share ?? 0);
  const plan = planOf({
    baseline: seen.baseline,
    effect,
    shares: {
      reference: shareOf(experiment.reference),
      arms: arms.filter(({ treated }) => treated).map(({ name }) => shareOf(name)),
    },
    audience: given.audience ?? 0,
    dailyArrivals,
    gatheringDays,
    windowDays,
    power: given.power,
  });
  const { value, standardDeviation, customers } = seen;
  return {
    experimentId: experiment.experimentId,
    metric: metric.name,
    reference: experiment.reference,
    baseline: { value, standardDeviation, customers },
    effect,
    dailyArrivals,
    gatheringDays,
    ...plan,
  };
};

const surveyOf = (experiment: Experiment, ports: ExperimentPlanPorts): Promise<ShopSurvey> =>
  surveyVisitors(experiment, lengthOf(experiment), ports.clock.nowMs(), ports);

const lengthOf = ({ startsAt, endsAt }: Experiment): number =>
  Math.min(visitorDaysMax, Math.max(1, Math.floor((Date.parse(endsAt) - Date.parse(startsAt)) / dayMs)));

const peopleOf = (
  experiment: Experiment,
  { dailyArrivals }: ShopSurvey,
  { settings }: Pick<ExperimentPlanPorts, 'settings'>,
) => {
  const inTest = 1 - settings.globalHoldoutShare;
  const gatheringDays = lengthOf(experiment);
  const reachable = Math.round((dailyArrivals ?? 0) * gatheringDays);
  const smallest =
    reachable *
    inTest *
    Math.min(...experiment.variants.flatMap(({ weight }) => (weight > 0 ? [weight] : [])));
  return { inTest, gatheringDays, reachable, smallest };
};

const visitorsUnknown = ({ subject, experimentId: received }: Experiment): Failure =>
  new Failure('invalid', {
    code: 'audience-unknown',
    message:
      subject === 'external'
        ? 'Who meets an experiment that an app assigns is not known here.'
        : 'The customers are more than a request can read through, or nobody came in such a time.',
    received,
    action: 'Give the customers who come for the first time a day as "dailyArrivals".',
  });

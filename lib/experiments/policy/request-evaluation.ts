// An evaluation asked for: checked against what there is, recorded, started. Refused at once what would come to nothing: a
// period whose windows are not over, a model that has seen the very outcomes it would be judged by, shares of variants
// that the campaign does not have.

import { z } from 'zod';
import { instant } from '../../base/common-fields.ts';
import { Failure } from '../../base/errors.ts';
import { campaignId, type ModelVersion, modelVersion } from '../../base/ids.ts';
import { parseInput } from '../../base/input.ts';
import { explorationDepthMax, idLengthMax } from '../../base/limits.ts';
import { datedId } from '../../base/made-ids.ts';
import { evaluationDaysMax, evaluationWindowDaysMax } from '../../base/policy-limits.ts';
import { dayMs } from '../../base/time.ts';
import { existingCampaign } from '../../campaigns/administer.ts';
import type { CampaignStore, Clock, ObjectStore, RandomBytes } from '../../ports.ts';
import { rerankingSchema } from '../experiment-definition.ts';
import type {
  EvaluationRequest,
  EvaluationStore,
  EvaluationWorkflow,
  OfferPolicy,
  PolicyEvaluation,
  RecommendationPolicy,
} from './evaluation.ts';
import { armsOf } from './run-evaluation.ts';

const recommendations = z
  .strictObject({
    modelVersion: z.string().min(1).max(idLengthMax).optional(),
    reranking: rerankingSchema.optional(),
    explorationShare: z.number().min(0).max(0.5).optional(),
    explorationDepth: z.int().min(0).max(explorationDepthMax).optional(),
  })
  .refine((policy) => Object.keys(policy).length > 0, {
    error:
      'State what the policy does otherwise: modelVersion, reranking, explorationShare or explorationDepth',
  });

const offers = z.strictObject({
  campaignId: z.string().min(1).max(idLengthMax),
  variantShares: z
    .record(z.string().min(1).max(idLengthMax), z.number().min(0).max(1))
    .refine((shares) => Math.abs(Object.values(shares).reduce((sum, each) => sum + each, 0) - 1) <= 1e-9, {
      error: 'Shares must sum to 1',
    }),
});

const rest = {
  from: instant,
  to: instant,
  outcome: z.enum(['click', 'order']),
  windowDays: z.int().min(1).max(evaluationWindowDaysMax),
};

export interface RequestPorts {
  readonly evaluations: EvaluationStore;
  readonly workflows: EvaluationWorkflow;
  readonly campaigns: Pick<CampaignStore, 'get'>;
  /** The models bucket. */
  readonly models: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

export const requestEvaluation = async (
  body: unknown,
  ports: RequestPorts,
): Promise<{ readonly evaluationId: string; readonly requestedAt: string }> => {
  const nowMs = ports.clock.nowMs();
  const request = parseRequest(body);
  checkPeriod(request, nowMs);
  if (request.policy.kind === 'offers') await checkShares(request.policy, ports);
  else if (request.policy.modelVersion !== undefined) {
    await checkModel(request.policy.modelVersion, request.from, ports);
  }
  const requestedAt = new Date(nowMs).toISOString();
  const evaluationId = datedId('evaluation', requestedAt, ports.random.bytes(4));
  const evaluation: PolicyEvaluation = { evaluationId, status: 'running', requestedAt, ...request };
  await ports.evaluations.write(evaluation);
  try {
    await ports.workflows.startEvaluation(evaluationId, { evaluationId });
  } catch (error) {
    const reason = `The workflow could not be started: ${String(error)}`;
    await ports.evaluations.write({ ...evaluation, status: 'failed', endedAt: requestedAt, reason });
    throw error;
  }
  return { evaluationId, requestedAt };
};

/** A campaign's name tells which of the two policies is meant, so that a problem names the right fields. */
const parseRequest = (body: unknown): EvaluationRequest => {
  const named = z.looseObject({ policy: z.looseObject({ campaignId: z.unknown() }) }).safeParse(body);
  if (named.success && named.data.policy.campaignId !== undefined) {
    const { policy, ...request } = parseInput(
      z.strictObject({ policy: offers, ...rest }),
      body,
      'evaluation',
    );
    return {
      policy: { kind: 'offers', ...policy, campaignId: campaignId(policy.campaignId) },
      ...request,
    };
  }
  const { policy, ...request } = parseInput(
    z.strictObject({ policy: recommendations, ...rest }),
    body,
    'evaluation',
  );
  const { modelVersion: version, ...other } = policy;
  const stated: RecommendationPolicy = {
    kind: 'recommendations',
    ...other,
    ...(version === undefined ? {} : { modelVersion: modelVersion(version) }),
  };
  return { policy: stated, ...request };
};

const checkPeriod = ({ from, to, windowDays }: EvaluationRequest, nowMs: number): void => {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const latestMs = nowMs - windowDays * dayMs;
  const problems = [
    ...(fromMs < toMs ? [] : [{ path: 'to', message: `must be after from, ${from}; received ${to}` }]),
    ...(toMs - fromMs <= evaluationDaysMax * dayMs
      ? []
      : [{ path: 'from', message: `is more than ${evaluationDaysMax} days before to; received ${from}` }]),
    ...(toMs <= latestMs
      ? []
      : [
          {
            path: 'to',
            message: `must be ${new Date(latestMs).toISOString()} or earlier, so that the window of ${windowDays} days is over for all; received ${to}`,
          },
        ]),
  ];
  if (problems.length === 0) return;
  throw new Failure('invalid', {
    code: 'evaluation-invalid',
    message: 'The evaluation has a period that cannot be judged: nothing was started.',
    received: { from, to, windowDays },
    action: 'Correct what is named under problems and send the request again.',
    problems,
  });
};

/** A model that was trained on the outcomes would be judged by what it has been told. */
const checkModel = async (
  version: ModelVersion,
  from: string,
  { models }: Pick<RequestPorts, 'models'>,
): Promise<void> => {
  const bytes = await models.get(`versions/${version}/manifest.json`);
  if (bytes === undefined) {
    throw new Failure('not-found', {
      code: 'version-not-published',
      message: 'There is no such model version.',
      received: version,
      action: 'Take a version from GET /v1/admin/models.',
    });
  }
  const { trainedAt } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly trainedAt: string };
  if (Date.parse(trainedAt) <= Date.parse(from)) return;
  throw new Failure('conflict', {
    code: 'model-saw-the-logs',
    message: `The model was trained at ${trainedAt}, on a part of the very outcomes that it would be judged by.`,
    received: { modelVersion: version, from },
    action: `Judge it by logs from ${trainedAt} on, or run it as an experiment.`,
  });
};

const checkShares = async (
  { campaignId: id, variantShares }: OfferPolicy,
  { campaigns }: Pick<RequestPorts, 'campaigns'>,
): Promise<void> => {
  const arms = armsOf(await existingCampaign(id, campaigns));
  const unknown = Object.keys(variantShares).filter((name) => !arms.includes(name));
  if (unknown.length === 0) return;
  throw new Failure('invalid', {
    code: 'evaluation-invalid',
    message: 'The policy gives customers what the campaign never gave anybody.',
    received: variantShares,
    action: `Share out among ${arms.join(', ')}.`,
    problems: unknown.map((name) => ({
      path: `policy.variantShares.${name}`,
      message: 'is no arm of the campaign',
    })),
  });
};

// The workflow's task: reads the logs, judges the policy, keeps the result with its request. Done again it changes nothing.

import { Failure } from '../../base/errors.ts';
import { evaluationPagesCountMax } from '../../base/policy-limits.ts';
import type { WorkspaceSettings } from '../../base/settings.ts';
import type { Campaign } from '../../campaigns/campaign.ts';
import type { CampaignStore, Clock } from '../../ports.ts';
import { type CollectPorts, collectPages } from './collect-pages.ts';
import type {
  EvaluationRequest,
  EvaluationResult,
  EvaluationStore,
  OfferPolicy,
  PolicyEvaluation,
  PolicyLogs,
  RecommendationPolicy,
} from './evaluation.ts';
import { judgeOffers } from './judge-offers.ts';
import { judgePages } from './judge-pages.ts';

export interface EvaluationPorts extends CollectPorts {
  readonly logs: PolicyLogs;
  readonly evaluations: EvaluationStore;
  readonly campaigns: Pick<CampaignStore, 'get'>;
  readonly clock: Clock;
  readonly settings: Pick<WorkspaceSettings, 'reranking' | 'explorationDepth' | 'eligibilityRules'>;
}

export const runEvaluation = async (
  evaluationId: string,
  ports: EvaluationPorts,
): Promise<PolicyEvaluation> => {
  const evaluation = await existingEvaluation(evaluationId, ports.evaluations);
  if (evaluation.status === 'done') return evaluation;
  const { policy, ...request } = evaluation;
  const result =
    policy.kind === 'offers'
      ? await offersResult({ ...request, policy }, ports)
      : await pagesResult({ ...request, policy }, ports);
  const { reason: _reason, ...kept } = evaluation;
  const done: PolicyEvaluation = { ...kept, status: 'done', endedAt: result.asOf, result };
  await ports.evaluations.write(done);
  return done;
};

/** What the workflow does when the task failed for good. */
export const failEvaluation = async (
  evaluationId: string,
  reason: string,
  { evaluations, clock }: Pick<EvaluationPorts, 'evaluations' | 'clock'>,
): Promise<void> => {
  const evaluation = await existingEvaluation(evaluationId, evaluations);
  if (evaluation.status === 'done') return;
  const endedAt = new Date(clock.nowMs()).toISOString();
  await evaluations.write({ ...evaluation, status: 'failed', endedAt, reason });
};

export const existingEvaluation = async (
  evaluationId: string,
  evaluations: Pick<EvaluationStore, 'get'>,
): Promise<PolicyEvaluation> => {
  const found = await evaluations.get(evaluationId);
  if (found) return found;
  throw new Failure('not-found', {
    code: 'evaluation-not-found',
    message: 'There is no such evaluation.',
    received: evaluationId,
    action: 'Take an evaluationId from GET /v1/admin/evaluations.',
  });
};

const pagesResult = async (
  request: EvaluationRequest & { readonly policy: RecommendationPolicy },
  ports: EvaluationPorts,
): Promise<EvaluationResult> => {
  const nowMs = ports.clock.nowMs();
  const collected = await collectPages(
    { ...request, untilMs: nowMs, pagesMax: evaluationPagesCountMax },
    { policy: request.policy, ...ports.settings },
    ports,
  );
  return judgePages(collected, request, nowMs);
};

const offersResult = async (
  request: EvaluationRequest & { readonly policy: OfferPolicy },
  { logs, campaigns, clock }: EvaluationPorts,
): Promise<EvaluationResult> => {
  const { campaignId } = request.policy;
  const campaign = await campaigns.get(campaignId);
  if (campaign === undefined) throw new Error(`campaign ${campaignId} of an evaluation is gone`);
  const nowMs = clock.nowMs();
  const read = await logs.assignments({
    campaignId,
    fromMs: Date.parse(request.from),
    toMs: Date.parse(request.to),
    untilMs: nowMs,
  });
  return judgeOffers({ ...read, armsCount: armsOf(campaign).length }, request, nowMs);
};

/** Those that somebody can be given. */
export const armsOf = ({
  variants,
  holdoutShare,
}: Pick<Campaign, 'variants' | 'holdoutShare'>): readonly string[] => [
  ...variants.flatMap(({ name, weight }) => (weight > 0 ? [name] : [])),
  ...(holdoutShare > 0 ? ['holdout'] : []),
];

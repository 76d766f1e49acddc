// Answers one request: reads the customer once, recommends, logs the impressions, answers.
// Impressions go to the event queue before the answer; when the queue refuses them the answer is still given, and
// the loss is reported, because a shop page must not fail for a log.

import { recommendationId } from '../base/ids.ts';
import { loggedExclusionsCountMax } from '../base/limits.ts';
import { hex } from '../base/made-ids.ts';
import { seededRandom } from '../base/random.ts';
import type { EligibilityRule } from '../base/settings.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Clock, CustomerStore, EventQueue, RandomBytes } from '../ports.ts';
import type { Assortment } from './assortment.ts';
import type { AssortmentSource } from './assortment-source.ts';
import { type Recommendation, type RecommendedItem, recommend } from './recommend.ts';
import type { RecommendationRequest } from './request.ts';
import { type InForce, type Treatment, type TreatmentSettings, treatmentOf } from './treatment.ts';

export interface ServePorts {
  readonly assortment: AssortmentSource;
  /** What is in force now (in-force-source.ts). */
  readonly inForce: () => Promise<InForce>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly events: EventQueue;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly settings: TreatmentSettings;
  readonly eligibilityRules: readonly EligibilityRule[];
  readonly warn: (message: string, detail: object) => void;
}

export const serveRecommendation = async (
  request: RecommendationRequest,
  ports: ServePorts,
): Promise<Recommendation> => {
  const nowMs = ports.clock.nowMs();
  const unit = { customerId: request.userId, placement: request.placement };
  const treatment = treatmentOf(unit, await ports.inForce(), ports.settings, nowMs);
  const assortment = await assortmentFor(treatment, ports);
  const record = await ports.customers.read(request.userId, assortment.serving?.modelVersion);
  const id = newRecommendationId(ports.random);
  const answer = recommend(request, record, assortment, {
    recommendationId: id,
    nowMs,
    random: seededRandom(id),
    explorationShare: treatment.explorationShare,
    explorationDepth: treatment.explorationDepth,
    reranking: treatment.reranking,
    personalised: treatment.personalised,
    eligibilityRules: ports.eligibilityRules,
  });
  const { exposure } = treatment;
  const recommendation: Recommendation =
    exposure === undefined
      ? answer
      : { ...answer, experiment: { experimentId: exposure.experimentId, variant: exposure.variant } };
  try {
    await ports.events.send([servedEvent(recommendation, nowMs, { ...treatment, request })]);
  } catch (error) {
    ports.warn('impressions were not logged', { recommendationId: id, error: String(error) });
  }
  return recommendation;
};

/** A version that cannot be read must not empty a shop's page: the one that serves answers, and the event says so. */
const assortmentFor = async ({ modelVersion }: Treatment, ports: ServePorts): Promise<Assortment> => {
  try {
    return await ports.assortment(modelVersion);
  } catch (error) {
    if (modelVersion === undefined) throw error;
    ports.warn("an experiment's model could not be read; the one that serves answers", {
      modelVersion,
      error: String(error),
    });
    return ports.assortment();
  }
};

/** 128 bits from secure randomness. It also seeds the exploration draws, so that an answer can be drawn again. */
export const newRecommendationId = (random: RandomBytes) => recommendationId(`rec_${hex(random.bytes(16))}`);

/** What was shown, as far as its event says it. */
export interface Served
  extends Pick<Recommendation, 'placement' | 'modelVersion' | 'generatedAt' | 'relevanceLost' | 'draws'> {
  readonly items: readonly Pick<RecommendedItem, 'itemId' | 'rank' | 'propensity' | 'source'>[];
}

export const servedOf = ({
  placement,
  modelVersion,
  generatedAt,
  relevanceLost,
  draws,
  items,
}: Recommendation): Served => ({
  placement,
  modelVersion,
  generatedAt,
  relevanceLost,
  draws,
  items: items.map(({ itemId, rank, propensity, source }) => ({ itemId, rank, propensity, source })),
});

/** What else decided an answer: how the customer was treated, and what was asked for. */
type Circumstances = Pick<Treatment, 'exposure' | 'heldOut'> & { readonly request: RecommendationRequest };

/** Mails have no treatment of their own: their arm is the campaign's. */
export const servedEvent = (
  recommendation: Served & Pick<Recommendation, 'recommendationId' | 'userId'>,
  nowMs: number,
  circumstances?: Circumstances,
): StoredEvent => {
  const { recommendationId, userId, placement, modelVersion, generatedAt, items, relevanceLost, draws } =
    recommendation;
  const asked = circumstances && askedFor(circumstances.request);
  return loopEvent({
    event: loopEvents.recommendationServed,
    identity: [recommendationId],
    customerId: userId,
    at: generatedAt,
    nowMs,
    properties: {
      recommendationId,
      placement,
      modelVersion,
      relevanceLost,
      draws: { ...draws },
      ...(asked === undefined ? {} : { asked }),
      ...(circumstances?.heldOut ? { heldOut: true } : {}),
      ...(circumstances?.exposure === undefined ? {} : { experiment: { ...circumstances.exposure } }),
      items: items.map(({ itemId, rank, propensity, source }) => ({ itemId, rank, propensity, source })),
    },
  });
};

/** Enough to ask again of another policy; undefined where more is left out than an event should carry. */
const askedFor = ({
  limit,
  kind,
  category,
  tag,
  contextItem,
  exclude,
}: RecommendationRequest): JsonObject | undefined =>
  exclude.size > loggedExclusionsCountMax
    ? undefined
    : {
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(category === undefined ? {} : { category }),
        ...(tag === undefined ? {} : { tag }),
        ...(contextItem === undefined ? {} : { contextItem }),
        ...(exclude.size === 0 ? {} : { exclude: [...exclude] }),
      };

// Answers one request: reads the customer once, recommends, logs the impressions, answers.
// Impressions go to the event queue before the answer; when the queue refuses them the answer is still given, and
// the loss is reported, because a shop page must not fail for a log.

import { recommendationId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { EligibilityRule, RerankingSettings } from '../base/settings.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Clock, CustomerStore, EventQueue, RandomBytes } from '../ports.ts';
import type { Assortment } from './assortment.ts';
import { type Recommendation, type RecommendedItem, recommend } from './recommend.ts';
import type { RecommendationRequest } from './request.ts';

export interface ServePorts {
  readonly assortment: () => Promise<Assortment>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly events: EventQueue;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly explorationShare: number;
  readonly reranking: RerankingSettings;
  readonly eligibilityRules: readonly EligibilityRule[];
  readonly warn: (message: string, detail: object) => void;
}

export const serveRecommendation = async (
  request: RecommendationRequest,
  ports: ServePorts,
): Promise<Recommendation> => {
  const assortment = await ports.assortment();
  const record = await ports.customers.read(request.userId, assortment.serving?.modelVersion);
  const id = newRecommendationId(ports.random);
  const nowMs = ports.clock.nowMs();
  const recommendation = recommend(request, record, assortment, {
    recommendationId: id,
    nowMs,
    random: seededRandom(id),
    explorationShare: ports.explorationShare,
    reranking: ports.reranking,
    eligibilityRules: ports.eligibilityRules,
  });
  try {
    await ports.events.send([servedEvent(recommendation, nowMs)]);
  } catch (error) {
    ports.warn('impressions were not logged', { recommendationId: id, error: String(error) });
  }
  return recommendation;
};

/** 128 bits from secure randomness. It also seeds the exploration draws, so that an answer can be drawn again. */
export const newRecommendationId = (random: RandomBytes) =>
  recommendationId(`rec_${Buffer.from(random.bytes(16)).toString('hex')}`);

/** What was shown, as far as its event says it. */
export interface Served
  extends Pick<Recommendation, 'placement' | 'modelVersion' | 'generatedAt' | 'relevanceLost'> {
  readonly items: readonly Pick<RecommendedItem, 'itemId' | 'rank' | 'propensity' | 'source'>[];
}

export const servedOf = ({
  placement,
  modelVersion,
  generatedAt,
  relevanceLost,
  items,
}: Recommendation): Served => ({
  placement,
  modelVersion,
  generatedAt,
  relevanceLost,
  items: items.map(({ itemId, rank, propensity, source }) => ({ itemId, rank, propensity, source })),
});

export const servedEvent = (
  recommendation: Served & Pick<Recommendation, 'recommendationId' | 'userId'>,
  nowMs: number,
): StoredEvent => {
  const { recommendationId, userId, placement, modelVersion, generatedAt, items, relevanceLost } =
    recommendation;
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
      items: items.map(({ itemId, rank, propensity, source }) => ({ itemId, rank, propensity, source })),
    },
  });
};

import { describe, expect, it } from 'vitest';
import { customerId, experimentId, itemId } from '../../lib/base/ids.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import { loopEvents } from '../../lib/events/event.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { serveRecommendation } from '../../lib/recommendations/serve.ts';
import { similarTo } from '../../lib/recommendations/similar.ts';
import type { InForce } from '../../lib/recommendations/treatment.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { catalogItem, fakeServingModel } from '../fakes/serving-model.ts';

const nowMs = Date.UTC(2026, 5, 1);
const items = [
  catalogItem('a', 0, { category: ['Data'], tags: ['x'] }),
  catalogItem('b', 0, { category: ['Data'] }),
  catalogItem('c', 0, { category: ['Cooking'], tags: ['x', 'y'] }),
];
const serving = fakeServingModel({
  trainedAtMs: nowMs,
  items,
  neighbours: { a: { c: 0.5, a: 1 } },
  counts: { b: 0 },
});
const assortment = createAssortment(serving, [], new Set());

const serve = async (refusals = 0, inForce: InForce = { experiments: [], salt: undefined }) => {
  const events = createFakeEventQueue();
  events.refuse(refusals);
  const warnings: string[] = [];
  const reads: unknown[] = [];
  const recommendation = await serveRecommendation(
    parseRecommendationRequest('u1', { limit: '2', placement: 'home' }),
    {
      assortment: async () => assortment,
      customers: {
        read: async (...asked) => {
          reads.push(asked);
          return {};
        },
      },
      events,
      clock: { nowMs: () => nowMs },
      random: { bytes: (count) => new Uint8Array(count).fill(7) },
      inForce: async () => inForce,
      settings: {
        explorationShare: 0.5,
        explorationDepth: 0,
        reranking: defaultReranking,
        globalHoldoutShare: 0.05,
        globalHoldoutPeriod: 'quarter',
      },
      eligibilityRules: [],
      warn: (message) => warnings.push(message),
    },
  );
  return { recommendation, sent: events.sent, warnings, reads };
};

describe('an answer', () => {
  it('costs one read of the customer, with the list of the version that serves', async () => {
    expect((await serve()).reads).toEqual([['u1', 'v1']]);
  });

  it('is logged with each impression, its rank and its propensity', async () => {
    const { recommendation, sent } = await serve();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      event: loopEvents.recommendationServed,
      userId: customerId('u1'),
      timestamp: '2026-06-01T00:00:00.000Z',
      properties: {
        recommendationId: recommendation.recommendationId,
        placement: 'home',
        modelVersion: 'v1',
        draws: { slots: 2, share: 0.5, ranked: 2, pool: 1 },
        asked: { limit: 2 },
        items: recommendation.items.map(({ itemId: id, rank, propensity, source }) => ({
          itemId: id,
          rank,
          propensity,
          source,
        })),
      },
    });
    expect(recommendation.items).toHaveLength(2);
  });

  it('names the arm of a running experiment and logs it with its propensity', async () => {
    const variants = [{ name: 'popular', weight: 1, serving: { personalised: false } }];
    const running = {
      experimentId: experimentId('e1'),
      subject: 'recommendations',
      variants,
      salt: 's',
    } as const;
    const inForce = {
      experiments: [{ ...running, startsAt: '2026-05-01T00:00:00Z', endsAt: '2026-07-01T00:00:00Z' }],
      salt: 'workspace',
    };
    const { recommendation, sent } = await serve(0, inForce);
    expect(recommendation.experiment).toEqual({ experimentId: 'e1', variant: 'popular' });
    expect(sent[0].properties.experiment).toEqual({ experimentId: 'e1', variant: 'popular', propensity: 1 });
    expect(recommendation.items.map(({ source }) => source)).toEqual(['popularity', 'popularity']);
  });

  it('is given although its log was refused, and the loss is reported', async () => {
    const { recommendation, sent, warnings } = await serve(1);
    expect(recommendation.items).toHaveLength(2);
    expect(sent).toEqual([]);
    expect(warnings).toEqual(['impressions were not logged']);
  });
});

describe('items similar to an item', () => {
  const similar = (id: string, limit = 10) =>
    similarTo({ itemId: itemId(id), limit }, assortment, nowMs).items.map(
      ({ itemId: other, rank, source }) => [other, rank, source],
    );

  it('are its neighbours in behaviour, never itself', () => {
    expect(similar('a')).toEqual([['c', 1, 'neighbours']]);
  });

  it('are those the catalogue describes alike where nobody has used it yet', () => {
    expect(similar('b')).toEqual([['a', 1, 'content']]);
  });

  it('of an unknown item are none: the caller is told', () => {
    expect(() => similar('nowhere')).toThrow(expect.objectContaining({ kind: 'not-found' }));
  });
});

// A small catalogue, customers and their answers, for the tests of recommend().

import { type ItemId, itemId, messageId, modelVersion, recommendationId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { defaultReranking, type EligibilityRule, type Reranking } from '../../lib/base/settings.ts';
import type { CustomerRecord, CustomerState, ListedItem, OwnedItem } from '../../lib/events/customer.ts';
import type { InteractionType } from '../../lib/events/event.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { recommend } from '../../lib/recommendations/recommend.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { catalogItem, type FakeServing, fakeServingModel } from '../fakes/serving-model.ts';

export const dayMs = 86_400_000;
export const nowMs = Date.UTC(2026, 5, 1);
export const trainedAtMs = nowMs - dayMs;
export const longAgo = nowMs - 400 * dayMs;

export const item = (id: string, change: object = {}) => catalogItem(id, longAgo, change);
export const catalogue: readonly CatalogItem[] = [
  item('sql-1', { kind: 'course', category: ['Data'], series: { id: 'sql', position: 1 } }),
  item('sql-2', { kind: 'course', category: ['Data'], series: { id: 'sql', position: 2 } }),
  item('sql-4', { kind: 'course', category: ['Data'], series: { id: 'sql', position: 4 } }),
  item('python', { kind: 'course', category: ['Data', 'Python'], tags: ['new-edition'] }),
  item('cooking', {
    kind: 'book',
    category: ['Cooking'],
    price: 20,
    currency: 'EUR',
    attributes: { url: 'https://shop.test/c' },
  }),
  item('club', { kind: 'membership', repurchase: 'renews:30' }),
  item('yearbook', { kind: 'book', repurchase: 'expires:100' }),
  item('tea', { kind: 'thing', repurchase: 'consumable' }),
  item('secret', { hidden: true }),
];
export const neighbours = {
  'sql-1': { python: 0.9, cooking: 0.1, secret: 1 },
  cooking: { tea: 0.6, python: 0.2 },
};

export const state = (
  events: readonly (readonly [InteractionType, string, number])[],
  owned: { readonly [id: string]: OwnedItem } = {},
): CustomerState => ({
  events: events.map(([type, id, atMs], index) => ({
    messageId: messageId(`m${index}`),
    type,
    itemId: itemId(id),
    atMs,
  })),
  owned,
  orders: {},
  revision: 1,
});
export const list = (...items: readonly (readonly [string, string?])[]): Pick<CustomerRecord, 'list'> => ({
  list: {
    modelVersion: modelVersion('v1'),
    items: items.map(
      ([id, because], index): ListedItem => ({
        itemId: itemId(id),
        score: 1 - index / 100,
        source: 'als',
        ...(because === undefined ? {} : { because: itemId(because) }),
      }),
    ),
  },
});

export interface Scene {
  readonly query?: { readonly [name: string]: string };
  readonly record?: CustomerRecord;
  readonly serving?: Partial<FakeServing> | null;
  readonly news?: readonly CatalogItem[];
  readonly withdrawn?: readonly ItemId[];
  readonly explorationShare?: number;
  readonly explorationDepth?: number;
  readonly reranking?: Partial<Reranking>;
  readonly rules?: readonly EligibilityRule[];
  readonly seed?: number;
}

export const answer = ({
  query = {},
  record = {},
  serving = {},
  news = [],
  withdrawn = [],
  explorationShare = 0,
  explorationDepth = 0,
  reranking = {},
  rules = [],
  seed = 1,
}: Scene) => {
  const model =
    serving === null
      ? undefined
      : fakeServingModel({ trainedAtMs, items: catalogue, neighbours, ...serving });
  const assortment = createAssortment(model, news, new Set(withdrawn));
  const request = parseRecommendationRequest('u1', { limit: '20', ...query });
  const context = {
    recommendationId: recommendationId('rec_1'),
    nowMs,
    random: seededRandom(seed),
    explorationShare,
    explorationDepth,
    reranking: { ...defaultReranking, ...reranking },
    eligibilityRules: rules,
  };
  return recommend(request, record, assortment, context);
};
export const idsOf = (scene: Scene): string[] => answer(scene).items.map(({ itemId: id }) => id);
export const found = (scene: Scene, id: string) => {
  const item = answer(scene).items.find((one) => one.itemId === id);
  if (!item) throw new Error(`${id} is not in the answer`);
  return item;
};

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId, messageId, modelVersion, recommendationId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import type { CustomerRecord, CustomerState, OwnedItem } from '../../lib/events/customer.ts';
import type { InteractionType } from '../../lib/events/event.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { recommend } from '../../lib/recommendations/recommend.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { catalogItem, type FakeServing, fakeServingModel } from '../fakes/serving-model.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 5, 1);
const trainedAtMs = nowMs - dayMs;
const longAgo = nowMs - 400 * dayMs;

const part = (position: number, change: object = {}) =>
  catalogItem(`copy-${position}`, longAgo, { series: { id: 'copy', position }, ...change });
const single = (id: string) => catalogItem(id, longAgo);
const shelf = [part(1), part(2), part(3), single('photo'), single('web')];

const state = (
  events: readonly (readonly [InteractionType, string])[],
  owned: { readonly [id: string]: OwnedItem } = {},
): CustomerState => ({
  events: events.map(([type, id], index) => ({
    messageId: messageId(`m${index}`),
    type,
    itemId: itemId(id),
    atMs: nowMs - 1_000 - index,
  })),
  owned,
  orders: {},
  revision: 1,
});
const bought = (...ids: string[]): { [id: string]: OwnedItem } =>
  Object.fromEntries(ids.map((id) => [id, { purchasedAtMs: longAgo }]));
const published = (...ids: string[]): Pick<CustomerRecord, 'list'> => ({
  list: {
    modelVersion: modelVersion('v1'),
    items: ids.map((id) => ({ itemId: itemId(id), score: 1, source: 'als' })),
  },
});

interface Scene {
  readonly query?: { readonly [name: string]: string };
  readonly record?: CustomerRecord;
  readonly serving?: Partial<FakeServing>;
  readonly explorationShare?: number;
  readonly seed?: number;
}

const answer = ({ query = {}, record = {}, serving = {}, explorationShare = 0, seed = 1 }: Scene) =>
  recommend(
    parseRecommendationRequest('u1', { limit: '20', ...query }),
    record,
    createAssortment(fakeServingModel({ trainedAtMs, items: shelf, ...serving }), [], new Set()),
    {
      recommendationId: recommendationId('rec_1'),
      nowMs,
      random: seededRandom(seed),
      explorationShare,
      reranking: defaultReranking,
      eligibilityRules: [],
    },
  ).items;
const idsOf = (scene: Scene): string[] => answer(scene).map(({ itemId: id }) => id);
const reasonOf = (scene: Scene, id: string) => answer(scene).find((one) => one.itemId === id)?.reason;

describe('a later part of a series', () => {
  it('stands for the first one, at its rank and once', () => {
    const record = published('copy-3', 'photo', 'copy-2');
    expect(idsOf({ record })).toEqual(['copy-1', 'photo', 'web']);
    expect(reasonOf({ record }, 'copy-1')?.code).toBe('for-you');
  });

  it('stands for the next one of a customer who has the parts before it, and says so', () => {
    const record = { ...published('photo', 'copy-3'), state: state([], bought('copy-1')) };
    expect(idsOf({ record })).not.toContain('copy-3');
    expect(reasonOf({ record }, 'copy-2')).toMatchObject({ code: 'next-in-series', itemId: 'copy-1' });
  });

  it('stands for the first one though its owner has the part between, without calling that the next', () => {
    const record = { state: state([], bought('copy-2')) };
    expect(idsOf({ record })[0]).toBe('copy-1');
    expect(reasonOf({ record }, 'copy-1')?.code).toBe('for-you');
  });

  it('is not held up by a part that was finished, is excluded, hidden or in a language that is not read', () => {
    expect(idsOf({ record: { state: state([['complete', 'copy-1']]) } })).toContain('copy-2');
    expect(idsOf({ query: { exclude: 'copy-1' } })).toContain('copy-2');
    const hidden = { items: [part(1, { hidden: true }), part(2), part(3)] };
    expect(idsOf({ serving: hidden })).toEqual(['copy-2']);
    const foreign = { items: [part(1, { language: 'zh' }), part(2, { language: 'en' })] };
    const reader = {
      customerId: customerId('u1'),
      language: 'en',
      traits: {},
      traitTimes: {},
      suppressed: {},
      createdAtMs: longAgo,
    };
    expect(idsOf({ serving: foreign, record: { profile: reader } })).toEqual(['copy-2']);
    expect(
      idsOf({ serving: { items: [part(1, { kind: 'book' }), part(2)] }, query: { kind: 'item' } }),
    ).toEqual(['copy-2']);
  });

  it('is not held up by an owned consumable, but by access that has ended', () => {
    const record = { state: state([], bought('copy-1')) };
    const consumable = { items: [part(1, { repurchase: 'consumable' }), part(2)] };
    expect(idsOf({ serving: consumable, record })).toContain('copy-2');
    const expired = { items: [part(1, { repurchase: 'expires:30' }), part(2)] };
    expect(idsOf({ serving: expired, record })).toEqual(['copy-1']);
  });

  it('that was finished leaves the parts before it behind: the next one comes first, the first by its own rank', () => {
    const record = { state: state([['complete', 'copy-2']], bought('copy-2')) };
    const serving = { popularity: ['photo', 'web', 'copy-1'] };
    expect(idsOf({ record, serving })).toEqual(['copy-3', 'photo', 'web', 'copy-1']);
    expect(reasonOf({ record, serving }, 'copy-3')).toMatchObject({
      code: 'next-in-series',
      itemId: 'copy-2',
    });
  });

  it('is brought up for renewal whether the first is owned or not: it was bought before', () => {
    const items = [part(1), part(2, { repurchase: 'renews:30' }), part(3), single('photo')];
    const due = { 'copy-2': { purchasedAtMs: nowMs - 25 * dayMs } };
    const shown = answer({ serving: { items }, record: { state: state([], due) } }).slice(0, 2);
    expect(new Map(shown.map(({ itemId: id, source, reason }) => [id, [source, reason.code]]))).toEqual(
      new Map([
        ['copy-1', ['series', 'for-you']],
        ['copy-2', ['renewal', 'renews-soon']],
      ]),
    );
  });

  it('stands for the first one beside a context item too, as similar only where the first is', () => {
    const near = (ids: object) => ({
      query: { contextItem: 'photo' },
      serving: { neighbours: { photo: { ...ids } } },
    });
    expect(idsOf(near({ 'copy-3': 0.9 }))).toEqual(['copy-1', 'web']);
    expect(reasonOf(near({ 'copy-3': 0.9 }), 'copy-1')?.code).toBe('for-you');
    expect(reasonOf(near({ 'copy-3': 0.9, 'copy-1': 0.1 }), 'copy-1')).toMatchObject({
      code: 'similar-to',
      itemId: 'photo',
    });
  });

  it('in popularity gives its place to the first one, with what is true of that', () => {
    const serving = { popularity: ['web', 'copy-2', 'photo'] };
    expect(idsOf({ serving })).toEqual(['web', 'copy-1', 'photo']);
    expect(reasonOf({ serving }, 'copy-1')?.code).toBe('from-catalogue');
  });

  it('is never explored before the first, and propensities are how often each item is shown', () => {
    const serving = {
      items: [...shelf, single('a')],
      counts: { 'copy-1': 1, 'copy-2': 1, 'copy-3': 1, a: 1 },
      popularity: ['photo', 'web'],
    };
    const runsCount = 10_000;
    const seen = new Map<string, { times: number; propensity: number }>();
    for (let seed = 0; seed < runsCount; seed++) {
      for (const { itemId: id, propensity } of answer({
        serving,
        seed,
        explorationShare: 0.3,
        query: { limit: '2' },
      })) {
        seen.set(id, { times: (seen.get(id)?.times ?? 0) + 1, propensity });
      }
    }
    expect([...seen.keys()].sort()).toEqual(['a', 'copy-1', 'photo', 'web']);
    // Two slots at ε = 0.3, two items in the pool: 2ε / 2.
    expect(seen.get('copy-1')?.propensity).toBeCloseTo(0.3, 12);
    for (const { times, propensity } of seen.values()) {
      const deviation = Math.sqrt((propensity * (1 - propensity)) / runsCount);
      expect(Math.abs(times / runsCount - propensity)).toBeLessThanOrEqual(4.5 * deviation);
    }
  });
});

describe('an answer', () => {
  it('never holds a part of a series while an earlier eligible part is not owned, and no item twice', () => {
    const ids = Array.from({ length: 8 }, (_, index) => `i${index}`);
    const anyIds = fc.uniqueArray(fc.constantFrom(...ids));
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            series: fc.constantFrom('s', 't'),
            position: fc.integer({ min: 1, max: 5 }),
            hidden: fc.boolean(),
          }),
          {
            minLength: 8,
            maxLength: 8,
          },
        ),
        fc.record({ owned: anyIds, listed: anyIds, viewed: anyIds, excluded: anyIds, rare: anyIds }),
        fc.option(fc.constantFrom(...ids), { nil: undefined }),
        fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 12 }),
        fc.integer(),
        (parts, { owned, listed, viewed, excluded, rare }, contextItem, pairs, seed) => {
          const items = parts.map(({ series, position, hidden }, index) =>
            catalogItem(`i${index}`, longAgo, { series: { id: series, position }, hidden }),
          );
          const neighbours: { [id: string]: { [id: string]: number } } = {};
          for (const [from, to] of pairs) {
            if (from !== to) neighbours[from] = { ...neighbours[from], [to]: 0.5 };
          }
          const shown = answer({
            query: {
              limit: '5',
              ...(contextItem !== undefined && { contextItem }),
              ...(excluded.length > 0 && { exclude: excluded.join(',') }),
            },
            record: {
              ...published(...listed),
              state: state(
                viewed.map((id) => ['view', id] as const),
                bought(...owned),
              ),
            },
            serving: { items, neighbours, counts: Object.fromEntries(rare.map((id) => [id, 1])) },
            explorationShare: 0.5,
            seed,
          });
          expect(new Set(shown.map(({ itemId: id }) => id)).size).toBe(shown.length);
          const open = items.filter(
            ({ itemId: id, hidden }) =>
              !hidden && id !== contextItem && !excluded.includes(id) && !owned.includes(id),
          );
          for (const { itemId: id } of shown) {
            const own = items.find((one) => one.itemId === id)?.series;
            const before = open.filter(
              ({ series }) => series?.id === own?.id && Number(series?.position) < Number(own?.position),
            );
            expect(
              before.map((one) => one.itemId),
              `before ${id}`,
            ).toEqual([]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('"because" of an item chosen from what happened since the training', () => {
  const neighbours = { photo: { 'copy-1': 0.1 }, web: { 'copy-1': 0.3 } };
  const recent = (event: string, owned: { [id: string]: OwnedItem }, given: FakeServing['neighbours']) => ({
    record: { ...published('a'), state: state([['view', event]], owned) },
    serving: { items: [...shelf, single('a'), single('b')], neighbours: given },
  });

  it('names the item of the whole history that gave most, bought before the training or not', () => {
    const scene = recent('photo', bought('web'), neighbours);
    expect(answer(scene).find((one) => one.itemId === 'copy-1')?.source).toBe('fresh');
    expect(reasonOf(scene, 'copy-1')).toMatchObject({ code: 'because-you-bought', itemId: 'web' });
  });

  it('is not said of a first part that only a later part’s neighbour brought up', () => {
    const scene = recent('photo', {}, { photo: { 'copy-2': 0.9 } });
    expect(reasonOf(scene, 'copy-1')).toMatchObject({ code: 'for-you' });
  });
});

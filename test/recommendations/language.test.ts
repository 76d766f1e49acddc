import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId, messageId, modelVersion, recommendationId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import type { CustomerProfile, CustomerRecord, CustomerState } from '../../lib/events/customer.ts';
import { type Assortment, createAssortment } from '../../lib/recommendations/assortment.ts';
import { primaryLanguage } from '../../lib/recommendations/language.ts';
import { recommend } from '../../lib/recommendations/recommend.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { catalogItem, fakeServingModel } from '../fakes/serving-model.ts';

const nowMs = Date.UTC(2026, 5, 1);
const longAgo = nowMs - 400 * 86_400_000;

const item = (id: string, language?: string, change: object = {}) =>
  catalogItem(id, longAgo, { ...(language !== undefined && { language }), ...change });

const profile = (language?: string): CustomerProfile => ({
  customerId: customerId('u1'),
  ...(language !== undefined && { language }),
  traits: {},
  traitTimes: {},
  suppressed: {},
  createdAtMs: longAgo,
});
const stateWith = (change: Partial<CustomerState>): CustomerState => ({
  events: [],
  owned: {},
  orders: {},
  revision: 1,
  ...change,
});

const assortmentOf = (
  items: readonly ReturnType<typeof item>[],
  counts: { readonly [id: string]: number } = {},
): Assortment =>
  createAssortment(
    fakeServingModel({
      trainedAtMs: nowMs - 1_000,
      items,
      counts,
      popularity: items.filter(({ itemId: id }) => !(id in counts)).map(({ itemId: id }) => id),
    }),
    [],
    new Set(),
  );

const answer = (assortment: Assortment, record: CustomerRecord, seed = 1, limit = 20, explorationShare = 0) =>
  recommend(parseRecommendationRequest('u1', { limit: String(limit) }), record, assortment, {
    recommendationId: recommendationId('rec_1'),
    nowMs,
    random: seededRandom(seed),
    explorationShare,
    reranking: defaultReranking,
    eligibilityRules: [],
  }).items;
const idsOf = (assortment: Assortment, record: CustomerRecord): string[] =>
  answer(assortment, record).map(({ itemId: id }) => id);

const shelf = assortmentOf([
  item('british', 'en-GB'),
  item('english', 'en'),
  item('chinese', 'zh-CN'),
  item('taiwanese', 'zh-Hant'),
  item('silent'),
]);

describe('popularity', () => {
  it('fills up with what the customer can read, whatever the region', () => {
    expect(idsOf(shelf, { profile: profile('en-US') })).toEqual(['british', 'english', 'silent']);
    expect(idsOf(shelf, { profile: profile('ZH_cn') })).toEqual(['chinese', 'taiwanese', 'silent']);
  });

  it('leaves nothing out for a customer whose language is unknown', () => {
    expect(idsOf(shelf, { profile: profile() })).toHaveLength(5);
    expect(idsOf(shelf, {})).toHaveLength(5);
  });

  it('leaves nothing out where nothing is in the customer’s language: an answer is not emptied', () => {
    expect(idsOf(shelf, { profile: profile('de') })).toHaveLength(5);
  });

  it('has items of a language in which the customer bought or finished something, and of none only looked at', () => {
    const english = { profile: profile('en') };
    const bought = stateWith({ owned: { chinese: { purchasedAtMs: longAgo } } });
    const refunded = stateWith({ owned: { chinese: { purchasedAtMs: longAgo, refundedAtMs: longAgo + 1 } } });
    const did = (type: 'complete' | 'view') =>
      stateWith({
        events: [{ messageId: messageId('m'), type, itemId: itemId('chinese'), atMs: nowMs - 9 }],
      });
    expect(idsOf(shelf, { ...english, state: bought })).toContain('taiwanese');
    expect(idsOf(shelf, { ...english, state: did('complete') })).toContain('taiwanese');
    expect(idsOf(shelf, { ...english, state: did('view') })).not.toContain('taiwanese');
    expect(idsOf(shelf, { ...english, state: refunded })).not.toContain('taiwanese');
  });

  it('before the first training is the newest of what the customer can read', () => {
    const untrained = createAssortment(undefined, [item('chinese', 'zh'), item('english', 'en')], new Set());
    expect(idsOf(untrained, { profile: profile('en') })).toEqual(['english']);
  });
});

describe('what was chosen for the customer', () => {
  it('is kept in any language: behaviour tells more than a profile', () => {
    const list = {
      modelVersion: modelVersion('v1'),
      items: [{ itemId: itemId('chinese'), score: 1, source: 'als' }],
    };
    expect(idsOf(shelf, { profile: profile('en'), list })[0]).toBe('chinese');
  });
});

const languages = [undefined, 'en', 'en-GB', 'zh-CN', 'zh-Hant', 'de'] as const;
const anyShelf = fc
  .array(fc.tuple(fc.constantFrom(...languages), fc.boolean()), { minLength: 2, maxLength: 14 })
  .map((given) =>
    given.map(([language, isLittleKnown], index) => ({ id: `i${index}`, language, isLittleKnown })),
  );

const shelfOf = (given: readonly { id: string; language: string | undefined; isLittleKnown: boolean }[]) =>
  assortmentOf(
    given.map(({ id, language }) => item(id, language)),
    Object.fromEntries(given.filter(({ isLittleKnown }) => isLittleKnown).map(({ id }) => [id, 1])),
  );

describe('exploration', () => {
  it('never shows an item in a language that the customer reads nothing in', () => {
    fc.assert(
      fc.property(anyShelf, fc.constantFrom('en-US', 'zh'), fc.integer(), (given, language, seed) => {
        const own = primaryLanguage(language);
        const readsSomething = given.some((one) => primaryLanguage(one.language) === own);
        fc.pre(readsSomething);
        for (const { itemId: id, source } of answer(
          shelfOf(given),
          { profile: profile(language) },
          seed,
          5,
          0.5,
        )) {
          const shown = primaryLanguage(given.find((one) => one.id === id)?.language);
          expect([own, undefined], `${id} by ${source}`).toContain(shown);
        }
      }),
    );
  });

  it('logs propensities of what could be shown alone: they are how often each item is shown', () => {
    const mixed = shelfOf([
      { id: 'a', language: 'en', isLittleKnown: false },
      { id: 'b', language: 'en', isLittleKnown: false },
      { id: 'x', language: 'en', isLittleKnown: true },
      { id: 'y', language: undefined, isLittleKnown: true },
      { id: 'z', language: 'zh', isLittleKnown: true },
      { id: 'c', language: 'zh', isLittleKnown: false },
    ]);
    const runsCount = 20_000;
    const seen = new Map<string, { times: number; propensity: number }>();
    for (let seed = 0; seed < runsCount; seed++) {
      for (const { itemId: id, propensity } of answer(mixed, { profile: profile('en') }, seed, 2, 0.3)) {
        seen.set(id, { times: (seen.get(id)?.times ?? 0) + 1, propensity });
      }
    }
    expect([...seen.keys()].sort()).toEqual(['a', 'b', 'x', 'y']);
    // Two slots at ε = 0.3: 1 − ε², (1 − ε)², and 2ε over the two that may be explored.
    expect(seen.get('a')?.propensity).toBeCloseTo(0.91, 12);
    expect(seen.get('b')?.propensity).toBeCloseTo(0.49, 12);
    expect(seen.get('x')?.propensity).toBeCloseTo(0.3, 12);
    for (const { times, propensity } of seen.values()) {
      const deviation = Math.sqrt((propensity * (1 - propensity)) / runsCount);
      expect(Math.abs(times / runsCount - propensity)).toBeLessThanOrEqual(4.5 * deviation);
    }
  });
});

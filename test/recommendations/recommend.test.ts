import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { catalogItem } from '../fakes/serving-model.ts';

import { answer, dayMs, found, idsOf, item, list, longAgo, nowMs, state, trainedAtMs } from './scene.ts';

describe('an answer', () => {
  it('says which of what it was asked for no item has', () => {
    const asked = { kind: 'podcast', category: 'Data', tag: 'old-edition' };
    expect(answer({ query: asked }).notes).toEqual([
      'No visible item has the kind "podcast".',
      'No visible item has the tag "old-edition".',
    ]);
    expect(
      answer({ query: { kind: 'course', category: 'Python', tag: 'new-edition' } }).notes,
    ).toBeUndefined();
  });
});

describe('a customer', () => {
  it('who is new gets popularity, best first where nothing else tells them apart, hidden items never', () => {
    const {
      items,
      modelVersion: version,
      userId,
    } = answer({ query: { limit: '3' }, serving: { popularity: ['tea', 'club', 'secret', 'cooking'] } });
    expect(items.map(({ itemId: id, rank, source, propensity }) => [id, rank, source, propensity])).toEqual([
      ['tea', 1, 'popularity', 1],
      ['club', 2, 'popularity', 1],
      ['cooking', 3, 'popularity', 1],
    ]);
    expect(items[0].reason).toEqual({ code: 'popular', text: { en: 'Popular now', 'zh-CN': '热门' } });
    expect([version, userId]).toEqual(['v1', customerId('u1')]);
  });

  it('who is new but told their language gets what suits it, until there is behaviour or a list', () => {
    const profile: CustomerProfile = {
      customerId: customerId('u1'),
      traits: { language: 'zh-CN' },
      traitTimes: {},
      suppressed: {},
      createdAtMs: longAgo,
    };
    const serving = { features: { 'language=zh': { tea: 1 } } };
    const tea = found({ serving, record: { profile } }, 'tea');
    expect([tea.rank, tea.source, tea.reason.code]).toEqual([1, 'fresh', 'for-you']);
    expect(found({ serving, record: { profile, ...list(['club']) } }, 'tea').source).toBe('popularity');
  });

  it('who is new is not told to be chosen for where the model answers anybody so, and gets what they can read', () => {
    const profile: CustomerProfile = {
      customerId: customerId('u1'),
      language: 'zh-CN',
      traits: { language: 'zh-CN' },
      traitTimes: {},
      suppressed: {},
      createdAtMs: longAgo,
    };
    const items = [item('yoga', { language: 'en' }), item('taiji', { language: 'zh-CN' })];
    const anybody = { yoga: 2, taiji: 1 };
    const likeAnybody = answer({ serving: { items, anybody }, record: { profile } }).items;
    expect(likeAnybody.map(({ itemId: id, source, reason }) => [id, source, reason.code])).toEqual([
      ['taiji', 'popularity', 'popular'],
    ]);
    // Also where all that was done is with an item that the model has never seen.
    const looked = state([['view', 'unheard-of', nowMs - 1_000]]);
    expect(answer({ serving: { items, anybody }, record: { profile, state: looked } }).items[0].source).toBe(
      'popularity',
    );
    // What the profile tells the model is a choice, among what can be read.
    const features = { 'language=zh': { taiji: 3, yoga: 4 } };
    const chosen = answer({ serving: { items, anybody, features }, record: { profile } }).items;
    expect(chosen.map(({ itemId: id, source }) => [id, source])).toEqual([['taiji', 'fresh']]);
  });

  it('never gets again what was bought a second ago, and gets it again once it is refunded', () => {
    const bought = { python: { purchasedAtMs: nowMs - 1_000 } };
    const refunded = { python: { purchasedAtMs: nowMs - 1_000, refundedAtMs: nowMs - 500 } };
    const published = list(['python'], ['cooking']);
    expect(idsOf({ record: { ...published, state: state([]) } })).toContain('python');
    expect(idsOf({ record: { ...published, state: state([], bought) } })).not.toContain('python');
    expect(idsOf({ record: { ...published, state: state([], refunded) } })).toContain('python');
  });

  it('may be offered a consumable at once and access that has expired, but not access that lasts', () => {
    const since = (days: number) => ({ purchasedAtMs: nowMs - days * dayMs });
    const offered = idsOf({ record: { state: state([], { tea: since(0), yearbook: since(99) }) } });
    expect(offered).toContain('tea');
    expect(offered).not.toContain('yearbook');
    expect(idsOf({ record: { state: state([], { yearbook: since(101) }) } })[0]).toBe('yearbook');
  });

  it('whose membership ends within the lead is reminded of it first, and told when it has ended', () => {
    const holding = (days: number) => ({
      record: { ...list(['python']), state: state([], { club: { purchasedAtMs: nowMs - days * dayMs } }) },
    });
    const [first] = answer(holding(20)).items;
    expect([first.itemId, first.source, first.reason.code]).toEqual(['club', 'renewal', 'renews-soon']);
    expect(found(holding(35), 'club').reason.code).toBe('access-ended');
    expect(idsOf(holding(10))).not.toContain('club');
    expect(found(holding(200), 'club').source).toBe('popularity');
  });

  it('is shown the next part after the farthest one that was bought or finished', () => {
    const record = {
      state: state([['complete', 'sql-2', nowMs - 3 * dayMs]], { 'sql-1': { purchasedAtMs: longAgo } }),
    };
    const next = found({ record }, 'sql-4');
    expect(next.source).toBe('series');
    expect(next.reason).toMatchObject({ code: 'next-in-series', itemId: 'sql-2' });
    expect(next.reason.text).toEqual({
      en: 'Next after “Title of sql-2”',
      'zh-CN': '《Title of sql-2》的下一部',
    });
  });

  it('is not pushed along a series only looked at', () => {
    const record = { state: state([['view', 'sql-1', nowMs - 1_000]]) };
    expect(answer({ record }).items.filter(({ source }) => source === 'series')).toEqual([]);
  });

  it('sees the effect of an event newer than the model at once', () => {
    const before = {
      record: { ...list(['club'], ['yearbook']), state: state([['view', 'cooking', trainedAtMs - 1]]) },
    };
    const after = {
      record: { ...list(['club'], ['yearbook']), state: state([['view', 'cooking', trainedAtMs + 1]]) },
    };
    expect(found(before, 'tea').source).toBe('popularity');
    const tea = found(after, 'tea');
    expect(tea.source).toBe('fresh');
    expect(tea.reason).toMatchObject({ code: 'because-you-viewed', itemId: 'cooking' });
    expect(idsOf(after).indexOf('tea')).toBeLessThan(idsOf(before).indexOf('tea'));
  });
});

describe('a model that answers everybody alike', () => {
  it('gives nobody a list of their own: what it brings is called popular, not chosen', () => {
    const record = { state: state([['view', 'cooking', nowMs - 1_000]]) };
    const serving = { isPersonal: false, neighbours: {} };
    expect(new Set(answer({ record, serving }).items.map(({ source }) => source))).toEqual(
      new Set(['popularity']),
    );
  });
});

describe('bounds on exposure', () => {
  const byAuthor = (id: string, author: string) => item(id, { author });
  const shelf = [
    ...['a', 'b', 'c'].map((id) => byAuthor(id, 'Li')),
    ...['d', 'e'].map((id) => byAuthor(id, 'Wang')),
    ...['x', 'y', 'z'].map((id) => byAuthor(id, 'Li')),
    byAuthor('w', 'Chen'),
  ];
  const scene = {
    query: { limit: '3' },
    record: list(['a'], ['b'], ['c'], ['d'], ['e']),
    serving: {
      items: shelf,
      neighbours: {},
      counts: { x: 1, y: 2, z: 3, w: 4 },
      popularity: ['a', 'b', 'd'],
    },
    explorationShare: 0.4,
    reranking: { authorCountMax: 2, diversityWeight: 0, calibrationWeight: 0 },
  };

  it('hold with explored items too, and propensities are how often each item is shown', () => {
    const seen = new Map<string, { times: number; propensity: number }>();
    const runsCount = 5_000;
    for (let seed = 0; seed < runsCount; seed++) {
      const { items } = answer({ ...scene, seed });
      const byLi = items.filter(({ itemId: id }) => 'abcxyz'.includes(id));
      expect(byLi.length).toBeLessThanOrEqual(2);
      for (const { itemId: id, propensity } of items) {
        seen.set(id, { times: (seen.get(id)?.times ?? 0) + 1, propensity });
      }
    }
    // Ranked: a, b, d (c is the third by Li). Li's two are taken, so of the pool only Chen's may be explored.
    expect([...seen.keys()].sort()).toEqual(['a', 'b', 'd', 'w']);
    expect([...seen.values()].reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(3, 9);
    for (const { times, propensity } of seen.values()) {
      const deviation = Math.sqrt((propensity * (1 - propensity)) / runsCount);
      expect(Math.abs(times / runsCount - propensity)).toBeLessThanOrEqual(4.5 * deviation + 1e-12);
    }
  });

  it('let others stand by when the popular ones are bounded, and say what that costs', () => {
    const many = Array.from({ length: 600 }, (_, index) => item(`i${index}`));
    const { items, relevanceLost } = answer({
      query: { limit: '10' },
      serving: { items: many },
      reranking: { popularShareMax: 0.3 },
    });
    // The best fifth are i0 … i119: more than a list of candidates holds.
    expect(items.map(({ itemId: id }) => Number(id.slice(1)) < 120)).toEqual([
      ...Array.from({ length: 3 }, () => true),
      ...Array.from({ length: 7 }, () => false),
    ]);
    expect(relevanceLost).toBeGreaterThan(0);
    expect(answer({ query: { limit: '10' }, serving: { items: many } }).relevanceLost).toBe(0);
  });
});

describe('a request', () => {
  it('with a context item gets similar items first, never the item itself, then the rest', () => {
    const scene = { query: { contextItem: 'cooking' }, record: list(['club'], ['sql-1']) };
    expect(idsOf(scene).slice(0, 3)).toEqual(['tea', 'python', 'club']);
    expect(found(scene, 'tea').reason).toMatchObject({ code: 'similar-to', itemId: 'cooking' });
    expect(idsOf(scene)).not.toContain('cooking');
  });

  it('with a context item that nobody knows says so', () => {
    expect(answer({ query: { contextItem: 'nowhere' } }).notes?.[0]).toContain('"nowhere"');
  });

  it('is kept to its kind, category, tag and exclusions, popularity included', () => {
    expect(idsOf({ query: { kind: 'book' } }).sort()).toEqual(['cooking', 'yearbook']);
    expect(idsOf({ query: { category: 'Python' } })).toEqual(['python']);
    expect(idsOf({ query: { tag: 'new-edition' } })).toEqual(['python']);
    expect(idsOf({ query: { exclude: 'python,cooking' } })).not.toContain('python');
  });

  it.each([
    ['limit=0', { limit: '0' }, 'limit'],
    ['limit=101', { limit: '101' }, 'limit'],
    ['limit=ten', { limit: 'ten' }, 'limit'],
    ['limit=1e1', { limit: '1e1' }, 'limit'],
    ['a parameter that does not exist', { colour: 'red' }, 'colour'],
    ['a placement with blanks', { placement: 'home page' }, 'placement'],
    ['an empty id among the excluded', { exclude: 'a,,b' }, 'exclude.1'],
    ['an empty context item', { contextItem: '' }, 'contextItem'],
  ])('is refused for %s, which is named', (_, query, path) => {
    expect(() => parseRecommendationRequest('u1', query)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        detail: expect.objectContaining({ problems: [expect.objectContaining({ path })] }),
      }),
    );
  });
});

describe('the assortment', () => {
  const fresh = catalogItem('fresh', nowMs - 1_000, { kind: 'course' });

  it('gives a new item its chance: its propensity is ε per slot over the pool, its reason that it is new', () => {
    const scene = { news: [fresh], explorationShare: 0.5, query: { limit: '1' } };
    const answers = Array.from({ length: 200 }, (_, seed) => answer({ ...scene, seed }).items[0]);
    const shown = answers.filter(({ itemId: id }) => id === 'fresh');
    expect(shown[0]).toMatchObject({ source: 'exploration', propensity: 0.5, reason: { code: 'new' } });
    // Binomial(200, 0.5): five standard deviations are 35.
    expect(Math.abs(shown.length - 100)).toBeLessThan(36);
  });

  it('calls an item new by when it was published, where that is known: an imported catalogue is not new', () => {
    const imported = catalogItem('fresh', nowMs - 1_000, { publishedAt: '2020-01-01' });
    const just = catalogItem('fresh', longAgo, { publishedAt: new Date(nowMs - dayMs).toISOString() });
    const codeOf = (item: CatalogItem) => found({ news: [item], explorationShare: 0.5 }, 'fresh').reason.code;
    expect(codeOf(imported)).toBe('from-catalogue');
    expect(codeOf(just)).toBe('new');
  });

  it('explores items with few interactions, but never owned, filtered or hidden ones', () => {
    const counts = { python: 3, cooking: 2, tea: 1, secret: 0 };
    const record = { state: state([], { cooking: { purchasedAtMs: nowMs - 1_000 } }) };
    const popularity = ['sql-1', 'club', 'yearbook'];
    const explored = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const { items } = answer({
        serving: { counts, popularity, neighbours: {} },
        record,
        explorationShare: 0.5,
        seed,
        query: { limit: '3' },
      });
      for (const { itemId: id, source } of items) if (source === 'exploration') explored.add(id);
    }
    expect([...explored].sort()).toEqual(['python', 'tea']);
  });

  it('explores as many of the next ranked as the workspace says, after them nothing', () => {
    const popularity = ['sql-1', 'python', 'cooking', 'tea', 'club'];
    const shown = (explorationDepth: number) => {
      const explored = new Set<string>();
      for (let seed = 0; seed < 100; seed++) {
        const scene = {
          serving: { popularity, neighbours: {} },
          explorationShare: 0.5,
          explorationDepth,
          seed,
        };
        const { items } = answer({ ...scene, query: { limit: '2' } });
        for (const { itemId: id, source } of items) if (source === 'exploration') explored.add(id);
      }
      return [...explored].sort();
    };
    expect(shown(0)).toEqual([]);
    expect(shown(2)).toEqual(['cooking', 'tea']);
    expect(shown(20)).toEqual(['club', 'cooking', 'tea']);
  });

  it('drops what was hidden or deleted since the training', () => {
    expect(idsOf({ record: list(['python']), withdrawn: [itemId('python')] })).not.toContain('python');
  });

  it('without a model is the newest items of the catalogue, and the answer says so', () => {
    const older = catalogItem('older', nowMs - 40 * dayMs);
    const { items, modelVersion: version, notes } = answer({ serving: null, news: [older, fresh] });
    expect(items.map(({ itemId: id, source, reason }) => [id, source, reason.code])).toEqual([
      ['fresh', 'catalogue', 'new'],
      ['older', 'catalogue', 'from-catalogue'],
    ]);
    expect(version).toBeNull();
    expect(notes?.[0]).toContain('No model has been trained yet');
  });

  it('carries price, currency and address for mails', () => {
    expect(found({}, 'cooking')).toMatchObject({
      title: 'Title of cooking',
      price: 20,
      currency: 'EUR',
      url: 'https://shop.test/c',
    });
  });
});

import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { tokens } from '../../lib/recommenders/item-text.ts';
import { graphNeighbours, knowledgeGraph } from '../../lib/recommenders/knowledge-graph.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { termMatrix, termWeights } from '../../lib/recommenders/term-weights.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

const dayMs = 86_400_000;

const fitted = (
  items: readonly CatalogItem[],
  triples: readonly Triple[],
  params: Recipe['params'] = {},
  nowMs = 0,
) => {
  const recommender = createRecommender(recipeOf('content', params));
  recommender.fit(interactionsOf(triples), new Map(items.map((item) => [item.itemId, item])), nowMs);
  return recommender;
};

describe('terms', () => {
  it('are words of English without stop words and plurals', () => {
    expect(tokens('The ponies and the teachers’ books: glass, bus & 3 stories', 'en')).toEqual([
      'pony',
      'teacher',
      'book',
      'glass',
      'bus',
      'story',
    ]);
  });

  it('are words of Chinese without particles, whatever the language of the item says', () => {
    const words = ['机器', '学习', '入门', '实践', '训练', '深度', '神经', '网络'];
    expect(tokens('机器学习入门与实践：如何训练深度神经网络')).toEqual(words);
    expect(tokens('机器学习入门与实践：如何训练深度神经网络', 'en')).toEqual(words);
  });

  it('are of any width, script and mixture', () => {
    expect(tokens('ＡＢＣ Python 数据分析的基础')).toEqual(['abc', 'python', '数据', '分析', '基础']);
    expect(tokens('プログラミング入門')).toEqual(['プログラミング', '入門']);
    expect(tokens('Der Kurs für Anfänger as such', 'de')).toEqual([
      'der',
      'kurs',
      'für',
      'anfänger',
      'as',
      'such',
    ]);
    expect(tokens('', 'not a language')).toEqual([]);
    expect(tokens('fine', 'not a language')).toEqual(['fine']);
  });
});

describe('weights of terms', () => {
  const documents = [
    new Map([
      ['cat', 1],
      ['dog', 1],
    ]),
    new Map([['cat', 2]]),
    new Map([['bird', 1]]),
  ];

  it('by BM25 are what the formula gives by hand', () => {
    const weights = termWeights(documents, 'bm25');
    expect(weights[0].get('cat')).toBeCloseTo(0.4344571, 6);
    expect(weights[0].get('dog')).toBeCloseTo(0.9066489, 6);
    expect(weights[1].get('cat')).toBeCloseTo(0.611839, 6);
    expect(weights[2].get('bird')).toBeCloseTo(1.1727306, 6);
  });

  it('by TF-IDF are what the formula gives by hand', () => {
    const weights = termWeights(documents, 'tf-idf');
    expect(weights[0].get('cat')).toBeCloseTo(Math.log(1.5), 12);
    expect(weights[0].get('dog')).toBeCloseTo(Math.log(3), 12);
    expect(weights[1].get('cat')).toBeCloseTo(0.6865121, 6);
  });

  it('make rows whose length counts the terms that no other document has', () => {
    const { terms, value, rowStart } = termMatrix(documents, 'bm25');
    expect(terms).toEqual(['cat']);
    expect([...rowStart]).toEqual([0, 1, 2, 2]);
    expect(value[0]).toBeCloseTo(0.4344571 / Math.hypot(0.4344571, 0.9066489), 6);
    expect(value[1]).toBe(1);
  });
});

describe('the knowledge graph', () => {
  const items = [
    itemOf('a1', { series: { id: 'a', position: 1 }, author: 'ann', category: ['data', 'statistics'] }),
    itemOf('a2', { series: { id: 'a', position: 2 }, author: 'ann', category: ['data', 'learning'] }),
    itemOf('b', {
      author: 'bob',
      category: ['data', 'learning'],
      attributes: { prerequisites: ['a1', 'gone'] },
    }),
    itemOf('c', { author: 'bob', category: ['art'], attributes: { related: 'a2', prerequisites: 'c' } }),
    itemOf('alone'),
  ];
  const graph = knowledgeGraph(items);

  /** Σ ½ (½ P)^t over the steps 1 … 4, by dense matrices. */
  const reference = () => {
    const size = graph.edges.length;
    const step = Matrix.zeros(size, size);
    graph.edges.forEach((edges, from) => {
      const total = [...edges.values()].reduce((sum, weight) => sum + weight, 0);
      for (const [to, weight] of edges) step.set(from, to, (0.5 * weight) / total);
    });
    let power = Matrix.eye(size);
    let sum = Matrix.zeros(size, size);
    for (let t = 1; t <= 4; t++) {
      power = power.mmul(step);
      sum = sum.add(power.clone().mul(0.5));
    }
    return sum;
  };

  it('has the edges that the catalogue states, and no others between items', () => {
    const between = graph.edges
      .slice(0, 5)
      .map((edges) => Object.fromEntries([...edges].filter(([to]) => to < 5)));
    expect(between).toEqual([{ 1: 3, 2: 3 }, { 0: 1, 3: 2 }, { 0: 1 }, { 1: 2 }, {}]);
  });

  it('finds what is near as the random walk with restart says', () => {
    const near = graphNeighbours(graph);
    const expected = reference();
    for (let item = 0; item < 5; item++) {
      const masses = [0, 1, 2, 3, 4].map((other) => (other === item ? 0 : expected.get(item, other)));
      const most = Math.max(...masses, Number.MIN_VALUE);
      const found = new Map(
        [...near.columnIndex.subarray(near.rowStart[item], near.rowStart[item + 1])].map((other, place) => [
          other,
          near.value[near.rowStart[item] + place],
        ]),
      );
      masses.forEach((mass, other) => {
        expect(found.get(other) ?? 0).toBeCloseTo(mass / most, 6);
      });
    }
  });

  it('leads from a part to the next before the one before, and to what builds on it', () => {
    const parts = [1, 2, 3].map((position) => itemOf(`p${position}`, { series: { id: 's', position } }));
    const near = graphNeighbours(knowledgeGraph(parts));
    expect(near.columnIndex[near.rowStart[1]]).toBe(2);
    const chain = graphNeighbours(
      knowledgeGraph([itemOf('basics'), itemOf('advanced', { attributes: { prerequisites: 'basics' } })]),
    );
    expect([...chain.columnIndex]).toEqual([1, 0]);
  });
});

describe('content', () => {
  const courses = [
    itemOf('statistics', { title: 'Statistics with Python', category: ['Data'], author: 'Ann' }),
    itemOf('learning', { title: 'Machine learning with Python', category: ['Data'], author: 'Bob' }),
    itemOf('watercolour', { title: 'Watercolour painting', category: ['Art'], author: 'Cem' }),
    itemOf('oil', { title: 'Oil painting for everyone', category: ['Art'], author: 'Dee' }),
    itemOf('机器学习', { title: '机器学习入门', category: ['数据'], language: 'zh-CN' }),
    itemOf('深度学习', { title: '深度学习实践', category: ['数据'], language: 'zh-CN' }),
    itemOf('水彩', { title: '水彩画', category: ['艺术'], language: 'zh-CN' }),
  ];

  it('finds what is like an item that nobody touched', () => {
    const recommender = fitted(courses, [['ann', 'watercolour']]);
    expect(recommender.similarItems(itemId('statistics'), 1)[0].itemId).toBe('learning');
    expect(recommender.similarItems(itemId('oil'), 1)[0].itemId).toBe('watercolour');
    expect(recommender.similarItems(itemId('机器学习'), 1)[0].itemId).toBe('深度学习');
  });

  it('recommends by title, by attributes or by the graph alone', () => {
    const only = (params: Recipe['params']) =>
      fitted(courses, [['ann', 'watercolour']], {
        textWeight: 0,
        attributeWeight: 0,
        graphWeight: 0,
        ...params,
      }).recommend(customerId('ann'), 1, { exclude: new Set(['watercolour']) });
    expect(only({ textWeight: 1 })[0].itemId).toBe('oil');
    expect(only({ attributeWeight: 1 })[0].itemId).toBe('oil');
    expect(only({ graphWeight: 1 })[0]).toEqual({ itemId: 'oil', score: 1 });
  });

  it('counts an event half after its half-life', () => {
    const params = { textWeight: 0, attributeWeight: 0, graphWeight: 1, profileHalfLifeDays: 10 };
    const pair = ['one', 'two'].map((id) => itemOf(id, { author: 'ann' }));
    const at = (ageDays: number): number =>
      fitted(pair, [['ann', 'one', 3, (100 - ageDays) * dayMs]], params, 100 * dayMs).recommend(
        customerId('ann'),
        1,
      )[0].score;
    expect(at(0)).toBeCloseTo(3, 9);
    expect(at(10)).toBeCloseTo(1.5, 9);
    expect(at(20)).toBeCloseTo(0.75, 9);
  });

  it('says which item of the history a recommendation rests on', () => {
    const recommender = fitted(courses, [
      ['ann', 'watercolour', 5],
      ['ann', 'learning'],
    ]);
    const because = recommender.because(customerId('ann'), [
      itemId('statistics'),
      itemId('oil'),
      itemId('水彩'),
    ]);
    expect(because).toEqual(['learning', 'watercolour', undefined]);
  });

  it('explains a score by parts that add up to it', () => {
    const recommender = fitted(courses, [
      ['ann', 'watercolour', 2],
      ['ann', 'learning'],
    ]);
    const of = (id: string, value: number) => ({ itemId: itemId(id), value, atMs: 0 });
    const scoreOf = (events: ReturnType<typeof of>[], id: string): number =>
      recommender.foldIn(events, 10).find((one) => one.itemId === id)?.score ?? 0;
    const both = scoreOf([of('watercolour', 2), of('learning', 1)], 'statistics');
    expect(both).toBeCloseTo(
      scoreOf([of('watercolour', 2)], 'statistics') + scoreOf([of('learning', 1)], 'statistics'),
      6,
    );
  });

  it('refuses parameters out of range', () => {
    expect(() => fitted(courses, [['ann', 'oil']], { weighting: 'words' })).toThrow(
      /weighting must be bm25 or tf-idf/,
    );
    expect(() => fitted(courses, [['ann', 'oil']], { graphWeight: -1 })).toThrow(/graphWeight/);
  });
});

// ServingModel whose every number is given: neighbours, popularity order and interaction counts. Fold-in is the
// given score of features and the sum of value × similarity over the given neighbours, so expected answers can be worked out by hand.

import { type ItemId, itemId, modelVersion } from '../../lib/base/ids.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { parseItem } from '../../lib/events/item-input.ts';
import type { Scored } from '../../lib/recommenders/recommender.ts';
import type { ServingModel } from '../../lib/recommenders/serving.ts';

export interface FakeServing {
  readonly version?: string;
  readonly trainedAtMs: number;
  readonly items: readonly CatalogItem[];
  /** item → neighbour → similarity. */
  readonly neighbours?: { readonly [id: string]: { readonly [id: string]: number } };
  /** feature of a customer → item → score. */
  readonly features?: { readonly [feature: string]: { readonly [id: string]: number } };
  /** item → score, whatever the history: as a blend with popularity answers. */
  readonly anybody?: { readonly [id: string]: number };
  /** Best first; default the items' order. */
  readonly popularity?: readonly string[];
  /** Whether the model can tell what an answer rests on. Default: it cannot. */
  readonly explains?: boolean;
  /** Default true. */
  readonly isPersonal?: boolean;
  /** Default 100. */
  readonly counts?: { readonly [id: string]: number };
}

export const fakeServingModel = (given: FakeServing): ServingModel => {
  const neighboursOf = (id: string): Scored[] =>
    Object.entries(given.neighbours?.[id] ?? {})
      .map(([other, score]) => ({ itemId: itemId(other), score }))
      .sort((a, b) => b.score - a.score);
  const visible = given.items.filter((item) => !item.hidden).map((item) => item.itemId);
  const order = given.popularity ?? visible;
  const countOf = (id: string): number =>
    given.items.some((item) => item.itemId === id) ? (given.counts?.[id] ?? 100) : 0;
  return {
    modelVersion: modelVersion(given.version ?? 'v1'),
    trainedAtMs: given.trainedAtMs,
    items: given.items,
    popularity: order.map((id, index) => ({ itemId: itemId(id), score: order.length - index })),
    similarItems: (id, n) => neighboursOf(id).slice(0, n),
    foldIn: (events, n, options = {}) => {
      const scores = new Map<ItemId, number>(
        [given.anybody, ...(options.features ?? []).map((name) => given.features?.[name])].flatMap((all) =>
          Object.entries(all ?? {}).map(([id, score]) => [itemId(id), score] as const),
        ),
      );
      for (const event of events) {
        for (const { itemId: id, score } of neighboursOf(event.itemId)) {
          scores.set(id, (scores.get(id) ?? 0) + score * event.value);
        }
      }
      return [...scores]
        .filter(([id]) => !options.exclude?.has(id) && (options.accept?.(id) ?? true))
        .map(([id, score]) => ({ itemId: id, score }))
        .sort((a, b) => b.score - a.score)
        .slice(0, n);
    },
    isPersonal: given.isPersonal ?? true,
    because: (events) =>
      given.explains
        ? (id) => {
            const adds = [...Map.groupBy(events, ({ itemId: own }) => own)].map(([own, all]) => ({
              itemId: own,
              share: all.reduce((sum, { value }) => sum + value, 0) * (given.neighbours?.[own]?.[id] ?? 0),
            }));
            return adds.toSorted((a, b) => b.share - a.share).find(({ share }) => share > 0)?.itemId;
          }
        : undefined,
    interactionsCount: countOf,
    interactionsTotal: given.items.reduce((sum, item) => sum + countOf(item.itemId), 0),
  };
};

/** An item as the catalogue would hold it, first taken at this time. */
export const catalogItem = (id: string, createdAtMs: number, change: object = {}): CatalogItem =>
  parseItem(id, { title: `Title of ${id}`, ...change }, createdAtMs);

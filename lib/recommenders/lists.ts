// The list published for every customer: the model's best of the visible catalogue without what is owned for good,
// filled with popularity where the model has nothing to say. Items nobody took yet are listed where the model scores them.
// A model that can tell what an answer rests on does so when the item is shown (ServingModel.because), from all that is
// known by then. For the others a list names the item of the history with the largest weight × similarity among the
// listed item's neighbours. Where there is none, or the model goes by customers alike, how many of those bought it, from
// three on: of fewer a customer could guess who.
// Cost: recommendAll's, and list length × neighbours for the reasons; one list at a time is in memory. Who is alike is
// looked for among all, a step for each pair of customers, and so only up to alikeReasonsCustomersCountMax of them.

import type { CustomerId, ItemId } from '../base/ids.ts';
import { publishedListCountMax } from '../base/limits.ts';
import { alikeReasonsCustomersCountMax } from '../base/model-limits.ts';
import { type Interactions, purchaseCode } from '../dataset/interaction.ts';
import { ownedOnce, visibleItems } from '../dataset/split.ts';
import type { ListedItem } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { pairsOf } from './history.ts';
import type { Neighbours } from './item-knn-similarity.ts';
import type { Recommender } from './recommender.ts';
import { learnersLikeYou } from './similar-customers.ts';

export type CustomerList = readonly [CustomerId, readonly ListedItem[]];

/** One list a customer, in the order of `interactions.customers`. */
export function* customerLists(
  recommender: Recommender,
  interactions: Interactions,
  catalogue: ReadonlyMap<string, CatalogItem>,
  neighbours: Neighbours,
  alikeAmongMax = alikeReasonsCustomersCountMax,
): Generator<CustomerList> {
  const visible = visibleItems(catalogue);
  const owned = ownedOnce(interactions, catalogue);
  const strongest = reasons(interactions, pairsOf(interactions), neighbours);
  // What fills a list up is popular: an item that nobody ever took is not.
  const taken = new Set<string>(interactions.items);
  const none = new Set<string>();
  const accept = (item: ItemId): boolean => visible.has(item);
  const boughtBy = buyersAlike(recommender, interactions, alikeAmongMax);
  const goesByAlike = recommender.name === 'user-knn';
  let canTell: boolean | undefined;
  let row = 0;
  const all = recommender.recommendAll(publishedListCountMax, (customerId) => ({
    exclude: owned.get(customerId) ?? none,
    accept,
  }));
  for (const [customerId, listed] of all) {
    const scored = listed.filter(({ itemId, score }) => score !== 0 || taken.has(itemId));
    const ids = scored.map(({ itemId }) => itemId);
    // Asked with nothing: whether it can tell.
    canTell ??= recommender.because(customerId, []) !== undefined;
    const because = canTell ? [] : strongest(row, ids);
    row += 1;
    const items = scored.map(({ itemId, score }, place): ListedItem => {
      const item = { itemId, score: rounded(score), source: score === 0 ? 'popularity' : recommender.name };
      const named = because[place];
      if (named !== undefined) return { ...item, because: named };
      if (score === 0 || (canTell && !goesByAlike)) return item;
      const boughtByAlike = boughtBy(customerId).get(itemId) ?? 0;
      return boughtByAlike >= alikeBuyersCountMin ? { ...item, boughtByAlike } : item;
    });
    yield [customerId, items];
  }
}

const alikeCustomersCount = 50;
const alikeBuyersCountMin = 3;

/**
 * For the customer asked for last: of the 50 most alike, how many bought each item; nothing where nobody ever bought, or
 * there are more than `amongMax` customers.
 */
const buyersAlike = (
  recommender: Recommender,
  interactions: Interactions,
  amongMax: number,
): ((customerId: CustomerId) => ReadonlyMap<ItemId, number>) => {
  const isKnown = interactions.type.includes(purchaseCode) && interactions.customers.length <= amongMax;
  let alike: ReturnType<typeof learnersLikeYou> | undefined;
  let known: { readonly customerId: CustomerId; readonly counts: ReadonlyMap<ItemId, number> } | undefined;
  return (customerId) => {
    if (!isKnown) return new Map();
    if (known?.customerId !== customerId) {
      alike ??= learnersLikeYou(recommender, interactions);
      const options = { nearest: alikeCustomersCount, threshold: 0, n: interactions.items.length };
      const counts = new Map(
        alike(customerId, options).items.map(({ itemId, takenBy }) => [itemId, takenBy]),
      );
      known = { customerId, counts };
    }
    return known.counts;
  };
};

/** Six digits tell scores of one list apart and halve what is stored. */
const rounded = (score: number): number => Number(score.toPrecision(6));

/** For a customer's row: the item of their history nearest to each listed item, weighted; undefined where none is. */
const reasons = (interactions: Interactions, pairs: SparseMatrix, neighbours: Neighbours) => {
  const indexOf = new Map<string, number>(interactions.items.map((id, index) => [id, index]));
  const weights = new Float32Array(pairs.columns);
  return (row: number, listed: readonly ItemId[]): readonly (ItemId | undefined)[] => {
    fillRow(weights, pairs, row);
    const found = listed.map((id) => strongestOf(neighbours, indexOf.get(id), weights));
    weights.fill(0);
    return found.map((index) => (index === undefined ? undefined : interactions.items[index]));
  };
};

const fillRow = (weights: Float32Array, pairs: SparseMatrix, row: number): void => {
  for (let entry = pairs.rowStart[row]; entry < pairs.rowStart[row + 1]; entry++) {
    weights[pairs.columnIndex[entry]] = pairs.value[entry];
  }
};

const strongestOf = (
  { rowStart, columnIndex, value }: Neighbours,
  item: number | undefined,
  weights: Float32Array,
): number | undefined => {
  let strongest: number | undefined;
  let most = 0;
  for (let entry = rowStart[item ?? 0]; item !== undefined && entry < rowStart[item + 1]; entry++) {
    const contribution = value[entry] * weights[columnIndex[entry]];
    if (contribution > most) {
      most = contribution;
      strongest = columnIndex[entry];
    }
  }
  return strongest;
};

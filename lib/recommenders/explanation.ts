// Which item of a history an answer rests on: the one that adds most to the item's score in the model that gave it.
// Additive models (neighbours, EASE, content) state their summands; factor models split ŷ_ui = Σ_j s_ij^u c_uj over the
// fold-in weights (Hu, Koren & Volinsky 2008, eq. 7). Only what adds counts; of equals the lower index.

import type { ItemId } from '../base/ids.ts';
import type { ItemTable } from './indexed.ts';
import type { History, Scorer } from './model.ts';

/** For an item, the one of the history that adds most (undefined: none adds); undefined for a model that cannot tell. */
export const strongestItem = (
  { items, scorer }: { readonly items: ItemTable; readonly scorer: Scorer },
  history: History,
): ((itemId: ItemId) => ItemId | undefined) | undefined => {
  const explain = scorer.explain?.(history);
  if (explain === undefined) {
    return undefined;
  }
  const added = new Float64Array(history.items.length);
  return (id) => {
    const item = items.indexOf.get(id);
    if (item === undefined) {
      return undefined;
    }
    added.fill(0);
    explain(item, added);
    const place = greatest(added);
    return place === undefined ? undefined : items.ids[history.items[place]];
  };
};

const greatest = (added: Float64Array): number | undefined => {
  let most = 0;
  let place: number | undefined;
  added.forEach((value, index) => {
    if (Number.isNaN(value)) throw new RangeError('explanation: a contribution is not a number');
    if (value > most) {
      most = value;
      place = index;
    }
  });
  return place;
};

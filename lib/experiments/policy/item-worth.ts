// The reward model of the doubly robust estimate: what an item is worth when it is looked at, from the pages of other
// customers. Two halves of the customers, each judged by the other's (cross-fitting), so the model never saw the row it
// corrects and the estimate stays unbiased however poor the model is. Σ outcomes ÷ Σ chances to be looked at, drawn towards
// the mean of all items by 20 looks.

import type { ItemId } from '../../base/ids.ts';
import type { PageWithTarget } from './page-rows.ts';
import { looksAt } from './positions.ts';

export type Worth = (itemId: ItemId) => number;

const priorLooks = 20;

/** For the customers of each half (`halfOf`: 0 or 1), the worth of items by the other half's pages. */
export const crossFittedWorth = (
  pages: readonly PageWithTarget[],
  exponent: number,
  halfOf: (page: PageWithTarget) => 0 | 1,
): readonly [Worth, Worth] => {
  const halves = [emptySums(), emptySums()];
  for (const one of pages) {
    const sums = halves[1 - halfOf(one)];
    const looks = looksAt(exponent, one.page.shown.length);
    for (const [place, { itemId }] of one.page.shown.entries()) {
      const known = sums.items.get(itemId) ?? { outcomes: 0, looks: 0 };
      sums.items.set(itemId, {
        outcomes: known.outcomes + one.rewards[place],
        looks: known.looks + looks[place],
      });
      sums.outcomes += one.rewards[place];
      sums.looks += looks[place];
    }
  }
  return [worthOf(halves[0]), worthOf(halves[1])];
};

interface Sums {
  readonly items: Map<ItemId, { readonly outcomes: number; readonly looks: number }>;
  outcomes: number;
  looks: number;
}

const emptySums = (): Sums => ({ items: new Map(), outcomes: 0, looks: 0 });

const worthOf = ({ items, outcomes, looks }: Sums): Worth => {
  const mean = looks === 0 ? 0 : outcomes / looks;
  return (itemId) => {
    const known = items.get(itemId);
    return known === undefined ? mean : (known.outcomes + priorLooks * mean) / (known.looks + priorLooks);
  };
};

// Pages with what the new policy would have shown on them, as rows of off-policy.ts: one a place, with the examined chance
// of its item under both policies, its customer, and the doubly robust model.

import type { CustomerId, ItemId } from '../../base/ids.ts';
import type { LoggedRow } from '../off-policy.ts';
import { crossFittedWorth, type Worth } from './item-worth.ts';
import { looksAt } from './positions.ts';
import type { ServedPage } from './served-page.ts';
import { examinedChance } from './tables.ts';
import type { TargetPage } from './target-page.ts';

export interface PageWithTarget {
  readonly customerId: CustomerId;
  readonly page: ServedPage;
  readonly target: TargetPage;
  /** By place: 1 where the item led to the outcome, else 0. */
  readonly rewards: readonly number[];
}

export const pageRows = (pages: readonly PageWithTarget[], exponent: number): LoggedRow[] => {
  const halfOf = halves(pages);
  const worths = crossFittedWorth(pages, exponent, halfOf);
  return pages.flatMap((one) => rowsOf(one, exponent, worths[halfOf(one)]));
};

/** Every second customer, in the order of the pages. */
const halves = (pages: readonly PageWithTarget[]): ((one: PageWithTarget) => 0 | 1) => {
  const numbers = new Map<CustomerId, number>();
  for (const { customerId } of pages) {
    if (!numbers.has(customerId)) numbers.set(customerId, numbers.size);
  }
  return ({ customerId }) => ((numbers.get(customerId) ?? 0) % 2 === 0 ? 0 : 1);
};

const rowsOf = (
  { customerId, page, target, rewards }: PageWithTarget,
  exponent: number,
  worth: Worth,
): LoggedRow[] => {
  const logged = looksAt(exponent, page.shown.length);
  const looks = looksAt(exponent, target.table.slots);
  const ofPool = examinedChance(target.table.pool, looks);
  const chances = new Map<ItemId, number>(target.pool.map((itemId) => [itemId, ofPool]));
  for (const [place, row] of target.table.ranked.entries()) {
    chances.set(target.ranked[place], examinedChance(row, looks));
  }
  let expected = 0;
  for (const [itemId, chance] of chances) expected += chance * worth(itemId);
  return page.shown.map(({ itemId, place }, slot) => ({
    reward: rewards[slot],
    propensity: examinedChance(place === undefined ? page.table.pool : page.table.ranked[place], logged),
    target: chances.get(itemId) ?? 0,
    model: { logged: logged[slot] * worth(itemId), target: expected / page.shown.length },
    cluster: customerId,
    examined: logged[slot],
  }));
};

// Whether the workspace's eligibility rules let this customer have what a coupon gives them (its gift, its trial, its
// bundle), asked when it is used: a code can be passed on, and a risk tolerance can be lowered after the message.
// Items that the customer chooses and pays themself are under the shop's own rules.

import type { CustomerId } from '../base/ids.ts';
import { obeysRules } from '../recommendations/attribute-rules.ts';
import type { OfferTerms } from './offer.ts';
import * as refusal from './refusals.ts';
import type { CouponContext } from './step.ts';
import { givenItems } from './suitable.ts';

/** Throws forbidden when it does not suit; an item that left the catalogue cannot be judged and suits nobody. */
export const refuseUnsuitable = async (
  terms: OfferTerms,
  customerId: CustomerId,
  { catalog, customers, settings }: Pick<CouponContext, 'catalog' | 'customers' | 'settings'>,
): Promise<void> => {
  const given = givenItems(terms);
  if (settings.eligibilityRules.length === 0 || given.length === 0) {
    return;
  }
  const [items, records] = await Promise.all([catalog.get(given), customers.readMany([customerId])]);
  const obeys = obeysRules(settings.eligibilityRules, records.get(customerId)?.profile?.traits ?? {});
  const unsuitable = given.find((itemId) => {
    const item = items.get(itemId);
    return item === undefined || !obeys(item);
  });
  if (unsuitable !== undefined) {
    throw refusal.notSuitable(unsuitable);
  }
};

// Whether an item may stand in an answer: visible, asked for, allowed to this customer by the workspace's rules
// (attribute-rules.ts), and not one that its owner cannot buy again or that the customer is trying out.
// Ownership is the fresh state's: a purchase a second ago counts, a refunded one does not. All times in ms.

import type { ItemId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerState, OwnedItem } from '../events/customer.ts';
import type { CatalogItem, RepurchaseRule } from '../events/item.ts';
import { trialNow } from '../events/trials.ts';
import type { Assortment } from './assortment.ts';
import type { RecommendationRequest } from './request.ts';

/** Two weeks are time enough to decide on a renewal; of a short period half, or it would be on offer always. */
const renewalLeadDaysMax = 14;

/** A customer's view of the assortment: accepts the items that may be recommended now. */
export const eligibility =
  (
    request: Pick<RecommendationRequest, 'kind' | 'category' | 'tag' | 'exclude' | 'contextItem'>,
    state: CustomerState | undefined,
    assortment: Assortment,
    nowMs: number,
    obeys: (item: CatalogItem) => boolean = () => true,
  ) =>
  (itemId: ItemId): boolean => {
    const item = assortment.item(itemId);
    return (
      item !== undefined &&
      assortment.isVisible(itemId) &&
      itemId !== request.contextItem &&
      !request.exclude.has(itemId) &&
      (request.kind === undefined || item.kind === request.kind) &&
      (request.category === undefined || item.category.includes(request.category)) &&
      (request.tag === undefined || item.tags.includes(request.tag)) &&
      obeys(item) &&
      mayBuy(item.repurchase, ownedItem(state, itemId), nowMs) &&
      trialNow(state, itemId, nowMs) === undefined
    );
  };

export const ownedItem = (state: CustomerState | undefined, itemId: ItemId): OwnedItem | undefined =>
  state && Object.hasOwn(state.owned, itemId) ? state.owned[itemId] : undefined;

/** Bought, and not refunded since. */
export const isHeld = (owned: OwnedItem | undefined): owned is OwnedItem =>
  owned !== undefined && (owned.refundedAtMs === undefined || owned.purchasedAtMs > owned.refundedAtMs);

export const mayBuy = (rule: RepurchaseRule, owned: OwnedItem | undefined, nowMs: number): boolean => {
  if (!isHeld(owned)) return true;
  switch (rule.kind) {
    case 'once':
      return false;
    case 'renews':
      return nowMs >= owned.purchasedAtMs + rule.days * dayMs - renewalLeadMs(rule.days);
    case 'expires':
      return nowMs >= owned.purchasedAtMs + rule.days * dayMs;
    case 'consumable':
      return true;
  }
};

export const renewalLeadMs = (periodDays: number): number =>
  Math.min(renewalLeadDaysMax, periodDays / 2) * dayMs;

/** When the latest period or access of an item that is held ends; undefined where it does not end. */
export const endsAtMs = (rule: RepurchaseRule, owned: OwnedItem): number | undefined =>
  rule.kind === 'renews' || rule.kind === 'expires' ? owned.purchasedAtMs + rule.days * dayMs : undefined;

// Whether what was offered, or is about to be shown, suits this customer now: every item that it names is asked of the
// workspace's eligibility rules again, since a risk tolerance can be lowered after a message (when it is offered first:
// suitable.ts; when it is used: given.ts).
// Limit: items by category or kind are not named, so they are not asked here; what the customer then sees and buys is.

import type { ItemId } from '../base/ids.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import type { JsonObject } from '../events/event.ts';
import type { CatalogStore } from '../ports.ts';
import { obeysRules } from '../recommendations/attribute-rules.ts';
import { namedItems, type OfferTerms } from './offer.ts';

export interface SuitsContext {
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly settings: Pick<WorkspaceSettings, 'eligibilityRules'>;
}

/** Reads the items once; an item that left the catalogue cannot be judged and suits nobody. */
export const suitsStill = async (
  itemIds: readonly ItemId[],
  traits: JsonObject,
  { catalog, settings }: SuitsContext,
): Promise<(named: readonly ItemId[]) => boolean> => {
  const { eligibilityRules } = settings;
  if (eligibilityRules.length === 0 || itemIds.length === 0) {
    return () => true;
  }
  const items = await catalog.get([...new Set(itemIds)]);
  const obeys = obeysRules(eligibilityRules, traits);
  return (named) =>
    named.every((itemId) => {
      const item = items.get(itemId);
      return item !== undefined && obeys(item);
    });
};

/** Those of a referral's reward among them: it is offered by the same words. */
export const itemsOffered = (
  terms: OfferTerms & { readonly referral?: { readonly reward: OfferTerms } },
): readonly ItemId[] => [...namedItems(terms), ...(terms.referral ? namedItems(terms.referral.reward) : [])];

// What an offer comes to for one customer, the same in a preview and in a delivery: as far as the workspace's rules let
// it (lib/offers/suitable.ts), with the catalogue and what they own, which its texts and its depth are read from.

import type { EligibilityRule } from '../base/settings.ts';
import type { CouponOffer } from '../campaigns/campaign.ts';
import type { CustomerRecord } from '../events/customer.ts';
import { emptyScene, needsCatalog, type OfferScene } from '../offers/issue.ts';
import { namesItems, suitableOffer } from '../offers/suitable.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import { obeysRules } from '../recommendations/attribute-rules.ts';

export interface OfferedTerms {
  readonly offer: CouponOffer;
  readonly scene: OfferScene;
}

/** For an offer that names nothing, the catalogue is not read. */
export const asksCatalogue = (offer: CouponOffer, rules: readonly EligibilityRule[]): boolean =>
  needsCatalog(offer) || (rules.length > 0 && namesItems(offer));

/** Undefined: it does not suit. `assortment` is there where `asksCatalogue`. */
export const offeredTerms = (
  offer: CouponOffer,
  { profile, state }: CustomerRecord,
  rules: readonly EligibilityRule[],
  assortment: Pick<Assortment, 'item' | 'visible'> | undefined,
): OfferedTerms | undefined => {
  if (assortment === undefined) {
    return { offer, scene: emptyScene };
  }
  const owned = new Map(Object.entries(state?.owned ?? {}));
  const scene: OfferScene = {
    item: (id) => assortment.item(id),
    visible: () => assortment.visible(),
    owns: (id) => {
      const of = owned.get(id);
      return of !== undefined && of.purchasedAtMs > (of.refundedAtMs ?? 0);
    },
  };
  const obeys = obeysRules(rules, profile?.traits ?? {});
  const suited = rules.length === 0 ? offer : suitableOffer(offer, { ...scene, obeys });
  return suited && { offer: suited, scene };
};

// Inbox in memory: an offer is kept once for its delivery and expiry, however often it is put.

import { inboxOffersCountMax } from '../../lib/base/limits.ts';
import type { InAppOffer, Inbox } from '../../lib/ports.ts';

export const fakeInbox = (): Inbox => {
  const offers = new Map<string, InAppOffer>();
  return {
    put: async (offer) => {
      offers.set(JSON.stringify([offer.customerId, offer.expiresAt, offer.deliveryId]), offer);
    },
    live: async (customerId, nowMs) =>
      [...offers.values()]
        .filter((offer) => offer.customerId === customerId && Date.parse(offer.expiresAt) > nowMs)
        .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .slice(0, inboxOffersCountMax),
  };
};

const keyOf = ({ expiresAt, deliveryId }: InAppOffer): string => `${expiresAt}#${deliveryId}`;

// What one behaviour says about taste, relative to a purchase. One table, in SQL and in TypeScript alike:
//   value = weight(type) × damping;  purchases: 1 + ln(quantity), other behaviours 1, ratings rating / 5 (at most 1).
// Impressions, refunds and removals from the cart are no taste: weight 0 rows never become interactions. Ratings of 2 or less are dropped.

import type { InteractionType } from '../events/event.ts';

export const interactionWeights: { readonly [type in InteractionType]: number } = {
  purchase: 1,
  complete: 0.8,
  rate: 0.6,
  cart: 0.5,
  start: 0.5,
  wishlist: 0.4,
  share: 0.4,
  view: 0.15,
  impression: 0,
  refund: 0,
  removal: 0,
};

/** A rating of this or less, of 5, tells what not to recommend; no model here learns from it. */
export const lowRatingMax = 2;

/** `quantity`: units of a purchase, the rating of a `rate`, otherwise 1 (the default). */
export const interactionValue = (type: InteractionType, quantity = type === 'rate' ? 5 : 1): number => {
  const weight = interactionWeights[type];
  if (type === 'purchase') {
    return weight * (1 + Math.log(Math.max(1, quantity)));
  }
  return type === 'rate' ? (quantity <= lowRatingMax ? 0 : weight * Math.min(1, quantity / 5)) : weight;
};

/** The same as SQL over columns `type` and `quantity`. */
export const interactionValueSql = (): string => {
  const weight = Object.entries(interactionWeights)
    .map(([type, value]) => `when '${type}' then ${value}`)
    .join(' ');
  const damping = `case type when 'purchase' then 1 + ln(greatest(1, quantity))
    when 'rate' then case when quantity <= ${lowRatingMax} then 0 else least(1, quantity / 5) end else 1 end`;
  return `(case type ${weight} end) * (${damping})`;
};

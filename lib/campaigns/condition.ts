// Segment conditions over a customer's traits and behaviour, as JSON that a web form can build.
// `evaluateCondition` and its validation live beside this in the same folder; facts come from CustomerFacts.

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | FactCondition;

/** One comparison. Missing facts make every operator false except `absent`. */
export interface FactCondition {
  /**
   * `trait.<name>`; or one of: orders (count), spend (sum, refunds deducted), daysSinceLastOrder,
   * daysSinceFirstOrder, ownedItems (count), owns (item ids), ownsCategory (category names), viewed (item ids,
   * fresh events), daysSinceLastEvent, expiresInDays (soonest expiry or renewal of an owned item),
   * daysSinceExpiry (of what ended last and was not renewed), cart, viewedNotBought, completed, nextInSeries (item ids,
   * as focus.ts finds them), daysSinceLastCompletion, language, channel (reachable channels).
   */
  readonly fact: string;
  readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'contains' | 'present' | 'absent';
  /** Not used by present and absent. */
  readonly value?: string | number | boolean | readonly (string | number)[];
}

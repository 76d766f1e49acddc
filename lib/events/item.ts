// The catalogue item: a course, a book, a plan, an episode; anything sold or recommended.
// Source of field names: Segment's Products object and schema.org/Product where they have one.

import type { ItemId } from '../base/ids.ts';
import type { JsonObject } from './event.ts';

/**
 * When an owner may buy (and be recommended) the item again.
 * `once`: never. `renews`: a subscription period of `days`; may be offered again from shortly before its end
 * (`renewalLeadMs` in lib/recommendations/eligibility.ts).
 * `expires`: access ends after `days`, then it may be bought again. `consumable`: at any time.
 */
export type RepurchaseRule =
  | { readonly kind: 'once' }
  | { readonly kind: 'renews'; readonly days: number }
  | { readonly kind: 'expires'; readonly days: number }
  | { readonly kind: 'consumable' };

export interface CatalogItem {
  readonly itemId: ItemId;
  readonly title: string;
  /** Free text: `course`, `book`, `membership`, `plan`, … Default `item`. */
  readonly kind: string;
  /** From broad to narrow: ["Data", "Machine learning"]. */
  readonly category: readonly string[];
  readonly tags: readonly string[];
  readonly description?: string;
  readonly level?: string;
  readonly series?: { readonly id: string; readonly position: number };
  readonly author?: string;
  /** BCP 47: `en`, `zh-CN`. */
  readonly language?: string;
  readonly price?: number;
  /** ISO 4217. */
  readonly currency?: string;
  /** ISO 8601. */
  readonly publishedAt?: string;
  readonly repurchase: RepurchaseRule;
  readonly attributes: JsonObject;
  readonly hidden: boolean;
  /** When the catalogue last took it; ISO 8601, set by the server. */
  readonly updatedAt: string;
  /** When the catalogue first took it; ISO 8601, set by the server. New items get their chance from this. */
  readonly createdAt: string;
}

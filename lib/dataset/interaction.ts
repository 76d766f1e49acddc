// Interactions in columns: what every recommender fits on.
// Rows are unique after cleaning; customers and items are indexed densely in first-seen order.

import type { CustomerId, ItemId } from '../base/ids.ts';
import { type InteractionType, interactionTypes } from '../events/event.ts';

export interface Interactions {
  /** Index → id. */
  readonly customers: readonly CustomerId[];
  readonly items: readonly ItemId[];
  /** Parallel columns, one entry a row. */
  readonly customerIndex: Int32Array;
  readonly itemIndex: Int32Array;
  /** Weight of the row: event-type weight × quantity damping; > 0. */
  readonly value: Float32Array;
  /** When, ms since 1970. */
  readonly atMs: Float64Array;
  /** What was done: an index into interactionTypes (a purchase is also a renewal). */
  readonly type: Uint8Array;
}

export const typeCode = (type: InteractionType): number => interactionTypes.indexOf(type);

export const purchaseCode = typeCode('purchase');

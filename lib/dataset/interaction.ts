// Interactions in columns: what every recommender fits on.
// Rows are unique after cleaning; customers and items are indexed densely in first-seen order.

import type { CustomerId, ItemId } from '../base/ids.ts';

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
  /** 1 for a purchase (also renewals), 0 for any other behaviour. */
  readonly purchase: Uint8Array;
}

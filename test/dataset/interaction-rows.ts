// From rows to columns: ids become dense indexes in first-seen order.

import type { CustomerId, ItemId } from '../../lib/base/ids.ts';
import { type Interactions, typeCode } from '../../lib/dataset/interaction.ts';
import type { InteractionType } from '../../lib/events/event.ts';

export interface InteractionRow {
  readonly customerId: CustomerId;
  readonly itemId: ItemId;
  readonly value: number;
  readonly atMs: number;
  readonly type: InteractionType;
}

export const interactionsFrom = (rows: readonly InteractionRow[]): Interactions => {
  const customers = denseIndex(rows.map((row) => row.customerId));
  const items = denseIndex(rows.map((row) => row.itemId));
  return {
    customers: customers.ids,
    items: items.ids,
    customerIndex: customers.index,
    itemIndex: items.index,
    value: Float32Array.from(rows, (row) => row.value),
    atMs: Float64Array.from(rows, (row) => row.atMs),
    type: Uint8Array.from(rows, (row) => typeCode(row.type)),
  };
};

const denseIndex = <Id extends string>(
  values: readonly Id[],
): { readonly ids: Id[]; readonly index: Int32Array } => {
  const indexOf = new Map<Id, number>();
  const index = new Int32Array(values.length);
  values.forEach((value, row) => {
    const known = indexOf.get(value) ?? indexOf.size;
    indexOf.set(value, known);
    index[row] = known;
  });
  return { ids: [...indexOf.keys()], index };
};

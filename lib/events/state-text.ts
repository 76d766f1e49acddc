// A customer's state as one compact JSON text, and back: what the store keeps. Only what cannot be derived is
// written (orders and refunds of whole orders are summed anew on reading), names of fields once instead of per row:
// about 60 bytes an owned item.

import { itemId, messageId } from '../base/ids.ts';
import type { CustomerState, FreshEvent, OrderLine, OwnedItem } from './customer.ts';
import { foldEvents } from './state.ts';

interface StateText {
  readonly events: readonly (readonly [
    messageId: string,
    FreshEvent['type'],
    itemId: string,
    atMs: number,
    quantity?: number,
    isTotal?: 1,
  ])[];
  readonly owned: readonly (readonly [
    itemId: string,
    purchasedAtMs: number,
    order: string,
    refundedAtMs: number,
  ])[];
  readonly lines: readonly (readonly [
    OrderLine['kind'],
    orderId: string,
    part: string,
    atMs: number,
    OrderLine['value'],
  ])[];
  /** Of a customer without trials absent. */
  readonly trials?: readonly (readonly [itemId: string, startedAtMs: number, endsAtMs: number])[];
  readonly floors?: CustomerState['floors'];
}

export const packState = (state: CustomerState): string => {
  const { events, owned, lines = [], trials, floors } = foldEvents(state, []);
  const text: StateText = {
    events: events.map(({ messageId, type, itemId, atMs, quantity, isTotal }) => [
      messageId,
      type,
      itemId,
      atMs,
      ...(quantity === undefined
        ? ([] as const)
        : isTotal
          ? ([quantity, 1] as const)
          : ([quantity] as const)),
    ]),
    owned: Object.entries(owned)
      .map(([id, item]) => [id, item.purchasedAtMs, item.order ?? '', item.itemRefundedAtMs ?? 0] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    lines: lines.map((line) => [line.kind, line.orderId, line.part, line.atMs, line.value]),
    ...(trials && {
      trials: Object.entries(trials).map(
        ([id, { startedAtMs, endsAtMs }]) => [id, startedAtMs, endsAtMs] as const,
      ),
    }),
    ...(floors && { floors }),
  };
  return JSON.stringify(text);
};

export const unpackState = (text: string, revision: number): CustomerState => {
  const { events, owned, lines, trials, floors }: StateText = JSON.parse(text);
  const kept: CustomerState = {
    events: events.map(([message, type, item, atMs, quantity, isTotal]) => ({
      messageId: messageId(message),
      type,
      itemId: itemId(item),
      atMs,
      ...(quantity !== undefined && { quantity }),
      ...(isTotal && { isTotal: true }),
    })),
    owned: Object.fromEntries(
      owned.map(([id, purchasedAtMs, order, refundedAtMs]): [string, OwnedItem] => [
        id,
        {
          purchasedAtMs,
          ...(refundedAtMs > 0 && { itemRefundedAtMs: refundedAtMs }),
          ...(order !== '' && { order }),
        },
      ]),
    ),
    orders: {},
    lines: lines.map(([kind, orderId, part, atMs, value]) => ({ kind, orderId, part, atMs, value })),
    ...(trials && {
      trials: Object.fromEntries(
        trials.map(([id, startedAtMs, endsAtMs]) => [id, { startedAtMs, endsAtMs }]),
      ),
    }),
    ...(floors && { floors }),
    revision,
  };
  return foldEvents(kept, []);
};

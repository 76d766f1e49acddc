// A customer's fresh state as a function of the set of their events: foldEvents gives the same state for the same
// events in any order, cut into any batches, delivered any number of times (revision aside).
// How: the state is summed from entries of three kinds (fresh events; latest purchase and latest refund of each
// item; order parts and refunds), each known by its key, the later one standing, the oldest forgotten (newest.ts).
// Impressions and Reprise's own events do not enter: 50 shown items would push out what the customer did.
// A refund takes the item back whatever its quantity; ownership is of items, not of units.

import { itemId } from '../base/ids.ts';
import {
  freshEventsBytesMax,
  freshEventsCountMax,
  freshOrdersBytesMax,
  freshOrdersCountMax,
  ownedItemsBytesMax,
  ownedItemsCountMax,
} from '../base/limits.ts';
import { sha256Hex } from './canonical-json.ts';
import type { CustomerState, Floor, FreshEvent, OrderLine, OrderSummary, OwnedItem } from './customer.ts';
import type { Behaviour, StoredEvent } from './event.ts';
import { behavioursOf, orderLineOf } from './meaning.ts';
import { type Bounds, latestByKey, newestWithin } from './newest.ts';
import { mergeTrials, type Trials, trialsOf } from './trials.ts';

export const emptyState: CustomerState = { events: [], owned: {}, orders: {}, revision: 0 };

/** The state after these events too; `revision` stays, the writer raises it. */
export const foldEvents = (state: CustomerState, events: readonly StoredEvent[]): CustomerState =>
  summarised(merged(entriesOfState(state), entriesOfEvents(events)), state.revision);

/** Both states' events in one: an anonymous visitor's joins the user's. The revision is the first's. */
export const mergeStates = (state: CustomerState, other: CustomerState): CustomerState =>
  summarised(merged(entriesOfState(state), entriesOfState(other)), state.revision);

interface FreshEntry extends Floor {
  readonly event: FreshEvent;
}
interface OwnedEntry extends Floor {
  readonly kind: 'purchase' | 'refund';
  readonly itemId: string;
  readonly order: string;
}
interface LineEntry extends Floor {
  readonly line: OrderLine;
}
interface Entries {
  readonly events: readonly FreshEntry[];
  readonly owned: readonly OwnedEntry[];
  readonly lines: readonly LineEntry[];
  readonly trials: Trials;
  readonly floors: NonNullable<CustomerState['floors']>;
}

/** Room for the JSON around the key, two times of 13 digits and an order's hash. */
const entryBytes = 48;
const bytesOf = (entry: Floor): number => Buffer.byteLength(JSON.stringify(entry.key)) + entryBytes;
const eventBounds: Bounds<Floor> = { countMax: freshEventsCountMax, bytesMax: freshEventsBytesMax, bytesOf };
const lineBounds: Bounds<Floor> = { countMax: freshOrdersCountMax, bytesMax: freshOrdersBytesMax, bytesOf };
const ownedBounds: Bounds<Floor> = { countMax: ownedItemsCountMax, bytesMax: ownedItemsBytesMax, bytesOf };

const freshEntry = (event: FreshEvent): FreshEntry => ({
  key: `${event.messageId}\n${event.type}\n${event.itemId}`,
  atMs: event.atMs,
  event,
});
const ownedEntry = (kind: OwnedEntry['kind'], id: string, atMs: number, order = ''): OwnedEntry => ({
  key: `${kind}\n${id}`,
  atMs,
  kind,
  itemId: id,
  order,
});
const lineEntry = (line: OrderLine): LineEntry => ({
  key: `${line.kind}\n${line.orderId}\n${line.part}`,
  atMs: line.atMs,
  line,
});

/** 32 bits of a hash: tells one customer's orders apart at a fifth of an order id's size. */
const orderHash = (id: string): string => sha256Hex(id).slice(0, 8);

/** One an item: lines of one item in one event (two sizes of it) are one move of the cart. */
const freshEntries = (behaviours: readonly Behaviour[]): FreshEntry[] =>
  [...Map.groupBy(behaviours, ({ type, itemId: id }) => `${type}\n${id}`).values()].map((alike) => {
    const [{ messageId, type, itemId: id, atMs }] = alike;
    const quantity = alike.reduce((sum, line) => sum + line.quantity, 0);
    const isTotal = alike.some((line) => line.isTotal);
    return freshEntry({ messageId, type, itemId: id, atMs, ...unitsOf(type, quantity, isTotal) });
  });

/** What the cart needs; left out where it is one unit that came or went. */
const unitsOf = (type: FreshEvent['type'], quantity: number, isTotal: boolean) =>
  (type === 'cart' || type === 'removal') && (quantity !== 1 || isTotal)
    ? { quantity, ...(isTotal && { isTotal: true as const }) }
    : {};

/** Which stands of two events with one message id. */
const unitsText = ({ event: { quantity = 1, isTotal } }: FreshEntry): string =>
  `${isTotal ?? false} ${quantity}`;

const entriesOfEvents = (events: readonly StoredEvent[]): Entries => {
  const behaviours = events.flatMap(behavioursOf);
  return {
    events: events.flatMap((event) =>
      freshEntries(behavioursOf(event).filter(({ type }) => type !== 'impression')),
    ),
    owned: behaviours.flatMap((behaviour) =>
      behaviour.type === 'purchase' || behaviour.type === 'refund'
        ? [
            ownedEntry(
              behaviour.type,
              behaviour.itemId,
              behaviour.atMs,
              behaviour.type === 'purchase' ? orderHash(behaviour.orderId ?? '') : '',
            ),
          ]
        : [],
    ),
    lines: events.flatMap((event) => {
      const line = orderLineOf(event);
      return line === undefined ? [] : [lineEntry(line)];
    }),
    trials: mergeTrials(trialsOf(events)),
    floors: {},
  };
};

const entriesOfState = (state: CustomerState): Entries => ({
  events: state.events.map(freshEntry),
  owned: Object.entries(state.owned).flatMap(([id, item]) => [
    ...(item.purchasedAtMs > 0 ? [ownedEntry('purchase', id, item.purchasedAtMs, item.order)] : []),
    ...itemRefund(id, item),
  ]),
  lines: (state.lines ?? linesOfOrders(state)).map(lineEntry),
  trials: state.trials ?? {},
  floors: state.floors ?? {},
});

const itemRefund = (id: string, item: OwnedItem): OwnedEntry[] => {
  const atMs = item.itemRefundedAtMs ?? (item.order === undefined ? item.refundedAtMs : undefined);
  return atMs === undefined ? [] : [ownedEntry('refund', id, atMs)];
};

/** A state without lines: each order counts as one part and one refund. */
const linesOfOrders = (state: CustomerState): OrderLine[] =>
  Object.entries(state.orders).flatMap(([orderId, { atMs, value, refundedValue }]) => [
    { kind: 'order', orderId, part: '0', atMs, value },
    ...(refundedValue > 0
      ? [{ kind: 'refund', orderId, part: '0', atMs, value: refundedValue } as const]
      : []),
  ]);

const laterFloor = (a: Floor | undefined, b: Floor | undefined): Floor | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : a.atMs > b.atMs || (a.atMs === b.atMs && a.key < b.key)
      ? a
      : b;

const merged = (a: Entries, b: Entries): Entries => {
  const events = newestWithin(
    latestByKey([...a.events, ...b.events], unitsText).values(),
    laterFloor(a.floors.events, b.floors.events),
    eventBounds,
  );
  const owned = newestWithin(
    latestByKey([...a.owned, ...b.owned], (entry) => entry.order).values(),
    laterFloor(a.floors.owned, b.floors.owned),
    ownedBounds,
  );
  const lines = newestWithin(
    latestByKey([...a.lines, ...b.lines], (entry) => String(entry.line.value)).values(),
    laterFloor(a.floors.lines, b.floors.lines),
    lineBounds,
  );
  return {
    events: events.kept,
    owned: owned.kept,
    lines: lines.kept,
    trials: mergeTrials([a.trials, b.trials]),
    floors: {
      ...(events.floor && { events: events.floor }),
      ...(owned.floor && { owned: owned.floor }),
      ...(lines.floor && { lines: lines.floor }),
    },
  };
};

const summarised = ({ events, owned, lines, trials, floors }: Entries, revision: number): CustomerState => {
  const orderLines = lines.map((entry) => entry.line);
  const { orders, unmatchedRefundedValue } = ordersOf(orderLines);
  return {
    events: events.map((entry) => entry.event),
    owned: ownedOf(owned, orderLines),
    ...(Object.keys(trials).length > 0 && { trials }),
    orders,
    ...(orderLines.length > 0 && { lines: orderLines }),
    ...(unmatchedRefundedValue > 0 && { unmatchedRefundedValue }),
    ...(Object.keys(floors).length > 0 && { floors }),
    revision,
  };
};

const ordersOf = (
  lines: readonly OrderLine[],
): { readonly orders: CustomerState['orders']; readonly unmatchedRefundedValue: number } => {
  const byOrder = Map.groupBy(lines, (line) => line.orderId);
  const orders: [string, OrderSummary][] = [];
  let unmatchedRefundedValue = 0;
  for (const [orderId, all] of byOrder) {
    // Summed in the order of parts, so that rounding does not depend on the order of arrival.
    const parts = all.filter((line) => line.kind === 'order').toSorted((a, b) => (a.part < b.part ? -1 : 1));
    const refunds = all
      .filter((line) => line.kind === 'refund')
      .toSorted((a, b) => (a.part < b.part ? -1 : 1));
    const value = sumOfValues(parts);
    const refunded = sumOfValues(refunds);
    if (parts.length === 0) {
      unmatchedRefundedValue += refunded;
      continue;
    }
    const isWhole = refunds.some((line) => line.value === 'whole');
    orders.push([
      orderId,
      {
        atMs: Math.min(...parts.map((line) => line.atMs)),
        value,
        refundedValue: isWhole ? value : Math.min(value, refunded),
      },
    ]);
  }
  return { orders: Object.fromEntries(orders), unmatchedRefundedValue };
};

const sumOfValues = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, line) => sum + (line.value === 'whole' ? 0 : line.value), 0);

const ownedOf = (entries: readonly OwnedEntry[], lines: readonly OrderLine[]): CustomerState['owned'] => {
  const wholeRefunds = new Map<string, number>();
  for (const line of lines) {
    if (line.kind === 'refund' && line.value === 'whole') {
      const hash = orderHash(line.orderId);
      wholeRefunds.set(hash, Math.max(line.atMs, wholeRefunds.get(hash) ?? 0));
    }
  }
  const items = Map.groupBy(entries, (entry) => entry.itemId);
  return Object.fromEntries(
    [...items].map(([id, ofItem]) => {
      const purchase = ofItem.find((entry) => entry.kind === 'purchase');
      const refund = ofItem.find((entry) => entry.kind === 'refund');
      const whole = purchase && wholeRefunds.get(purchase.order);
      const purchasedAtMs = purchase?.atMs ?? 0;
      const refunds = [refund?.atMs, whole === undefined ? undefined : Math.max(whole, purchasedAtMs)];
      const refundedAtMs = Math.max(...refunds.filter((atMs) => atMs !== undefined));
      return [
        itemId(id),
        {
          purchasedAtMs,
          ...(Number.isFinite(refundedAtMs) && { refundedAtMs }),
          ...(refund && { itemRefundedAtMs: refund.atMs }),
          ...(purchase?.order && { order: purchase.order }),
        },
      ];
    }),
  );
};

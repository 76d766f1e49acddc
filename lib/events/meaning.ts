// What an event means to the loop: a table from the names of Segment's e-commerce spec (and a few for courses
// and memberships) to behaviours, order lines and refunds. Other names, pages and screens are archived and mean
// nothing here. `behaviourNames` is plain data, so that SQL over the archive can be made from the same table.
//   item      the first of the row's id fields that is there, a string or a number
//   quantity  of what goes into the cart or out of it: units, 1 where not stated; Checkout Started states what is in
//             it by then, and a removal without a quantity takes all units out (cart.ts)
//   value     of an order: properties.revenue, else total, else the sum of price × quantity
//   part      of an order sent in several events: properties.part 1, 2, …; values of parts add up; without it 0.
//             (customer, order, part) counts once, whatever its messageId; the latest by timestamp stands
//   refund    with `products` partial, without them the whole order; (order, refund_id, part) counts once,
//             without refund_id each message does

import { itemId, orderId } from '../base/ids.ts';
import type { OrderLine } from './customer.ts';
import type { Behaviour, InteractionType, Json, JsonObject, StoredEvent } from './event.ts';

export interface BehaviourName {
  readonly type: InteractionType;
  /** `products`: one behaviour for each entry of properties.products. `properties`: one for the event. */
  readonly lines: 'products' | 'properties';
  readonly idFields: readonly string[];
  /** It buys: properties.order_id names the order (a renewal without one is an order by its messageId). */
  readonly orders?: 'purchase' | 'renewal' | 'refund';
}

const product = ['product_id', 'sku'];
const course = ['course_id', ...product];
const content = ['content_id', ...product];
const one = (type: InteractionType, idFields = product): BehaviourName => ({
  type,
  lines: 'properties',
  idFields,
});
const many = (type: InteractionType): BehaviourName => ({ type, lines: 'products', idFields: product });

export const behaviourNames: { readonly [event: string]: BehaviourName } = {
  'Product List Viewed': many('impression'),
  'Product Viewed': one('view'),
  'Product Clicked': one('view'),
  'Product Added to Wishlist': one('wishlist'),
  'Product Added': one('cart'),
  'Product Removed': one('removal'),
  'Checkout Started': many('cart'),
  'Course Started': one('start', course),
  'Content Started': one('start', content),
  /** By a coupon (lib/offers/coupon-events.ts), or an app's own: properties.days. */
  'Trial Started': one('start', course),
  /** A lesson is progress within its course, not the course's end. */
  'Lesson Completed': one('start', course),
  'Course Completed': one('complete', course),
  'Content Completed': one('complete', content),
  'Product Reviewed': one('rate'),
  'Product Shared': one('share'),
  'Order Completed': { ...many('purchase'), orders: 'purchase' },
  'Membership Renewed': { ...one('purchase', ['membership_id', ...product]), orders: 'renewal' },
  'Order Refunded': { ...many('refund'), orders: 'refund' },
};

/** Of orders, their refunds and renewals. */
export const orderNames: readonly string[] = Object.entries(behaviourNames).flatMap(([name, { orders }]) =>
  orders === undefined ? [] : [name],
);

export const behaviourName = (event: Pick<StoredEvent, 'type' | 'event'>): BehaviourName | undefined =>
  event.type === 'track' && Object.hasOwn(behaviourNames, event.event)
    ? behaviourNames[event.event]
    : undefined;

/** Every behaviour in an event: an order of three products gives three. */
export const behavioursOf = (event: StoredEvent): Behaviour[] => {
  const name = behaviourName(event);
  if (name === undefined) {
    return [];
  }
  const order = name.orders && orderIdOf(event, name);
  const atMs = Date.parse(event.timestamp);
  return linesOf(event.properties, name).flatMap((line) => {
    const id = idOf(line, name.idFields);
    const quantity = quantityOf(line, name);
    return id === undefined
      ? []
      : [
          {
            messageId: event.messageId,
            type: name.type,
            itemId: itemId(id),
            atMs,
            quantity,
            ...(isTotal(name, quantity) && { isTotal: true }),
            price:
              numberOf(line.price) ?? (name.orders === 'renewal' ? orderValue(event.properties, name) : 0),
            ...(order !== undefined && { orderId: orderId(order) }),
          },
        ];
  });
};

/** The order's part or the refund that an event states, if it does. */
export const orderLineOf = (event: StoredEvent): OrderLine | undefined => {
  const name = behaviourName(event);
  const order = name?.orders && orderIdOf(event, name);
  if (name === undefined || order === undefined) {
    return undefined;
  }
  const { properties } = event;
  const atMs = Date.parse(event.timestamp);
  const part = idText(properties.part) ?? '0';
  if (name.orders !== 'refund') {
    return { kind: 'order', orderId: order, part, atMs, value: orderValue(properties, name) };
  }
  const refund = idText(properties.refund_id);
  return {
    kind: 'refund',
    orderId: order,
    part: refund === undefined ? event.messageId : `${refund}#${part}`,
    atMs,
    value: properties.products === undefined ? 'whole' : orderValue(properties, name),
  };
};

/** A finite number, or the text of one ("18.99": many apps send prices so). */
export const numberOf = (value: Json | undefined): number | undefined => {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** An id as text: Segment allows strings and numbers. */
export const idText = (value: Json | undefined): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return String(value);
  }
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first of the id fields that is there. */
export const idOf = (line: JsonObject, idFields: readonly string[]): string | undefined =>
  idFields.map((field) => idText(line[field])).find((id) => id !== undefined);

const linesOf = (properties: JsonObject, name: BehaviourName): readonly JsonObject[] => {
  if (name.lines === 'properties') {
    return [properties];
  }
  return Array.isArray(properties.products) ? properties.products.filter(isObject) : [];
};

const orderIdOf = (event: StoredEvent, name: BehaviourName): string | undefined =>
  idText(event.properties.order_id) ?? (name.orders === 'renewal' ? event.messageId : undefined);

const quantityOf = (line: JsonObject, name: BehaviourName): number => {
  if (name.type === 'rate') {
    return numberOf(line.rating) ?? 1;
  }
  if (name.type === 'removal') {
    return numberOf(line.quantity) ?? 0;
  }
  const isCounted = name.orders === 'purchase' || name.orders === 'refund' || name.type === 'cart';
  return isCounted ? (numberOf(line.quantity) ?? 1) : 1;
};

/** A list of products is the whole cart; a removal of no stated units is of all. */
const isTotal = ({ type, lines }: BehaviourName, quantity: number): boolean =>
  (type === 'cart' && lines === 'products') || (type === 'removal' && quantity <= 0);

const orderValue = (properties: JsonObject, name: BehaviourName): number =>
  numberOf(properties.revenue) ??
  numberOf(properties.total) ??
  linesOf(properties, name).reduce(
    (sum, line) =>
      sum + (numberOf(line.price) ?? 0) * (name.orders === 'renewal' ? 1 : (numberOf(line.quantity) ?? 1)),
    0,
  );

// Checks what an event that means something (meaning.ts) must state: its item, and for orders the order id, the
// products and finite, non-negative amounts. The first fault is told; undefined when there is none.
// Events with other names may state anything.

import { idLengthMax } from '../base/limits.ts';
import type { EventType, JsonObject } from './event.ts';
import { type BehaviourName, behaviourName, idOf, idText, isObject, numberOf } from './meaning.ts';

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly received?: unknown;
  readonly action: string;
}

export const faultOfProperties = (
  type: EventType,
  event: string,
  properties: JsonObject,
): Fault | undefined => {
  const name = type === 'track' ? behaviourName({ type: 'track', event }) : undefined;
  if (name === undefined) {
    return undefined;
  }
  return (
    (name.orders && faultOfOrder(event, properties, name)) ??
    (name.lines === 'properties'
      ? faultOfLine(event, properties, name)
      : faultOfProducts(event, properties, name))
  );
};

const faultOfOrder = (event: string, properties: JsonObject, name: BehaviourName): Fault | undefined => {
  const orderId = idText(properties.order_id);
  if (orderId === undefined ? name.orders !== 'renewal' : !isId(orderId)) {
    return {
      code: orderId === undefined ? 'order-id-missing' : 'order-id-invalid',
      message: `"${event}" needs properties.order_id, a number or a text of 1 to ${idLengthMax} characters without control characters.`,
      received: properties.order_id,
      action: 'Send the id of the order; every part and every refund of it carries the same.',
    };
  }
  const refundId = idText(properties.refund_id);
  if (refundId !== undefined && !isId(refundId)) {
    return {
      code: 'refund-id-invalid',
      message: `properties.refund_id must have 1 to ${idLengthMax} characters and no control characters.`,
      received: refundId,
      action: 'Send a shorter id, or leave it out: each message is then a refund of its own.',
    };
  }
  for (const field of ['revenue', 'total']) {
    if (isGiven(properties[field]) && !((numberOf(properties[field]) ?? -1) >= 0)) {
      return notAnAmount(`properties.${field}`, properties[field]);
    }
  }
  const part = properties.part;
  if (isGiven(part) && !(Number.isSafeInteger(part) && Number(part) >= 1)) {
    return {
      code: 'part-invalid',
      message: 'properties.part must be a whole number from 1.',
      received: part,
      action:
        'Number the events of one order 1, 2, 3, …, or leave `part` out when the order is in one event.',
    };
  }
  return undefined;
};

const faultOfProducts = (event: string, properties: JsonObject, name: BehaviourName): Fault | undefined => {
  const { products } = properties;
  if (products === undefined && name.orders !== 'purchase') {
    return undefined;
  }
  const isEmptyRefund = name.orders === 'refund' && Array.isArray(products) && products.length === 0;
  if (!Array.isArray(products) || isEmptyRefund) {
    return {
      code: 'products-invalid',
      message: `"${event}" needs properties.products, an array of objects${name.orders === 'refund' ? ', not empty' : ''}.`,
      received: products,
      action:
        name.orders === 'refund'
          ? 'Name the products refunded, or leave `products` out to refund the whole order.'
          : 'Send one object for each product: { "product_id": …, "price": …, "quantity": … }.',
    };
  }
  for (const [index, line] of products.entries()) {
    const at = `properties.products.${index}`;
    const fault = isObject(line)
      ? faultOfLine(event, line, name, at)
      : {
          code: 'products-invalid',
          message: `${at} must be an object.`,
          received: line,
          action: 'Send { "product_id": … }.',
        };
    if (fault) {
      return fault;
    }
  }
  return undefined;
};

const faultOfLine = (
  event: string,
  line: JsonObject,
  name: BehaviourName,
  at = 'properties',
): Fault | undefined => {
  const id = idOf(line, name.idFields);
  if (id === undefined || !isId(id)) {
    return {
      code: id === undefined ? 'item-id-missing' : 'item-id-invalid',
      message: `"${event}" needs ${name.idFields.map((field) => `${at}.${field}`).join(' or ')}, a number or a text of 1 to ${idLengthMax} characters without control characters.`,
      received: id,
      action: 'Send the id under which the item stands in the catalogue.',
    };
  }
  if (isGiven(line.price) && !((numberOf(line.price) ?? -1) >= 0)) {
    return notAnAmount(`${at}.price`, line.price);
  }
  if (isGiven(line.quantity) && !((numberOf(line.quantity) ?? 0) > 0)) {
    return {
      code: 'quantity-invalid',
      message: `${at}.quantity must be a finite number above 0.`,
      received: line.quantity,
      action: 'Send the units bought; what was sent back is an "Order Refunded" event.',
    };
  }
  if (name.type === 'rate' && isGiven(line.rating) && numberOf(line.rating) === undefined) {
    return notAnAmount(`${at}.rating`, line.rating);
  }
  return undefined;
};

/** 1 to 256 characters, nothing invisible; not the one name that JavaScript objects treat as special. */
export const isId = (id: string): boolean =>
  id.length >= 1 &&
  id.length <= idLengthMax &&
  !/\p{Cc}/u.test(id) &&
  id !== '__proto__' &&
  id.isWellFormed();

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const notAnAmount = (path: string, received: unknown): Fault => ({
  code: 'amount-invalid',
  message: `${path} must be a finite number of 0 or more.`,
  received,
  action: 'Send a plain number such as 18.99, without currency sign or thousands separator.',
});

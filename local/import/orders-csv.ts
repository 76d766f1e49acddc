// Orders of any shop as CSV, one line an item: order_id, customer_id, item_id, quantity, price, at, and if there is
// one email. Lines of an order may stand anywhere; they must agree on the customer. Times are ISO 8601; those without
// a zone are taken in --time-zone. All orders are held in memory, to be sent customer by customer.

import { type Format, type FormatOptions, periodOf } from './format.ts';
import { columnsOf, csvRecords } from './lines.ts';
import {
  addLine,
  customerAt,
  customerMessages,
  type ImportCustomer,
  type ImportOrder,
  orderTimeMs,
} from './orders.ts';
import { timeMs } from './zoned-time.ts';

const columns = ['order_id', 'customer_id', 'item_id', 'quantity', 'price', 'at'] as const;
type Column = (typeof columns)[number];

export const ordersCsv: Format = {
  name: 'orders-csv',
  hasCatalogue: false,
  async *read(path, options, report) {
    const customers = new Map<string, ImportCustomer>();
    const ownerOfOrder = new Map<string, string>();
    const orderTimes = new Map<string, number>();
    let at: { readonly [name in Column]: number } | undefined;
    let emailAt = -1;
    for await (const { line, cells } of csvRecords(path)) {
      if (!at) {
        at = columnsOf(cells, columns);
        emailAt = cells.findIndex((name) => name.trim() === 'email');
        continue;
      }
      report.lines++;
      const cell = (name: Column): string => cells[at?.[name] ?? -1]?.trim() ?? '';
      const checked = check(cell, options, ownerOfOrder);
      if (typeof checked === 'string') {
        report.reject(line, checked, cells.join(','));
        continue;
      }
      const [order, itemLine] = checked;
      const period = periodOf(orderTimeMs(orderTimes, order.orderId, order.atMs), options, report);
      if (period === 'later') continue;
      const customer = customerAt(customers, order.customerId, order.atMs);
      if (period === 'earlier') continue;
      ownerOfOrder.set(order.orderId, order.customerId);
      addLine(customer, order, itemLine);
      const email = cells[emailAt]?.trim() ?? '';
      if (email !== '') customer.traits.email = email;
      report.items.set(itemLine[0], { itemId: itemLine[0], title: itemLine[0] });
      report.customers.add(order.customerId);
      report.orders = ownerOfOrder.size;
    }
    yield* customerMessages('orders-csv', customers.values(), undefined, options);
  },
};

type Checked = readonly [Omit<ImportOrder, 'lines'>, readonly [string, number, number]];

/** The line's order and item, or why it is rejected. */
const check = (
  cell: (name: Column) => string,
  { timeZone }: FormatOptions,
  ownerOfOrder: ReadonlyMap<string, string>,
): Checked | string => {
  const orderId = cell('order_id');
  const customerId = cell('customer_id');
  const quantity = cell('quantity') === '' ? Number.NaN : Number(cell('quantity'));
  const price = cell('price') === '' ? Number.NaN : Number(cell('price'));
  const atMs = timeMs(cell('at'), timeZone);
  const missing = (['order_id', 'customer_id', 'item_id'] as const).find((name) => cell(name) === '');
  if (missing) return `${missing} is empty`;
  if (!(quantity > 0 && Number.isFinite(quantity))) return 'quantity is no number above 0';
  if (!(price >= 0 && Number.isFinite(price))) return 'price is no amount of 0 or more';
  if (atMs === undefined) return 'at is no ISO 8601 time';
  if ((ownerOfOrder.get(orderId) ?? customerId) !== customerId)
    return 'the order belongs to another customer';
  return [{ orderId, customerId, isRefund: false, atMs }, [cell('item_id'), quantity, price]];
};

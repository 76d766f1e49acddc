// An interactions data set of Amazon Personalize: CSV with USER_ID, ITEM_ID, TIMESTAMP (seconds since 1970) and, if
// there are such columns, EVENT_TYPE and EVENT_VALUE. Types are translated by the table below and by --map; a type
// in neither is rejected, for a guess would change what is learned. Without the column every line is a view.
//   purchase   Order Completed of one item, EVENT_VALUE being its price; the order id is user, item and time
//   rating     Product Reviewed, EVENT_VALUE being the rating
// Streamed in the file's order. Equal lines are told apart by their number, as Personalize keeps both.

import type { Format, FormatOptions, ImportMessage } from './format.ts';
import { contactOf, isoAt, periodOf } from './format.ts';
import { columnsOf, csvRecords } from './lines.ts';

const eventNames: { readonly [type: string]: string } = {
  view: 'Product Viewed',
  click: 'Product Clicked',
  detail: 'Product Viewed',
  'detail-page-view': 'Product Viewed',
  addtocart: 'Product Added',
  'add-to-cart': 'Product Added',
  cart: 'Product Added',
  wishlist: 'Product Added to Wishlist',
  watch: 'Content Started',
  start: 'Content Started',
  complete: 'Content Completed',
  rating: 'Product Reviewed',
  rate: 'Product Reviewed',
  purchase: 'Order Completed',
  order: 'Order Completed',
  buy: 'Order Completed',
};

export const personalize: Format = {
  name: 'personalize',
  hasCatalogue: false,
  async *read(path, options, report) {
    let at: { readonly [name in 'USER_ID' | 'ITEM_ID' | 'TIMESTAMP']: number } | undefined;
    let [typeAt, valueAt] = [-1, -1];
    const identified = new Set<string>();
    const repeats = new Map<string, number>();
    for await (const { line, cells } of csvRecords(path)) {
      if (!at) {
        at = columnsOf(cells, ['USER_ID', 'ITEM_ID', 'TIMESTAMP']);
        [typeAt, valueAt] = ['EVENT_TYPE', 'EVENT_VALUE'].map((name) =>
          cells.findIndex((cell) => cell.trim() === name),
        );
        continue;
      }
      report.lines++;
      const [user, item, seconds] = [at.USER_ID, at.ITEM_ID, at.TIMESTAMP].map(
        (index) => cells[index]?.trim() ?? '',
      );
      const type = typeAt < 0 ? 'view' : (cells[typeAt]?.trim() ?? '');
      const row: Row = { user, item, seconds, type, value: cells[valueAt]?.trim() ?? '' };
      const read = check(row, options);
      if (read.fault !== undefined) {
        report.reject(line, read.fault, cells.join(','));
        continue;
      }
      if (periodOf(Number(seconds) * 1000, options, report) !== 'within') continue;
      if (options.contact !== undefined && !identified.has(user)) {
        identified.add(user);
        yield identify(row, options);
      }
      report.customers.add(user);
      report.items.set(item, { itemId: item, title: item });
      if (read.event === 'Order Completed') report.orders++;
      const key = `${user}/${item}/${seconds}/${type}`;
      const repeat = (repeats.get(key) ?? 0) + 1;
      repeats.set(key, repeat);
      yield messageOf(row, read.event, read.value, repeat === 1 ? key : `${key}/${repeat}`, options);
    }
  },
};

interface Row {
  readonly user: string;
  readonly item: string;
  readonly seconds: string;
  readonly type: string;
  readonly value: string;
}

type Checked =
  | { readonly fault: string }
  | { readonly fault?: undefined; readonly event: string; readonly value: number | undefined };

const check = ({ user, item, seconds, type, value }: Row, options: FormatOptions): Checked => {
  const event =
    options.eventNames.get(type) ??
    (Object.hasOwn(eventNames, type.toLowerCase()) ? eventNames[type.toLowerCase()] : undefined);
  if (user === '' || item === '') return { fault: 'USER_ID or ITEM_ID is empty' };
  if (!/^\d{9,10}$/.test(seconds)) return { fault: 'TIMESTAMP is no number of seconds since 1970' };
  if (event === undefined)
    return { fault: `EVENT_TYPE "${type}" is not known; give --map "${type}=Product Viewed"` };
  if (value !== '' && !Number.isFinite(Number(value))) return { fault: 'EVENT_VALUE is no number' };
  return { event, value: value === '' ? undefined : Number(value) };
};

const messageOf = (
  { user, item, seconds }: Row,
  event: string,
  value: number | undefined,
  key: string,
  { shiftMs }: FormatOptions,
): ImportMessage => {
  const price = value === undefined ? {} : { price: value };
  return {
    type: 'track',
    messageId: `personalize/${key}`,
    userId: user,
    event,
    timestamp: isoAt(Number(seconds) * 1000 + shiftMs),
    properties:
      event === 'Order Completed'
        ? { order_id: key, products: [{ product_id: item, quantity: 1, ...price }] }
        : { product_id: item, ...(value !== undefined && event === 'Product Reviewed' && { rating: value }) },
  };
};

const identify = ({ user, seconds }: Row, options: FormatOptions): ImportMessage => ({
  type: 'identify',
  messageId: `personalize/customer/${user}`,
  userId: user,
  timestamp: isoAt(Number(seconds) * 1000 + options.shiftMs),
  traits: contactOf(options, user),
});

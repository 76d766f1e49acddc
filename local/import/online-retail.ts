// UCI "Online Retail": invoice lines of a UK shop, 2010-12 to 2011-12, as CSV with the columns below.
//   invoice          one Order Completed (several parts when large); GBP; times are Europe/London, as the shop wrote
//   C… invoice       one Order Refunded. A cancellation does not name the invoice it cancels: it is a refund under its
//                    own number that lists products and quantities. The items count as sent back from that time on
//                    (everything here is consumable, so they stay eligible); no earlier order's value is lowered.
//   no customer      rejected: there is nobody to remember it for
//   price 0          rejected: given away or corrected, not bought (40 lines); the customer is identified all the same
//   items            stock code (upper case), its latest description, median price, first sale; consumable. Codes that are no
//                    product (POST, M, BANK CHARGES, …) are kept in the orders and hidden in the catalogue.
// An import of a period (--since, --until) tells nothing from later lines; the catalogue is as it stood at its end.
// All orders are held in memory, to be sent customer by customer: about 300 MB for 541,909 lines.

import { type Format, type FormatOptions, type ImportItem, isoAt, periodOf, type Report } from './format.ts';
import { columnsOf, csvRecords } from './lines.ts';
import { addLine, customerAt, customerMessages, type ImportCustomer, orderTimeMs } from './orders.ts';
import { timeMs } from './zoned-time.ts';

const columns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;
type Cells = { readonly [name in (typeof columns)[number]]: string };

export const onlineRetail: Format = {
  name: 'online-retail',
  timeZone: 'Europe/London',
  hasCatalogue: true,
  async *read(path, options, report) {
    const customers = new Map<string, ImportCustomer>();
    const catalogue = new Map<string, Seen>();
    await readLines(path, options, report, customers, catalogue);
    for (const [code, seen] of catalogue) report.items.set(code, itemOf(code, seen, options.shiftMs));
    for (const { customerId, knownSinceMs, orders } of customers.values()) {
      const isKnown = knownSinceMs + options.shiftMs < (options.sinceMs ?? Number.NEGATIVE_INFINITY);
      if (isKnown && orders.size === 0) continue;
      report.customers.add(customerId);
      const refunds = [...orders.values()].filter(({ isRefund }) => isRefund).length;
      report.refunds += refunds;
      report.orders += orders.size - refunds;
    }
    const byId = [...customers.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1));
    yield* customerMessages('online-retail', byId, 'GBP', options);
  },
};

interface Seen {
  description: string;
  descriptionAtMs: number;
  firstAtMs: number;
  readonly prices: number[];
}

const readLines = async (
  path: string,
  options: FormatOptions,
  report: Report,
  customers: Map<string, ImportCustomer>,
  catalogue: Map<string, Seen>,
): Promise<void> => {
  const times = new Map<string, number | undefined>();
  const orderTimes = new Map<string, number>();
  const timeOf = (text: string): number | undefined => {
    if (!times.has(text)) times.set(text, timeMs(text, options.timeZone));
    return times.get(text);
  };
  let at: { readonly [name in keyof Cells]: number } | undefined;
  for await (const { line, cells } of csvRecords(path)) {
    if (!at) {
      at = columnsOf(cells, columns);
      continue;
    }
    report.lines++;
    const cell = (name: keyof Cells): string => cells[at?.[name] ?? -1]?.trim() ?? '';
    const orderId = cell('InvoiceNo');
    const lineMs = timeOf(cell('InvoiceDate'));
    const period =
      lineMs === undefined ? 'within' : periodOf(orderTimeMs(orderTimes, orderId, lineMs), options, report);
    if (period === 'later') continue;
    const reject = (reason: string): void => {
      if (period === 'within') report.reject(line, reason, cells.join(','));
    };
    const checked = check(cell, lineMs);
    if (typeof checked === 'string') {
      reject(checked);
      continue;
    }
    const { customerId, atMs, quantity, price } = checked;
    const customer = customerAt(customers, customerId, atMs);
    customer.traits = { country: cell('Country') };
    const code = cell('StockCode').toUpperCase();
    const isRefund = orderId.startsWith('C');
    if (price === 0 && !isRefund) {
      reject('UnitPrice is 0: given away or corrected, not bought');
      continue;
    }
    if (period === 'within') {
      addLine(customer, { orderId, customerId, isRefund, atMs }, [code, Math.abs(quantity), price]);
    }
    see(catalogue, code, cell('Description'), atMs, isRefund ? 0 : price);
  }
};

type Checked = {
  readonly customerId: string;
  readonly atMs: number;
  readonly quantity: number;
  readonly price: number;
};

/** The line's values, or why it is rejected. */
const check = (cell: (name: keyof Cells) => string, atMs: number | undefined): Checked | string => {
  const customerId = cell('CustomerID').replace(/\.0$/, '');
  const quantity = cell('Quantity') === '' ? Number.NaN : Number(cell('Quantity'));
  const price = cell('UnitPrice') === '' ? Number.NaN : Number(cell('UnitPrice'));
  const isCancellation = cell('InvoiceNo').startsWith('C');
  if (cell('InvoiceNo') === '' || cell('StockCode') === '') return 'no invoice number or stock code';
  if (customerId === '') return 'no customer';
  if (atMs === undefined) return 'InvoiceDate is no time such as 2010-12-01 08:26:00';
  if (!Number.isSafeInteger(quantity) || quantity === 0) return 'Quantity is no whole number other than 0';
  if (isCancellation === quantity > 0) return 'Quantity has the wrong sign for this invoice';
  if (!Number.isFinite(price) || price < 0) return 'UnitPrice is no amount of 0 or more';
  return { customerId, atMs, quantity, price };
};

const see = (
  catalogue: Map<string, Seen>,
  code: string,
  description: string,
  atMs: number,
  price: number,
): void => {
  const seen = catalogue.get(code) ?? {
    description: '',
    descriptionAtMs: Number.NEGATIVE_INFINITY,
    firstAtMs: atMs,
    prices: [],
  };
  catalogue.set(code, seen);
  seen.firstAtMs = Math.min(seen.firstAtMs, atMs);
  if (description !== '' && atMs >= seen.descriptionAtMs) {
    seen.description = description;
    seen.descriptionAtMs = atMs;
  }
  if (price > 0) seen.prices.push(price);
};

const itemOf = (code: string, { description, firstAtMs, prices }: Seen, shiftMs: number): ImportItem => ({
  itemId: code,
  title: description === '' ? code : description,
  kind: 'product',
  language: 'en',
  ...(prices.length > 0 && { price: median(prices), currency: 'GBP' }),
  publishedAt: isoAt(firstAtMs + shiftMs),
  repurchase: { kind: 'consumable' },
  // Products have a number of at least four digits in their code; services and corrections have none.
  hidden: !/\d{4}/.test(code),
});

/** The lower of the two in the middle, so that it is a price that was asked. */
const median = (values: number[]): number => values.sort((a, b) => a - b)[(values.length - 1) >>> 1];

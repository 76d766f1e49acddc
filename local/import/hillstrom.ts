// Hillstrom's e-mail test (MineThatData challenge, 2008), a line a customer, as the events that an app would have sent: what
// they spent before as one order, Experiment Viewed with their arm, a visit, an order of what they spent. The file names
// no times: the mail is put at 2008-03-20, visits and orders a day and an hour later (the file counts two weeks), the
// order before it as many months of 30 days earlier as `recency` says. Customers are named by their line. Money is in USD.

import { type Format, type ImportMessage, isoAt } from './format.ts';
import { columnsOf, csvRecords } from './lines.ts';

/** The definition that the events belong to: POST /v1/admin/experiments, before or after the import, then start it. */
export const hillstromExperiment = {
  experimentId: 'hillstrom',
  name: 'Hillstrom: mail about men’s or women’s goods, or none',
  subject: 'external',
  variants: ['No E-Mail', 'Mens E-Mail', 'Womens E-Mail'].map((name) => ({ name, weight: 1 / 3 })),
  reference: 'No E-Mail',
  startsAt: '2008-03-20T00:00:00.000Z',
  endsAt: '2008-03-21T00:00:00.000Z',
  windowDays: 14,
  metrics: {
    primary: { name: 'visit', event: 'Store Visited' },
    secondary: ['repurchase', 'revenue'],
    guardrails: [],
  },
} as const;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const mailedMs = Date.parse(hillstromExperiment.startsAt) + 12 * hourMs;
const columns = ['recency', 'history', 'segment', 'visit', 'conversion', 'spend'] as const;
type Row = { readonly [name in (typeof columns)[number]]: string };

export const hillstrom: Format = {
  name: 'hillstrom',
  hasCatalogue: false,
  async *read(path, { shiftMs }, report) {
    let at: { readonly [name in keyof Row]: number } | undefined;
    for await (const { line, cells } of csvRecords(path)) {
      if (at === undefined) {
        at = columnsOf(cells, columns);
        continue;
      }
      report.lines++;
      const places = at;
      const row = Object.fromEntries(columns.map((name) => [name, cells[places[name]] ?? ''])) as Row;
      const reason = problemOf(row);
      if (reason !== undefined) {
        report.reject(line, reason, cells.join(','));
        continue;
      }
      const userId = `hillstrom-${line}`;
      report.customers.add(userId);
      report.orders += row.conversion === '1' ? 2 : 1;
      yield* messagesOf(userId, row, mailedMs + shiftMs);
    }
  },
};

const problemOf = ({ recency, history, segment, visit, conversion, spend }: Row): string | undefined => {
  if (!hillstromExperiment.variants.some(({ name }) => name === segment))
    return 'segment is none of the three';
  if (![visit, conversion].every((flag) => flag === '0' || flag === '1'))
    return 'visit or conversion is no 0 or 1';
  const amounts = [recency, history, spend].map((text) => (text === '' ? Number.NaN : Number(text)));
  return amounts.every((amount) => amount >= 0) ? undefined : 'recency, history or spend is no number';
};

const messagesOf = (
  userId: string,
  { recency, history, segment, visit, conversion, spend }: Row,
  atMs: number,
): readonly ImportMessage[] => {
  const track = (
    name: string,
    event: string,
    ms: number,
    properties: NonNullable<ImportMessage['properties']>,
  ): ImportMessage => ({
    type: 'track',
    messageId: `${userId}-${name}`,
    userId,
    event,
    timestamp: isoAt(ms),
    properties,
  });
  const order = (name: string, ms: number, total: string) =>
    track(name, 'Order Completed', ms, {
      order_id: `${userId}-${name}`,
      total: Number(total),
      currency: 'USD',
      products: [],
    });
  return [
    order('before', atMs - Number(recency) * 30 * dayMs, history),
    track('viewed', 'Experiment Viewed', atMs, {
      experiment_id: hillstromExperiment.experimentId,
      variation_name: segment,
    }),
    ...(visit === '1' ? [track('visited', 'Store Visited', atMs + dayMs, {})] : []),
    ...(conversion === '1' ? [order('ordered', atMs + dayMs + hourMs, spend)] : []),
  ];
};

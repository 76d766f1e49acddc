// Outcomes of a test as additive summaries, made in SQL (DuckDB) from the extracts of the archive: customers are taken a
// part of the buckets at a time, each part gives rows with how many customers are alike, and counts; parts add up exactly.
// Bit for bit what collectOutcomes gives over all customers in sums; money among the counts to rounding. TypeScript reads only
// customers whose story SQL does not tell (outcome-part.ts). Memory: one part's tables, whatever the size of the test;
// disk: the extracts.

import { type CustomerId, customerId, type ItemId, itemId } from '../base/ids.ts';
import { extractRowsCountMax, partRowsCountMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import {
  type AssignedCustomer,
  type CountedOutcomes,
  countOutcomes,
  type RunOutcomes,
} from '../outcomes/collect.ts';
import { costOfItems, type ItemCost } from '../outcomes/item-cost.ts';
import { type JointSums, jointSumsFrom } from '../outcomes/joint-sums.ts';
import { type Cell, createMeasurement, type Measurement, weekOfNumber } from '../outcomes/measurement.ts';
import { foldMessages } from '../outcomes/messages.ts';
import { foldOrders } from '../outcomes/orders.ts';
import { type ArmSummary, emptySummary, mergeSummaries } from '../outcomes/summary.ts';
import type { Analytics, CollectScope, CustomerStore, ObjectStore, OutcomeQuery } from '../ports.ts';
import {
  archiveObjects,
  eventOfRow,
  insertValues,
  linkedUsers,
  noFeed,
  readFeed,
  sqlText,
} from './archive-duckdb.ts';
import { extractsOf, fetchExtracts, type LocalExtracts } from './outcome-extracts.ts';
import { columnSql, customerTable, orderTables, type PartScope, partTables } from './outcome-part.ts';

/** Rows of a part of an extract, and of what is joined at once, about. */
export interface PartSizes {
  readonly extractRowsCount: number;
  readonly partRowsCount: number;
}

export const sumOutcomes = async (
  analytics: Analytics,
  {
    archive,
    customers,
  }: { readonly archive: ObjectStore; readonly customers: Pick<CustomerStore, 'linkedUsers'> },
  query: OutcomeQuery,
  scope: CollectScope,
  sizes: PartSizes = { extractRowsCount: extractRowsCountMax, partRowsCount: partRowsCountMax },
): Promise<RunOutcomes> => {
  const { fromMs, toMs } = query;
  const objects = await archiveObjects(archive, { fromMs: fromMs - query.historyDays * dayMs, toMs });
  const extracts = await extractsOf(analytics, archive, objects, query.ownEvents, sizes.extractRowsCount);
  const local = await fetchExtracts(analytics, archive, extracts);
  const measurement = createMeasurement(scope.metrics, scope.historyDays !== undefined);
  const anonymous = await readAnonymous(analytics, local, customers);
  const costs = new Map<ItemId, ItemCost | undefined>();
  const { windowDays, asOfMs, historyDays } = scope;
  const partScope: PartScope = { query, windowDays, asOfMs, historyDays };
  const counted: CountedOutcomes[] = [];
  const partsCount = local.partsCount(sizes.partRowsCount);
  for (let part = 0; part < partsCount; part++) {
    const from = local.rows(part, partsCount);
    if (from !== undefined) {
      await analytics.run(partTables(from, partScope) + orderTables(partScope));
      const odd = await readOdd(analytics, from, query, anonymous);
      await addCosts(analytics, from, odd.events, costs, scope);
      await analytics.run(customerTable(boughtItems(from), partScope));
      const known = new Map([...costs].flatMap(([id, cost]) => (cost === undefined ? [] : [[id, cost]])));
      counted.push(
        await sumTold(analytics, measurement, partScope, scope),
        await countPart(analytics),
        await countScanned(analytics, from, partScope),
        countOutcomes(odd.assigned, odd.events, { ...scope, costOf: costOfItems(known) }, measurement),
      );
    }
  }
  return {
    ...counted.reduce(mergeCounted, nothing),
    ...measurement.measured(),
    feed: local.all === undefined ? noFeed : await readFeed(analytics, local.all),
  };
};

// ---- who is told by TypeScript -----------------------------------------------------------------------

/** Events of visitors who were anonymous then and are known now; fills the table `linked` with who they are. */
const readAnonymous = async (
  analytics: Analytics,
  local: LocalExtracts,
  customers: Pick<CustomerStore, 'linkedUsers'>,
): Promise<readonly StoredEvent[]> => {
  await analytics.run('create temp table linked (userId varchar)');
  if (local.anonymous === undefined) {
    return [];
  }
  const rows = await analytics.rows(`select distinct ${eventColumns} from ${local.anonymous} p`);
  const events = rows.map(eventOf);
  const users = await linkedUsers(events, customers);
  const linked = events.flatMap((event) => {
    const userId = users.get(event.anonymousId ?? '');
    return userId === undefined ? [] : [{ ...event, userId }];
  });
  const ids = [...new Set(linked.map(({ userId }) => userId))];
  await insertValues(
    analytics,
    'linked',
    ids.map((id) => `(${sqlText(id)})`),
  );
  return linked;
};

const eventColumns = `messageId, event, userId, anonymousId, p.at_ms::DOUBLE as at_ms, receivedAt, source,
  properties::VARCHAR as properties`;

const eventOf = ({ at_ms, ...row }: { readonly [column: string]: unknown }): StoredEvent =>
  eventOfRow({ ...row, timestamp: new Date(Number(at_ms)).toISOString() });

interface Odd {
  readonly assigned: readonly AssignedCustomer[];
  readonly events: readonly StoredEvent[];
}

const readOdd = async (
  analytics: Analytics,
  from: string,
  { campaignId }: OutcomeQuery,
  anonymous: readonly StoredEvent[],
): Promise<Odd> => {
  const assigned =
    await analytics.rows(`select distinct userId, arm, at_ms::DOUBLE as at_ms, decision from part
    where is_assignment and userId in (select userId from odd)`);
  if (assigned.length === 0) {
    return { assigned: [], events: [] };
  }
  const ids: ReadonlySet<CustomerId | undefined> = new Set(
    assigned.map(({ userId }) => customerId(String(userId))),
  );
  const rows = await analytics.rows(`select distinct ${eventColumns} from (${from}) p
    where userId in (select userId from odd) and event <> ${sqlText(loopEvents.customerAssigned)}
      and (source <> ${sqlText(loopSource)} or event = ${sqlText(loopEvents.consentWithdrawn)}
        or campaign = ${sqlText(campaignId)})`);
  return {
    assigned: assigned.map(({ userId, arm, at_ms, decision }) => ({
      customerId: customerId(String(userId)),
      arm: String(arm),
      assignedAtMs: Number(at_ms),
      decisionId: String(decision),
    })),
    events: [...rows.map(eventOf), ...anonymous.filter(({ userId }) => ids.has(userId))],
  };
};

// ---- what SQL tells ----------------------------------------------------------------------------------

const boughtItems = (from: string): string => `select p.userId, p.order_id, p.items from (${from}) p
  semi join bought b on p.userId = b.userId and p.order_id = b.order_id where not p.is_refund`;

/** The table `cost`, of all items met so far: the catalogue is asked for each once. */
const addCosts = async (
  analytics: Analytics,
  from: string,
  odd: readonly StoredEvent[],
  costs: Map<ItemId, ItemCost | undefined>,
  { costsOf }: CollectScope,
): Promise<void> => {
  const rows = await analytics.rows(`select distinct item from (
    select unnest(items, recursive := true) from (${boughtItems(from)}))`);
  const ordered = foldOrders(odd).orders.flatMap(({ units }) => [...units.keys()]);
  const fresh = [...new Set([...rows.map(({ item }) => itemId(String(item))), ...ordered])].filter(
    (id) => !costs.has(id),
  );
  const found = fresh.length === 0 ? new Map<ItemId, ItemCost>() : await costsOf(fresh);
  for (const id of fresh) {
    costs.set(id, found.get(id));
  }
  await analytics.run('create table if not exists cost (item varchar, cost double, currency varchar)');
  const values = [...found].map(
    ([id, { cost, currency }]) =>
      `(${sqlText(id)}, ${cost}, ${currency === undefined ? 'null' : sqlText(currency)})`,
  );
  await insertValues(analytics, 'cost', values);
};

/** Customers in the table `told`, a row each, as additive summaries: sums into the measurement, counts as the answer. */
export const sumTold = async (
  analytics: Analytics,
  measurement: Measurement,
  partScope: PartScope,
  { byDay = false, metrics }: Pick<CollectScope, 'byDay' | 'metrics'>,
): Promise<CountedOutcomes> => {
  await addRows(analytics, measurement, partScope, { byDay, isCapped: metrics?.winsorize !== undefined });
  const rows = await analytics.rows(`select arm, count(*)::DOUBLE as customers,
      count(*) filter (orders > 0)::DOUBLE as conversions, sum(orders)::DOUBLE as orders, sum(revenue) as revenueSum,
      sum(revenue * revenue) as revenueSumSquares, sum(margin) as marginSum,
      sum(unknown)::DOUBLE as ordersOfUnknownCost, count(*) filter (sent)::DOUBLE as sent,
      count(*) filter (suppressed and not sent)::DOUBLE as suppressed, count(*) filter (complained)::DOUBLE as complaints
    from told group by arm`);
  return {
    ...nothing,
    arms: new Map(rows.map(({ arm, ...sums }) => [String(arm), { ...emptySummary, ...sums } as ArmSummary])),
  };
};

/**
 * Everybody of `told` whose window is over. Where revenue is capped the rows themselves, alike ones together, since the cap
 * is known only after all; else sums and products by arm, week and segment, as whole numbers of any size.
 */
const addRows = async (
  analytics: Analytics,
  measurement: Measurement,
  { query, windowDays, asOfMs, historyDays }: PartScope,
  { byDay, isCapped }: { readonly byDay: boolean; readonly isCapped: boolean },
): Promise<void> => {
  const columns = measurement.columns.map((column) => columnSql(column, query.ownEvents));
  const cell = `arm, ((at_ms - ${4 * dayMs}) // ${7 * dayMs})::DOUBLE as week, least(orders_before, 2)::INTEGER as earlier,
    ${byDay ? `(at_ms // ${dayMs})::DOUBLE` : '0::DOUBLE'} as day`;
  const from = `from told where at_ms + ${windowDays * dayMs} <= ${asOfMs}`;
  const cellOf = ({ arm, week, earlier, day }: Row): Cell => ({
    arm: String(arm),
    week: weekOfNumber(Number(week)),
    segment: historyDays === undefined ? undefined : segments[Number(earlier)],
    ...(byDay && { day: new Date(Number(day) * dayMs).toISOString().slice(0, 10) }),
  });
  if (!isCapped) {
    for (const row of await analytics.rows(sumsSql(cell, columns, from))) {
      measurement.addSums(cellOf(row), sumsOf(row, measurement));
    }
    return;
  }
  const arms = (await analytics.rows('select distinct arm from told order by arm')).map(({ arm }) =>
    String(arm),
  );
  if (arms.length === 0) return;
  const places = arms.map((arm, i) => `when ${sqlText(arm)} then ${i}`).join(' ');
  const found = await analytics.numbers(`select (case arm ${places} end)::DOUBLE, week, earlier::DOUBLE, day,
    ${columns.map((_, i) => `c${i}::DOUBLE`).join(', ')}, count(*)::DOUBLE
    from (select ${cell}, ${columns.map((sql, i) => `${sql} as c${i}`).join(', ')} ${from}) group by all`);
  const [arm, week, earlier, day] = found;
  const values = found.slice(4, -1);
  const customers = found[found.length - 1];
  for (let i = 0; i < customers.length; i++) {
    const row = Float64Array.from(values, (column) => column[i]);
    measurement.add(
      cellOf({ arm: arms[arm[i]], week: week[i], earlier: earlier[i], day: day[i] }),
      row,
      customers[i],
    );
  }
};

type Row = { readonly [column: string]: unknown };

/** Products of whole numbers below 9.2e18 do not overflow; their sums are 128 bits wide. */
const sumsSql = (cell: string, columns: readonly string[], from: string): string => {
  const sums = columns.map((_, i) => `sum(c${i}) as s${i}`);
  const products = columns.flatMap((_, i) =>
    columns.slice(0, i + 1).map((_unused, j) => `sum(c${i}::HUGEINT * c${j}) as p${i}_${j}`),
  );
  return `select arm, week, earlier, day, count(*)::DOUBLE as n, ${[...sums, ...products].join(', ')}
    from (select ${cell}, ${columns.map((sql, i) => `${sql} as c${i}`).join(', ')} ${from})
    group by arm, week, earlier, day`;
};

const sumsOf = (row: Row, { columns, perUnit }: Measurement): JointSums =>
  jointSumsFrom(
    columns,
    Number(row.n),
    columns.map((_, i) => wholeOf(row[`s${i}`])),
    columns.flatMap((_, i) => columns.slice(0, i + 1).map((_unused, j) => wholeOf(row[`p${i}_${j}`]))),
    perUnit,
  );

const wholeOf = (value: unknown): bigint => {
  if (typeof value !== 'bigint') throw new TypeError(`outcomes: a sum is no whole number: ${String(value)}`);
  return value;
};

const segments = ['0', '1', '2+'];

const countPart = async (analytics: Analytics): Promise<CountedOutcomes> => {
  const currencies = await analytics.rows(
    'select distinct currency from bought where kept and currency is not null',
  );
  const [{ n }] = await analytics.rows(`select count(*)::DOUBLE as n from placed
    where parts = 0 and userId not in (select userId from odd)`);
  return {
    ...nothing,
    currencies: currencies.map(({ currency }) => String(currency)),
    refundsWithoutOrderCount: Number(n),
  };
};

/** Of customers who clicked and did nothing else that TypeScript must judge: whether all their clicks were a program's. */
const countScanned = async (
  analytics: Analytics,
  from: string,
  { query, asOfMs }: PartScope,
): Promise<CountedOutcomes> => {
  const rows = await analytics.rows(`select distinct ${eventColumns}, c.arm from (${from}) p
      join (select userId, arm from customer semi join clicker using (userId)) c using (userId)
      semi join message m on p.userId = m.userId and coalesce(p.delivery, '') = m.delivery
    where campaign = ${sqlText(query.campaignId)} and p.at_ms < ${asOfMs}
      and (event = ${sqlText(loopEvents.deliverySettled)}
        or (event = ${sqlText(loopEvents.deliveryReported)} and status in ('delivery', 'click')))`);
  const armOf = new Map(rows.map(({ userId, arm }) => [customerId(String(userId)), String(arm)]));
  const messages = foldMessages(rows.map(eventOf), { has: () => true });
  const arms = new Map<string, ArmSummary>();
  for (const [id, ofCustomer] of Map.groupBy(messages.values(), (message) => message.customerId)) {
    const clicks = ofCustomer.flatMap((message) => message.clicks);
    if (clicks.length > 0 && clicks.every(({ rule }) => rule !== undefined)) {
      const arm = armOf.get(id) ?? '';
      const kept = arms.get(arm) ?? emptySummary;
      arms.set(arm, { ...kept, scanned: kept.scanned + 1 });
    }
  }
  return { ...nothing, arms };
};

// ---- together ----------------------------------------------------------------------------------------

const nothing: CountedOutcomes = {
  arms: new Map(),
  conflictsCount: 0,
  currencies: [],
  refundsWithoutOrderCount: 0,
};

const mergeCounted = (a: CountedOutcomes, b: CountedOutcomes): CountedOutcomes => {
  const arms = new Map(a.arms);
  for (const [arm, summary] of b.arms) {
    const kept = arms.get(arm);
    arms.set(arm, kept === undefined ? summary : mergeSummaries(kept, summary));
  }
  return {
    arms,
    conflictsCount: a.conflictsCount + b.conflictsCount,
    currencies: [...new Set([...a.currencies, ...b.currencies])].sort(),
    refundsWithoutOrderCount: a.refundsWithoutOrderCount + b.refundsWithoutOrderCount,
  };
};

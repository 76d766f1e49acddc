// What a test could count on, from the shop's own customers: who is in the audience now, how many join a day, and what
// those who would have been in it one window ago did in that window without it. Read from the customers' records, at most
// audienceEstimateCustomersCountMax of them (a sample in no particular order; `complete` says whether it is all).
// A customer's record as of then leaves out what happened since; traits and consent are today's. An event campaign's
// arrivals are known where its event is a behaviour or an order (lib/events/meaning.ts). Money in major units.

import { inSlice } from '../assignment/exclusion.ts';
import type { Experiment } from '../assignment/experiment.ts';
import { arrivalDays, audienceEstimateCustomersCountMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { exclusion } from '../campaigns/eligibility.ts';
import type { CustomerRecord } from '../events/customer.ts';
import { behaviourNames } from '../events/meaning.ts';
import type { Moments } from '../outcomes/summary.ts';
import type { CatalogStore, CustomerStore, SecretStore } from '../ports.ts';

export interface SurveyPorts {
  readonly customers: CustomerStore;
  readonly catalog: CatalogStore;
  readonly secrets: SecretStore;
  readonly settings: WorkspaceSettings;
}

export interface ShopSurvey {
  readonly customersScanned: number;
  readonly complete: boolean;
  /** Of those scanned: there at the start. */
  readonly audience: number;
  /** Of those scanned: who join a day; null where the campaign's event says nothing of the past. */
  readonly dailyArrivals: number | null;
  /** Of those who would have been in the test one window ago: kept orders within the window, by customer. */
  readonly past: {
    readonly repurchase: Moments;
    readonly orders: Moments;
    readonly revenue: Moments;
  };
}

export const surveyShop = async (
  campaign: Campaign,
  nowMs: number,
  { customers, catalog, secrets, settings }: SurveyPorts,
): Promise<ShopSurvey> => {
  const items = new Map((await catalog.all()).map((item) => [item.itemId as string, item]));
  const { holdoutSalt: salt } = await secrets.secrets();
  const isIn = (record: CustomerRecord, atMs: number): boolean =>
    exclusion(campaign, stateAsOf(record, atMs), { items, nowMs: atMs, settings, salt }) === undefined;
  return await survey(customers, entryRule(campaign, nowMs, isIn), campaign.windowDays);
};

/** Of an experiment on recommendations: who did anything on one of the last `days` days, and what they did after it. */
export const surveyVisitors = async (
  { exclusion: slice, windowDays }: Pick<Experiment, 'exclusion' | 'windowDays'>,
  days: number,
  nowMs: number,
  { customers, secrets }: Pick<SurveyPorts, 'customers' | 'secrets'>,
): Promise<ShopSurvey> => {
  const { holdoutSalt: salt } = await secrets.secrets();
  const firstMs = ({ profile, state }: CustomerRecord, untilMs: number): number | undefined => {
    if (profile !== undefined && !inSlice(profile.customerId, slice, salt)) return undefined;
    const times = [...(state?.events ?? []), ...Object.values(state?.orders ?? {})]
      .map(({ atMs }) => atMs)
      .filter((atMs) => atMs >= untilMs - days * dayMs && atMs < untilMs);
    return times.length === 0 ? undefined : Math.min(...times) + 1;
  };
  const rule: EntryRule = {
    isThere: () => false,
    hasJoined: (record) => firstMs(record, nowMs) !== undefined,
    joinedOverDays: days,
    assignedMs: (record) => firstMs(record, nowMs - windowDays * dayMs),
  };
  return await survey(customers, rule, windowDays);
};

const survey = async (
  customers: Pick<CustomerStore, 'scan'>,
  rule: EntryRule,
  windowDays: number,
): Promise<ShopSurvey> => {
  const tally: Tally = { scanned: 0, audience: 0, joined: 0, past: [] };
  let complete = true;
  for await (const page of customers.scan()) {
    if (tally.scanned >= audienceEstimateCustomersCountMax) {
      complete = false;
      break;
    }
    for (const record of page) add(tally, record, rule, windowDays);
  }
  const column = (pick: (bought: Bought) => number): Moments => momentsOf(tally.past.map(pick));
  return {
    customersScanned: tally.scanned,
    complete,
    audience: tally.audience,
    dailyArrivals: rule.joinedOverDays === null ? null : tally.joined / rule.joinedOverDays,
    past: {
      repurchase: column(({ orders }) => (orders > 0 ? 1 : 0)),
      orders: column(({ orders }) => orders),
      revenue: column(({ revenue }) => revenue),
    },
  };
};

interface Bought {
  readonly orders: number;
  readonly revenue: number;
}

interface Tally {
  scanned: number;
  audience: number;
  joined: number;
  past: Bought[];
}

interface EntryRule {
  readonly isThere: (record: CustomerRecord) => boolean;
  readonly hasJoined: (record: CustomerRecord) => boolean;
  /** Null where nothing is known of who joins. */
  readonly joinedOverDays: number | null;
  /** When the customer would have been assigned in the past (ms); undefined: not at all. */
  readonly assignedMs: (record: CustomerRecord) => number | undefined;
}

const add = (tally: Tally, record: CustomerRecord, rule: EntryRule, windowDays: number): void => {
  tally.scanned += 1;
  tally.audience += rule.isThere(record) ? 1 : 0;
  tally.joined += rule.hasJoined(record) ? 1 : 0;
  const fromMs = rule.assignedMs(record);
  if (fromMs !== undefined) tally.past.push(boughtIn(record, fromMs, fromMs + windowDays * dayMs));
};

type IsIn = (record: CustomerRecord, atMs: number) => boolean;

const entryRule = (campaign: Campaign, nowMs: number, isIn: IsIn): EntryRule => {
  const { trigger, windowDays } = campaign;
  const agoMs = nowMs - windowDays * dayMs;
  if (trigger.kind === 'event') {
    return eventRule(trigger.event, nowMs, agoMs, isIn);
  }
  const assignedMs = (record: CustomerRecord): number | undefined =>
    isIn(record, agoMs) ? agoMs : undefined;
  const isThere = (record: CustomerRecord): boolean => isIn(record, nowMs);
  if (trigger.kind === 'at') {
    return { isThere, hasJoined: () => false, joinedOverDays: arrivalDays, assignedMs };
  }
  const overDays = trigger.kind === 'before-expiry' ? Math.max(1, Math.abs(trigger.days)) : arrivalDays;
  const hasJoined = (record: CustomerRecord): boolean =>
    isIn(record, nowMs) && !isIn(record, nowMs - overDays * dayMs);
  return { isThere, hasJoined, joinedOverDays: overDays, assignedMs };
};

const eventRule = (event: string, nowMs: number, agoMs: number, isIn: IsIn): EntryRule => {
  const name = Object.hasOwn(behaviourNames, event) ? behaviourNames[event] : undefined;
  const isKnown = name !== undefined && name.orders !== 'refund';
  const firstIn = (record: CustomerRecord, fromMs: number, toMs: number): number | undefined => {
    const times = (isKnown ? timesOf(record, name) : []).filter((atMs) => atMs >= fromMs && atMs < toMs);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  const enteredMs = (record: CustomerRecord, untilMs: number): number | undefined => {
    const atMs = firstIn(record, untilMs - arrivalDays * dayMs, untilMs);
    return atMs !== undefined && isIn(record, atMs + 1) ? atMs + 1 : undefined;
  };
  return {
    isThere: () => false,
    hasJoined: (record) => enteredMs(record, nowMs) !== undefined,
    joinedOverDays: isKnown ? arrivalDays : null,
    assignedMs: (record) => enteredMs(record, agoMs),
  };
};

const timesOf = (
  { state }: CustomerRecord,
  { type, orders }: (typeof behaviourNames)[string],
): readonly number[] =>
  orders === undefined
    ? (state?.events ?? []).filter((event) => event.type === type).map(({ atMs }) => atMs)
    : Object.values(state?.orders ?? {}).map(({ atMs }) => atMs);

const stateAsOf = (record: CustomerRecord, atMs: number): CustomerRecord => {
  const { state } = record;
  if (state === undefined) return record;
  const before = <T>(of: { readonly [id: string]: T }, timeOf: (one: T) => number) =>
    Object.fromEntries(Object.entries(of).filter(([, one]) => timeOf(one) < atMs));
  return {
    ...record,
    state: {
      ...state,
      events: state.events.filter((event) => event.atMs < atMs),
      owned: before(state.owned, (one) => one.purchasedAtMs),
      orders: before(state.orders, (one) => one.atMs),
    },
  };
};

const boughtIn = ({ state }: CustomerRecord, fromMs: number, toMs: number): Bought => {
  const kept = Object.values(state?.orders ?? {}).filter(
    ({ atMs, value, refundedValue }) =>
      atMs >= fromMs && atMs < toMs && (value === 0 || refundedValue < value),
  );
  return {
    orders: kept.length,
    revenue: kept.reduce((sum, { value, refundedValue }) => sum + value - refundedValue, 0),
  };
};

const momentsOf = (values: readonly number[]): Moments => ({
  count: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  sumSquares: values.reduce((sum, value) => sum + value * value, 0),
});

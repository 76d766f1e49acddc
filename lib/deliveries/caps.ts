// The caps on messages to one customer: each at most `deliveriesMax` in any `days` calendar days (UTC; 1, 7 and 30 are a
// day, a week, a month). The workspace's count every campaign's messages, a campaign's own count only its own; with
// `channel` those on that channel, otherwise all but in-app ones, which interrupt nobody.
// One counter a customer, day and scope, raised in the transaction that prepares the delivery and only while it stays
// under what the earlier days leave: that holds each cap exactly however many campaigns run at once. Earlier days do not
// change any more, so they are read; only near midnight can a writer still be at the neighbouring day, and there the
// transaction demands that its counter stands as it was read.
// A scope is counted from when a cap names it. What is then definitely not sent gives its places back (`release`).

import type { CampaignId, CustomerId } from '../base/ids.ts';
import { capBoundaryMs, capDaysMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { Cap } from '../campaigns/campaign.ts';
import type { Channel } from '../events/customer.ts';
import type { CounterCheck, CounterClaim, DeliveryStore } from '../ports.ts';

export interface Capped {
  readonly customerId: CustomerId;
  readonly campaignId: CampaignId;
  readonly channel: Channel;
  readonly nowMs: number;
  /** The workspace's. */
  readonly caps: readonly Cap[];
  /** The campaign's. */
  readonly own: readonly Cap[];
}

export interface Places {
  readonly claims: readonly CounterClaim[];
  readonly checks: readonly CounterCheck[];
}

/** What the message must raise to be prepared, or undefined when a cap leaves nothing for today. */
export const placesUnder = async (
  message: Capped,
  deliveries: Pick<DeliveryStore, 'counts'>,
): Promise<Places | undefined> => {
  const scopes = scopesOf(message);
  const days = scopes.flatMap((scope) => lookedAt(scope, message.nowMs));
  const counts = days.length > 0 ? await deliveries.counts(days) : new Map<string, number>();
  const expiresAtS = Math.floor(message.nowMs / 1000) + ((capDaysMax + 2) * dayMs) / 1000;
  const claims = scopes.map((scope) => ({
    key: keyOf(scope, dayOf(message.nowMs)),
    max: Math.min(...scope.caps.map((cap) => leftUnder(cap, scope, message.nowMs, counts))),
    expiresAtS,
  }));
  const checks = scopes
    .flatMap((scope) => neighbours(scope, message.nowMs))
    .map((key) => ({ key, count: counts.get(key) ?? 0, expiresAtS }));
  return claims.some(({ max }) => max <= 0) ? undefined : { claims, checks };
};

/** How many more messages like this the workspace's caps allow today; infinite without a cap. Not exact: others write. */
export const roomUnder = async (
  message: Omit<Capped, 'own'>,
  deliveries: Pick<DeliveryStore, 'counts'>,
): Promise<number> => {
  const scopes = scopesOf({ ...message, own: [] });
  const today = dayOf(message.nowMs);
  const days = scopes.flatMap((scope) => [keyOf(scope, today), ...lookedAt(scope, message.nowMs)]);
  const counts = days.length > 0 ? await deliveries.counts([...new Set(days)]) : new Map<string, number>();
  const left = scopes.flatMap((scope) =>
    scope.caps.map(
      (cap) => leftUnder(cap, scope, message.nowMs, counts) - (counts.get(keyOf(scope, today)) ?? 0),
    ),
  );
  return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...left));
};

/** The counters of one scope, and the caps on it. */
interface Scope {
  readonly name: string;
  readonly customerId: CustomerId;
  readonly caps: readonly Cap[];
  readonly days: number;
}

const scopesOf = ({ customerId, campaignId, channel, caps, own }: Capped): readonly Scope[] => {
  const concerns = (cap: Cap): boolean =>
    cap.channel === undefined ? channel !== 'in-app' : cap.channel === channel;
  const named = [
    ...caps.filter(concerns).map((cap) => ({ name: cap.channel ?? 'all', cap })),
    ...own.filter(concerns).map((cap) => ({ name: `${campaignId}/${cap.channel ?? 'all'}`, cap })),
  ];
  return [...Map.groupBy(named, ({ name }) => name)].map(([name, entries]) => ({
    name,
    customerId,
    caps: entries.map(({ cap }) => cap),
    days: Math.max(...entries.map(({ cap }) => cap.days)),
  }));
};

const dayOf = (atMs: number): number => Math.floor(atMs / dayMs);

/** The customer's id comes last: it may hold any character. */
const keyOf = ({ name, customerId }: Scope, day: number): string =>
  `cap/${new Date(day * dayMs).toISOString().slice(0, 10)}/${name}/${customerId}`;

/** Counters to read: the earlier days within the longest cap, and near midnight the day to come. */
const lookedAt = (scope: Scope, nowMs: number): readonly string[] => {
  const today = dayOf(nowMs);
  const earlier = Array.from({ length: scope.days - 1 }, (_, index) => keyOf(scope, today - 1 - index));
  return [...new Set([...earlier, ...neighbours(scope, nowMs)])];
};

/** Days beside this one that somebody may still be writing; under a cap of a single day they do not matter. */
const neighbours = (scope: Scope, nowMs: number): readonly string[] => {
  if (scope.days === 1) {
    return [];
  }
  const sinceMidnightMs = nowMs % dayMs;
  const today = dayOf(nowMs);
  return [
    ...(sinceMidnightMs < capBoundaryMs ? [keyOf(scope, today - 1)] : []),
    ...(sinceMidnightMs >= dayMs - capBoundaryMs ? [keyOf(scope, today + 1)] : []),
  ];
};

/** What today's counter may reach: the fullest window of `days` days around today decides. */
const leftUnder = (
  { deliveriesMax, days }: Cap,
  scope: Scope,
  nowMs: number,
  counts: ReadonlyMap<string, number>,
): number => {
  const today = dayOf(nowMs);
  const countOf = (day: number): number => counts.get(keyOf(scope, day)) ?? 0;
  const sum = (from: number, to: number): number =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index)
      .filter((day) => day !== today)
      .reduce((total, day) => total + countOf(day), 0);
  const ending = sum(today - days + 1, today);
  const withTomorrow = days > 1 ? sum(today - days + 2, today + 1) : 0;
  return deliveriesMax - Math.max(ending, withTomorrow);
};

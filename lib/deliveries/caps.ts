// The cap on mails to one customer: at most `deliveriesMax` in any `days` calendar days (UTC), over all campaigns.
// One counter a customer and day. Earlier days no longer change, so they are read; today's counter is raised in the
// transaction that prepares the delivery, and only while it stays under what the earlier days leave. That holds the
// cap exactly however many campaigns run at once. The workspace's and the campaign's cap hold together.
// A prepared delivery counts even when it is suppressed or refused afterwards.

import type { CustomerId } from '../base/ids.ts';
import { capDaysMax } from '../base/limits.ts';
import type { Cap } from '../campaigns/campaign.ts';
import type { CounterClaim, DeliveryStore } from '../ports.ts';

const dayMs = 86_400_000;

/** The claim on today's counter, or undefined when a cap leaves nothing for today. */
export const capClaim = async (
  customerId: CustomerId,
  nowMs: number,
  caps: readonly Cap[],
  deliveries: Pick<DeliveryStore, 'counts'>,
): Promise<CounterClaim | undefined> => {
  const keyOf = (daysAgo: number): string =>
    `cap/${customerId}/${new Date(nowMs - daysAgo * dayMs).toISOString().slice(0, 10)}`;
  const longest = Math.max(...caps.map(({ days }) => days));
  const earlier = Array.from({ length: longest - 1 }, (_, index) => keyOf(index + 1));
  const counts = earlier.length > 0 ? await deliveries.counts(earlier) : new Map<string, number>();
  const leftOf = ({ deliveriesMax, days }: Cap): number =>
    earlier.slice(0, days - 1).reduce((left, key) => left - (counts.get(key) ?? 0), deliveriesMax);
  const max = Math.min(...caps.map(leftOf));
  return max <= 0
    ? undefined
    : { key: keyOf(0), max, expiresAtS: Math.floor(nowMs / 1000) + ((capDaysMax + 2) * dayMs) / 1000 };
};

// How many e-mails may go out today (UTC) over all campaigns: a new sending domain is warmed up (setting `rampUp`: so many
// on the first day, more by a factor each day), and the mail account has a quota of 24 hours, which comes back bit by bit.
// The day's number is held by one atomic counter. That row would be hot, so each batch leases places from it in blocks,
// hands them out itself and gives back what is left; a batch that dies loses its block for the day, which errs to the
// side of fewer mails. Without places a message waits for the next day, without quota for an hour.
// The quota is SES's to hold: it is asked so that nothing is prepared in vain, and what it refuses all the same waits.

import { allowanceBlockMax, quotaRetryMs } from '../base/limits.ts';
import type { RampUp } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import type { Clock, DeliveryStore } from '../ports.ts';

export interface DailyAllowance {
  /** Takes one place; undefined when it was given. */
  take(): Promise<NoPlace | undefined>;
  /** Gives one back that was not used after all. */
  putBack(): void;
  /** Gives back what this batch has left. */
  close(): Promise<void>;
}

export interface NoPlace {
  readonly reason: 'ramp-up' | 'mail-quota';
  /** When there are places again, or, of the quota, when to ask again; ms. */
  readonly untilMs: number;
}

export interface AllowanceOptions {
  readonly deliveries: Pick<DeliveryStore, 'lease' | 'giveBack'>;
  readonly clock: Clock;
  readonly rampUp: RampUp | undefined;
  /** What the mail account has left of its 24 hours; infinite while unknown. Absent: it is not asked. */
  readonly quotaLeft?: () => Promise<number>;
}

export const createDailyAllowance = ({
  deliveries,
  clock,
  rampUp,
  quotaLeft,
}: AllowanceOptions): DailyAllowance => {
  let day = -1;
  let left = 0;
  let none: NoPlace | undefined;
  let leasing: Promise<void> | undefined;

  const lease = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const open = (await quotaLeft?.()) ?? Number.POSITIVE_INFINITY;
    if (open < 1) {
      none = { reason: 'mail-quota', untilMs: nowMs + quotaRetryMs };
      return;
    }
    const max = placesOn(rampUp, day);
    if (max === undefined) {
      left = Math.min(allowanceBlockMax, Math.floor(open));
      return;
    }
    const expiresAtS = ((day + 3) * dayMs) / 1000;
    const wanted = Math.min(blockOf(max), Math.floor(open));
    left = await deliveries.lease({ key: keyOf(day), max, expiresAtS }, wanted);
    none = left === 0 ? { reason: 'ramp-up', untilMs: (day + 1) * dayMs } : undefined;
  };

  return {
    take: async () => {
      if (rampUp === undefined && quotaLeft === undefined) {
        return undefined;
      }
      const nowMs = clock.nowMs();
      if (Math.floor(nowMs / dayMs) !== day) {
        [day, left, none] = [Math.floor(nowMs / dayMs), 0, undefined];
      }
      while (left < 1) {
        if (none !== undefined && nowMs < none.untilMs) {
          return none;
        }
        leasing ??= lease().finally(() => {
          leasing = undefined;
        });
        await leasing;
      }
      left -= 1;
      return undefined;
    },
    putBack: () => {
      left += 1;
    },
    close: async () => {
      const unused = left;
      left = 0;
      if (unused > 0 && placesOn(rampUp, day) !== undefined) {
        await deliveries.giveBack(keyOf(day), unused);
      }
    },
  };
};

const keyOf = (day: number): string => `allowance/email/${new Date(day * dayMs).toISOString().slice(0, 10)}`;

/** A hundredth, so that a small day is not held back by leases that other batches do not use. */
const blockOf = (max: number): number => Math.min(allowanceBlockMax, Math.max(1, Math.floor(max / 100)));

/** Mails of a day (whole days since 1970, UTC); before its start a ramp-up allows as many as on its first day. */
export const placesOn = (rampUp: RampUp | undefined, day: number): number | undefined => {
  if (rampUp === undefined) {
    return undefined;
  }
  const { startsOn, firstDayCount, dailyGrowth } = rampUp;
  const since = Math.max(0, day - Math.floor(Date.parse(`${startsOn}T00:00:00Z`) / dayMs));
  const places = Math.floor(firstDayCount * dailyGrowth ** since);
  return Number.isSafeInteger(places) ? places : undefined;
};

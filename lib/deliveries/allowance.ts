// How many e-mails may go out today (UTC) over all campaigns: a new sending domain is warmed up (setting `rampUp`: so many
// on the first day, more by a factor each day), and the mail account has a quota of its own.
// The day's number is held by one atomic counter. That row would be hot, so each batch leases places from it in blocks,
// hands them out itself and gives back what is left; a batch that dies loses its block for the day, which errs to the
// side of fewer mails. Without places a message waits for the next day.

import { allowanceBlockMax, allowanceQuotaCheckMs } from '../base/limits.ts';
import type { RampUp } from '../base/settings.ts';
import type { Clock, DeliveryStore } from '../ports.ts';

const dayMs = 86_400_000;

export interface DailyAllowance {
  /** Takes one place; undefined when it was given, else until when (ms) there is none. */
  take(): Promise<number | undefined>;
  /** Gives one back that was not used after all. */
  putBack(): void;
  /** Gives back what this batch has left. */
  close(): Promise<void>;
}

export interface AllowanceOptions {
  readonly deliveries: Pick<DeliveryStore, 'lease' | 'giveBack'>;
  readonly clock: Clock;
  readonly rampUp: RampUp | undefined;
  /** The mail account's own: mails it sends in 24 hours, and how many of them it has sent. Absent: it is not asked. */
  readonly quota?: () => Promise<{ readonly max: number; readonly sent: number } | undefined>;
}

export const createDailyAllowance = ({
  deliveries,
  clock,
  rampUp,
  quota,
}: AllowanceOptions): DailyAllowance => {
  let day = -1;
  let left = 0;
  let waitMs: number | undefined;
  let leasing: Promise<void> | undefined;

  const lease = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const account = await quota?.();
    const open = account === undefined ? Number.POSITIVE_INFINITY : account.max - account.sent;
    if (open < 1) {
      waitMs = nowMs + allowanceQuotaCheckMs;
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
    waitMs = left === 0 ? (day + 1) * dayMs : undefined;
  };

  return {
    take: async () => {
      if (rampUp === undefined && quota === undefined) {
        return undefined;
      }
      const nowMs = clock.nowMs();
      if (Math.floor(nowMs / dayMs) !== day) {
        [day, left, waitMs] = [Math.floor(nowMs / dayMs), 0, undefined];
      }
      while (left < 1) {
        if (waitMs !== undefined && nowMs < waitMs) {
          return waitMs;
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

// When a customer is written to, by the campaign's sendTime; quiet hours are kept apart from it (lib/deliveries/timing.ts).
//   local-hour   when the customer's clock shows that hour next; where a clock skips it, as soon as it is past it
//   active-hour  the hour of the next 24 with the most of the customer's own activity: each event spreads over the hours
//                beside it (a von Mises kernel, σ about two hours: Mardia & Jupp, Directional Statistics, 2000, 12.3),
//                added to a prior of `priorEventsCount` events. What they did counts, never what they opened. The prior
//                is what customers read together do at each hour of their own clocks, all hours alike where few are known
// Hours are of the customer's wall clock. Limit: activity is the fresh state's, at most the latest 100 events.

import { activityCustomersCountMin } from '../base/limits.ts';
import type { CustomerState } from '../events/customer.ts';
import type { SendTime } from './campaign.ts';
import { localHour } from './schedule.ts';

const hourMs = 3_600_000;
const quarterMs = hourMs / 4;
const hours = Array.from({ length: 24 }, (_, hour) => hour);

export interface SendTimeQuestion {
  readonly sendTime: SendTime;
  /** From when on it may be sent. */
  readonly fromMs: number;
  readonly timeZone: string;
  readonly state: CustomerState | undefined;
  /** Shares of the 24 local hours in other customers' activity; absent: all hours alike. */
  readonly prior?: readonly number[];
  readonly isQuiet: (hour: number) => boolean;
}

/** The instant at which to send; with nothing known that speaks for an hour, `fromMs` itself. */
export const sendAtMs = (question: SendTimeQuestion): number => {
  const { sendTime, fromMs, timeZone } = question;
  switch (sendTime.kind) {
    case 'at-once':
      return fromMs;
    case 'local-hour':
      return nextHourMs(fromMs, sendTime.hour, timeZone);
    case 'active-hour':
      return activeHourMs(question);
  }
};

/** The first instant from `fromMs` on at which the clock shows `hour`, or has just skipped it. */
export const nextHourMs = (fromMs: number, hour: number, timeZone: string): number => {
  let [atMs, shown] = [fromMs, localHour(fromMs, timeZone)];
  while (shown !== hour) {
    atMs = Math.floor(atMs / quarterMs) * quarterMs + quarterMs;
    const next = localHour(atMs, timeZone);
    const passed = (next - shown + 24) % 24;
    // Two hours on within a quarter: the clock was put forward over what lies between.
    if (passed === 2 && (shown + 1) % 24 === hour) {
      return atMs;
    }
    shown = next;
  }
  return atMs;
};

const activeHourMs = ({ fromMs, timeZone, state, prior, isQuiet }: SendTimeQuestion): number => {
  const density = activity(state, timeZone, fromMs, prior);
  const nextMs = nextHourMs(fromMs, (localHour(fromMs, timeZone) + 1) % 24, timeZone);
  const starts = [fromMs, ...hours.slice(1).map((_, index) => nextMs + index * hourMs)];
  let [best, bestMs] = [Number.NEGATIVE_INFINITY, fromMs];
  for (const atMs of starts) {
    const hour = localHour(atMs, timeZone);
    // Later only for a clear gain: rounding must not decide between hours alike.
    if (!isQuiet(hour) && density[hour] > best + 1e-9) {
      [best, bestMs] = [density[hour], atMs];
    }
  }
  return bestMs;
};

/** As many events of an average customer are put beside a customer's own. */
const priorEventsCount = 2;
/** Concentration of the kernel: σ ≈ 24 / (2π √κ) ≈ 1.9 hours. */
const kappa = 4;

const kernel = (() => {
  const weights = hours.map((hour) => Math.exp(kappa * Math.cos((2 * Math.PI * hour) / 24)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/** Shares of the 24 local hours, the customer's own with the prior's; they sum to 1. */
export const activity = (
  state: CustomerState | undefined,
  timeZone: string,
  untilMs: number,
  prior: readonly number[] = hours.map(() => 1 / 24),
): readonly number[] => {
  const density = prior.map((share) => share * priorEventsCount);
  let count = priorEventsCount;
  for (const { atMs } of state?.events ?? []) {
    if (atMs <= untilMs) {
      const at = localHour(atMs, timeZone);
      for (const hour of hours) {
        density[hour] += kernel[(hour - at + 24) % 24];
      }
      count += 1;
    }
  }
  return density.map((value) => value / count);
};

/** The prior that many customers give together, each counting as one, by their own clocks; of a few all hours are alike. */
export const sharedActivity = (
  customers: readonly { readonly state: CustomerState | undefined; readonly timeZone: string }[],
  untilMs: number,
): readonly number[] => {
  const known = customers.filter(({ state }) => (state?.events.length ?? 0) > 0);
  if (known.length < activityCustomersCountMin) {
    return hours.map(() => 1 / 24);
  }
  const sums = hours.map(() => 0);
  for (const { state, timeZone } of known) {
    activity(state, timeZone, untilMs).forEach((share, hour) => {
      sums[hour] += share;
    });
  }
  return sums.map((sum) => sum / known.length);
};

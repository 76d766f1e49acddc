// A channel's turns: places in the line that all functions share (RateLine), waited for one after the other. They are
// taken in blocks of a tenth of a second, so that a high rate costs ten writes a second and not one a message.
// Who finds the line full waits once for it to move, with jitter; who then would wait longer than turnWaitMsMax gets no
// place and comes back later: a function must not be cut off with deliveries waiting in it.
// A place that was not used in time is lost: places saved up would be a burst.

import { setTimeout as pause } from 'node:timers/promises';
import { turnBlockMax, turnLatenessMs, turnWaitMsMax } from '../base/limits.ts';
import type { RateLine } from '../deliveries/rate-line.ts';
import type { Channel } from '../events/customer.ts';
import type { Clock, Throttled } from '../ports.ts';

export interface Passing {
  /** Real time in ms, the same for all functions, and a way to let it pass. Default: the machine's. */
  readonly nowMs?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface TurnOptions extends Passing {
  readonly channel: Channel;
  readonly perSecond: () => Promise<number>;
  readonly line: RateLine;
  /** For when to come back; may be a moved one. */
  readonly clock: Clock;
}

export const createTurns = ({
  channel,
  perSecond,
  line,
  clock,
  nowMs = Date.now,
  wait = pause,
  random = Math.random,
}: TurnOptions): (() => Promise<Throttled | undefined>) => {
  let places: number[] = [];
  let reserving: Promise<boolean> | undefined;

  const reserve = async (rate: number): Promise<boolean> => {
    const count = Math.max(1, Math.min(turnBlockMax, Math.floor(rate / 10)));
    const now = nowMs();
    const latestMs = now + turnWaitMsMax;
    const firstMs = await line.reserve({ channel, count, perSecond: rate, nowMs: now, latestMs });
    if (firstMs !== undefined) {
      places.push(...Array.from({ length: count }, (_, index) => firstMs + (index * 1000) / rate));
    }
    return firstMs !== undefined;
  };

  /** When it is, in ms; undefined: the line is full. */
  const takePlace = async (rate: number): Promise<number | undefined> => {
    for (;;) {
      places = places.filter((atMs) => atMs >= nowMs() - turnLatenessMs);
      const atMs = places.shift();
      if (atMs !== undefined) {
        return atMs;
      }
      reserving ??= reserve(rate).finally(() => {
        reserving = undefined;
      });
      if (!(await reserving)) {
        return undefined;
      }
    }
  };

  return async () => {
    const rate = await perSecond();
    let atMs = await takePlace(rate);
    if (atMs === undefined) {
      await wait(turnWaitMsMax * (0.3 + 0.4 * random()));
      atMs = await takePlace(rate);
    }
    if (atMs === undefined) {
      return {
        kind: 'throttled',
        message: `every place of the next ${turnWaitMsMax} ms at ${rate} a second is taken`,
        untilMs: clock.nowMs() + turnWaitMsMax,
      };
    }
    if (atMs > nowMs()) {
      await wait(atMs - nowMs());
    }
    return undefined;
  };
};

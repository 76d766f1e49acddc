// A channel's turns: one place after the other in its rate, waited for. Who would wait longer than turnWaitMsMax gets no
// place and comes back later: a function must not be cut off with deliveries waiting in it.

import { setTimeout as pause } from 'node:timers/promises';
import { turnWaitMsMax } from '../base/limits.ts';
import { createPace } from '../deliveries/pace.ts';
import type { Clock, Throttled } from '../ports.ts';

export interface Passing {
  /** Real time in ms, and a way to let it pass. Default: the machine's. */
  readonly nowMs?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

export const createTurns = (
  perSecond: () => Promise<number>,
  clock: Clock,
  { nowMs = () => performance.now(), wait = pause }: Passing = {},
): (() => Promise<Throttled | undefined>) => {
  const pace = createPace();
  return async () => {
    const rate = await perSecond();
    const waitMs = pace.reserve(nowMs(), rate, turnWaitMsMax);
    if (waitMs === undefined) {
      return {
        kind: 'throttled',
        message: `every place of the next ${turnWaitMsMax} ms at ${rate} a second is taken`,
        untilMs: clock.nowMs() + turnWaitMsMax,
      };
    }
    if (waitMs > 0) {
      await wait(waitMs);
    }
    return undefined;
  };
};

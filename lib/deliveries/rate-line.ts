// The port by which functions that send side by side keep one rate together; lib/adapters/turns.ts takes turns from it.

import type { Channel } from '../events/customer.ts';

/** Where all functions' messages of a channel take their places one behind the other, by real time. */
export interface RateLine {
  /**
   * Takes `count` places in a row, 1 / perSecond apart: when the first of them is (ms). Undefined, and none taken, where
   * that would be after `latestMs`.
   */
  reserve(wanted: {
    readonly channel: Channel;
    readonly count: number;
    readonly perSecond: number;
    readonly nowMs: number;
    readonly latestMs: number;
  }): Promise<number | undefined>;
}

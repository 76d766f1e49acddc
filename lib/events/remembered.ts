// An answer that is asked for anew once it is older than cacheMs (limits.ts). A failure is not remembered.

import { cacheMs } from '../base/limits.ts';
import type { Clock } from '../ports.ts';

export const remembered = <T>(load: () => Promise<T>, clock: Clock): (() => Promise<T>) => {
  let known: { readonly value: T; readonly untilMs: number } | undefined;
  return async () => {
    if (known === undefined || clock.nowMs() >= known.untilMs) {
      known = { value: await load(), untilMs: clock.nowMs() + cacheMs };
    }
    return known.value;
  };
};

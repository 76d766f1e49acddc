// A value kept in memory: read at most every cacheMs, by one caller for all that wait. What a failed read leads to is the
// caller's to say: the former value, another, or the failure. Whatever it answers is held as long as a value that was read.

import { cacheMs } from '../base/limits.ts';
import type { Clock } from '../ports.ts';

export const createHeld = <T>(
  read: () => Promise<T>,
  clock: Clock,
  onFailure: (error: unknown, former: T | undefined) => T,
): (() => Promise<T>) => {
  let held: { readonly value: T; readonly untilMs: number } | undefined;
  let refreshing: Promise<T> | undefined;

  const refresh = async (): Promise<T> => {
    const untilMs = clock.nowMs() + cacheMs;
    try {
      held = { value: await read(), untilMs };
    } catch (error) {
      held = { value: onFailure(error, held?.value), untilMs };
    } finally {
      refreshing = undefined;
    }
    return held.value;
  };

  return async () => {
    if (held && clock.nowMs() < held.untilMs) return held.value;
    refreshing ??= refresh();
    return refreshing;
  };
};

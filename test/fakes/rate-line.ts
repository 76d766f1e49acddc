// RateLine in memory; test/deliveries/rate-line.test.ts holds it and the real one to the same contract.

import type { RateLine } from '../../lib/deliveries/rate-line.ts';

export const fakeRateLine = (): RateLine => {
  const free = new Map<string, number>();
  return {
    reserve: async ({ channel, count, perSecond, nowMs, latestMs }) => {
      const atMs = Math.max(nowMs, free.get(channel) ?? nowMs);
      if (atMs > latestMs) {
        return undefined;
      }
      free.set(channel, atMs + Math.ceil((count * 1_000_000) / perSecond) / 1_000);
      return atMs;
    },
  };
};

// Spaces sends evenly: at most `perSecond`, no bursts, so that a rate limit counted in any window is kept.
// Pure: the caller says what time it is and waits as long as it is told.

export interface Pace {
  /** Takes the next place; returns how long to wait for it, in ms. */
  reserve(nowMs: number): number;
}

export const createPace = (perSecond: number): Pace => {
  const gapMs = 1000 / perSecond;
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    reserve: (nowMs) => {
      const atMs = Math.max(nowMs, nextMs);
      nextMs = atMs + gapMs;
      return atMs - nowMs;
    },
  };
};

// Spaces sends evenly: at most `perSecond`, no bursts, so that a rate limit counted in any window is kept.
// Pure: the caller says what time it is and waits as long as it is told. The rate may change from place to place, as the
// account's does.

export interface Pace {
  /** Takes the next place and returns how long to wait for it, in ms; undefined, and no place, where that is over `waitMsMax`. */
  reserve(nowMs: number, perSecond: number, waitMsMax?: number): number | undefined;
}

export const createPace = (): Pace => {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    reserve: (nowMs, perSecond, waitMsMax = Number.POSITIVE_INFINITY) => {
      const atMs = Math.max(nowMs, lastMs + 1000 / perSecond);
      if (atMs - nowMs > waitMsMax) {
        return undefined;
      }
      lastMs = atMs;
      return atMs - nowMs;
    },
  };
};

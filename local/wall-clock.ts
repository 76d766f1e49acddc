// Wall clocks of time zones (IANA names) and UTC milliseconds, into each other.
// An hour that a clock change skips is taken as the hour after it; one that comes twice as the first.

/** The instant at which the wall clock reads `wallMs` (the reading as if it were UTC). */
export const wallClockMs = (wallMs: number, timeZone: string): number => {
  const dayMs = 86_400_000;
  const before = offsetMs(wallMs - dayMs, timeZone);
  const after = offsetMs(wallMs + dayMs, timeZone);
  const early = wallMs - Math.max(before, after);
  const late = wallMs - Math.min(before, after);
  // Where both readings are real, the earlier is the first of the two; where neither is, the clock jumped over it.
  for (const candidate of [early, late]) {
    if (candidate + offsetMs(candidate, timeZone) === wallMs) return candidate;
  }
  return late;
};

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall clock is ahead of UTC at this instant. */
export const offsetMs = (atMs: number, timeZone: string): number => {
  const formatter =
    formatters.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formatters.set(timeZone, formatter);
  const part = new Map(formatter.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const at = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0;
  const wallMs = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return wallMs - Math.floor(atMs / 1000) * 1000;
};

// When things happen: a recurring campaign's next run, the looks of a run, and quiet hours in a customer's zone.
// Runs follow a grid of 24-hour days from startsAt (UTC); a run missed is skipped, never made up for in a burst. Not so
// where events enter customers again (`entersEveryDays`): run k is the k-th part of the period, its customers are those of
// the events of that time, and it is frozen and analysed however late.
// Quiet hours use the zone's own clock (Intl.DateTimeFormat), so days of 23 and 25 hours come out right.
// Limit: zone offsets are taken to be multiples of 15 minutes, which holds for every zone since 1972.

import { dayMs } from '../base/time.ts';
import type { Campaign, QuietHours, Trigger } from './campaign.ts';
import type { CampaignRun } from './run.ts';

export const hourMs = 3_600_000;
const quarterMs = 15 * 60_000;

/**
 * Until when sending must wait (ms since 1970), or undefined when it is not quiet at `nowMs`.
 * `timeZone` must be a valid IANA name (see `usableTimeZone`).
 */
export const quietUntilMs = (nowMs: number, quiet: QuietHours, timeZone: string): number | undefined => {
  if (!isQuietHour(localHour(nowMs, timeZone), quiet)) {
    return undefined;
  }
  let atMs = Math.floor(nowMs / quarterMs) * quarterMs + quarterMs;
  while (isQuietHour(localHour(atMs, timeZone), quiet)) {
    atMs += quarterMs;
  }
  return atMs;
};

/** fromHour ≤ hour < toHour, over midnight when fromHour > toHour; never when they are equal. */
export const isQuietHour = (hour: number, { fromHour, toHour }: QuietHours): boolean =>
  fromHour <= toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** 0 to 23 on the zone's wall clock. */
export const localHour = (atMs: number, timeZone: string): number => {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', hourCycle: 'h23' });
    formatters.set(timeZone, formatter);
  }
  return Number(formatter.format(atMs));
};

/** The customer's zone when it is one that exists, else the workspace's. */
export const usableTimeZone = (wanted: string | undefined, fallback: string): string => {
  if (wanted === undefined || wanted === '') {
    return fallback;
  }
  try {
    localHour(0, wanted);
    return wanted;
  } catch {
    return fallback;
  }
};

/** When run 1 starts; in the past is fine and means at once. */
export const startsAt = (trigger: Trigger): string => (trigger.kind === 'at' ? trigger.at : trigger.startsAt);

export interface PlannedRun {
  readonly runId: string;
  readonly startsAt: string;
}

export const firstRun = (campaign: Pick<Campaign, 'trigger' | 'startedAt'>): PlannedRun =>
  (campaign.trigger.kind === 'event' && eventRunAt(campaign, Date.parse(campaign.trigger.startsAt))) || {
    runId: 'run-1',
    startsAt: startsAt(campaign.trigger),
  };

/**
 * The run of an event campaign that an event of this instant enters; undefined outside the period. Parts of the period
 * that were over when the campaign started are no runs: what comes late from before the start is of the first one.
 */
export const eventRunAt = (
  { trigger, startedAt }: Pick<Campaign, 'trigger' | 'startedAt'>,
  atMs: number,
): PlannedRun | undefined => {
  if (trigger.kind !== 'event') {
    return undefined;
  }
  const [fromMs, endMs] = [Date.parse(trigger.startsAt), Date.parse(trigger.endsAt)];
  if (atMs < fromMs || atMs >= endMs) {
    return undefined;
  }
  const { entersEveryDays } = trigger;
  if (entersEveryDays === undefined) {
    return { runId: 'run-1', startsAt: trigger.startsAt };
  }
  const startedMs = startedAt === undefined ? fromMs : Date.parse(startedAt);
  const parts = Math.floor((Math.max(atMs, startedMs) - fromMs) / (entersEveryDays * dayMs));
  return {
    runId: `run-${parts + 1}`,
    startsAt: new Date(fromMs + parts * entersEveryDays * dayMs).toISOString(),
  };
};

type EventTrigger = Extract<Trigger, { readonly kind: 'event' }>;

/** Until when (ms) events enter the run. */
export const eventRunEndMs = (
  { startsAt: from, endsAt, entersEveryDays }: EventTrigger,
  runId: string,
): number => {
  const endMs = Date.parse(endsAt);
  return entersEveryDays === undefined
    ? endMs
    : Math.min(endMs, Date.parse(from) + runNumber(runId) * entersEveryDays * dayMs);
};

/** Whether a customer may be assigned, and addressed, in more than one run. */
export const repeats = (trigger: Trigger): boolean =>
  trigger.kind === 'event' ? trigger.entersEveryDays !== undefined : trigger.kind !== 'at';

/**
 * The run after `runId`, which froze at `frozenAtMs`: the first point of the grid after that instant (of an event
 * campaign, the next part of its period).
 * Undefined when there is none: the trigger does not repeat, or the campaign's period ends first.
 */
export const nextRun = (
  campaign: Pick<Campaign, 'trigger'>,
  runId: string,
  frozenAtMs: number,
): PlannedRun | undefined => {
  const { trigger } = campaign;
  if (trigger.kind === 'event') {
    const startsMs = eventRunEndMs(trigger, runId);
    return startsMs < Date.parse(trigger.endsAt)
      ? { runId: `run-${runNumber(runId) + 1}`, startsAt: new Date(startsMs).toISOString() }
      : undefined;
  }
  if (trigger.kind !== 'recurring' && trigger.kind !== 'before-expiry') {
    return undefined;
  }
  const stepMs = (trigger.kind === 'recurring' ? trigger.everyDays : 1) * dayMs;
  const originMs = Date.parse(trigger.startsAt);
  const steps = Math.max(1, Math.floor((frozenAtMs - originMs) / stepMs) + 1);
  const atMs = originMs + steps * stepMs;
  return atMs < Date.parse(trigger.endsAt)
    ? { runId: `run-${runNumber(runId) + 1}`, startsAt: new Date(atMs).toISOString() }
    : undefined;
};

export const runNumber = (runId: string): number => {
  const number = Number(/^run-(\d+)$/.exec(runId)?.[1]);
  if (!Number.isSafeInteger(number)) {
    throw new Error(`a run id is run-<number>, received ${runId}`);
  }
  return number;
};

type DatedRun = Pick<CampaignRun, 'runId' | 'frozenAt'>;

/**
 * The instants (ms) at which a run is analysed, ascending; the last one is the end of its window.
 * Runs of event campaigns assign until they end, so their last window ends windowDays after that.
 */
export const lookTimesMs = (
  campaign: Pick<Campaign, 'trigger' | 'lookDays' | 'windowDays'>,
  { runId, frozenAt }: DatedRun,
): readonly number[] => {
  const { trigger, lookDays, windowDays } = campaign;
  const frozenAtMs = Date.parse(frozenAt);
  const lastAssignedMs =
    trigger.kind === 'event' ? Math.max(frozenAtMs, eventRunEndMs(trigger, runId)) : frozenAtMs;
  const lastMs = lastAssignedMs + windowDays * dayMs;
  const interim = lookDays.toSorted((a, b) => a - b).map((days) => frozenAtMs + days * dayMs);
  // A run that began late ends with its period, maybe before a look that was to be interim.
  return [...interim.filter((atMs) => atMs < lastMs), lastMs];
};

/**
 * From when (ms) customers of the run may have been assigned: events do not wait for the freeze, which an outage may
 * have held up.
 */
export const assignedFromMs = (
  campaign: Pick<Campaign, 'trigger' | 'startedAt'>,
  { runId, frozenAt }: DatedRun,
): number => {
  const { trigger, startedAt } = campaign;
  const frozenAtMs = Date.parse(frozenAt);
  if (trigger.kind !== 'event') {
    return frozenAtMs;
  }
  const daysBefore = (trigger.entersEveryDays ?? 0) * (runNumber(runId) - 1);
  const startsMs = Date.parse(trigger.startsAt) + daysBefore * dayMs;
  return Math.min(frozenAtMs, Math.max(startsMs, Date.parse(startedAt ?? trigger.startsAt)));
};

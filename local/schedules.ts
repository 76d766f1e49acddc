// EventBridge Scheduler on the local clock: rate(…), cron(…) in a time zone, at(…). A jump of the clock over many
// due times fires a schedule once, at the jump's end; what was due while the host was stopped is not made up for.
// Source: Scheduler user guide, "Schedule types"; context attributes <aws.scheduler.*> in the input are filled in.
// Limits: cron without L, W and #; state machines are the only targets.

import type { LocalClock } from './clock.ts';
import { type LocalSchedule, place } from './template.ts';
import { offsetMs, wallClockMs } from './wall-clock.ts';

export type StartExecution = (stateMachineArn: string, name: string, input: string) => void;

export const runSchedules = (
  schedules: readonly LocalSchedule[],
  clock: LocalClock,
  start: StartExecution,
): (() => void) => {
  const cancels = new Map<string, () => void>();
  const arm = (schedule: LocalSchedule): void => {
    const due = nextMs(schedule.expression, schedule.timeZone, clock.nowMs());
    if (due === undefined) {
      return;
    }
    const cancel = clock.at(due, () => {
      const executionId = crypto.randomUUID();
      start(schedule.targetArn, executionId, inputOf(schedule, executionId, due));
      arm(schedule);
    });
    cancels.set(schedule.name, cancel);
  };
  for (const schedule of schedules) {
    arm(schedule);
  }
  return () => {
    for (const cancel of cancels.values()) {
      cancel();
    }
  };
};

export const inputOf = (schedule: LocalSchedule, executionId: string, dueMs: number): string =>
  schedule.input
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.scheduled-time>', new Date(dueMs).toISOString().replace('.000Z', 'Z'))
    .replaceAll('<aws.scheduler.attempt-number>', '1')
    .replaceAll(
      '<aws.scheduler.schedule-arn>',
      `arn:aws:scheduler:${place.region}:${place.account}:schedule/default/${schedule.name}`,
    );

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const unitMs: { readonly [unit: string]: number } = { minute: minuteMs, hour: 60 * minuteMs, day: dayMs };

/** The first time after `afterMs` at which the expression is due; undefined: never again. */
export const nextMs = (expression: string, timeZone: string, afterMs: number): number | undefined => {
  const [, kind = '', body = ''] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  if (kind === 'rate') {
    const [count = '', unit = ''] = body.split(' ');
    return afterMs + Number(count) * (unitMs[unit.replace(/s$/, '')] ?? unsupported(expression));
  }
  if (kind === 'at') {
    const [date = '', time = ''] = body.split('T');
    const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
    const due =
      wallClockMs(Date.parse(`${date}T00:00:00Z`) + (hour * 60 + minute) * minuteMs, timeZone) +
      second * 1000;
    return due > afterMs ? due : undefined;
  }
  return kind === 'cron' ? nextCronMs(body, timeZone, afterMs) : unsupported(expression);
};

const unsupported = (expression: string): never => {
  throw new Error(`schedules: ${expression} is not supported by the local host`);
};

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** A date such as 29 February on a Monday comes back within 28 years, and over a century's end within 40. */
const searchedDaysMax = 40 * 366;

const nextCronMs = (body: string, timeZone: string, afterMs: number): number | undefined => {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = '*'] = body.split(/\s+/);
  const minutes = valuesOf(minute, 0, 59);
  const hours = valuesOf(hour, 0, 23);
  const daysOfMonth = new Set(valuesOf(dayOfMonth, 1, 31));
  const monthNumbers = new Set(valuesOf(month, 1, 12, months, 1));
  const daysOfWeek = new Set(valuesOf(dayOfWeek, 1, 7, weekdays, 1));
  const years = new Set(valuesOf(year, 1970, 2199));
  const wallMs = afterMs + offsetMs(afterMs, timeZone);
  const today = wallMs - (wallMs % dayMs);
  for (let day = 0; day < searchedDaysMax; day += 1) {
    const date = new Date(today + day * dayMs);
    const matches =
      years.has(date.getUTCFullYear()) &&
      monthNumbers.has(date.getUTCMonth() + 1) &&
      daysOfMonth.has(date.getUTCDate()) &&
      daysOfWeek.has(date.getUTCDay() + 1);
    if (!matches) {
      continue;
    }
    const times = hours.flatMap((h) =>
      minutes.map((m) => wallClockMs(date.getTime() + (h * 60 + m) * minuteMs, timeZone)),
    );
    const due = times.sort((a, b) => a - b).find((ms) => ms > afterMs);
    if (due !== undefined) {
      return due;
    }
  }
  return undefined;
};

const valuesOf = (
  field: string,
  min: number,
  max: number,
  names: readonly string[] = [],
  nameBase = 0,
): number[] => {
  const value = (text: string): number => {
    const name = names.indexOf(text.toUpperCase());
    const number = name === -1 ? Number(text) : name + nameBase;
    if (!Number.isInteger(number) || number < min || number > max) {
      throw new Error(
        `schedules: cron field ${field} has ${text}; the local host takes ${min} to ${max}, names, lists, ranges and steps`,
      );
    }
    return number;
  };
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const all = range === '*' || range === '?';
    const first = all ? min : value(from);
    const last = all || (to === undefined && step !== undefined) ? max : value(to ?? from);
    for (let number = first; number <= last; number += step === undefined ? 1 : Number(step)) {
      found.add(number);
    }
  }
  return [...found].sort((a, b) => a - b);
};

// Times as people write them, without a zone, into UTC milliseconds.

import { wallClockMs } from '../wall-clock.ts';

const pattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?)?$/;
const zoned = /(Z|[+-]\d{2}:?\d{2})$/;

/** ISO 8601 with zone, or the same without and then in `timeZone`; undefined when it is neither or no real date. */
export const timeMs = (text: string, timeZone: string): number | undefined => {
  const trimmed = text.trim();
  if (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(trimmed) && zoned.test(trimmed)) {
    const ms = Date.parse(trimmed.replace(' ', 'T'));
    return Number.isNaN(ms) || !isRealDate(trimmed) ? undefined : ms;
  }
  const match = pattern.exec(trimmed);
  if (!match || !isRealDate(trimmed)) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = Number((match[7] ?? '0').padEnd(3, '0'));
  return wallClockMs(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds), timeZone);
};

/** Date.UTC takes February 30 for March 2; such a day is refused. */
const isRealDate = (text: string): boolean => {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};

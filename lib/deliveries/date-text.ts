// Instants for people, in their language and time zone: "January 31, 2030"; "January 31, 2030 at 6:00 PM GMT+1",
// "2030年1月31日 18:00（GMT+1）".

import type { Language } from '../events/customer.ts';

export const dateText = (atMs: number, language: Language, timeZone: string): string =>
  formatOf('date', language, timeZone).format(atMs);

/** With the time and its zone: a deadline without them would be true for some only. */
export const deadlineText = (atMs: number, language: Language, timeZone: string): string => {
  const format = formatOf('deadline', language, timeZone);
  if (language !== 'zh-CN') {
    return format.format(atMs);
  }
  // CLDR puts the zone between date and time, "12月9日 GMT+8 20:00", which nobody writes.
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const time = `${parts.get('hour')}:${parts.get('minute')}`;
  return `${dateText(atMs, language, timeZone)} ${time}（${parts.get('timeZoneName')}）`;
};

const options: { readonly [kind in 'date' | 'deadline']: Intl.DateTimeFormatOptions } = {
  date: { dateStyle: 'long' },
  deadline: {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  },
};

/** Building one takes longer than rendering a mail; there are a few dozen zones in an audience. */
const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (kind: 'date' | 'deadline', language: Language, timeZone: string): Intl.DateTimeFormat => {
  const key = `${kind} ${language} ${timeZone}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, { ...options[kind], timeZone });
  formats.set(key, format);
  return format;
};

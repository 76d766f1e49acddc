import { describe, expect, it } from 'vitest';
import { timeMs } from '../../local/import/zoned-time.ts';

const iso = (text: string, zone: string): string | undefined => {
  const ms = timeMs(text, zone);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('a time without a zone', () => {
  it('is UTC in London’s winter and an hour earlier in its summer', () => {
    expect(iso('2010-12-01 08:26:00', 'Europe/London')).toBe('2010-12-01T08:26:00.000Z');
    expect(iso('2011-07-01 08:26:00', 'Europe/London')).toBe('2011-07-01T07:26:00.000Z');
  });

  it('is the hour after, when the clocks went over it', () => {
    // 2011-03-27 01:00 GMT became 02:00 BST.
    expect(iso('2011-03-27 00:59:59', 'Europe/London')).toBe('2011-03-27T00:59:59.000Z');
    expect(iso('2011-03-27 01:30:00', 'Europe/London')).toBe('2011-03-27T01:30:00.000Z');
    expect(iso('2011-03-27 02:00:00', 'Europe/London')).toBe('2011-03-27T01:00:00.000Z');
  });

  it('is the first of the two, when the hour came twice', () => {
    // 2011-10-30 02:00 BST became 01:00 GMT.
    expect(iso('2011-10-30 01:30:00', 'Europe/London')).toBe('2011-10-30T00:30:00.000Z');
    expect(iso('2011-10-30 02:00:00', 'Europe/London')).toBe('2011-10-30T02:00:00.000Z');
  });

  it('follows half-hour zones and zones far from UTC', () => {
    expect(iso('2024-01-01 00:00', 'Asia/Kolkata')).toBe('2023-12-31T18:30:00.000Z');
    expect(iso('2024-01-01', 'Pacific/Kiritimati')).toBe('2023-12-31T10:00:00.000Z');
    expect(iso('2024-01-01 12:00:00.5', 'America/New_York')).toBe('2024-01-01T17:00:00.500Z');
  });
});

describe('a time with a zone', () => {
  it('keeps it whatever the file’s zone is', () => {
    expect(iso('2024-05-01T10:00:00+02:00', 'Asia/Tokyo')).toBe('2024-05-01T08:00:00.000Z');
    expect(iso('2024-05-01 10:00:00Z', 'Asia/Tokyo')).toBe('2024-05-01T10:00:00.000Z');
  });
});

describe('what is no time', () => {
  it('is refused: days that are not in the calendar, hours over 23, other notations', () => {
    for (const text of [
      '2023-02-30',
      '2023-02-29T10:00:00Z',
      '2023-01-01 24:00',
      '2023-01-01 10:60',
      '01/02/2023',
      '',
      'now',
    ]) {
      expect(timeMs(text, 'UTC'), text).toBeUndefined();
    }
  });
});

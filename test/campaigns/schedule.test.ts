import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isQuietHour,
  localHour,
  lookTimesMs,
  nextRun,
  quietUntilMs,
  usableTimeZone,
} from '../../lib/campaigns/schedule.ts';
import { campaign, dayMs, iso, t0 } from './sample.ts';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/St_Johns',
];
const hour = fc.integer({ min: 0, max: 23 });

describe('quiet hours', () => {
  it('end at the first minute that is not quiet, in every zone and on every day', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('2020-01-01T00:00:00Z'),
          max: new Date('2032-01-01T00:00:00Z'),
          noInvalidDate: true,
        }),
        fc.record({ fromHour: hour, toHour: hour }),
        fc.constantFrom(...zones),
        (at, quiet, zone) => {
          const now = at.getTime();
          const until = quietUntilMs(now, quiet, zone);
          expect(until !== undefined).toBe(isQuietHour(localHour(now, zone), quiet));
          if (until !== undefined) {
            expect(until).toBeGreaterThan(now);
            expect(isQuietHour(localHour(until, zone), quiet)).toBe(false);
            expect(isQuietHour(localHour(until - 1, zone), quiet)).toBe(true);
            // The longest there can be: 23 hours, and one more on the day the clocks go back.
            expect(until - now).toBeLessThanOrEqual(24 * 3_600_000);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    // Spring: Berlin 2026-03-29 has no 02:00 to 03:00; 22:00 the evening before to 08:00 is nine hours.
    ['2026-03-28T21:00:00Z', 'Europe/Berlin', '2026-03-29T06:00:00.000Z'],
    // Autumn: 2026-10-25 has 02:00 twice; eleven hours.
    ['2026-10-24T20:00:00Z', 'Europe/Berlin', '2026-10-25T07:00:00.000Z'],
    ['2026-06-01T13:59:59Z', 'Asia/Shanghai', undefined],
    ['2026-06-01T14:00:00Z', 'Asia/Shanghai', '2026-06-02T00:00:00.000Z'],
    ['2026-06-01T16:15:00Z', 'Asia/Kathmandu', '2026-06-02T02:15:00.000Z'],
  ])('from 22 to 8, asked at %s in %s: until %s', (at, zone, expected) => {
    const until = quietUntilMs(Date.parse(at), { fromHour: 22, toHour: 8 }, zone);
    expect(until === undefined ? undefined : iso(until)).toBe(expected);
  });

  it('ending in an hour that the clocks leave out, end when they jump', () => {
    const until = quietUntilMs(
      Date.parse('2026-03-29T00:30:00Z'),
      { fromHour: 0, toHour: 2 },
      'Europe/Berlin',
    );
    expect(until && iso(until)).toBe('2026-03-29T01:00:00.000Z');
  });

  it('never hold when both hours are equal', () => {
    expect(quietUntilMs(t0, { fromHour: 9, toHour: 9 }, 'UTC')).toBeUndefined();
  });

  it('use the workspace zone where the customer named none or one that does not exist', () => {
    expect(usableTimeZone('Asia/Tokyo', 'UTC')).toBe('Asia/Tokyo');
    expect(usableTimeZone('Mars/Olympus', 'Europe/Paris')).toBe('Europe/Paris');
    expect(usableTimeZone(undefined, 'Europe/Paris')).toBe('Europe/Paris');
  });
});

describe('runs', () => {
  const weekly = {
    kind: 'recurring',
    everyDays: 7,
    startsAt: iso(t0),
    endsAt: iso(t0 + 21 * dayMs),
  } as const;

  it('follow the grid from startsAt and end before endsAt', () => {
    expect(nextRun({ trigger: weekly }, 'run-1', t0)).toEqual({
      runId: 'run-2',
      startsAt: iso(t0 + 7 * dayMs),
    });
    expect(nextRun({ trigger: weekly }, 'run-2', t0 + 7 * dayMs + 60_000)).toEqual({
      runId: 'run-3',
      startsAt: iso(t0 + 14 * dayMs),
    });
    expect(nextRun({ trigger: weekly }, 'run-3', t0 + 14 * dayMs)).toBeUndefined();
  });

  it('that were missed are left out, not made up for', () => {
    expect(nextRun({ trigger: weekly }, 'run-1', t0 + 10 * dayMs)?.startsAt).toBe(iso(t0 + 14 * dayMs));
  });

  it('before an expiry come every day; campaigns at a time or on an event have one', () => {
    const daily = { kind: 'before-expiry', days: 7, startsAt: iso(t0), endsAt: iso(t0 + 3 * dayMs) } as const;
    expect(nextRun({ trigger: daily }, 'run-1', t0 + 5)?.startsAt).toBe(iso(t0 + dayMs));
    expect(nextRun({ trigger: { kind: 'at', at: iso(t0) } }, 'run-1', t0)).toBeUndefined();
    const event = {
      kind: 'event',
      event: 'Cart Abandoned',
      startsAt: iso(t0),
      endsAt: iso(t0 + dayMs),
    } as const;
    expect(nextRun({ trigger: event }, 'run-1', t0)).toBeUndefined();
  });

  it('are looked at on the look days in order, and at the end of the window', () => {
    expect(lookTimesMs(campaign(), { runId: 'run-1', frozenAt: iso(t0) })).toEqual([
      t0 + 7 * dayMs,
      t0 + 14 * dayMs,
      t0 + 30 * dayMs,
    ]);
  });

  it('of event campaigns end windowDays after the last possible assignment', () => {
    const trigger = { kind: 'event', event: 'x', startsAt: iso(t0), endsAt: iso(t0 + 60 * dayMs) } as const;
    const run = { runId: 'run-1', frozenAt: iso(t0) };
    expect(lookTimesMs(campaign({ trigger, lookDays: [] }), run)).toEqual([t0 + 90 * dayMs]);
  });
});

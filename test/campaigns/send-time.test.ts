import { describe, expect, it } from 'vitest';
import { itemId, messageId } from '../../lib/base/ids.ts';
import { activityCustomersCountMin } from '../../lib/base/limits.ts';
import {
  activity,
  nextHourMs,
  type SendTimeQuestion,
  sendAtMs,
  sharedActivity,
} from '../../lib/campaigns/send-time.ts';
import type { CustomerState } from '../../lib/events/customer.ts';
import { emptyState } from '../../lib/events/state.ts';

const fromMs = Date.UTC(2026, 5, 10, 9, 20);
const hourMs = 3_600_000;

/** So many views at that hour (UTC) of the days before. */
const activeAt = (...hours: readonly number[]): CustomerState => ({
  ...emptyState,
  events: hours.map((hour, index) => ({
    messageId: messageId(`m${index}`),
    type: 'view' as const,
    itemId: itemId('a'),
    atMs: Date.UTC(2026, 5, 1 + (index % 9), hour, 30),
  })),
});

const ask = (change: Partial<SendTimeQuestion>): string =>
  new Date(
    sendAtMs({
      sendTime: { kind: 'active-hour' },
      fromMs,
      timeZone: 'UTC',
      state: undefined,
      isQuiet: () => false,
      ...change,
    }),
  ).toISOString();

describe('the hour of the clock', () => {
  it.each([
    ['UTC', 9, '2026-06-10T09:20:00.000Z'],
    ['UTC', 10, '2026-06-10T10:00:00.000Z'],
    ['UTC', 8, '2026-06-11T08:00:00.000Z'],
    // 14:50 in Kolkata, five and a half hours ahead.
    ['Asia/Kolkata', 15, '2026-06-10T09:30:00.000Z'],
    ['Asia/Kathmandu', 16, '2026-06-10T10:15:00.000Z'],
    ['America/New_York', 9, '2026-06-10T13:00:00.000Z'],
  ])('in %s comes next at %i', (timeZone, hour, at) => {
    expect(ask({ sendTime: { kind: 'local-hour', hour }, timeZone })).toBe(at);
  });

  it('that a clock skips is where it was put forward', () => {
    // Berlin, 29 March 2026: from 02:00 at once to 03:00, which is 01:00 UTC. Sydney, 4 October 2026: 16:00 UTC.
    expect(nextHourMs(Date.UTC(2026, 2, 29, 0, 10), 2, 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 1));
    expect(nextHourMs(Date.UTC(2026, 9, 3, 12), 2, 'Australia/Sydney')).toBe(Date.UTC(2026, 9, 3, 16));
  });

  it('that comes twice is the first of the two', () => {
    // Berlin, 25 October 2026: 02:00 to 03:00 comes twice, first at 00:00 UTC.
    expect(nextHourMs(Date.UTC(2026, 9, 24, 12), 2, 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 0));
  });
});

describe('the active hour', () => {
  it('is now when nothing is known', () => {
    expect(ask({})).toBe('2026-06-10T09:20:00.000Z');
  });

  it("is when the customer acts, on the customer's clock", () => {
    expect(ask({ state: activeAt(20, 20, 20, 9) })).toBe('2026-06-10T20:00:00.000Z');
    // The same instants are 20:30 UTC; New York's clock shows 16 then.
    expect(ask({ state: activeAt(20, 20, 20), timeZone: 'America/New_York' })).toBe(
      '2026-06-10T20:00:00.000Z',
    );
  });

  it('lies between hours that are beside each other, over midnight too', () => {
    expect(ask({ state: activeAt(23, 23, 1, 1) })).toBe('2026-06-11T00:00:00.000Z');
  });

  it('is kept out of quiet hours: the best of the others', () => {
    const isQuiet = (hour: number) => hour >= 20 || hour < 8;
    expect(ask({ state: activeAt(22, 22, 22), isQuiet })).toBe('2026-06-10T19:00:00.000Z');
  });

  it('of one event counts for less than what everybody else does', () => {
    const evening = sharedActivity(
      Array.from({ length: 30 }, () => ({ state: activeAt(19, 19, 19, 19, 19), timeZone: 'UTC' })),
      fromMs,
    );
    expect(ask({ prior: evening })).toBe('2026-06-10T19:00:00.000Z');
    expect(ask({ state: activeAt(11), prior: evening })).toBe('2026-06-10T19:00:00.000Z');
    expect(ask({ state: activeAt(11, 11, 11), prior: evening })).toBe('2026-06-10T11:00:00.000Z');
  });

  it('of somebody of whom nothing is known is what others do on their own clocks, wherever those are', () => {
    // Twelve in Tokyo at 20:30 there (11:30 UTC), twelve in New York at 20:30 there (00:30 UTC).
    const there = (hour: number, timeZone: string) =>
      Array.from({ length: 12 }, () => ({ state: activeAt(hour, hour, hour), timeZone }));
    const prior = sharedActivity([...there(11, 'Asia/Tokyo'), ...there(0, 'America/New_York')], fromMs);
    // 20:00 in Berlin is 18:00 UTC; 20:00 in Los Angeles is 03:00 UTC.
    expect(ask({ prior, timeZone: 'Europe/Berlin' })).toBe('2026-06-10T18:00:00.000Z');
    expect(ask({ prior, timeZone: 'America/Los_Angeles' })).toBe('2026-06-11T03:00:00.000Z');
    const isQuiet = (hour: number) => hour >= 19 || hour < 8;
    expect(ask({ prior, timeZone: 'Europe/Berlin', isQuiet })).toBe('2026-06-10T16:00:00.000Z');
  });

  it('is not set for everybody by a few who are up at night', () => {
    const owls = (count: number) =>
      sharedActivity(
        Array.from({ length: count }, () => ({ state: activeAt(3, 3, 3), timeZone: 'UTC' })),
        fromMs,
      );
    expect(ask({ prior: owls(activityCustomersCountMin - 1) })).toBe('2026-06-10T09:20:00.000Z');
    expect(ask({ prior: owls(activityCustomersCountMin) })).toBe('2026-06-11T03:00:00.000Z');
  });

  it('does not count what comes after the question', () => {
    expect(ask({ state: activeAt(20, 20), fromMs: Date.UTC(2026, 4, 1, 9) })).toBe(
      '2026-05-01T09:00:00.000Z',
    );
  });
});

describe('the activity over the day', () => {
  it('sums to one, with events and without, also of many customers', () => {
    const sum = (shares: readonly number[]) => shares.reduce((total, share) => total + share, 0);
    expect(sum(activity(activeAt(3, 7, 21), 'Asia/Tokyo', fromMs))).toBeCloseTo(1, 12);
    expect(sum(activity(undefined, 'UTC', fromMs))).toBeCloseTo(1, 12);
    const many = [
      { state: activeAt(3), timeZone: 'UTC' },
      { state: undefined, timeZone: 'UTC' },
    ];
    expect(sum(sharedActivity(many, fromMs))).toBeCloseTo(1, 12);
    expect(sharedActivity([], fromMs)[0]).toBe(1 / 24);
  });

  it('around one event is the von Mises density on the circle of hours', () => {
    // With the prior's two events at 1/24 each: (2/24 + e^(4 cos θ) / Σ e^(4 cos θ)) / 3.
    const weights = Array.from({ length: 24 }, (_, hour) =>
      Math.exp(4 * Math.cos((hour * 15 * Math.PI) / 180)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const shares = activity(activeAt(6), 'UTC', fromMs + hourMs);
    expect(shares[6]).toBeCloseTo((2 / 24 + weights[0] / sum) / 3, 12);
    expect(shares[8]).toBeCloseTo((2 / 24 + weights[2] / sum) / 3, 12);
    expect(shares[4]).toBeCloseTo(shares[8], 12);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileClock } from '../../lib/adapters/clock.ts';
import { type LocalClock, openClock } from '../../local/clock.ts';
import { inputOf, nextMs, runSchedules } from '../../local/schedules.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 60 * 60 * 1000;
let directory: string;
let clock: LocalClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-clock-'));
  clock = openClock(join(directory, 'clock.json'), '2026-01-01T00:00:00Z');
});
afterEach(async () => {
  clock.close();
  await rm(directory, { recursive: true });
});

it('a move wakes what became due, in order of time, once, and nothing else', () => {
  const woken: string[] = [];
  clock.at(startMs + 2 * hourMs, () => woken.push('second'));
  clock.at(startMs + hourMs, () => woken.push('first'));
  clock.at(startMs + 3 * hourMs, () => woken.push('later'));
  clock.at(startMs + hourMs, () => woken.push('cancelled'))();
  clock.advanceTo(startMs + 2 * hourMs);
  clock.advanceTo(startMs + 2 * hourMs);
  expect(woken).toEqual(['first', 'second']);
});

it('functions read the moved time from its file, it never goes back, and it survives a restart', () => {
  clock.advanceTo(startMs + 48 * hourMs);
  clock.advanceTo(startMs);
  const seen = fileClock(clock.path).nowMs();
  expect(seen).toBeGreaterThanOrEqual(startMs + 48 * hourMs);
  expect(seen).toBeLessThan(startMs + 49 * hourMs);
  clock.close();
  clock = openClock(clock.path, '2020-01-01T00:00:00Z');
  expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs + 48 * hourMs);
});

it('a wait whose time has passed already is woken', async () => {
  await new Promise<void>((resolve) => clock.at(startMs - hourMs, resolve));
});

describe('schedules', () => {
  const utc = (iso: string) => Date.parse(iso);
  it.each([
    ['cron(0 3 * * ? *)', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z'],
    ['cron(0 3 * * ? *)', 'UTC', '2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'],
    ['cron(30 8 ? * MON-FRI *)', 'Asia/Shanghai', '2026-01-02T12:00:00Z', '2026-01-05T00:30:00Z'],
    ['cron(0/15 9,17 1 1-3/2 ? *)', 'UTC', '2026-01-01T17:45:00Z', '2026-03-01T09:00:00Z'],
    // Berlin springs forward on 2026-03-29: 02:30 does not exist and falls to 03:30 summer time.
    ['cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00Z'],
    ['cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-30T00:30:00Z'],
    ['cron(0 0 29 2 ? *)', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['rate(12 hours)', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T12:00:00Z'],
    ['at(2026-06-01T09:00:00)', 'America/New_York', '2026-01-01T00:00:00Z', '2026-06-01T13:00:00Z'],
  ])('%s in %s after %s is due at %s', (expression, zone, after, due) => {
    expect(nextMs(expression, zone, utc(after))).toBe(utc(due));
  });

  it('refuses what it does not understand', () => {
    expect(() => nextMs('cron(0 3 L * ? *)', 'UTC', startMs)).toThrow('cron field L');
    expect(nextMs('at(2020-01-01T00:00:00)', 'UTC', startMs)).toBeUndefined();
  });

  it('fires once for a jump over many due times, and again for the next', () => {
    const started: { name: string; input: string }[] = [];
    const schedule = {
      name: 'nightly',
      expression: 'cron(0 3 * * ? *)',
      timeZone: 'UTC',
      targetArn: 'arn:machine',
      input: '{"trainingId":"<aws.scheduler.execution-id>","at":"<aws.scheduler.scheduled-time>"}',
    };
    const stop = runSchedules([schedule], clock, (_arn, name, input) => started.push({ name, input }));
    clock.advanceTo(startMs + 1000 * 24 * hourMs);
    expect(started).toHaveLength(1);
    expect(JSON.parse(started[0]?.input ?? '')).toEqual({
      trainingId: started[0]?.name,
      at: '2026-01-01T03:00:00Z',
    });
    clock.advanceTo(startMs + 1001 * 24 * hourMs);
    expect(started).toHaveLength(2);
    stop();
    clock.advanceTo(startMs + 1002 * 24 * hourMs);
    expect(started).toHaveLength(2);
    expect(inputOf({ ...schedule, input: '<aws.scheduler.attempt-number>' }, 'x', startMs)).toBe('1');
  });
});

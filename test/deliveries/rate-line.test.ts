// The line in which functions take their places, in memory and in DynamoDB, and the turns they take in it.

import { afterAll, describe, expect, it } from 'vitest';
import { createRateLine } from '../../lib/adapters/rate-line-dynamodb.ts';
import { createTurns } from '../../lib/adapters/turns.ts';
import { turnLatenessMs, turnWaitMsMax } from '../../lib/base/limits.ts';
import type { RateLine } from '../../lib/deliveries/rate-line.ts';
import { startLocalTable } from '../fakes/local-table.ts';
import { fakeRateLine } from '../fakes/rate-line.ts';

const local = await startLocalTable();
afterAll(() => local.close());

describe.each<[string, RateLine]>([
  ['in memory', fakeRateLine()],
  ['in DynamoDB', createRateLine(local.client, local.table)],
])('the line %s', (name, line) => {
  const channel = 'email';
  const wanted = { channel, count: 2, perSecond: 8, nowMs: 10_000, latestMs: 11_000 } as const;

  it('begins now, goes on behind the last, ends where it would be too late, and begins anew when nobody stands in it', async () => {
    const starts: (number | undefined)[] = [];
    // Two places at 8 a second are 250 ms: at 10,000, 10,250 … 11,000.
    for (let index = 0; index < 7; index++) starts.push(await line.reserve(wanted));
    expect(starts).toEqual([10_000, 10_250, 10_500, 10_750, 11_000, undefined, undefined]);
    expect(await line.reserve({ ...wanted, nowMs: 11_100, latestMs: 12_100 })).toBe(11_250);
    expect(await line.reserve({ ...wanted, nowMs: 50_000, latestMs: 51_000 })).toBe(50_000);
    expect(await line.reserve({ ...wanted, channel: 'sms', nowMs: 9_000 })).toBe(9_000);
  });

  it(`gives ten at once a place each, ${name}`, async () => {
    const all = { ...wanted, channel: 'push', count: 1, perSecond: 10 } as const;
    const starts = await Promise.all(Array.from({ length: 10 }, () => line.reserve(all)));
    expect(starts.toSorted((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => 10_000 + index * 100),
    );
  });
});

describe('turns', () => {
  /** Senders of several functions on one line; each sender's time passes by what it waits for. */
  const open = (perSecond: number, line: RateLine = fakeRateLine()) => {
    const sender = () => {
      let realMs = 1_000_000;
      const pass = (ms: number): void => {
        realMs += ms;
      };
      const turn = createTurns({
        channel: 'email',
        perSecond: async () => perSecond,
        line,
        clock: { nowMs: () => 77 },
        nowMs: () => realMs,
        wait: async (ms) => pass(ms),
        random: () => 0.5,
      });
      return { turn, nowMs: () => realMs, pass };
    };
    return sender;
  };

  it.each([3, 14, 200])('of many functions together are never more than %d in any second', async (rate) => {
    const sender = open(rate);
    const sends: number[] = [];
    const functions = Array.from({ length: 7 }, sender);
    for (let round = 0; round < 20; round++) {
      for (const [index, { turn, nowMs, pass }] of functions.entries()) {
        if ((await turn()) === undefined) sends.push(nowMs());
        pass(index % 3 === 0 ? 40 : 3);
      }
    }
    expect(sends.length).toBeGreaterThan(60);
    // A late place may still be used: by so much a second can be fuller.
    const most = Math.ceil(rate * (1 + turnLatenessMs / 1000)) + 1;
    for (const from of sends) {
      expect(sends.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(most);
    }
  });

  it('of one function alone are the whole rate: no part is kept for others who do not send', async () => {
    const { turn, nowMs } = open(100)();
    for (let index = 0; index < 301; index++) expect(await turn()).toBeUndefined();
    expect(nowMs() - 1_000_000).toBeCloseTo(3_000, 6);
  });

  it('that were not used in time are lost', async () => {
    const { turn, nowMs, pass } = open(100)();
    await turn();
    pass(60_000);
    const fromMs = nowMs();
    for (let index = 0; index < 21; index++) await turn();
    expect(nowMs() - fromMs).toBeCloseTo(200, 6);
  });

  it('wait once for a full line to move, and are refused where it does not', async () => {
    let asked = 0;
    const full: RateLine = {
      reserve: async () => {
        asked += 1;
        return undefined;
      },
    };
    const { turn, nowMs } = open(10, full)();
    expect(await turn()).toMatchObject({ kind: 'throttled', untilMs: 77 + turnWaitMsMax });
    expect(asked).toBe(2);
    expect(nowMs() - 1_000_000).toBe(turnWaitMsMax / 2);
  });
});

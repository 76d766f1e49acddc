import { describe, expect, it } from 'vitest';
import { createDailyAllowance, placesOn } from '../../lib/deliveries/allowance.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';

const rampUp = { startsOn: '2026-06-10', firstDayCount: 50, dailyGrowth: 1.5 };
const startMs = Date.UTC(2026, 5, 10, 9);
const dayMs = 86_400_000;
const day = Math.floor(startMs / dayMs);

const setUp = (options: Partial<Parameters<typeof createDailyAllowance>[0]> = {}) => {
  const table = fakeTable();
  const deliveries = fakeDeliveryStore(table);
  let nowMs = startMs;
  const open = () => createDailyAllowance({ deliveries, clock: { nowMs: () => nowMs }, rampUp, ...options });
  return {
    open,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    used: () => table.counters.get('allowance/email/2026-06-10') ?? 0,
  };
};

describe('the mails of a day', () => {
  it('grow by the factor from the first day on; before it they are as many as on it', () => {
    expect([-3, 0, 1, 2, 3].map((days) => placesOn(rampUp, day + days))).toEqual([50, 50, 75, 112, 168]);
    expect(placesOn(undefined, day)).toBeUndefined();
    expect(placesOn(rampUp, day + 3_000)).toBeUndefined();
  });

  it('are exactly so many, however many batches take them at once; the others wait for midnight (UTC)', async () => {
    const { open, used } = setUp();
    const batches = Array.from({ length: 10 }, open);
    const took = await Promise.all(Array.from({ length: 200 }, (_, index) => batches[index % 10].take()));
    expect(took.filter((until) => until === undefined)).toHaveLength(50);
    expect(took.filter((none) => none !== undefined)).toEqual(
      Array.from({ length: 150 }, () => ({ reason: 'ramp-up', untilMs: Date.UTC(2026, 5, 11) })),
    );
    expect(used()).toBe(50);
  });

  it('that a batch leased and did not use go to the next', async () => {
    const { open, used } = setUp({ rampUp: { ...rampUp, firstDayCount: 2_000 } });
    const first = open();
    await first.take();
    await first.take();
    first.putBack();
    // Twenty leased (a hundredth), one used.
    expect(used()).toBe(20);
    await first.close();
    expect(used()).toBe(1);
    await first.close();
    expect(used()).toBe(1);
  });

  it('begin anew with the day', async () => {
    const { open, setNow } = setUp({ rampUp: { ...rampUp, firstDayCount: 1, dailyGrowth: 2 } });
    const allowance = open();
    expect(await allowance.take()).toBeUndefined();
    expect(await allowance.take()).toMatchObject({ untilMs: Date.UTC(2026, 5, 11) });
    setNow(startMs + dayMs);
    expect([await allowance.take(), await allowance.take()]).toEqual([undefined, undefined]);
    expect(await allowance.take()).toMatchObject({ untilMs: Date.UTC(2026, 5, 12) });
  });

  it('end where the mail account’s own quota does, and it is asked again after an hour', async () => {
    let left = 1;
    const later = { reason: 'mail-quota', untilMs: startMs + 3_600_000 };
    const { open, setNow } = setUp({ rampUp: undefined, quotaLeft: async () => left });
    const allowance = open();
    expect(await allowance.take()).toBeUndefined();
    left = 0;
    expect(await allowance.take()).toEqual(later);
    left = 50;
    expect(await allowance.take()).toEqual(later);
    setNow(startMs + 3_600_000);
    expect(await allowance.take()).toBeUndefined();
  });

  it('are any number without a ramp-up and a quota', async () => {
    const { open, used } = setUp({ rampUp: undefined });
    const allowance = open();
    const took = await Promise.all(Array.from({ length: 500 }, () => allowance.take()));
    expect(took.every((until) => until === undefined)).toBe(true);
    await allowance.close();
    expect(used()).toBe(0);
  });
});

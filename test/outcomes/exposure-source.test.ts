// ExposureSource over an archive of hand-made objects: customers, arms and orders below are counted by hand.

import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createExposureSource } from '../../lib/adapters/exposures-duckdb.ts';
import { customerId, experimentId } from '../../lib/base/ids.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { loopSource } from '../../lib/events/loop-event.ts';
import type { ExposureQuery } from '../../lib/outcomes/exposure-source.ts';
import { foldExposures } from '../../lib/outcomes/exposures.ts';
import type {} from '../../lib/ports.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { at, dayMs, event, order, t0 } from './sample.ts';

let archive: ReturnType<typeof createFakeObjectStore>;
let customers: ReturnType<typeof createFakeCustomerStore>;
beforeEach(() => {
  archive = createFakeObjectStore();
  customers = createFakeCustomerStore();
});

const put = async (date: string, events: readonly StoredEvent[]): Promise<void> => {
  const lines = events.map((one) => `${JSON.stringify(one)}\n`).join('');
  await archive.put(`events/date=${date}/a.ndjson.gz`, gzipSync(lines), 'application/gzip');
};
const query = (change: Partial<ExposureQuery> = {}): ExposureQuery => ({
  experimentId: experimentId('mail'),
  subject: 'external',
  fromMs: t0,
  untilMs: t0 + 10 * dayMs,
  toMs: t0 + 31 * dayMs,
  historyDays: 30,
  ownEvents: [],
  ...change,
});
const viewed = (user: string | undefined, day: number, properties: object, more: object = {}): StoredEvent =>
  event(user, 'Experiment Viewed', at(day), { experiment_id: 'mail', ...properties }, more);
const served = (user: string, day: number, variant: string, more: object = {}): StoredEvent =>
  event(
    user,
    loopEvents.recommendationServed,
    at(day),
    { recommendationId: 'r', experiment: { experimentId: 'mail', variant, propensity: 0.5 } },
    { source: loopSource, ...more },
  );
const read = async (asked: ExposureQuery = query()) =>
  createExposureSource(archive, customers, withDuckDb).read(asked);
const armsOf = async (asked: ExposureQuery = query()) => {
  const { cells } = await read(asked);
  const { assigned, arms, unknown } = foldExposures('mail', [{ name: 'A' }, { name: 'B' }], cells);
  const places = assigned.map((one) => `${one.customerId} ${one.arm} ${(one.assignedAtMs - t0) / dayMs}`);
  return { places: places.sort(), arms, unknown: Object.fromEntries(unknown) };
};

describe('exposures from the archive', () => {
  test('of an app are read by variation id or name, a number too, and open a window at the first', async () => {
    await put('2026-03-03', [
      viewed('ann', 2, { variation_id: 'A' }),
      viewed('ann', 1, { variation_id: 'A' }),
      viewed('bob', 1, { variation_id: 7, variation_name: 'B' }),
      viewed('cat', 1, { variation_name: 'B' }),
      viewed('cat', 3, { variation_name: 'A' }),
      viewed('dan', 1, { variation_id: 'C' }),
      viewed('eve', 1, {}),
      event('fay', 'Experiment Viewed', at(1), { experiment_id: 'another', variation_id: 'A' }),
      event('gus', 'Experiment Viewed', at(1), {}),
    ]);
    const { places, arms, unknown } = await armsOf();
    expect(places).toEqual(['ann A 1', 'bob B 1', 'cat B 1']);
    expect(arms).toEqual([
      { arm: 'A', exposed: 1, crossed: 0, programs: 0, silent: 0 },
      { arm: 'B', exposed: 2, crossed: 1, programs: 0, silent: 0 },
    ]);
    expect(unknown).toEqual({ C: 1, '': 1 });
  });

  test('before the start, after the end, and after the day of the look do not count', async () => {
    await put('2026-03-01', [
      viewed('ann', -0.1, { variation_id: 'A' }),
      viewed('bob', 0, { variation_id: 'A' }),
    ]);
    await put('2026-03-11', [
      viewed('cat', 10, { variation_id: 'A' }),
      viewed('dan', 9.999, { variation_id: 'B' }),
    ]);
    await put('2026-04-05', [viewed('eve', 1, { variation_id: 'A' })]);
    expect((await armsOf()).places).toEqual(['bob A 0', 'dan B 9.999']);
  });

  test('of recommendations count from Reprise alone: an app cannot write them, nor may they name another experiment', async () => {
    await put('2026-03-03', [
      served('ann', 1, 'A'),
      served('ann', 2, 'A'),
      served('bob', 1, 'B'),
      served('mallory', 1, 'A', { source: 'key-web' }),
      event('cat', loopEvents.recommendationServed, at(1), { heldOut: true }, { source: loopSource }),
      viewed('dan', 1, { variation_id: 'A' }),
    ]);
    expect((await armsOf(query({ subject: 'recommendations' }))).places).toEqual(['ann A 1', 'bob B 1']);
  });

  test('of a visitor who signed in later are the user’s, and of one who never did the visitor’s own', async () => {
    await customers.linkAnonymous('phone-1', customerId('ann'));
    await put('2026-03-03', [
      viewed(undefined, 1, { variation_id: 'A' }, { anonymousId: 'phone-1' }),
      viewed('ann', 2, { variation_id: 'B' }),
      viewed(undefined, 1, { variation_id: 'B' }, { anonymousId: 'phone-2' }),
      order('ann', 'o1', at(3), 10),
      {
        ...event(undefined, 'Order Completed', at(3), { order_id: 'o2', total: 5, products: [] }),
        anonymousId: 'phone-2',
      },
      order('stranger', 'o3', at(3), 10),
    ]);
    const { places, arms } = await armsOf();
    expect(places).toEqual(['ann A 1', 'anon:phone-2 B 1']);
    expect(arms[0]).toMatchObject({ exposed: 1, crossed: 1 });
    const { events } = await read();
    expect(new Set(events.map(({ userId }) => userId))).toEqual(new Set(['ann', 'anon:phone-2']));
  });

  test('hold orders of a visitor who was exposed before signing in and bought after it', async () => {
    await customers.linkAnonymous('phone-1', customerId("d'an"));
    await put('2026-03-03', [
      viewed(undefined, 1, { variation_id: 'A' }, { anonymousId: 'phone-1' }),
      order("d'an", 'o1', at(3), 10),
    ]);
    expect((await read()).events.map(({ userId }) => userId)).toEqual(["d'an"]);
  });

  test('are counted once each, by day, with who did nothing else told apart', async () => {
    const often = Array.from({ length: 40 }, (_, i) => viewed('ann', i < 30 ? 1 : 2, { variation_id: 'A' }));
    await put('2026-03-03', [
      ...often,
      ...often,
      ...Array.from({ length: 361 }, () => viewed('crawler', 1, { variation_id: 'A' })),
      viewed('bob', 1, { variation_id: 'A' }),
      event('bob', 'Product Viewed', at(1), { product_id: 'x' }),
    ]);
    const { cells } = await read();
    expect(
      cells
        .map(({ customerId: who, count, mostADay, isActive }) => ({ who, count, mostADay, isActive }))
        .sort((a, b) => a.count - b.count),
    ).toEqual([
      { who: 'bob', count: 1, mostADay: 1, isActive: true },
      { who: 'ann', count: 40, mostADay: 30, isActive: false },
      { who: 'crawler', count: 361, mostADay: 361, isActive: false },
    ]);
    const { places, arms } = await armsOf();
    expect(places).toEqual(['ann A 1', 'bob A 1']);
    expect(arms[0]).toEqual({ arm: 'A', exposed: 2, crossed: 0, programs: 1, silent: 1 });
  });

  test('come with the events that a metric counts, and with nothing else', async () => {
    await put('2026-03-03', [
      viewed('ann', 1, { variation_id: 'A' }),
      event('ann', 'Shop Visited', at(2), {}),
      event('ann', 'Product Viewed', at(2), { product_id: 'x' }),
      order('ann', 'o1', at(3), 10),
    ]);
    const { events } = await read(query({ ownEvents: ['Shop Visited'] }));
    expect(events.map((one) => one.event).sort()).toEqual(['Order Completed', 'Shop Visited']);
  });

  test('of no experiment are every user who sent anything in the time, once', async () => {
    await put('2026-03-03', [
      event('ann', 'Product Viewed', at(1), { product_id: 'x' }),
      event('ann', 'Product Viewed', at(2), { product_id: 'x' }),
      event('bob', 'Product Viewed', at(10), { product_id: 'x' }),
      { ...event(undefined, 'Product Viewed', at(1), {}), anonymousId: 'phone-1' },
      served('cat', 1, 'A'),
    ]);
    const { cells } = await read(query({ subject: 'known', experimentId: undefined }));
    expect(cells).toMatchObject([{ customerId: 'ann', count: 2 }]);
  });

  test('imported years later are found by one listing of the archive', async () => {
    const imported = { receivedAt: '2026-03-02T00:00:00.000Z' };
    await put('2026-03-02', [
      { ...viewed('ann', 0, { variation_id: 'A' }), ...imported, timestamp: '2008-03-20T00:00:00.000Z' },
    ]);
    const fromMs = Date.UTC(2008, 2, 20);
    const { cells } = await read(query({ fromMs, untilMs: fromMs + dayMs }));
    expect(cells).toMatchObject([{ customerId: 'ann', firstAtMs: fromMs }]);
  });
});

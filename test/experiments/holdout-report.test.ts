// The report of the global holdout over customers whose purchases are known: 2,000 of them, one in five held out by the
// hash; of the held out every tenth buys for 10, of the served every fifth.

import { beforeEach, describe, expect, it } from 'vitest';
import { bucket } from '../../lib/assignment/assign.ts';
import { holdoutPurpose } from '../../lib/assignment/holdout-period.ts';
import { customerId } from '../../lib/base/ids.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import {
  type HoldoutPorts,
  holdoutReport,
  refreshHoldoutReport,
} from '../../lib/experiments/holdout-report.ts';
import type { ExposureQuery } from '../../lib/outcomes/exposure-source.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { order } from '../outcomes/sample.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 9, 1);
const iso = (ms: number): string => new Date(ms).toISOString();
const settings = { globalHoldoutShare: 0.2, globalHoldoutPeriod: 'quarter' } as const;

describe('the report of the global holdout', () => {
  let asked: ExposureQuery[];
  let ports: HoldoutPorts;
  let counts: Record<'heldOut' | 'served' | 'heldOutBuyers' | 'servedBuyers', number>;
  let nowMs: number;

  beforeEach(async () => {
    asked = [];
    nowMs = startMs + 30.5 * dayMs;
    counts = { heldOut: 0, served: 0, heldOutBuyers: 0, servedBuyers: 0 };
    const secrets = fakeSecretStore();
    const { holdoutSalt } = await secrets.secrets();
    const events: StoredEvent[] = [];
    const cells = Array.from({ length: 2_000 }, (_, i) => {
      const who = `c${i}`;
      const isHeldOut =
        bucket(holdoutPurpose('quarter', startMs), holdoutSalt, customerId(who)) <
        settings.globalHoldoutShare;
      const buys = i % (isHeldOut ? 10 : 5) === 0;
      counts[isHeldOut ? 'heldOut' : 'served']++;
      if (buys) {
        counts[isHeldOut ? 'heldOutBuyers' : 'servedBuyers']++;
        events.push(order(who, `o${i}`, iso(startMs + dayMs), 10));
      }
      // After the last whole day: of no group yet.
      events.push(order(who, `late${i}`, iso(startMs + 30.2 * dayMs), 10));
      return {
        customerId: customerId(who),
        named: [],
        firstAtMs: startMs - dayMs,
        count: 1,
        mostADay: 1,
        isActive: true,
      };
    });
    ports = {
      exposures: {
        read: async (query) => {
          asked.push(query);
          return { cells, events, feed: { newestEventMs: nowMs, usualGapMs: 1_000 } };
        },
      },
      catalog: { get: async () => new Map() },
      secrets,
      archive: createFakeObjectStore(),
      settings,
      clock: { nowMs: () => nowMs },
    };
  });

  it('compares who was served with who was held out, among customers known before the period', async () => {
    const report = await refreshHoldoutReport(ports);
    expect(asked).toMatchObject([
      { subject: 'known', fromMs: startMs - 180 * dayMs, untilMs: startMs, toMs: nowMs },
    ]);
    expect(report).toMatchObject({
      period: '2026-Q4',
      from: iso(startMs),
      to: iso(startMs + 30 * dayMs),
      arms: [
        { arm: 'held-out', customers: counts.heldOut, conversions: counts.heldOutBuyers, treated: false },
        { arm: 'served', customers: counts.served, conversions: counts.servedBuyers, treated: true },
      ],
      sampleRatio: { ok: true },
    });
    expect(await holdoutReport(ports)).toEqual(report);
  });

  it('states what that made in all, with its interval', async () => {
    const { caused, sentence } = await refreshHoldoutReport(ports);
    const revenue = caused.find(({ metric }) => metric === 'revenue');
    const difference =
      (10 * counts.servedBuyers) / counts.served - (10 * counts.heldOutBuyers) / counts.heldOut;
    expect(revenue?.perCustomer).toMatchObject({ kind: 'estimate' });
    expect(revenue?.total?.value).toBeCloseTo(difference * counts.served, 9);
    expect(revenue?.total?.low).toBeGreaterThan(0);
    expect(revenue?.total?.high).toBeGreaterThan(revenue?.total?.value ?? 0);
    expect(sentence.en).toMatch(/^2026-Q4: with Reprise 30-day revenue per customer was .* USD/);
    expect(sentence['zh-CN']).toContain('95% 区间');
    expect(caused.map(({ metric }) => metric)).toEqual(['repurchase', 'revenue', 'orders', 'margin']);
  });

  it('is refused on the first day of a period, where nobody is held out, and before anything was sent', async () => {
    const refused = (change: Partial<HoldoutPorts>) =>
      expect(refreshHoldoutReport({ ...ports, ...change })).rejects.toMatchObject({
        detail: { code: 'holdout-empty' },
      });
    await refused({ clock: { nowMs: () => startMs + 0.5 * dayMs } });
    await refused({ settings: { ...settings, globalHoldoutShare: 0 } });
    await refused({ secrets: { made: async () => undefined } });
    expect(await holdoutReport(ports)).toBeNull();
  });
});

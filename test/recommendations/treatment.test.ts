import { describe, expect, it } from 'vitest';
import type { RunningExperiment } from '../../lib/assignment/experiment.ts';
import { customerId, experimentId, modelVersion } from '../../lib/base/ids.ts';
import { cacheMs } from '../../lib/base/limits.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import { createInForceSource } from '../../lib/recommendations/in-force-source.ts';
import { type InForce, treatmentOf } from '../../lib/recommendations/treatment.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';

const nowMs = Date.UTC(2026, 10, 25);
const settings = {
  globalHoldoutShare: 0.1,
  globalHoldoutPeriod: 'quarter' as const,
  reranking: defaultReranking,
  explorationShare: 0.05,
  explorationDepth: 0,
};
const experiment = (change: Partial<RunningExperiment> = {}): RunningExperiment => ({
  experimentId: experimentId('e1'),
  subject: 'recommendations',
  placements: ['home'],
  variants: [
    { name: 'now', weight: 0.5 },
    { name: 'new', weight: 0.3, serving: { modelVersion: modelVersion('v2'), explorationShare: 0.2 } },
    { name: 'popular', weight: 0.2, serving: { personalised: false } },
  ],
  salt: 'salt',
  startsAt: '2026-11-20T00:00:00Z',
  endsAt: '2026-12-20T00:00:00Z',
  ...change,
});
const customers = Array.from({ length: 10_000 }, (_, i) => customerId(`c${i}`));
const treat = (inForce: InForce, placement = 'home', atMs = nowMs) =>
  customers.map((id) => treatmentOf({ customerId: id, placement }, inForce, settings, atMs));

describe('the treatment of a customer', () => {
  const running: InForce = { experiments: [experiment()], salt: 'workspace' };
  const all = treat(running);

  it('is popularity without exploration in the global holdout, and no experiment', () => {
    const held = all.filter(({ heldOut }) => heldOut);
    // 10% of 10,000, standard deviation 30.
    expect(Math.abs(held.length - 1_000)).toBeLessThan(120);
    for (const one of held) {
      expect(one).toMatchObject({ personalised: false, explorationShare: 0 });
      expect(one.exposure).toBeUndefined();
    }
  });

  it('is that of the arm for all others, in the proportion of the weights, which is the propensity', () => {
    const exposed = all.flatMap(({ exposure }) => exposure ?? []);
    expect(exposed.length).toBe(all.filter(({ heldOut }) => !heldOut).length);
    for (const { name, weight } of experiment().variants) {
      const arm = exposed.filter(({ variant }) => variant === name);
      expect(Math.abs(arm.length / exposed.length - weight)).toBeLessThan(
        4 * Math.sqrt(0.25 / exposed.length),
      );
      expect(new Set(arm.map(({ propensity }) => propensity))).toEqual(new Set([weight]));
    }
    const inArm = (arm: string) => all.find(({ exposure }) => exposure?.variant === arm);
    expect(inArm('now')).toMatchObject({ personalised: true, explorationShare: 0.05 });
    expect(inArm('now')?.modelVersion).toBeUndefined();
    expect(inArm('new')).toMatchObject({ modelVersion: 'v2', explorationShare: 0.2 });
    expect(inArm('popular')).toMatchObject({ personalised: false, explorationShare: 0 });
  });

  it.each([
    ['at another placement', running, 'cart', nowMs],
    ['before it starts', running, 'home', Date.UTC(2026, 10, 19)],
    ['when it is over', running, 'home', Date.UTC(2026, 11, 20)],
    [
      'of an experiment that an app assigns',
      { ...running, experiments: [experiment({ subject: 'external' })] },
      'home',
      nowMs,
    ],
  ] as const)('is the usual one %s', (_, inForce, placement, atMs) => {
    expect(treat(inForce, placement, atMs).every(({ exposure }) => exposure === undefined)).toBe(true);
  });

  it('is the usual one for customers outside of the slice', () => {
    const sliced = treat({
      experiments: [experiment({ exclusion: { group: 'home', from: 0, to: 0.25 } })],
      salt: 'workspace',
    });
    const share =
      sliced.filter(({ exposure }) => exposure).length / sliced.filter(({ heldOut }) => !heldOut).length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.02);
  });

  it('is the usual one for everybody before the workspace has a salt', () => {
    const before = treat({ experiments: [], salt: undefined });
    expect(before.every(({ personalised, heldOut }) => personalised && !heldOut)).toBe(true);
  });
});

describe('what is in force', () => {
  it('is read once every cacheMs for many callers, and what was known goes on when a read fails', async () => {
    let [atMs, reads, fails] = [0, 0, false];
    const warnings: string[] = [];
    const source = createInForceSource({
      experiments: {
        running: async () => {
          reads++;
          if (fails) throw new Error('outage');
          return [experiment()];
        },
      },
      secrets: fakeSecretStore(),
      clock: { nowMs: () => atMs },
      warn: (message) => warnings.push(message),
    });
    const answers = await Promise.all([source(), source(), source()]);
    expect([reads, answers[0].salt, answers[0].experiments.length]).toEqual([1, 'test-holdout-salt', 1]);
    [atMs, fails] = [cacheMs, true];
    expect(await source()).toEqual(answers[0]);
    expect([reads, warnings.length]).toEqual([2, 1]);
  });
});

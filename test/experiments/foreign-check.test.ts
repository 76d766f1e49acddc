import { describe, expect, it } from 'vitest';
import { foreignVariant } from '../../lib/assignment/foreign-assignment.ts';
import { growthbookBucket, optimizelyBucket } from '../../lib/assignment/foreign-buckets.ts';
import { customerId } from '../../lib/base/ids.ts';
import { checkExperiment } from '../../lib/experiments/experiment-definition.ts';
import { foreignAssignmentCheck } from '../../lib/experiments/foreign-check.ts';

const variants = [
  { name: 'control', weight: 0.5 },
  { name: 'blue', weight: 0.3 },
  { name: 'red', weight: 0.2 },
];
const growthbook = { system: 'growthbook', seed: 'spring', hashVersion: 2, coverage: 0.5 } as const;
const optimizely = { system: 'optimizely', experimentKey: '9300000007' } as const;
const customers = Array.from({ length: 500 }, (_, i) => customerId(`c${i}`));

describe('the arm that another system gave', () => {
  it('is by GrowthBook that of the bucket, each variant taking the first half of its range at half coverage', () => {
    for (const id of customers) {
      const at = growthbookBucket('spring', id, 2) ?? Number.NaN;
      const expected =
        at < 0.25 ? 'control' : at >= 0.5 && at < 0.65 ? 'blue' : at >= 0.8 && at < 0.9 ? 'red' : undefined;
      expect(foreignVariant(growthbook, variants, id)).toBe(expected);
    }
  });

  it('is by Optimizely that of the first upper end above the bucket', () => {
    for (const id of customers) {
      const at = optimizelyBucket(id, '9300000007');
      expect(foreignVariant(optimizely, variants, id)).toBe(
        at < 5_000 ? 'control' : at < 8_000 ? 'blue' : 'red',
      );
    }
  });

  it('is checked against what the app reported: one in a hundred may differ', () => {
    const reported = customers.map((id) => ({
      customerId: id,
      arm: foreignVariant(optimizely, variants, id) ?? '',
    }));
    const other = (count: number) =>
      reported.map((one, i) => (i < count ? { ...one, arm: one.arm === 'blue' ? 'control' : 'blue' } : one));
    expect(foreignAssignmentCheck(optimizely, variants, other(5))).toMatchObject({ ok: true });
    const check = foreignAssignmentCheck(optimizely, variants, other(6));
    expect(check).toMatchObject({ ok: false, name: 'assignment-of-origin' });
    expect(check.message.en).toContain('6 of 500');
    expect(check.action?.['zh-CN']).toContain('请核对');
  });

  it('is told only of external experiments, with a seed and a hash version', () => {
    const definition = {
      name: 'Brought here',
      subject: 'external',
      variants,
      reference: 'control',
      startsAt: '2026-11-25T00:00:00Z',
      endsAt: '2026-12-25T00:00:00Z',
      windowDays: 30,
      assignedBy: { system: 'growthbook', seed: 'spring', hashVersion: 1 },
    };
    expect(checkExperiment(definition).assignedBy).toEqual({ ...definition.assignedBy, coverage: 1 });
    const bad = [
      { ...definition, assignedBy: { system: 'growthbook', seed: 'spring' } },
      { ...definition, assignedBy: { system: 'optimizely', experimentKey: 'spring' } },
      { ...definition, subject: 'recommendations' },
    ];
    for (const one of bad) expect(() => checkExperiment(one)).toThrow();
  });
});

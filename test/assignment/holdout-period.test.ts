import { describe, expect, it } from 'vitest';
import { bucket } from '../../lib/assignment/assign.ts';
import { holdoutPurpose, periodName, periodSpan } from '../../lib/assignment/holdout-period.ts';
import { customerId } from '../../lib/base/ids.ts';

const at = (iso: string): number => Date.parse(iso);

describe('the period of the global holdout', () => {
  it.each([
    ['quarter', '2026-12-31T23:59:59.999Z', '2026-Q4'],
    ['quarter', '2027-01-01T00:00:00Z', '2027-Q1'],
    ['half-year', '2026-06-30T23:59:59Z', '2026-H1'],
    ['half-year', '2026-07-01T00:00:00Z', '2026-H2'],
    ['year', '2026-02-28T12:00:00Z', '2026'],
  ] as const)('of a %s at %s is %s', (period, iso, name) => {
    expect(periodName(period, at(iso))).toBe(name);
  });

  it('begins and ends where its name changes', () => {
    expect(periodSpan('quarter', at('2026-11-25T10:00:00Z'))).toEqual({
      fromMs: at('2026-10-01T00:00:00Z'),
      toMs: at('2027-01-01T00:00:00Z'),
    });
    expect(periodSpan('for-ever', 0)).toBeUndefined();
  });

  it('holds a customer out for all of it, and draws anew for the next', () => {
    const out = (iso: string): Set<number> =>
      new Set(
        Array.from({ length: 20_000 }, (_, i) => i).filter(
          (i) => bucket(holdoutPurpose('quarter', at(iso)), 'salt', customerId(`c${i}`)) < 0.05,
        ),
      );
    const [october, december, january] = ['2026-10-01', '2026-12-31', '2027-01-01'].map(out);
    expect(december).toEqual(october);
    const both = [...january].filter((i) => october.has(i)).length;
    // Independent draws: 20,000 × 0.05² = 50, standard deviation 7.
    expect(both).toBeGreaterThan(22);
    expect(both).toBeLessThan(78);
  });

  it('that never ends is the draw there was before periods', () => {
    expect(holdoutPurpose('for-ever', at('2026-11-25'))).toBe('global-holdout');
  });
});

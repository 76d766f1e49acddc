import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucket } from '../../lib/assignment/assign.ts';
import { inSlice, overlap } from '../../lib/assignment/exclusion.ts';
import { customerId } from '../../lib/base/ids.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const slice = fc
  .tuple(fc.constantFrom('home', 'mail'), share, share)
  .map(([group, a, b]) => ({ group, from: Math.min(a, b), to: Math.max(a, b) }));

describe('exclusion groups', () => {
  it('never put a customer into two experiments whose slices do not overlap', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), slice, slice, (id, a, b) => {
        fc.pre(a.group === b.group && !overlap(a, b));
        const customer = customerId(id);
        expect(inSlice(customer, a, 'salt') && inSlice(customer, b, 'salt')).toBe(false);
      }),
    );
  });

  it('put every customer into exactly one of slices that cover the group', () => {
    const cuts = [0, 0.2, 0.7, 1];
    for (let i = 0; i < 2_000; i++) {
      const inside = cuts
        .slice(1)
        .filter((to, k) => inSlice(customerId(`c${i}`), { group: 'home', from: cuts[k], to }, 'salt'));
      expect(inside).toHaveLength(1);
    }
  });

  it('leave the arms within a slice as random as without it', () => {
    const slice = { group: 'home', from: 0.5, to: 1 };
    const inside = Array.from({ length: 20_000 }, (_, i) => customerId(`c${i}`)).filter((id) =>
      inSlice(id, slice, 'salt'),
    );
    const treated = inside.filter((id) => bucket('experiment', 'salt', id) < 0.5).length;
    // Half of about 10,000, standard deviation 50.
    expect(Math.abs(inside.length - 10_000)).toBeLessThan(4 * 71);
    expect(Math.abs(treated - inside.length / 2)).toBeLessThan(4 * 50);
  });

  it('of other names, and none at all, share customers', () => {
    const a = { group: 'home', from: 0, to: 0.5 };
    expect(overlap(a, { group: 'mail', from: 0.5, to: 1 })).toBe(true);
    expect(overlap(a, undefined)).toBe(true);
    expect(overlap(a, { group: 'home', from: 0.5, to: 1 })).toBe(false);
  });
});

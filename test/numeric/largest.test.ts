import fc from 'fast-check';
import { expect, it } from 'vitest';
import { largest } from '../../lib/numeric/largest.ts';

it('the largest of some places are the beginning of all of them sorted, of equals the lower place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 }),
      fc.nat(45),
      fc.nat(3),
      (values, k, step) => {
        const places = Int32Array.from(values.keys()).filter((place) => place % (step + 1) === 0);
        const sorted = [...places].toSorted((a, b) => values[b] - values[a] || a - b);
        expect([...largest(Float64Array.from(values), places, k)]).toEqual(sorted.slice(0, k));
      },
    ),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allFinite, choleskySolver, gramian } from '../../lib/numeric/matrix.ts';

const cell = fc.double({ min: -2, max: 2, noNaN: true });

describe('the Gramian', () => {
  it('is F transposed times F', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 20 }), (rows) => {
        const gram = gramian(Float32Array.from(rows.flat()), 3);
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const expected = rows.reduce((sum, row) => sum + Math.fround(row[i]) * Math.fround(row[j]), 0);
            expect(gram[i * 3 + j]).toBeCloseTo(expected, 9);
          }
        }
      }),
    );
  });
});

describe('the Cholesky solver', () => {
  it('gives x with A x = b for any positive definite A, call after call', () => {
    const solve = choleskySolver(4);
    const row = fc.tuple(cell, cell, cell, cell);
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 8 }), row, (rows, right) => {
        const system = gramian(Float32Array.from(rows.flat()), 4);
        for (let i = 0; i < 4; i++) {
          system[i * 4 + i] += 0.5;
        }
        const out = new Float64Array(4);
        solve(system, Float64Array.from(right), out);
        for (let i = 0; i < 4; i++) {
          const product = out.reduce((sum, value, j) => sum + system[i * 4 + j] * value, 0);
          expect(product).toBeCloseTo(right[i], 9);
        }
      }),
    );
  });

  it('refuses a matrix that is not positive definite', () => {
    const solve = choleskySolver(2);
    expect(() => solve(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), new Float64Array(2))).toThrow(
      RangeError,
    );
  });
});

describe('allFinite', () => {
  it('finds NaN and infinity', () => {
    expect(allFinite(Float32Array.of(1, 2))).toBe(true);
    expect(allFinite(Float32Array.of(1, Number.NaN))).toBe(false);
    expect(allFinite(Float64Array.of(Number.NEGATIVE_INFINITY))).toBe(false);
  });
});

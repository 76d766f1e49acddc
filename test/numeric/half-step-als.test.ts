// The half step against ml-matrix, which solves the same systems in float64.

import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { rotate } from '../../lib/numeric/eigenbasis.ts';
import { type HalfStepLoss, type HalfStepOptions, halfStep } from '../../lib/numeric/half-step.ts';
import { createKernels, type Kernels } from '../../lib/numeric/kernels.ts';

interface Problem {
  readonly size: number;
  readonly fixedRows: number;
  /** Entries of each row. */
  readonly counts: readonly number[];
  readonly isUniform?: boolean;
}

const unobservedWeight = 0.3;
const ridgeOf = (row: number): number => 0.5 + 0.1 * row;

/** The fixed side and the entries, as plain numbers. */
const drawn = ({ size, fixedRows, counts, isUniform = false }: Problem) => {
  const random = seededRandom(`half step ${size} ${fixedRows} ${counts.join()}`);
  const fixed = Float32Array.from({ length: fixedRows * size }, () => random.normal() / Math.sqrt(size));
  const rowStart = [0];
  for (const count of counts) rowStart.push(rowStart[rowStart.length - 1] + count);
  const entries = rowStart[counts.length];
  const columns = Array.from({ length: entries }, () => random.int(fixedRows));
  const weights = Array.from({ length: entries }, () =>
    isUniform ? 2 : Math.fround(0.2 + 2 * random.next()),
  );
  return { fixed, rowStart, columns, weights };
};

const solved = (
  kernels: Kernels,
  problem: Problem,
  steps: number,
  preconditioned: Pick<HalfStepOptions, 'inEigenbasis' | 'tolerance'> = {},
): { readonly rows: Float32Array; readonly loss: HalfStepLoss } => {
  const { size, counts, isUniform = false } = problem;
  const data = drawn(problem);
  const mark = kernels.mark();
  const fixed = kernels.float32(data.fixed.length);
  fixed.set(data.fixed);
  const rowStart = kernels.int32(counts.length + 1);
  rowStart.set(data.rowStart);
  const columns = kernels.int32(data.columns.length);
  columns.set(data.columns);
  const weights = kernels.float32(data.weights.length);
  weights.set(data.weights);
  const ridges = kernels.float32(counts.length);
  ridges.set(counts.map((_, row) => ridgeOf(row)));
  const out = kernels.float32(counts.length * size).fill(0.01);
  const side = { rows: counts.length, rowStart, columns, weights: isUniform ? 2 : weights, ridges };
  const loss = halfStep(kernels, side, fixed, out, { size, unobservedWeight, steps, ...preconditioned });
  if (loss.rotation !== undefined) {
    expect(furthest(fixed, data.fixed)).toBeGreaterThan(0.01);
    rotate(kernels, out, size, loss.rotation, true);
    rotate(kernels, fixed, size, loss.rotation, true);
    expect(furthest(fixed, data.fixed)).toBeLessThan(1e-5);
  }
  const rows = out.slice();
  kernels.release(mark);
  return { rows, loss };
};

/** The same by ml-matrix: rows × size, and what the rows minimise at the solution. */
const reference = (problem: Problem) => {
  const { size, fixedRows, counts } = problem;
  const { fixed, rowStart, columns, weights } = drawn(problem);
  const q = Matrix.from1DArray(fixedRows, size, fixed);
  const base = q.transpose().mmul(q).mul(unobservedWeight);
  let loss = 0;
  const rows = counts.map((count, row) => {
    const entries = Array.from({ length: count }, (_, place) => rowStart[row] + place);
    if (count === 0) return Array.from({ length: size }, () => 0);
    const own = new Matrix(entries.map((entry) => q.getRow(columns[entry])));
    const weighted = new Matrix(
      entries.map((entry) => q.getRow(columns[entry]).map((x) => x * weights[entry])),
    );
    const system = own
      .transpose()
      .mmul(weighted)
      .add(base)
      .add(Matrix.eye(size, size).mul(ridgeOf(row)));
    const right = weighted.transpose().mmul(Matrix.ones(count, 1));
    const x = solve(system, right);
    const products = own.mmul(x).to1DArray();
    products.forEach((product, place) => {
      loss += weights[entries[place]] * (1 - product) ** 2;
    });
    loss += base.mmul(x).dot(x) + ridgeOf(row) * x.dot(x);
    return x.to1DArray();
  });
  return { rows: rows.flat(), loss };
};

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from({ length: a.length }, (_, place) => Math.abs(a[place] - b[place])));

const counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 130, 700, 0, 20];
const problems: Problem[] = [4, 8, 12, 20, 36, 64].map((size) => ({ size, fixedRows: 90, counts }));

describe('the half step', () => {
  it.each(problems)(
    'of $size columns is what ml-matrix gives, exactly and by converged gradients',
    (problem) => {
      const kernels = createKernels();
      const expected = reference(problem);
      for (const steps of [0, 200]) {
        const { rows, loss } = solved(kernels, problem, steps);
        expect(furthest(rows, expected.rows)).toBeLessThan(1e-4);
        expect(loss.rows / expected.loss).toBeCloseTo(1, 4);
      }
    },
  );

  it.each(problems)(
    'of $size columns is what ml-matrix gives, by preconditioned gradients to a tolerance and by its fall-back',
    (problem) => {
      const kernels = createKernels();
      const expected = reference(problem);
      // One step suffices for no row with entries: those are decomposed.
      for (const steps of [60, 1]) {
        const { rows, loss } = solved(kernels, problem, steps, { inEigenbasis: true, tolerance: 1e-5 });
        expect(furthest(rows, expected.rows)).toBeLessThan(1e-4);
        expect(loss.rows / expected.loss).toBeCloseTo(1, 4);
      }
    },
  );

  it('comes nearer by the same steps in the eigenbasis, where they are preconditioned', () => {
    const kernels = createKernels();
    const [plain, preconditioned] = [false, true].map((inEigenbasis) =>
      [1, 2, 3, 6].map((steps) => solved(kernels, problems[5], steps, { inEigenbasis }).loss.rows),
    );
    plain.forEach((loss, place) => {
      expect(preconditioned[place]).toBeLessThan(loss);
    });
    const converged = solved(kernels, problems[5], 60, { inEigenbasis: true });
    expect(furthest(converged.rows, reference(problems[5]).rows)).toBeLessThan(1e-4);
  });

  it('takes one number for all weights as it takes them one by one', () => {
    const kernels = createKernels();
    const problem = { size: 20, fixedRows: 90, counts, isUniform: true };
    const expected = reference(problem);
    for (const steps of [0, 200]) {
      expect(furthest(solved(kernels, problem, steps).rows, expected.rows)).toBeLessThan(1e-4);
    }
  });

  it('by three gradients steps lowers the loss without reaching the exact one', () => {
    const kernels = createKernels();
    const [exact, three, one] = [0, 3, 1].map((steps) => solved(kernels, problems[5], steps).loss.rows);
    expect(three).toBeGreaterThan(exact);
    expect(one).toBeGreaterThan(three);
  });

  it('gives the same bits with one, two and four threads', () => {
    const manyRows = {
      size: 12,
      fixedRows: 9_000,
      counts: Array.from({ length: 3_000 }, (_, row) => row % 23),
    };
    for (const { steps, ...preconditioned } of [
      { steps: 0 },
      { steps: 3 },
      { steps: 3, inEigenbasis: true },
      { steps: 3, inEigenbasis: true, tolerance: 1e-5 },
    ]) {
      const [one, two, four] = [1, 2, 4].map((threads) => {
        const kernels = threadedKernels(threads);
        const { rows, loss } = solved(kernels, manyRows, steps, preconditioned);
        kernels.close();
        return { bits: new Int32Array(rows.buffer), loss };
      });
      expect(two).toEqual(one);
      expect(four).toEqual(one);
    }
  });

  it('gathers a row again each step when it is too long to stay packed', () => {
    const kernels = createKernels();
    const long = { size: 4, fixedRows: 50, counts: [1_060_003], isUniform: true };
    const [exact, gradients] = [0, 30].map((steps) => solved(kernels, long, steps).rows);
    expect(furthest(exact, gradients)).toBeLessThan(1e-4);
  });

  it('solves in float64 what float32 cannot decompose', () => {
    const kernels = createKernels();
    // Rows (1, 1) and (0, e), e = 3e-5: in float32 1 + e² is 1 and the second pivot 0. q·x = 1 for both: (1 − 1/e, 1/e).
    const small = Math.fround(3e-5);
    const fixed = kernels.float32(8);
    fixed.set([1, 1, 0, 0, 0, small, 0, 0]);
    const side = {
      rows: 1,
      rowStart: kernels.int32(2),
      columns: kernels.int32(2),
      weights: 1,
      ridges: kernels.float32(1),
    };
    side.rowStart[1] = 2;
    side.columns[1] = 1;
    const out = kernels.float32(4);
    const loss = halfStep(kernels, side, fixed, out, { size: 4, unobservedWeight: 0, steps: 0 });
    expect(out[0] / (1 - 1 / small)).toBeCloseTo(1, 5);
    expect(out[1] * small).toBeCloseTo(1, 5);
    expect([...out.subarray(2)]).toEqual([0, 0]);
    expect(loss.rows).toBeCloseTo(0, 6);
  });

  it('throws for a system that is singular in float64 too', () => {
    const kernels = createKernels();
    const fixed = kernels.float32(4);
    fixed.set([1, 1, 0, 0]);
    const side = {
      rows: 1,
      rowStart: kernels.int32(2),
      columns: kernels.int32(1),
      weights: 1,
      ridges: kernels.float32(1),
    };
    side.rowStart[1] = 1;
    const step = () =>
      halfStep(kernels, side, fixed, kernels.float32(4), { size: 4, unobservedWeight: 0, steps: 0 });
    expect(step).toThrow(RangeError);
  });
});

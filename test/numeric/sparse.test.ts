import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SparseMatrix, sparseFromTriplets, transpose } from '../../lib/numeric/sparse.ts';

const rows = 7;
const columns = 5;

const triplets = fc.array(fc.tuple(fc.nat(rows - 1), fc.nat(columns - 1), fc.integer({ min: 1, max: 9 })), {
  maxLength: 60,
});

const made = (entries: readonly (readonly [number, number, number])[]): SparseMatrix =>
  sparseFromTriplets(
    rows,
    columns,
    Int32Array.from(entries, ([row]) => row),
    Int32Array.from(entries, ([, column]) => column),
    Float32Array.from(entries, ([, , value]) => value),
  );

const dense = ({ rows: height, columns: width, rowStart, columnIndex, value }: SparseMatrix): number[][] =>
  Array.from({ length: height }, (_, row) => {
    const cells = Array.from({ length: width }, () => 0);
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      cells[columnIndex[entry]] += value[entry];
    }
    return cells;
  });

describe('a sparse matrix', () => {
  it('holds the sums of its triplets, every place once and columns in order', () => {
    fc.assert(
      fc.property(triplets, (entries) => {
        const matrix = made(entries);
        const expected = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
        for (const [row, column, value] of entries) {
          expected[row][column] += value;
        }
        expect(dense(matrix)).toEqual(expected);
        for (let row = 0; row < rows; row++) {
          const places = [...matrix.columnIndex.subarray(matrix.rowStart[row], matrix.rowStart[row + 1])];
          expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('is itself again when transposed twice', () => {
    fc.assert(
      fc.property(triplets, (entries) => {
        const matrix = made(entries);
        const turned = transpose(matrix);
        expect(dense(turned)).toEqual(
          Array.from({ length: columns }, (_, column) => dense(matrix).map((row) => row[column])),
        );
        expect(transpose(turned)).toEqual(matrix);
      }),
    );
  });
});

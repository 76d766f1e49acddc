// Sparse matrices by rows (compressed sparse rows): rows × columns, float32 values.
// Row r holds entries rowStart[r] … rowStart[r + 1] − 1, columns ascending, each column once.
// Limits: 2^31 − 1 entries; duplicates are summed in input order.

export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly rowStart: Int32Array;
  readonly columnIndex: Int32Array;
  readonly value: Float32Array;
}

/** From parallel columns of triplets; entries of the same place are summed. */
export const sparseFromTriplets = (
  rows: number,
  columns: number,
  rowIndex: Int32Array,
  columnIndex: Int32Array,
  value: Float32Array,
): SparseMatrix => {
  // Two counting sorts (by column, then by row, both stable) leave the columns of every row in order.
  const byColumn = sortByRow(columns, rows, columnIndex, rowIndex, value);
  return mergeDuplicates(transpose(byColumn));
};

/** The same entries by columns. */
export const transpose = (matrix: SparseMatrix): SparseMatrix => {
  const rowOf = new Int32Array(matrix.columnIndex.length);
  for (let row = 0; row < matrix.rows; row++) {
    rowOf.fill(row, matrix.rowStart[row], matrix.rowStart[row + 1]);
  }
  return sortByRow(matrix.columns, matrix.rows, matrix.columnIndex, rowOf, matrix.value);
};

const sortByRow = (
  rows: number,
  columns: number,
  rowIndex: Int32Array,
  columnIndex: Int32Array,
  value: Float32Array,
): SparseMatrix => {
  const rowStart = new Int32Array(rows + 1);
  for (const row of rowIndex) {
    rowStart[row + 1]++;
  }
  for (let row = 0; row < rows; row++) {
    rowStart[row + 1] += rowStart[row];
  }
  const next = rowStart.slice(0, rows);
  const sortedColumn = new Int32Array(rowIndex.length);
  const sortedValue = new Float32Array(rowIndex.length);
  for (let entry = 0; entry < rowIndex.length; entry++) {
    const place = next[rowIndex[entry]]++;
    sortedColumn[place] = columnIndex[entry];
    sortedValue[place] = value[entry];
  }
  return { rows, columns, rowStart, columnIndex: sortedColumn, value: sortedValue };
};

const mergeDuplicates = (matrix: SparseMatrix): SparseMatrix => {
  const rowStart = new Int32Array(matrix.rows + 1);
  const columnIndex = new Int32Array(matrix.columnIndex.length);
  const value = new Float32Array(matrix.value.length);
  let kept = 0;
  for (let row = 0; row < matrix.rows; row++) {
    const first = kept;
    for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
      if (kept > first && columnIndex[kept - 1] === matrix.columnIndex[entry]) {
        value[kept - 1] += matrix.value[entry];
      } else {
        columnIndex[kept] = matrix.columnIndex[entry];
        value[kept] = matrix.value[entry];
        kept++;
      }
    }
    rowStart[row + 1] = kept;
  }
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    rowStart,
    columnIndex: columnIndex.slice(0, kept),
    value: value.slice(0, kept),
  };
};

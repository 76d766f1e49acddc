// Sparse matrices by rows (compressed sparse rows): rows × columns, float32 values.
// Row r holds entries rowStart[r] … rowStart[r + 1] − 1, columns ascending, each column once.
// Limits: 2^31 − 1 entries; duplicates are summed in input order. Columns × the longest row stay below 2^53.
// Memory: 8 bytes an entry and nothing of that size beside; where places repeat, another 8 bytes while they are merged.

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
  const rowStart = rowStarts(rows, rowIndex);
  const next = rowStart.slice(0, rows);
  const byRow = new Int32Array(rowIndex.length);
  const values = new Float32Array(rowIndex.length);
  for (let entry = 0; entry < rowIndex.length; entry++) {
    const place = next[rowIndex[entry]]++;
    byRow[place] = columnIndex[entry];
    values[place] = value[entry];
  }
  const matrix = { rows, columns, rowStart, columnIndex: byRow, value: values };
  sortColumns(matrix);
  return mergeDuplicates(matrix);
};

/** The same entries by columns. */
export const transpose = (matrix: SparseMatrix): SparseMatrix => {
  const rowStart = rowStarts(matrix.columns, matrix.columnIndex);
  const next = rowStart.slice(0, matrix.columns);
  const columnIndex = new Int32Array(matrix.columnIndex.length);
  const value = new Float32Array(matrix.value.length);
  for (let row = 0; row < matrix.rows; row++) {
    for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
      const place = next[matrix.columnIndex[entry]]++;
      columnIndex[place] = row;
      value[place] = matrix.value[entry];
    }
  }
  return { rows: matrix.columns, columns: matrix.rows, rowStart, columnIndex, value };
};

/** Where each row begins when entries are sorted by row; one more place, for the end. */
export const rowStarts = (rows: number, rowIndex: Int32Array): Int32Array => {
  const starts = new Int32Array(rows + 1);
  for (let entry = 0; entry < rowIndex.length; entry++) {
    starts[rowIndex[entry] + 1]++;
  }
  for (let row = 0; row < rows; row++) {
    starts[row + 1] += starts[row];
  }
  return starts;
};

/** Stable, in place, a row at a time: its columns are sorted as one number with their place. */
const sortColumns = ({ rows, rowStart, columnIndex, value }: SparseMatrix): void => {
  for (let row = 0; row < rows; row++) {
    const from = rowStart[row];
    const length = rowStart[row + 1] - from;
    if (isAscending(columnIndex, from, from + length)) {
      continue;
    }
    const keys = new Float64Array(length);
    for (let place = 0; place < length; place++) {
      keys[place] = columnIndex[from + place] * length + place;
    }
    keys.sort();
    const values = value.slice(from, from + length);
    for (let place = 0; place < length; place++) {
      const column = Math.floor(keys[place] / length);
      columnIndex[from + place] = column;
      value[from + place] = values[keys[place] - column * length];
    }
  }
};

const isAscending = (columnIndex: Int32Array, from: number, to: number): boolean => {
  for (let entry = from + 1; entry < to; entry++) {
    if (columnIndex[entry] < columnIndex[entry - 1]) {
      return false;
    }
  }
  return true;
};

const mergeDuplicates = (matrix: SparseMatrix): SparseMatrix => {
  const { rows, columnIndex, value } = matrix;
  const rowStart = new Int32Array(rows + 1);
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    const first = kept;
    for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
      if (kept > first && columnIndex[kept - 1] === columnIndex[entry]) {
        value[kept - 1] += value[entry];
      } else {
        columnIndex[kept] = columnIndex[entry];
        value[kept] = value[entry];
        kept++;
      }
    }
    rowStart[row + 1] = kept;
  }
  return kept === value.length
    ? matrix
    : { ...matrix, rowStart, columnIndex: columnIndex.slice(0, kept), value: value.slice(0, kept) };
};

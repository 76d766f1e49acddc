// Weighting of the customer × item matrix before similarities are taken: every item is a document, its customers are
// the terms (so a customer who takes everything says little about any two items). With n items, n_u items of customer
// u, w the summed weight of the pair, L_i the item's total over the mean total:
//   TF-IDF   √w · idf(u),  idf(u) = ln(n / (1 + n_u))
//   BM25     w (k1 + 1) / (w + k1 (1 − b + b L_i)) · idf(u)     (Robertson & Zaragoza 2009, eq. 3.15)
// idf is at least idfMin: entries stay positive also for those who took nearly all items.

import type { SparseMatrix } from '../numeric/sparse.ts';

export type Weighting =
  | { readonly kind: 'none' }
  | { readonly kind: 'tf-idf' }
  | { readonly kind: 'bm25'; readonly k1: number; readonly b: number };

const idfMin = 1e-3;

/** The same places, with other values. */
export const weighted = (pairs: SparseMatrix, weighting: Weighting): SparseMatrix => {
  if (weighting.kind === 'none') {
    return pairs;
  }
  const { rows, columns, rowStart, columnIndex } = pairs;
  const lengths = weighting.kind === 'bm25' ? relativeLengths(pairs) : undefined;
  const value = new Float32Array(pairs.value.length);
  for (let customer = 0; customer < rows; customer++) {
    const count = rowStart[customer + 1] - rowStart[customer];
    const idf = Math.max(idfMin, Math.log(columns / (1 + count)));
    for (let entry = rowStart[customer]; entry < rowStart[customer + 1]; entry++) {
      const weight = pairs.value[entry];
      if (weighting.kind === 'tf-idf' || lengths === undefined) {
        value[entry] = Math.sqrt(weight) * idf;
        continue;
      }
      const { k1, b } = weighting;
      const norm = k1 * (1 - b + b * lengths[columnIndex[entry]]);
      value[entry] = ((weight * (k1 + 1)) / (weight + norm)) * idf;
    }
  }
  return { ...pairs, value };
};

/** Total of every item over the mean total. */
const relativeLengths = ({ columns, columnIndex, value }: SparseMatrix): Float64Array => {
  const totals = new Float64Array(columns);
  let sum = 0;
  for (let entry = 0; entry < value.length; entry++) {
    totals[columnIndex[entry]] += value[entry];
    sum += value[entry];
  }
  return totals.map((total) => (total * columns) / sum);
};

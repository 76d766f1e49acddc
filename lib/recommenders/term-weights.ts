// Weights of terms in documents, and documents as rows of unit length, so that a product of rows is a cosine.
//   BM25    idf · f (k1 + 1) / (f + k1 (1 − b + b·length / mean length)), idf = ln(1 + (N − n + ½) / (n + ½)),
//           k1 = 1.2, b = 0.75 (Robertson & Zaragoza 2009, eqs. 3.3 and 3.15 with the 1 inside that keeps idf above 0)
//   TF-IDF  (1 + ln f) · ln(N / n) (Salton & Buckley 1988)
// N documents, n of them with the term, f its frequency. Only documents with terms are counted.
// Terms of one document take part in the length of its row and are then left out: no other row has them.

import type { SparseMatrix } from '../numeric/sparse.ts';

export type TermWeighting = 'bm25' | 'tf-idf';

export type Documents = readonly ReadonlyMap<string, number>[];

/** Documents × terms; `terms` names the columns. */
export interface TermMatrix extends SparseMatrix {
  readonly terms: readonly string[];
}

/** The weight of each term of each document, before rows are brought to unit length. */
export const termWeights = (documents: Documents, weighting: TermWeighting): Documents => {
  const containing = documentCounts(documents);
  const withTerms = documents.filter((document) => document.size > 0);
  const meanLength = withTerms.reduce((sum, document) => sum + lengthOf(document), 0) / withTerms.length;
  const idf = (term: string): number => {
    const n = containing.get(term) ?? 0;
    return weighting === 'bm25'
      ? Math.log(1 + (withTerms.length - n + 0.5) / (n + 0.5))
      : Math.log(withTerms.length / n);
  };
  return documents.map((document) => {
    const slope = 1.2 * (1 - 0.75 + (0.75 * lengthOf(document)) / meanLength);
    const damped = (f: number): number => (weighting === 'bm25' ? (f * 2.2) / (f + slope) : 1 + Math.log(f));
    return new Map([...document].map(([term, f]) => [term, damped(f) * idf(term)]));
  });
};

/** Rows of unit length over the terms that at least two documents have. */
export const termMatrix = (documents: Documents, weighting: TermWeighting): TermMatrix => {
  const containing = documentCounts(documents);
  const terms = [...containing].filter(([, count]) => count > 1).map(([term]) => term);
  const columnOf = new Map(terms.map((term, column) => [term, column]));
  const rowStart = new Int32Array(documents.length + 1);
  const columnIndex: number[] = [];
  const value: number[] = [];
  for (const [row, weights] of termWeights(documents, weighting).entries()) {
    const length = Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight * weight, 0));
    const entries = [...weights].flatMap(([term, weight]) => {
      const column = columnOf.get(term);
      return column === undefined || length === 0 ? [] : [[column, weight / length] as const];
    });
    for (const [column, weight] of entries.sort(([a], [b]) => a - b)) {
      columnIndex.push(column);
      value.push(weight);
    }
    rowStart[row + 1] = columnIndex.length;
  }
  return {
    rows: documents.length,
    columns: terms.length,
    rowStart,
    columnIndex: Int32Array.from(columnIndex),
    value: Float32Array.from(value),
    terms,
  };
};

const documentCounts = (documents: Documents): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const document of documents) {
    for (const term of document.keys()) {
      counts.set(term, (counts.get(term) ?? 0) + 1);
    }
  }
  return counts;
};

const lengthOf = (document: ReadonlyMap<string, number>): number =>
  [...document.values()].reduce((sum, f) => sum + f, 0);

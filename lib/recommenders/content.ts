// Content: what an item is rather than who took it. The likeness of two items is a weighted sum of
//   text         cosine of BM25 (or TF-IDF) rows over title, tags and description (item-text.ts, term-weights.ts)
//   attributes   cosine of idf-weighted rows over kind, categories, author, series, level, language (features.ts)
//   graph        nearness in the knowledge graph, 1 for the nearest (knowledge-graph.ts)
// A history scores item i with Σ_events value · 2^(−age / half-life) · likeness(j, i). Items that nobody touched are
// scored and found as all others are; items without a catalogue entry score 0.
// Shapes: rows of terms are sparse, those of attributes lie behind them. Cost of an answer: the profile's terms × the items
// with each; terms of more than half of a catalogue of over 1,000 items are left out.

import { dayMs } from '../base/time.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { type Artifact, float32, int32 } from './artifact.ts';
import { itemFeatureNames } from './features.ts';
import { neighbourArrays, neighboursFrom } from './item-knn.ts';
import type { Neighbours } from './item-knn-similarity.ts';
import { itemTerms } from './item-text.ts';
import { graphNeighbours, knowledgeGraph } from './knowledge-graph.ts';
import type { History, ModelKind, Params, Scorer, TrainingData } from './model.ts';
import { paramsReader } from './params.ts';
import { type TermWeighting, termMatrix } from './term-weights.ts';

interface ContentSettings {
  readonly weighting: TermWeighting;
  readonly textWeight: number;
  readonly attributeWeight: number;
  readonly graphWeight: number;
  /** Age at which an event counts half. */
  readonly profileHalfLifeDays: number;
}

/** What is left of training: a product of two rows is their likeness without the graph. */
interface ContentItems {
  readonly rows: SparseMatrix;
  readonly near: Neighbours;
}

export const content: ModelKind = {
  defaults: {
    weighting: 'bm25',
    textWeight: 1,
    attributeWeight: 1,
    graphWeight: 0.5,
    profileHalfLifeDays: 90,
  },
  history: 'events',
  fit: (data, params) => scorerOf(contentItems(data, settingsOf(params)), settingsOf(params)),
  load: (artifact, params) => scorerOf(itemsFrom(artifact), settingsOf(params)),
};

const contentItems = ({ catalogue }: TrainingData, settings: ContentSettings): ContentItems => {
  const { weighting, textWeight, attributeWeight } = settings;
  const text = termMatrix(
    catalogue.map((item) => (item === undefined ? new Map() : itemTerms(item))),
    weighting,
  );
  const attributes = termMatrix(
    catalogue.map((item) => new Map(item && attributeNames(item).map((name) => [name, 1]))),
    'tf-idf',
  );
  return {
    rows: besides(
      withoutCommon(text),
      withoutCommon(attributes),
      Math.sqrt(textWeight),
      Math.sqrt(attributeWeight),
    ),
    near: graphNeighbours(knowledgeGraph(catalogue)),
  };
};

/** Tags are in the text. */
const attributeNames = (item: Parameters<typeof itemFeatureNames>[0]): readonly string[] =>
  itemFeatureNames(item).filter((name) => !name.startsWith('tag='));

const commonRowsMin = 1_000;

/** Entries of columns that more than half of the rows, and more than commonRowsMin, have are set to 0. */
const withoutCommon = (rows: SparseMatrix): SparseMatrix => {
  const counts = new Int32Array(rows.columns);
  for (const column of rows.columnIndex) {
    counts[column]++;
  }
  const most = Math.max(rows.rows / 2, commonRowsMin);
  return {
    ...rows,
    value: rows.value.map((value, entry) => (counts[rows.columnIndex[entry]] > most ? 0 : value)),
  };
};

/** Both side by side, each scaled; entries of 0 are left out. */
const besides = (
  left: SparseMatrix,
  right: SparseMatrix,
  leftScale: number,
  rightScale: number,
): SparseMatrix => {
  const rowStart = new Int32Array(left.rows + 1);
  const columnIndex: number[] = [];
  const value: number[] = [];
  const append = (matrix: SparseMatrix, row: number, shift: number, scale: number): void => {
    for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
      if (matrix.value[entry] * scale !== 0) {
        columnIndex.push(shift + matrix.columnIndex[entry]);
        value.push(scale * matrix.value[entry]);
      }
    }
  };
  for (let row = 0; row < left.rows; row++) {
    append(left, row, 0, leftScale);
    append(right, row, left.columns, rightScale);
    rowStart[row + 1] = columnIndex.length;
  }
  return {
    rows: left.rows,
    columns: left.columns + right.columns,
    rowStart,
    columnIndex: Int32Array.from(columnIndex),
    value: Float32Array.from(value),
  };
};

const scorerOf = (items: ContentItems, settings: ContentSettings): Scorer => {
  const { rows, near } = items;
  const byTerm = transpose(rows);
  const profile = new Float64Array(rows.columns);
  const score = (seeds: ReadonlyMap<number, number>, out: Float64Array): void => {
    profile.fill(0);
    for (const [item, weight] of seeds) {
      addRow(rows, item, weight, profile);
      addRow(near, item, weight * settings.graphWeight, out);
    }
    for (let term = 0; term < profile.length; term++) {
      if (profile[term] !== 0) {
        addRow(byTerm, term, profile[term], out);
      }
    }
  };
  return {
    scoreHistory: (history, out) => score(seedsOf(history, settings), out),
    scoreSimilar: (item, out) => score(new Map([[item, 1]]), out),
    explain: (history) => {
      const seeds = seedsOf(history, settings);
      return (item, out) => {
        profile.fill(0);
        addRow(rows, item, 1, profile);
        history.items.forEach((own, place) => {
          const likeness = product(rows, own, profile) + settings.graphWeight * entryOf(near, own, item);
          out[place] = (seeds.get(own) ?? 0) * likeness;
        });
      };
    },
    arrays: {
      ...neighbourArrays('near', near),
      'rows.rowStart': rows.rowStart,
      'rows.columnIndex': rows.columnIndex,
      'rows.value': rows.value,
    },
    extra: { columns: rows.columns },
  };
};

/** Item → summed weight of its events. */
const seedsOf = ({ events, nowMs }: History, settings: ContentSettings): ReadonlyMap<number, number> => {
  const seeds = new Map<number, number>();
  events.items.forEach((item, place) => {
    const ageDays = Math.max(0, nowMs - events.atMs[place]) / dayMs;
    const weight = events.values[place] * 2 ** (-ageDays / settings.profileHalfLifeDays);
    seeds.set(item, (seeds.get(item) ?? 0) + weight);
  });
  return seeds;
};

const addRow = (matrix: Neighbours, row: number, weight: number, out: Float64Array): void => {
  for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
    out[matrix.columnIndex[entry]] += weight * matrix.value[entry];
  }
};

const product = (matrix: Neighbours, row: number, dense: Float64Array): number => {
  let sum = 0;
  for (let entry = matrix.rowStart[row]; entry < matrix.rowStart[row + 1]; entry++) {
    sum += matrix.value[entry] * dense[matrix.columnIndex[entry]];
  }
  return sum;
};

const entryOf = (matrix: Neighbours, row: number, column: number): number => {
  const from = matrix.rowStart[row];
  const place = matrix.columnIndex.subarray(from, matrix.rowStart[row + 1]).indexOf(column);
  return place < 0 ? 0 : matrix.value[from + place];
};

/** `extra` is what scorerOf() gave to be saved. */
const itemsFrom = (artifact: Artifact<{ readonly extra?: unknown }>): ContentItems => {
  const rowStart = int32(artifact, 'rows.rowStart');
  const { columns } = artifact.header.extra as { readonly columns: number };
  return {
    rows: {
      rows: rowStart.length - 1,
      columns,
      rowStart,
      columnIndex: int32(artifact, 'rows.columnIndex'),
      value: float32(artifact, 'rows.value'),
    },
    near: neighboursFrom(artifact, 'near'),
  };
};

const settingsOf = (params: Params): ContentSettings => {
  const { number, oneOf } = paramsReader('content', params);
  return {
    weighting: oneOf('weighting', ['bm25', 'tf-idf']),
    textWeight: number('textWeight', 0),
    attributeWeight: number('attributeWeight', 0),
    graphWeight: number('graphWeight', 0),
    profileHalfLifeDays: number('profileHalfLifeDays', Number.MIN_VALUE),
  };
};

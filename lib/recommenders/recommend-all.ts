// The best n for every customer of a factor model, in batches by the kernels' threads (numeric/top-rows.ts): the same
// answers as one by one, bit for bit.
// Options of a batch are asked before it is scored. `accept` is taken for a function of the item alone: one function for
// all customers is asked once an item; a batch with several is answered one by one.
// Memory: vectors of all customers (customers × stride floats) and 8 bytes × n × customers of a batch.

import type { CustomerId } from '../base/ids.ts';
import type { Kernels } from '../numeric/kernels.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { type ExcludedPlaces, packItems, type TopRows, topRows } from '../numeric/top-rows.ts';
import type { Factors, History } from './model.ts';
import type { RankedItems } from './ranking.ts';
import type { RecommendOptions, Scored } from './recommender.ts';

export interface FactorModel {
  readonly customers: readonly CustomerId[];
  readonly pairs: SparseMatrix;
  readonly items: RankedItems & { readonly indexOf: ReadonlyMap<string, number> };
  readonly factors: Factors;
  readonly historyOf: (customer: number) => History;
  /** For a batch whose customers accept by different functions. */
  readonly recommend: (customerId: CustomerId, n: number, options: RecommendOptions | undefined) => Scored[];
}

type Accept = RecommendOptions['accept'];
type Answer = readonly [CustomerId, Scored[]];

/** Rows of answers in a batch: enough work for every thread, few enough bytes for any n. */
const batchCustomersMax = 8_192;
const batchAnswersMax = 4_000_000;

export function* factorRecommendAll(
  model: FactorModel,
  kernels: Kernels,
  n: number,
  optionsOf: ((customerId: CustomerId) => RecommendOptions) | undefined,
): Generator<Answer> {
  const { customers, items, factors } = model;
  const count = Math.min(n, items.order.length);
  const vectors = allVectors(model, kernels);
  const size = Math.max(1, Math.min(batchCustomersMax, Math.floor(batchAnswersMax / Math.max(1, count))));
  let places = placesOf(items, undefined);
  let accept: Accept;
  for (let from = 0; from < customers.length; from += size) {
    const batch = customers.slice(from, from + size);
    const options = batch.map((id) => optionsOf?.(id));
    const accepts = new Set(options.map((one) => one?.accept));
    if (accepts.size > 1 || count === 0) {
      for (const [row, id] of batch.entries()) {
        yield [id, model.recommend(id, n, options[row])];
      }
      continue;
    }
    const [asked] = accepts;
    if (asked !== accept) {
      accept = asked;
      places = placesOf(items, accept);
    }
    const excluded = excludedPlaces(model, options, from, places.of);
    const rows = vectors.subarray(from * factors.stride, (from + batch.length) * factors.stride);
    // Nothing stays in the kernels' memory while the caller has its turn.
    const top = kernels.scoped(() => {
      const packed = packItems(kernels, factors.items, factors.stride, places.order);
      return topRows(kernels, packed, rows, count, excluded);
    });
    for (const [row, id] of batch.entries()) {
      yield [id, scoredRow(top, row, places.order, items)];
    }
  }
}

/** In JavaScript's memory: what a generator holds between its turns must not lie in the kernels'. */
const allVectors = (
  { customers, pairs, factors, historyOf }: FactorModel,
  kernels: Kernels,
): Float32Array => {
  const { stride } = factors;
  const together = kernels.scoped(() => factors.embedAll?.(kernels, pairs).slice());
  if (together !== undefined) {
    return together;
  }
  const vectors = new Float32Array(customers.length * stride);
  for (let customer = 0; customer < customers.length; customer++) {
    factors.embed(historyOf(customer), vectors.subarray(customer * stride, (customer + 1) * stride));
  }
  return vectors;
};

/** The accepted items in popularity order, and by item its place among them, −1 for none. */
const placesOf = ({ order, ids }: RankedItems, accept: Accept) => {
  const accepted = accept === undefined ? order : order.filter((item) => accept(ids[item]));
  const of = new Int32Array(order.length).fill(-1);
  accepted.forEach((item, place) => {
    of[item] = place;
  });
  return { order: accepted, of };
};

const excludedPlaces = (
  { items, pairs }: FactorModel,
  options: readonly (RecommendOptions | undefined)[],
  from: number,
  placeOf: Int32Array,
): ExcludedPlaces => {
  const start = new Int32Array(options.length + 1);
  const ownFrom = (row: number): number => pairs.rowStart[from + row];
  const ownTo = (row: number): number =>
    options[row]?.excludeHistory === true ? pairs.rowStart[from + row + 1] : ownFrom(row);
  let room = 0;
  for (let row = 0; row < options.length; row++) {
    room += (options[row]?.exclude?.size ?? 0) + ownTo(row) - ownFrom(row);
  }
  const places = new Int32Array(room);
  let end = 0;
  const add = (item: number | undefined): void => {
    if (item !== undefined && placeOf[item] >= 0) places[end++] = placeOf[item];
  };
  for (let row = 0; row < options.length; row++) {
    for (const id of options[row]?.exclude ?? []) {
      add(items.indexOf.get(id));
    }
    for (let entry = ownFrom(row); entry < ownTo(row); entry++) {
      add(pairs.columnIndex[entry]);
    }
    places.subarray(start[row], end).sort();
    start[row + 1] = end;
  }
  return { start, places: places.subarray(0, end) };
};

const scoredRow = (top: TopRows, row: number, order: Int32Array, { ids }: RankedItems): Scored[] => {
  const answer: Scored[] = [];
  const first = row * top.n;
  for (let at = first; at < first + top.found[row]; at++) {
    answer.push({ itemId: ids[order[top.places[at]]], score: top.scores[at] });
  }
  return answer;
};

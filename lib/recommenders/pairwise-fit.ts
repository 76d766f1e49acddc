// Pairwise ranking over sums of feature embeddings, by stochastic gradient with Adagrad:
//   WARP  draws wrong items until one scores within 1 of the right one; step ln(1 + ⌊(n − 1) / draws⌋) × hinge (Weston et
//         al. 2011, with the logarithm for its sum)      BPR  one wrong item; step σ(wrong − right) (Rendle et al. 2009)
// Item = Σ embeddings of its features (own indicator, category, tags, …: Kula 2015) and a bias. Customer = Σ embeddings
// of the customer's features + Σ_j w_j c_j / |w| over the history, c_j = Σ second embeddings of j's features, without the
// item that is being learned (as Koren 2008, eq. 15, without factors of the customer's own): what training has not seen is
// scored as everything else is. Shapes: rows of `stride` floats: d factors, the bias (1 in a customer's vector), padding.
// `coldShare` of the steps are made as if the customer or the items were new, by their other features alone, so that these
// learn to stand for what is missing (Volkovs, Yu & Poutanen 2017).
// Cost of an epoch: pairs × (draws + 6) × d + Σ pairs² / 16 × d. Divergence throws.

import { type Random, seededRandom } from '../base/random.ts';
import type { Kernels } from '../numeric/kernels.ts';
import { allFinite } from '../numeric/matrix.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { customerFeatureRows, type FeatureRows, itemFeatureRows } from './features.ts';
import type { TrainingData } from './model.ts';

export interface PairwiseSettings {
  readonly loss: 'warp' | 'bpr';
  /** d. */
  readonly factors: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Pull of item embeddings towards 0 at each step. */
  readonly itemRegularization: number;
  /** The same of the embeddings that customers are summed from. */
  readonly customerRegularization: number;
  /** Items drawn at most to find a wrong one. */
  readonly drawsMax: number;
  /** Share of the steps that leave out the history, or the items' own indicators, where there are features beside them. */
  readonly coldShare: number;
  /** Standard deviation of the length of a first embedding. */
  readonly initialLength: number;
  readonly seed: number;
}

/** What is left of training: sums by item, embeddings by name of customer feature. */
export interface PairwiseFactors {
  readonly stride: number;
  /** Items × stride. */
  readonly items: Float32Array;
  /** Items × stride: what an item of the history adds to the customer's vector. */
  readonly context: Float32Array;
  /** Names × stride. */
  readonly customers: Float32Array;
  readonly customerNames: readonly string[];
}

/** Rows of features, their embeddings and Adagrad's sums, in the kernels' memory. */
interface Table {
  readonly values: Float32Array;
  readonly squares: Float32Array;
}

export const fitPairwise = (data: TrainingData, settings: PairwiseSettings): PairwiseFactors => {
  const kernels = data.tools.kernels();
  const factors = kernels.scoped(() => fitIn(kernels, data, settings));
  if (![factors.items, factors.context, factors.customers].every(allFinite)) {
    throw diverged(settings);
  }
  return factors;
};

const fitIn = (kernels: Kernels, data: TrainingData, settings: PairwiseSettings): PairwiseFactors => {
  const random = seededRandom(`${settings.loss}/${settings.seed}`);
  const stride = Math.ceil((settings.factors + 1) / 4) * 4;
  const itemRows = itemFeatureRows(data.catalogue);
  const customerRows = customerFeatureRows(data.customerFeatures);
  const tableOf = (rows: number): Table => ({
    values: kernels.float32(rows * stride),
    squares: kernels.float32(rows * stride).fill(1),
  });
  const features = data.pairs.columns + itemRows.names.length;
  const tables = {
    items: tableOf(features),
    context: tableOf(features),
    customers: tableOf(customerRows.names.length),
  };
  const taken = takenItems(data.pairs);
  const learned = learnedFeatures(itemRows, taken, features);
  scatter(tables.items.values, learned, stride, settings, random);
  scatter(tables.context.values, learned, stride, settings, random);
  setUp(kernels, data, settings, stride, { taken, itemRows, customerRows, ...tables });
  passes(kernels, data, settings, random);
  return {
    stride,
    items: summed(itemRows, tables.items.values, stride),
    context: summed(itemRows, tables.context.values, stride),
    customers: tables.customers.values.slice(),
    customerNames: customerRows.names,
  };
};

/** Items with pairs, ascending: others are no wrong items, as nobody could take them. */
const takenItems = (pairs: SparseMatrix): Int32Array => {
  const isTaken = new Uint8Array(pairs.columns);
  for (const item of pairs.columnIndex) {
    isTaken[item] = 1;
  }
  return Int32Array.from(isTaken.keys()).filter((item) => isTaken[item] === 1);
};

/** Features of items with pairs; what others have stays 0 and says nothing. */
const learnedFeatures = (rows: FeatureRows, taken: Int32Array, features: number): Uint8Array => {
  const learned = new Uint8Array(features);
  for (const item of taken) {
    for (let entry = rows.rowStart[item]; entry < rows.rowStart[item + 1]; entry++) {
      learned[rows.index[entry]] = 1;
    }
  }
  return learned;
};

const scatter = (
  values: Float32Array,
  learned: Uint8Array,
  stride: number,
  { factors, initialLength }: PairwiseSettings,
  random: Random,
): void => {
  const spread = initialLength / Math.sqrt(factors);
  for (const [feature, isLearned] of learned.entries()) {
    for (let i = 0; i < factors && isLearned === 1; i++) {
      values[feature * stride + i] = random.normal() * spread;
    }
  }
};

interface Parts {
  readonly taken: Int32Array;
  readonly itemRows: FeatureRows;
  readonly customerRows: FeatureRows;
  readonly items: Table;
  readonly context: Table;
  readonly customers: Table;
}

/** Rows that the kernel works in: history, gradients and one for each right item of a chunk. */
const workRows = 5 + 32;

const setUp = (
  kernels: Kernels,
  { pairs }: TrainingData,
  settings: PairwiseSettings,
  stride: number,
  { taken, itemRows, customerRows, items, context, customers }: Parts,
): void => {
  const { call } = kernels;
  const meanWeight = pairs.value.reduce((sum, weight) => sum + weight, 0) / Math.max(1, pairs.value.length);
  const copyOf = (values: Float32Array | Int32Array): number => {
    const copy = values instanceof Int32Array ? kernels.int32(values.length) : kernels.float32(values.length);
    copy.set(values);
    return copy.byteOffset;
  };
  const rowsOf = ({ rowStart, index, weight }: FeatureRows) =>
    [copyOf(rowStart), copyOf(index), copyOf(weight)] as const;
  call.pairwisePairs(
    copyOf(pairs.rowStart),
    copyOf(pairs.columnIndex),
    copyOf(pairs.value.map((weight) => weight / meanWeight)),
    copyOf(Int32Array.from(pairs.value, (_, place) => place)),
    kernels.int32(Math.ceil(pairs.columns / 4)).byteOffset,
  );
  const at = ({ values, squares }: Table) => [values.byteOffset, squares.byteOffset] as const;
  call.pairwiseItems(...rowsOf(itemRows), ...at(items));
  call.pairwiseCustomers(...rowsOf(customerRows), ...at(customers));
  const space = kernels.float32(workRows * stride).byteOffset;
  call.pairwiseHistory(...at(context), stride, settings.factors, space);
  call.pairwiseLoss(
    settings.loss === 'warp' ? 1 : 0,
    copyOf(taken),
    taken.length,
    settings.drawsMax,
    settings.learningRate,
    settings.itemRegularization,
    settings.customerRegularization,
    Math.round(settings.coldShare * 1000),
  );
};

const passes = (
  kernels: Kernels,
  { pairs, tools }: TrainingData,
  settings: PairwiseSettings,
  random: Random,
): void => {
  const { loss: model, epochs } = settings;
  const order = kernels.int32(pairs.rows);
  const shuffled = Array.from({ length: pairs.rows }, (_, customer) => customer);
  const seedWord = (): number => Math.trunc(random.next() * 2 ** 32) | 0;
  kernels.call.pairwiseSeed(seedWord(), seedWord());
  for (let epoch = 1; epoch <= epochs; epoch++) {
    order.set(random.shuffle(shuffled));
    const loss = kernels.call.pairwisePass(order.byteOffset, pairs.rows) / Math.max(1, pairs.value.length);
    if (!Number.isFinite(loss)) {
      throw diverged(settings);
    }
    tools.progress({ model, epoch, epochs, loss });
  }
};

const diverged = ({ loss, learningRate }: PairwiseSettings): RangeError =>
  new RangeError(`${loss}: diverged; lower the learningRate (${learningRate})`);

/** Rows × stride: the weighted sums of the features' rows. */
const summed = ({ rowStart, index, weight }: FeatureRows, table: Float32Array, stride: number) => {
  const sums = new Float32Array((rowStart.length - 1) * stride);
  for (let row = 0; row + 1 < rowStart.length; row++) {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      for (let i = 0; i < stride; i++) {
        sums[row * stride + i] += weight[entry] * table[index[entry] * stride + i];
      }
    }
  }
  return sums;
};

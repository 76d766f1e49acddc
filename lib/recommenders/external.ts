// Factors trained elsewhere (external-factors.ts reads them): the score of an item is the inner product of its vector and the
// customer's, which was given, or is made from the history of the item vectors q_i with weights w_i:
//   mean    Σ w q / Σ w
//   ridge   (Σ w q q' + α0 Σ_all q q' + λ m I) x = Σ w q, m the mean of |q|² (Hu, Koren & Volinsky 2008, eq. 4, with α0
//           instead of 1 for the unobserved)
// Shapes: items × d and customers × d (float32). Items without a vector score 0; customers without one are folded in.
// recommend() of a customer with a given vector and foldIn() of the same history may differ.

import { Failure, shown } from '../base/errors.ts';
import { choleskySolver, gramian, mirrorLower } from '../numeric/matrix.ts';
import { type Artifact, float32, type NumberArray, uint8 } from './artifact.ts';
import type { VectorTable } from './external-factors.ts';
import type { Factors, History, ModelKind, Params, Scorer, TrainingData } from './model.ts';
import { paramsReader } from './params.ts';
import type { Recipe, RecipeValue } from './recommender.ts';

interface ExternalSettings {
  /** The folder under external/ in the models bucket. */
  readonly folder: string;
  readonly foldIn: 'mean' | 'ridge';
  /** λ. */
  readonly regularization: number;
  /** α0. */
  readonly unobservedWeight: number;
}

/** Rows of `stride` floats: d, and zeros up to a multiple of 4. */
interface Placed {
  /** d. */
  readonly size: number;
  readonly items: Float32Array;
  /** Customers × stride, and which of them were given (1); absent where none was. */
  readonly customers?: { readonly vectors: Float32Array; readonly given: Uint8Array };
}

const defaultFolder = 'default';

export const external: ModelKind = {
  defaults: { folder: defaultFolder, foldIn: 'ridge', regularization: 0.1, unobservedWeight: 0.1 },
  fit: (data, params) => {
    const settings = settingsOf(params);
    return scorerOf(placed(data, settings), settings);
  },
  load: (artifact, params) => scorerOf(placedFrom(artifact), settingsOf(params)),
};

/** The folders that a recipe, or a recipe within it, names. */
export const externalFolders = ({ model, params }: Recipe): readonly string[] =>
  model === 'external'
    ? [typeof params.folder === 'string' ? params.folder : defaultFolder]
    : [...new Set(Object.values(params).flatMap(foldersWithin))];

const foldersWithin = (value: RecipeValue): readonly string[] => {
  if (typeof value !== 'object') {
    return value === 'external' ? [defaultFolder] : [];
  }
  if ('model' in value && typeof value.model === 'string') {
    const { params = {} } = value;
    return externalFolders({
      model: value.model,
      params: typeof params === 'object' && !('length' in params) ? params : {},
    });
  }
  return Object.values(value).flatMap(foldersWithin);
};

const placed = (data: TrainingData, { folder }: ExternalSettings): Placed => {
  const factors = data.tools.external?.get(folder);
  if (factors === undefined) {
    throw new Failure('not-found', {
      code: 'external-missing',
      message: 'The factors that the recipe names are not there.',
      received: folder,
      action: `Put items.npy and items.txt, or items.parquet, under external/${folder}/ of the models bucket.`,
    });
  }
  const items = placedRows(factors.items, data.itemIds);
  if (!items.given.includes(1)) {
    throw new Failure('invalid', {
      code: 'external-ids-unknown',
      message: `None of the ids of the external factors ${folder} is an item of the catalogue or of the events.`,
      received: shown(factors.items.ids.slice(0, 5)),
      action: 'Write the item ids as the shop sends them, one a line, in the order of the rows.',
    });
  }
  const { size } = factors.items;
  const customers = factors.customers && placedRows(factors.customers, data.interactions.customers);
  return { size, items: items.vectors, ...(customers?.given.includes(1) && { customers }) };
};

/** The vectors in the order of `ids`; zeros where there is none. */
const placedRows = ({ ids: known, size, vectors }: VectorTable, ids: readonly string[]) => {
  const rowOf = new Map(known.map((id, row) => [id, row]));
  const given = new Uint8Array(ids.length);
  const stride = strideOf(size);
  const rows = new Float32Array(ids.length * stride);
  for (const [place, id] of ids.entries()) {
    const row = rowOf.get(id);
    if (row !== undefined) {
      given[place] = 1;
      rows.set(vectors.subarray(row * size, (row + 1) * size), place * stride);
    }
  }
  return { given, vectors: rows };
};

const strideOf = (size: number): number => Math.ceil(size / 4) * 4;

const scorerOf = ({ size, items, customers }: Placed, settings: ExternalSettings): Scorer => {
  const stride = strideOf(size);
  const vectorOf = settings.foldIn === 'mean' ? meanOf(items, stride) : ridgeOf(items, stride, settings);
  const embed: Factors['embed'] = (history, out) => {
    if (history.items.length > 0) {
      out.set(vectorOf(history));
    } else {
      out.fill(0);
    }
  };
  const score = (vector: Float32Array, out: Float64Array): void => {
    for (let item = 0; item < out.length; item++) {
      out[item] = dot(items, item * stride, vector);
    }
  };
  const scoreHistory: Scorer['scoreHistory'] = (history, out) => {
    const vector = new Float32Array(stride);
    embed(history, vector);
    score(vector, out);
  };
  return {
    scoreHistory,
    ...(customers && {
      scoreCustomer: (customer, history, out) => {
        if (customers.given[customer] === 1) {
          score(customers.vectors.subarray(customer * stride, (customer + 1) * stride), out);
        } else {
          scoreHistory(history, out);
        }
      },
      customerVectors: customers.vectors,
      customerArrays: ['customerFactors', 'customersGiven'],
    }),
    scoreSimilar: (item, out) => {
      const own = items.subarray(item * stride, (item + 1) * stride);
      const ownLength = Math.sqrt(dot(own, 0, own));
      for (let other = 0; other < out.length; other++) {
        const vector = items.subarray(other * stride, (other + 1) * stride);
        const scale = ownLength * Math.sqrt(dot(vector, 0, vector));
        out[other] = scale > 0 ? dot(vector, 0, own) / scale : 0;
      }
    },
    factors: { items, stride, likenessColumns: size, embed },
    arrays: arraysOf({ size, items, customers }),
    extra: { size },
  };
};

type Embed = (history: History) => Float64Array;

const meanOf =
  (items: Float32Array, size: number): Embed =>
  (history) => {
    const mean = weightedSum(items, size, history);
    const total = history.weights.reduce((sum, weight) => sum + weight, 0);
    return mean.map((value) => value / total);
  };

const ridgeOf = (items: Float32Array, size: number, settings: ExternalSettings): Embed => {
  const solve = choleskySolver(size);
  const gram = gramian(items, size);
  const squares = items.reduce((sum, value) => sum + value * value, 0);
  // Of vectors that are all zero any ridge gives zero.
  const ridge = squares === 0 ? 1 : (settings.regularization * squares) / (items.length / size);
  return (history) => {
    const system = gram.map((value) => value * settings.unobservedWeight);
    history.items.forEach((item, place) => {
      const q = items.subarray(item * size, (item + 1) * size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) {
          system[i * size + j] += history.weights[place] * q[i] * q[j];
        }
      }
    });
    for (let i = 0; i < size; i++) {
      system[i * size + i] += ridge;
    }
    mirrorLower(system, size);
    const solution = new Float64Array(size);
    solve(system, weightedSum(items, size, history), solution);
    return solution;
  };
};

const weightedSum = (items: Float32Array, size: number, history: History): Float64Array => {
  const sum = new Float64Array(size);
  history.items.forEach((item, place) => {
    for (let i = 0; i < size; i++) {
      sum[i] += history.weights[place] * items[item * size + i];
    }
  });
  return sum;
};

const dot = (items: Float32Array, at: number, vector: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) {
    sum += items[at + i] * vector[i];
  }
  return sum;
};

const arraysOf = ({ items, customers }: Placed): { readonly [name: string]: NumberArray } => ({
  itemFactors: items,
  ...(customers && { customerFactors: customers.vectors, customersGiven: customers.given }),
});

/** `extra` is what scorerOf() gave to be saved. */
const placedFrom = (artifact: Artifact<{ readonly extra?: unknown }>): Placed => ({
  ...(artifact.header.extra as { readonly size: number }),
  items: float32(artifact, 'itemFactors'),
  ...('customerFactors' in artifact.arrays && {
    customers: {
      vectors: float32(artifact, 'customerFactors'),
      given: uint8(artifact, 'customersGiven'),
    },
  }),
});

const settingsOf = (params: Params): ExternalSettings => {
  const { number, oneOf } = paramsReader('external', params);
  const { folder } = params;
  if (typeof folder !== 'string' || folder === '') {
    throw new RangeError(`external: folder must be a name, received ${JSON.stringify(folder)}`);
  }
  return {
    folder,
    foldIn: oneOf('foldIn', ['mean', 'ridge']),
    regularization: number('regularization', Number.MIN_VALUE),
    unobservedWeight: number('unobservedWeight', 0),
  };
};

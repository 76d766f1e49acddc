// The epochs of iALS on the kernels: both directions of the interactions and both sides' factors lie in the kernels'
// memory, which is given back at the end; the item factors are copied out.
// Memory: 8 bytes an interaction where all weights are the same and `pairs` lies elsewhere (4 where it lies in the
// kernels' memory already), else 16; 4 × d bytes a customer and item; what halfStep needs for a thread.

import { seededRandom } from '../base/random.ts';
import { chained, rotate } from '../numeric/eigenbasis.ts';
import { type HalfStepOptions, halfStep, type Side } from '../numeric/half-step.ts';
import type { Kernels } from '../numeric/kernels.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import type { AlsSettings } from './als.ts';

/** Floats a row of factors: d padded with zeros to a multiple of 4. */
export const strideOf = ({ factors }: AlsSettings): number => Math.ceil(factors / 4) * 4;

/** Relative error of solver exact, in the norm of half-step.ts. */
const exactTolerance = 1e-5;

const halfStepOptions = (settings: AlsSettings): HalfStepOptions => {
  const { solver, steps, unobservedWeight } = settings;
  const size = strideOf(settings);
  if (solver === 'exact') {
    // A step takes 2 d products an entry and Cholesky d² / 2: a row that d / 4 steps do not solve costs twice at most.
    return { size, unobservedWeight, steps: 4 + Math.ceil(size / 4), tolerance: exactTolerance };
  }
  return { size, unobservedWeight, steps: solver === 'cg' ? steps : 0 };
};

/** Item factors (items × stride). `afterEpoch` is told the loss per interaction. Throws RangeError on divergence. */
export const fitItemFactors = (
  kernels: Kernels,
  pairs: SparseMatrix,
  settings: AlsSettings,
  afterEpoch: (epoch: number, loss: number) => void,
): Float32Array => {
  try {
    return kernels.scoped(() => {
      const customers = kernels.float32(pairs.rows * strideOf(settings));
      const items = initialFactors(kernels, pairs.columns, settings);
      const byCustomer = customerSide(kernels, pairs, settings);
      const byItem = itemSide(kernels, byCustomer, pairs.columns, settings);
      const options = halfStepOptions(settings);
      let turned: Float64Array | undefined;
      const turn = (rotation: Float64Array | undefined): void => {
        turned = turned && rotation ? chained(turned, rotation, options.size) : rotation;
      };
      for (let epoch = 1; epoch <= settings.iterations; epoch++) {
        const { ridges, rotation } = halfStep(kernels, byCustomer, items, customers, options);
        turn(rotation);
        const { rows, rotation: next } = halfStep(kernels, byItem, customers, items, options);
        turn(next);
        const loss = (rows + ridges) / Math.max(1, byItem.columns.length);
        if (!Number.isFinite(loss)) {
          throw new RangeError(`the loss of epoch ${epoch} is ${loss}`);
        }
        afterEpoch(epoch, loss);
      }
      if (turned !== undefined) {
        rotate(kernels, items, options.size, turned, true);
      }
      return items.slice();
    });
  } catch (error) {
    throw error instanceof RangeError
      ? new RangeError(
          `als: no model (${error.message}); raise regularization (${settings.regularization}) or ` +
            `unobservedWeight (${settings.unobservedWeight}), or lower factors (${settings.factors})`,
          { cause: error },
        )
      : error;
  }
};

const initialFactors = (kernels: Kernels, rows: number, settings: AlsSettings): Float32Array => {
  const stride = strideOf(settings);
  const random = seededRandom(`als/${settings.seed}`);
  const spread = settings.initScale / Math.sqrt(settings.factors);
  const factors = kernels.float32(rows * stride);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < settings.factors; k++) {
      factors[row * stride + k] = random.normal() * spread;
    }
  }
  return factors;
};

/** The rows of `pairs` in the kernels' memory. */
export const customerSide = (kernels: Kernels, pairs: SparseMatrix, settings: AlsSettings): Side => {
  const { rows, rowStart, columnIndex } = pairs;
  const held = (array: Int32Array): Int32Array => {
    if (kernels.owns(array)) {
      return array;
    }
    const copy = kernels.int32(array.length);
    copy.set(array);
    return copy;
  };
  const side = {
    rows,
    rowStart: held(rowStart),
    columns: held(columnIndex),
    weights: weightsOf(kernels, pairs),
  };
  return { ...side, ridges: ridgesOf(kernels, side, pairs.columns, settings) };
};

/** One number where all weights are the same. */
const weightsOf = (kernels: Kernels, { value }: SparseMatrix): Float32Array | number => {
  const first = value.length > 0 ? value[0] : 1;
  let isUniform = true;
  for (let entry = 0; entry < value.length; entry++) {
    if (!(value[entry] >= 0)) {
      throw new RangeError(`a weight is ${value[entry]}, and weights are at least 0`);
    }
    isUniform &&= value[entry] === first;
  }
  if (isUniform) {
    return first;
  }
  if (kernels.owns(value)) {
    return value;
  }
  const copy = kernels.float32(value.length);
  copy.set(value);
  return copy;
};

const ridgesOf = (
  kernels: Kernels,
  { rows, rowStart, weights }: Omit<Side, 'ridges'>,
  fixedRows: number,
  settings: AlsSettings,
): Float32Array => {
  const ridges = kernels.float32(rows);
  for (let row = 0; row < rows; row++) {
    let mass = 0;
    if (typeof weights === 'number') {
      mass = weights * (rowStart[row + 1] - rowStart[row]);
    } else {
      for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) mass += weights[entry];
    }
    ridges[row] = ridgeOf(mass, fixedRows, settings);
  }
  return ridges;
};

/** λ (Σ w + α0 n)^ν, n the rows of the fixed side. */
export const ridgeOf = (
  mass: number,
  fixedRows: number,
  { regularization, unobservedWeight, frequencyExponent }: AlsSettings,
): number => regularization * (mass + unobservedWeight * fixedRows) ** frequencyExponent;

/** The same entries by items (counting sort: customers ascend in every row). */
const itemSide = (kernels: Kernels, byCustomer: Side, items: number, settings: AlsSettings): Side => {
  const { rows: customers, rowStart: customerStart, columns: items_, weights: customerWeights } = byCustomer;
  const rowStart = kernels.int32(items + 1);
  for (const item of items_) rowStart[item + 1]++;
  for (let item = 0; item < items; item++) rowStart[item + 1] += rowStart[item];
  const next = rowStart.slice(0, items);
  const columns = kernels.int32(items_.length);
  const weights = typeof customerWeights === 'number' ? customerWeights : kernels.float32(items_.length);
  for (let customer = 0; customer < customers; customer++) {
    for (let entry = customerStart[customer]; entry < customerStart[customer + 1]; entry++) {
      const place = next[items_[entry]]++;
      columns[place] = customer;
      if (typeof weights !== 'number' && typeof customerWeights !== 'number') {
        weights[place] = customerWeights[entry];
      }
    }
  }
  const side = { rows: items, rowStart, columns, weights };
  return { ...side, ridges: ridgesOf(kernels, side, customers, settings) };
};

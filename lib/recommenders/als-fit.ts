// The epochs of iALS on the kernels: both directions of the interactions and both sides' factors lie in the kernels'
// memory, which is given back at the end; the item factors are copied out. Customers and items are numbered anew
// meanwhile, the busiest first (als-sides.ts).
// Memory: 8 bytes an interaction where all weights are the same and `pairs` lies elsewhere (4 where it lies in the
// kernels' memory already), else 16; 4 × d bytes a customer and item; what halfStep needs for a thread.

import { seededRandom } from '../base/random.ts';
import { chained, rotate } from '../numeric/eigenbasis.ts';
import { type HalfStepOptions, halfStep } from '../numeric/half-step.ts';
import type { Kernels } from '../numeric/kernels.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import type { AlsSettings } from './als.ts';
import { bothSides } from './als-sides.ts';

/** Floats a row of factors: d padded with zeros to a multiple of 4. */
export const strideOf = ({ factors }: Pick<AlsSettings, 'factors'>): number => Math.ceil(factors / 4) * 4;

/** Relative error of solver exact, in the norm of half-step.ts. */
const exactTolerance = 1e-5;

/** The decomposition takes d³ on one thread: beyond this, more than it saves where customers and items are few. */
const eigenbasisSizeMax = 256;

const halfStepOptions = ({ solver, steps, ...settings }: AlsSettings): HalfStepOptions => {
  const size = strideOf(settings);
  const { unobservedWeight } = settings;
  if (solver === 'cholesky') {
    return { size, unobservedWeight, steps: 0 };
  }
  if (solver === 'cg') {
    return { size, unobservedWeight, steps, inEigenbasis: size <= eigenbasisSizeMax };
  }
  // A step takes 2 d products an entry and Cholesky d² / 2: a row that d / 4 steps do not solve costs twice at most.
  const most = 4 + Math.ceil(size / 4);
  return { size, unobservedWeight, steps: most, inEigenbasis: true, tolerance: exactTolerance };
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
      const { byCustomer, byItem, itemPlaces } = bothSides(kernels, pairs, settings);
      const items = initialFactors(kernels, itemPlaces, settings);
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
      return inOrder(items, itemPlaces, options.size);
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

/** The rows of items 0, 1, … that lie at `places`. */
const inOrder = (factors: Float32Array, places: Int32Array, stride: number): Float32Array => {
  const ordered = new Float32Array(factors.length);
  places.forEach((place, item) => {
    ordered.set(factors.subarray(place * stride, (place + 1) * stride), item * stride);
  });
  return ordered;
};

/** Drawn for items 0, 1, …, whatever their places. */
const initialFactors = (kernels: Kernels, places: Int32Array, settings: AlsSettings): Float32Array => {
  const stride = strideOf(settings);
  const random = seededRandom(`als/${settings.seed}`);
  const spread = settings.initScale / Math.sqrt(settings.factors);
  const factors = kernels.float32(places.length * stride);
  for (const place of places) {
    for (let k = 0; k < settings.factors; k++) {
      factors[place * stride + k] = random.normal() * spread;
    }
  }
  return factors;
};

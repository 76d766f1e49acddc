// HC2 standard errors of the regression adjustment in lin.ts (MacKinnon & White, Journal of Econometrics 29, 1985), which
// need no equal spread around the line. The adjusted mean is Σ w·y with w = 1/n + o'S⁻¹(x − x̄)/(n − 1), o the offset to
// the common mean; HC2 is Σ w²·e² ÷ (1 − h), e the residual and h = 1/n + (x − x̄)'S⁻¹(x − x̄)/(n − 1) the leverage.
// They rest on squares of squares, which no joint sums hold: a second pass over the customers, or over cells of customers
// with equal covariates, given the fit. Its sums merge exactly too. Units: the metric's squared.

import { dot } from '../numeric/covariance-solve.ts';
import { addTo, canonical, type ExactSum, exactValue } from '../numeric/exact-sum.ts';
import type { Moments } from '../outcomes/summary.ts';
import type { ArmMean } from './arm-mean.ts';
import type { LinFit } from './lin.ts';

/** Customers of an arm with the same covariates (one customer: count 1, sum y, sumSquares y²). */
export interface Cell extends Moments {
  readonly covariates: ArrayLike<number>;
}

/** Σ w²e² ÷ (1 − h) over a part of the arm's customers; parts merge by mergeExact. */
export const robustSum = (fit: LinFit, cells: Iterable<Cell>): ExactSum => {
  const sum: number[] = [];
  const size = fit.slopes.length;
  const freedom = fit.count - 1;
  const inverse = Array.from({ length: size }, (_, i) =>
    fit.solver.solve(Array.from({ length: size }, (__, j) => (i === j ? 1 : 0))),
  );
  const pull = fit.solver.solve(fit.offsets);
  const away = new Float64Array(size);
  for (const { covariates, count, sum: total, sumSquares } of cells) {
    for (let i = 0; i < size; i++) {
      away[i] = covariates[i] - fit.centre.covariates[i];
    }
    const line = fit.centre.metric + dot(fit.slopes, away);
    const squares = Math.max(0, sumSquares - 2 * line * total + count * line * line);
    const weight = 1 / fit.count + dot(pull, away) / freedom;
    let distance = 0;
    for (let i = 0; i < size; i++) {
      distance += away[i] * dot(inverse[i], away);
    }
    const leverage = 1 / fit.count + distance / freedom;
    // A customer alone in a direction is fitted exactly: no residual to blow up.
    addTo(sum, leverage < 1 - 1e-12 ? (weight * weight * squares) / (1 - leverage) : 0);
  }
  return canonical(sum);
};

/** The fit with HC2's variance in place of least squares' own. */
export const robustMean = ({ count, mean, degrees }: LinFit, sum: ExactSum): ArmMean => ({
  count,
  mean,
  variance: exactValue(sum) * count,
  degrees,
});

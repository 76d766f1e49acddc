// The boundary of a look whose information was not known beforehand: customers come slower or faster than planned.
// `fractions`: information of each look so far ÷ that planned for the end. A look with nothing new decides nothing. The
// last look spends all error that is left, whether it has less information than planned (under-running) or more, and so
// does a look beyond the plan, after which nothing is left; its critical value goes by the correlation that the looks
// really have (Lan & DeMets, Statistics in Medicine 8, 1989). So the error of all looks together is alpha exactly, as
// long as how much information there is does not depend on the effect seen.

import { type Spending, spent } from './alpha-spending.ts';
import { criticalsSpending, repeatedPValueOf } from './group-sequential.ts';

export interface Looks {
  /** Of each look so far, the current one last; not negative. */
  readonly fractions: readonly number[];
  /** No look comes after the current one. */
  readonly isLast: boolean;
  readonly spending: Spending;
}

export interface LookBoundary {
  /** What |z| has to reach; Infinity where the look cannot decide. */
  readonly critical: number;
  /** Error spent by now, of all looks together. */
  readonly spent: number;
}

export const boundaryOf = (looks: Looks, alpha: number): LookBoundary => {
  const { fractions, isNew } = growing(looks);
  const spentBy = spentByLooks(fractions, looks, alpha);
  return {
    critical: isNew ? (criticalsSpending(fractions, spentBy).at(-1) ?? Infinity) : Infinity,
    spent: spentBy.at(-1) ?? 0,
  };
};

/** The smallest error at which this look's boundary would be reached by z; 1 where the look cannot decide. */
export const lookPValue = (z: number, looks: Looks): number =>
  repeatedPValueOf(z, (alpha) => boundaryOf(looks, alpha).critical);

/**
 * The looks that had something new. A last look without anything new takes the place of the one before it: both see the
 * same z, so the smaller of their two boundaries is the one that counts.
 */
const growing = ({ fractions, isLast }: Looks): { fractions: readonly number[]; isNew: boolean } => {
  const wrong = fractions.find((fraction) => !(fraction >= 0 && fraction < Infinity));
  if (wrong !== undefined) {
    throw new RangeError(`an information fraction must be a number from 0 on, received ${wrong}`);
  }
  const kept: number[] = [];
  let isNew = false;
  for (const [look, fraction] of fractions.entries()) {
    const isCurrent = look === fractions.length - 1;
    isNew = fraction > (kept.at(-1) ?? 0);
    if (isNew) {
      kept.push(fraction);
    } else if (isCurrent && isLast && kept.length > 0) {
      isNew = true;
    }
  }
  return { fractions: kept, isNew };
};

const spentByLooks = (
  fractions: readonly number[],
  { isLast, spending }: Looks,
  alpha: number,
): readonly number[] =>
  fractions.map((t, look) =>
    isLast && look === fractions.length - 1 ? alpha : spent(spending, Math.min(t, 1), alpha),
  );

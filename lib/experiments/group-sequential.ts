// Group-sequential boundaries: at each look the test may stop when |z| reaches the look's critical value, and over all
// looks the chance of that without an effect is exactly what the spending function allows. Two-sided and symmetric.
// The score process S = z √t has independent normal increments; the density of S on the paths that have not stopped is
// carried from look to look by numerical integration (Armitage, McPherson & Rowe, JRSS A 132, 1969), Simpson's rule on
// the continuation region. Right to about 1e-6 against published tables; a look of k costs k · nodes² operations.
// Limits: information increases strictly; only its ratios matter, so a look may have more of it than was planned.

import { normalSurvival } from '../numeric/distributions.ts';
import { checkError, checkSpending, type Spending, spent } from './alpha-spending.ts';

/** Odd, for Simpson's rule. */
const nodesCount = 301;
/** Beyond it the normal density is below 1e-17. */
const criticalMax = 8.5;

/** The critical value of |z| at each look so far; `Infinity` where nothing may be spent yet, or any more. */
export const criticalValues = (
  fractions: readonly number[],
  spending: Spending,
  alpha: number,
): readonly number[] => {
  checkSpending(spending, alpha);
  return criticalsSpending(
    fractions,
    fractions.map((t) => spent(spending, t, alpha)),
  );
};

/** The same where it is said how much error may be spent by each look; `information` in any unit. */
export const criticalsSpending = (
  information: readonly number[],
  spentBy: readonly number[],
): readonly number[] => {
  checkInformation(information, spentBy);
  const criticals: number[] = [];
  let [before, spentBefore]: [Paths | undefined, number] = [undefined, 0];
  for (const [look, t] of information.entries()) {
    const stage = stageAfter(before, t);
    const critical = criticalFor(stage, spentBy[look] - spentBefore);
    criticals.push(critical);
    before = continued(stage, critical);
    spentBefore = Math.max(spentBefore, spentBy[look]);
  }
  return criticals;
};

/** Chance without an effect that |z| has reached a critical value by each look. */
export const crossedBy = (fractions: readonly number[], criticals: readonly number[]): readonly number[] => {
  checkInformation(fractions, criticals);
  const wrong = criticals.find((critical) => !(critical > 0));
  if (wrong !== undefined) throw new RangeError(`a critical value must be above 0, received ${wrong}`);
  let [before, sum]: [Paths | undefined, number] = [undefined, 0];
  return fractions.map((t, look) => {
    const stage = stageAfter(before, t);
    sum += crossing(stage, criticals[look]);
    before = continued(stage, criticals[look]);
    return sum;
  });
};

/** The one critical value for all of `looks` equally spaced looks (Pocock, Biometrika 64, 1977). */
export const pocockConstant = (looks: number, alpha: number): number => {
  checkError(alpha);
  if (!(Number.isInteger(looks) && looks > 0)) {
    throw new RangeError(`looks are counted by a whole number from 1 on, received ${looks}`);
  }
  const fractions = Array.from({ length: looks }, (_, i) => (i + 1) / looks);
  const chance = (c: number): number =>
    crossedBy(
      fractions,
      fractions.map(() => c),
    ).at(-1) ?? 0;
  return decreasingRoot(chance, alpha, 0.5, criticalMax);
};

/**
 * The smallest error at which the look's boundary would be reached: valid however many looks there were, since the
 * boundaries hold for all together (repeated p-value, Jennison & Turnbull, JRSS B 51, 1989).
 */
export const repeatedPValue = (z: number, fractions: readonly number[], spending: Spending): number =>
  repeatedPValueOf(z, (alpha) => criticalValues(fractions, spending, alpha).at(-1) ?? Infinity);

/** The same where the last look's critical value is given at any error; relative accuracy 1e-6. */
export const repeatedPValueOf = (z: number, criticalAt: (alpha: number) => number): number => {
  if (Number.isNaN(z)) throw new RangeError('a repeated p-value needs a z, received NaN');
  const [least, most] = [1e-8, 0.999];
  const above = (logError: number): number => criticalAt(Math.exp(logError)) - Math.abs(z);
  let [low, high] = [Math.log(least), Math.log(most)];
  let [atLow, atHigh] = [above(low), above(high)];
  if (atLow <= 0) return least;
  if (atHigh > 0) return 1;
  // The critical value falls as the error grows, nearly on a line with its logarithm: regula falsi (Illinois).
  while (high - low > 1e-6) {
    const guess = atLow < Infinity ? (low * atHigh - high * atLow) / (atHigh - atLow) : (low + high) / 2;
    const at = above(guess);
    if (Math.abs(at) < 1e-7) return Math.exp(guess);
    if (at > 0) {
      [low, atLow, atHigh] = [guess, at, atHigh / 2];
    } else {
      [high, atHigh, atLow] = [guess, at, atLow / 2];
    }
  }
  return Math.exp((low + high) / 2);
};

/**
 * Interval around the estimate at the last of the looks: over all looks together the chance that one of them misses the
 * truth is at most alpha (repeated confidence interval, same source). Infinite where nothing may be spent yet.
 */
export const repeatedInterval = (
  estimate: number,
  standardError: number,
  fractions: readonly number[],
  spending: Spending,
  alpha: number,
): { readonly low: number; readonly high: number } => {
  if (!(standardError > 0)) {
    throw new RangeError(`a repeated interval needs a standard error above 0, received ${standardError}`);
  }
  const half = (criticalValues(fractions, spending, alpha).at(-1) ?? Infinity) * standardError;
  return { low: estimate - half, high: estimate + half };
};

interface Paths {
  /** Information fraction of the look. */
  readonly t: number;
  /** Values of S at the nodes, and density × weight of Simpson's rule. */
  readonly nodes: Float64Array;
  readonly mass: Float64Array;
}
interface Stage {
  readonly t: number;
  readonly before: Paths | undefined;
}

const stageAfter = (before: Paths | undefined, t: number): Stage => ({ t, before });

/** P(not stopped before, |z| ≥ critical now). */
const crossing = ({ t, before }: Stage, critical: number): number => {
  if (critical === Infinity) return 0;
  if (before === undefined) return 2 * normalSurvival(critical);
  const [bound, deviation] = [critical * Math.sqrt(t), Math.sqrt(t - before.t)];
  let sum = 0;
  for (let i = 0; i < before.nodes.length; i++) {
    const s = before.nodes[i];
    sum +=
      before.mass[i] * (normalSurvival((bound - s) / deviation) + normalSurvival((bound + s) / deviation));
  }
  return sum;
};

const criticalFor = (stage: Stage, probability: number): number =>
  probability <= 0 || crossing(stage, criticalMax) >= probability
    ? Infinity
    : decreasingRoot((critical) => crossing(stage, critical), probability, 0, criticalMax);

const continued = (stage: Stage, critical: number): Paths => {
  const { t, before } = stage;
  const bound = Math.min(critical, criticalMax) * Math.sqrt(t);
  const step = (2 * bound) / (nodesCount - 1);
  const nodes = new Float64Array(nodesCount);
  const mass = new Float64Array(nodesCount);
  for (let i = 0; i < nodesCount; i++) {
    nodes[i] = -bound + i * step;
    const weight = i === 0 || i === nodesCount - 1 ? 1 : i % 2 === 1 ? 4 : 2;
    mass[i] = ((weight * step) / 3) * densityAt(nodes[i], t, before);
  }
  return { t, nodes, mass };
};

const densityAt = (s: number, t: number, before: Paths | undefined): number => {
  if (before === undefined) return normalDensity(s / Math.sqrt(t)) / Math.sqrt(t);
  const deviation = Math.sqrt(t - before.t);
  let sum = 0;
  for (let i = 0; i < before.nodes.length; i++) {
    sum += before.mass[i] * normalDensity((s - before.nodes[i]) / deviation);
  }
  return sum / deviation;
};

const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

/** x with f(x) = target for a decreasing f, by bisection to 1e-10. */
const decreasingRoot = (f: (x: number) => number, target: number, low: number, high: number): number => {
  let [from, to] = [low, high];
  while (to - from > 1e-10) {
    const middle = (from + to) / 2;
    if (f(middle) > target) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
};

const checkInformation = (information: readonly number[], perLook: readonly number[]): void => {
  const isGood = information.every((t, i) => t > (information[i - 1] ?? 0) && t < Infinity);
  if (!isGood) {
    throw new RangeError(`information must be above 0 and increase, received ${information.join(', ')}`);
  }
  if (perLook.length !== information.length) {
    throw new RangeError(
      `each of ${information.length} looks needs its value, received ${perLook.length}: ${perLook.join(', ')}`,
    );
  }
};

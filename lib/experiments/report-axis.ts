// Scales of the report's plots: where a value lies between two ends, and round numbers to mark on the way.
// Positions are shares of the length in [0, 1]. Steps are 1, 2 or 5 times a power of ten.

export interface Axis {
  /** Where the value lies: 0 at the first end, 1 at the last. */
  readonly at: (value: number) => number;
  /** Round values between the ends, ascending. */
  readonly ticks: readonly number[];
}

/** Reaches from the least to the largest value, widened to round ends; values that are as good as equal get room at both sides. */
export const axisOver = (values: readonly number[], ticksCountMax = 5): Axis => {
  const finite = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const size = Math.max(Math.abs(least), Math.abs(most));
  const isSpread = most - least > Math.max(1e-9 * size, 1e-12);
  const room = Math.max(size, 1e-6);
  const [low, high] = isSpread ? [least, most] : [least - room, most + room];
  const step = roundStep((high - low) / (ticksCountMax - 1));
  const [from, to] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return {
    at: (value) => (value / step - from) / (to - from),
    // Multiplied, not added up: 3 × 0.1 − 0.3 would else be marked beside 0.
    ticks: Array.from({ length: to - from + 1 }, (_, i) => rounded((from + i) * step)),
  };
};

/** The least of 1, 2, 5 × 10ⁿ that is no smaller. */
const roundStep = (size: number): number => {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((each) => each * power >= size * (1 - 1e-9)) ?? 10;
  return factor * power;
};

const rounded = (value: number): number => Number(value.toPrecision(12));

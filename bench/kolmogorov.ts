// Kolmogorov–Smirnov test of "these numbers are uniform on [0, 1]": the largest distance D between their empirical
// distribution and the uniform, and its p-value by Kolmogorov's limit with Stephens' correction for the sample size
// (JRSS B 32, 1970): λ = D(√n + 0.12 + 0.11 ÷ √n), p = 2 Σ (−1)^(k−1) exp(−2k²λ²). Good from n = 10 on.

export const uniformPValue = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const distance = sorted.reduce(
    (largest, value, i) => Math.max(largest, value - i / n, (i + 1) / n - value),
    0,
  );
  const lambda = distance * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  // Below, the series is 1 to many digits but converges slowly.
  if (lambda < 0.3) {
    return 1;
  }
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  }
  return Math.min(1, Math.max(0, sum));
};

// Do the estimates keep their promises? Simulated tests whose truth is known, seeded: `npm run bench -- experiments
// [--tests 2000] [--write]`. A/A tests: p-values uniform (Kolmogorov–Smirnov) and false positives 5%. With an effect:
// coverage of the 95% interval, bias, and power at the size that was planned for 80% (five times as many tests).
// CUPED: the variance that is left against 1 − ρ². Prints each line as it comes and says at the end what broke a promise
// (exit code 1); --write writes bench/results/estimates.md. About two minutes of one processor for the default.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bucket } from '../lib/assignment/assign.ts';
import { growthbookBucket, optimizelyBucket } from '../lib/assignment/foreign-buckets.ts';
import { customerId } from '../lib/base/ids.ts';
import { seededRandom } from '../lib/base/random.ts';
import { armMean, squaredError } from '../lib/experiments/arm-mean.ts';
import { cuped } from '../lib/experiments/cuped.ts';
import { planOf } from '../lib/experiments/plan.ts';
import { customersNeeded, reducedBaseline } from '../lib/experiments/power.ts';
import { columnMoments } from '../lib/outcomes/joint-sums.ts';
import { countOf } from './counts.ts';
import { checkHeader, checkRows } from './experiment-checks.ts';
import {
  cupedMetric,
  cupedRows,
  lift,
  lin,
  ratio,
  ratioVariance,
  revenue,
  type Said,
  type Sizes,
  scoredShares,
  shares,
  spendMean,
  spendShare,
  spendSigma,
  type Trial,
  winsorisedRevenue,
} from './experiment-scenes.ts';
import { uniformPValue } from './kolmogorov.ts';

const reportPath = 'bench/results/estimates.md';

interface Scene {
  readonly name: string;
  readonly trial: Trial;
  readonly sizes: Sizes;
  readonly effect: number;
}

const both = (count: number): Sizes => ({ arm: count, reference: count });

/** Shares are counts: with few customers p-values take few values, and no test of theirs is uniform. */
const nulls: readonly Scene[] = [
  { name: 'share of 10%', trial: shares(0.1), sizes: both(20_000), effect: 0 },
  {
    name: 'share of 10%, a holdout of a quarter',
    trial: shares(0.1),
    sizes: { arm: 30_000, reference: 10_000 },
    effect: 0,
  },
  { name: 'share of 10%, score test', trial: scoredShares(0.1), sizes: both(20_000), effect: 0 },
  { name: 'revenue, skewed', trial: revenue, sizes: both(5_000), effect: 0 },
  { name: 'revenue, winsorised', trial: winsorisedRevenue, sizes: both(5_000), effect: 0 },
  { name: 'ratio: value per order', trial: ratio, sizes: both(1_000), effect: 0 },
  { name: 'CUPED, ρ = 0.6', trial: cupedMetric(0.6), sizes: both(500), effect: 0 },
  { name: 'Lin, three covariates, HC2', trial: lin, sizes: { arm: 400, reference: 200 }, effect: 0 },
];

const effects: readonly Scene[] = [
  { name: 'share 8% → 9.4%, Newcombe', trial: shares(0.08), sizes: both(2_000), effect: 0.014 },
  { name: 'share 0.5% → 1%, score interval', trial: scoredShares(0.005), sizes: both(2_000), effect: 0.005 },
  { name: 'revenue +20%, skewed', trial: revenue, sizes: both(5_000), effect: 0.2 * spendMean },
  { name: 'relative lift of revenue +20%, delta method', trial: lift, sizes: both(5_000), effect: 0.2 },
  { name: 'relative lift of revenue +20%, Fieller', trial: lift, sizes: both(1_000), effect: 0.2 },
  { name: 'ratio: value per order +0.3', trial: ratio, sizes: both(1_000), effect: 0.3 },
  { name: 'CUPED, ρ = 0.6', trial: cupedMetric(0.6), sizes: both(500), effect: 0.1 },
  { name: 'Lin, three covariates, HC2', trial: lin, sizes: { arm: 400, reference: 200 }, effect: 0.2 },
];

/** Its formula is another test's: shown, and not promised. */
const evanMiller = 'share 8% → 9.6%, formula `evan-miller`';

const planned = (): readonly Scene[] => {
  const spendVariance = spendShare * Math.exp(2 * spendSigma ** 2) - spendMean ** 2;
  const gain = 0.2 * spendMean;
  return [
    {
      name: 'share 8% → 9.6%, by its plan',
      trial: shares(0.08),
      sizes: both(
        planOf({
          baseline: { kind: 'share', share: 0.08 },
          effect: 0.016,
          shares: { reference: 0.5, arms: [0.5] },
          audience: 20_000,
          dailyArrivals: 0,
          windowDays: 30,
        }).customersNeeded / 2,
      ),
      effect: 0.016,
    },
    {
      name: 'share 20% → 15%, a holdout of a quarter',
      trial: shares(0.2),
      sizes: customersNeeded({ kind: 'share', share: 0.2 }, -0.05, { ratio: 3 }),
      effect: -0.05,
    },
    {
      name: 'share 8% → 9.6%, formula `unpooled`',
      trial: shares(0.08),
      sizes: customersNeeded({ kind: 'share', share: 0.08, formula: 'unpooled' }, 0.016),
      effect: 0.016,
    },
    {
      name: evanMiller,
      trial: shares(0.08),
      sizes: customersNeeded({ kind: 'share', share: 0.08, formula: 'evan-miller' }, 0.016),
      effect: 0.016,
    },
    {
      name: 'revenue +20%',
      // The scale's effect raises the arm's variance too: the mean of both arms is planned with.
      trial: revenue,
      sizes: customersNeeded({ kind: 'mean', variance: (spendVariance * (1 + 1.2 ** 2)) / 2 }, gain),
      effect: gain,
    },
    {
      name: 'ratio: value per order +0.5',
      trial: ratio,
      sizes: customersNeeded({ kind: 'mean', variance: ratioVariance }, 0.5),
      effect: 0.5,
    },
    {
      name: 'CUPED, ρ = 0.6, +0.1',
      trial: cupedMetric(0.6),
      sizes: customersNeeded(reducedBaseline(1, 0.6), 0.1),
      effect: 0.1,
    },
  ];
};

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { tests: { type: 'string', default: '2000' }, write: { type: 'boolean', default: false } },
  });
  const tests = countOf('tests', values.tests);
  const broken: string[] = [];
  const note = (ok: boolean, what: string): string => {
    if (!ok) {
      broken.push(what);
    }
    return ok ? '' : ' ✗';
  };
  const sections = [
    table(
      'A/A',
      aaHeader,
      nulls.map((scene) => aaRow(scene, tests, note)),
    ),
    table(
      'coverage',
      coverageHeader,
      effects.map((scene) => coverageRow(scene, 5 * tests, note)),
    ),
    table(
      'power',
      powerHeader,
      planned().map((scene) => powerRow(scene, 5 * tests, note)),
    ),
    table(
      'CUPED',
      cupedHeader,
      [0.3, 0.6, 0.9].map((rho) => cupedRow(rho, tests, note)),
    ),
    table('checks', checkHeader, checkRows(tests, note).map(printed)),
    table('buckets', bucketHeader, bucketRows(note)),
  ];
  const seconds = (process.cpuUsage().user / 1e6).toFixed(0);
  console.log(broken.length === 0 ? `all promises kept, ${seconds} s` : `broken: ${broken.join('; ')}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
  if (values.write) {
    writeFileSync(reportPath, report(sections, tests, seconds));
    console.log(`written: ${reportPath}`);
  }
};

type Note = (ok: boolean, what: string) => string;

const simulate = ({ name, trial, sizes, effect }: Scene, tests: number): Said[] => {
  const random = seededRandom(`experiments ${name} ${effect}`);
  const whole = { arm: Math.ceil(sizes.arm), reference: Math.ceil(sizes.reference) };
  return Array.from({ length: tests }, () => trial(random, whole, effect));
};

const aaHeader = ['metric', 'customers', 'KS p', 'false positives at 5%', 'standard deviations off'];
const aaRow = (scene: Scene, tests: number, note: Note): string => {
  const pValues = simulate(scene, tests).map(({ pValue }) => pValue);
  const found = pValues.filter((p) => p < 0.05).length;
  const off = (found - 0.05 * tests) / Math.sqrt(tests * 0.05 * 0.95);
  const ks = uniformPValue(pValues);
  return printed([
    scene.name,
    customers(scene.sizes),
    `${ks.toFixed(3)}${note(ks > 0.01, `${scene.name}: p-values not uniform`)}`,
    percent(found / tests),
    `${signed(off, 1)}${note(Math.abs(off) < 3, `${scene.name}: false positives`)}`,
  ]);
};

const coverageHeader = ['metric', 'customers', 'truth', 'mean estimate', 'bias, standard errors', 'covered'];
const coverageRow = (scene: Scene, tests: number, note: Note): string => {
  // Where the reference lies too near 0 no relative lift is stated.
  const said = simulate(scene, tests).filter(({ value }) => !Number.isNaN(value));
  const covered =
    said.filter(({ low, high }) => low <= scene.effect && scene.effect <= high).length / said.length;
  const values = said.map(({ value }) => value);
  const { mean, error } = averageOf(values);
  // A ratio of means is biased by the reference's variance ÷ mean², which is no fault of the interval.
  const isRelative = scene.trial === lift;
  const bias = (mean - scene.effect) / error;
  return printed([
    scene.name,
    customers(scene.sizes),
    scene.effect.toFixed(4),
    mean.toFixed(4),
    `${signed(bias, 1)}${note(isRelative || Math.abs(bias) < 3, `${scene.name}: biased`)}`,
    `${percent(covered)}${said.length === tests ? '' : ` of ${percent(said.length / tests)} stated`}${note(Math.abs(covered - 0.95) <= 0.01, `${scene.name}: coverage`)}`,
  ]);
};

const powerHeader = ['planned for 80%', 'customers', 'found'];
const powerRow = (scene: Scene, tests: number, note: Note): string => {
  const found = simulate(scene, tests).filter(({ pValue }) => pValue < 0.05).length / tests;
  return printed([
    scene.name,
    customers(scene.sizes),
    `${percent(found)}${note(scene.name === evanMiller || Math.abs(found - 0.8) <= 0.02, `${scene.name}: power`)}`,
  ]);
};

const cupedHeader = [
  'ρ',
  'customers',
  '1 − ρ²',
  'variance left, by its estimate',
  'by the spread of the estimates',
  'bias, standard errors',
];
const cupedRow = (rho: number, tests: number, note: Note): string => {
  const random = seededRandom(`cuped ${rho}`);
  const [reported, adjusted, plain]: [number[], number[], number[]] = [[], [], []];
  for (let test = 0; test < tests; test++) {
    const arms = [cupedRows(random, 500, rho, 0.1), cupedRows(random, 500, rho, 0)];
    const raw = arms.map((arm) => armMean(columnMoments(arm, 'metric')));
    const [arm, reference] = cuped(arms, 'metric', ['before'])?.arms ?? raw;
    const error = (of: typeof raw): number => of.reduce((sum, one) => sum + squaredError(one), 0);
    reported.push(error([arm, reference]) / error(raw));
    adjusted.push(arm.mean - reference.mean);
    plain.push(raw[0].mean - raw[1].mean);
  }
  const left = averageOf(reported);
  const spread = averageOf(adjusted).variance / averageOf(plain).variance;
  const { mean, error } = averageOf(adjusted);
  const expected = 1 - rho * rho;
  const bias = (mean - 0.1) / error;
  // The ratio of two correlated variances: relative error about √(4ρ²/n); a bias of 1/n in the reported one is allowed.
  const spreadError = expected * rho * Math.sqrt(4 / tests);
  const ok =
    Math.abs(left.mean - expected) < 3 * left.error + 0.002 && Math.abs(spread - expected) < 3 * spreadError;
  return printed([
    rho.toFixed(1),
    '500 + 500',
    expected.toFixed(3),
    left.mean.toFixed(4),
    `${spread.toFixed(4)}${note(ok, `CUPED at ρ ${rho}`)}`,
    `${signed(bias, 1)}${note(Math.abs(bias) < 3, `CUPED at ρ ${rho}: biased`)}`,
  ]);
};

const bucketHeader = ['hash', 'ids', 'KS p of the buckets'];
const bucketRows = (note: Note): string[] => {
  const count = 100_000;
  const kinds: readonly (readonly [string, (id: string) => number])[] = [
    ['Reprise (SHA-256)', (id) => bucket('campaign', 'spring', customerId(id))],
    ['GrowthBook v2 (FNV-1a twice)', (id) => growthbookBucket('spring', id, 2) ?? Number.NaN],
    ['Optimizely (MurmurHash3)', (id) => optimizelyBucket(id, 'spring') / 10_000],
  ];
  return kinds.map(([name, of]) => {
    const ks = uniformPValue(Array.from({ length: count }, (_, i) => of(`customer-${i}`)));
    return printed([
      name,
      count.toLocaleString('en'),
      `${ks.toFixed(3)}${note(ks > 0.001, `${name}: buckets`)}`,
    ]);
  });
};

const averageOf = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance, error: Math.sqrt(variance / values.length) };
};

const customers = ({ arm, reference }: Sizes): string =>
  `${Math.ceil(arm).toLocaleString('en')} + ${Math.ceil(reference).toLocaleString('en')}`;
const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
const signed = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const printed = (cells: readonly string[]): string => {
  console.log(row(cells));
  return row(cells);
};
const table = (
  name: string,
  header: readonly string[],
  lines: readonly string[],
): readonly [string, string] => [
  name,
  `${row(header)}\n${row(header.map(() => '---'))}\n${lines.join('\n')}`,
];

const report = (sections: readonly (readonly [string, string])[], tests: number, seconds: string): string => {
  const of = new Map(sections);
  const [count, many] = [tests.toLocaleString('en'), (5 * tests).toLocaleString('en')];
  return `# Do the estimates keep their promises?

Simulated tests whose truth is known, analysed by the estimators that serve (bench/experiment-scenes.ts), seeded.
Made by \`npm run bench -- experiments --tests ${tests} --write\` (${seconds} s of one processor).

## No effect: ${count} A/A tests each
Promise: p-values uniform (Kolmogorov–Smirnov p > 0.01), false positives within three binomial standard deviations of 5%.

${of.get('A/A')}

## An effect that is known: ${many} tests each
Promise: the 95% interval covers the truth in 95 ± 1 of 100; the estimate is unbiased. (A ratio of two uncertain means is
biased by the reference's squared relative error, as every such ratio is; its interval covers all the same.)

${of.get('coverage')}

## Power as planned: ${many} tests each
Promise: 80 ± 2 of 100 at the size that lib/experiments/power.ts gives. Evan Miller's formula takes the null's variance at
the baseline, so for a rise the pooled test finds two to three points less: shown beside, not promised.

${of.get('power')}

## CUPED: ${count} tests each
Promise: the variance left is 1 − ρ², and the estimate is unbiased. Beside the reported variance stands the spread of the
estimates themselves.

${of.get('CUPED')}

## Checks: ${many} runs each (balance and the last ${count})
How often each check speaks when nothing is wrong, and when something is. The alarms of sample ratio and balance are set
at one in a thousand.

${of.get('checks')}

## Buckets
Assignment here, and the hashes of other systems that can be told again (lib/assignment/foreign-buckets.ts).

${of.get('buckets')}
`;
};

// Bandits: what Thompson sampling gains, and what may be said of its data: `npm run bench -- bandit [--runs 1000] [--write]`.
// Regret against fixed shares (golden numbers beside); how often the ordinary test calls equal arms different on its data
// and the batched estimate does; how often each one's 95% interval holds the truth. Says at the end what broke a promise
// (exit code 1); --write writes bench/results/bandit.md. Some minutes.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../lib/base/random.ts';
import { batchedDifference } from '../lib/experiments/batched-estimate.ts';
import { proportionDifference } from '../lib/experiments/estimate.ts';
import {
  type BanditRun,
  type BanditSetting,
  banditRun,
  drawnThompson,
  fixedShares,
  type Policy,
  totals,
  weightedThompson,
} from './bandit-scenes.ts';
import { countOf } from './counts.ts';

const reportPath = 'bench/results/bandit.md';
const shares = [0.05, 0.06, 0.08];

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { runs: { type: 'string', default: '1000' }, write: { type: 'boolean', default: false } },
  });
  const runs = countOf('runs', values.runs);
  const regret = regretTable(Math.ceil(runs / 2));
  const inference = inferenceTable(runs);
  const page = [...head(runs), ...regret.lines, '', ...middle(runs), ...inference.lines].join('\n');
  console.log(page);
  if (values.write) writeFileSync(reportPath, `${page}\n`);
  const broken = [...regret.broken, ...inference.broken];
  if (broken.length > 0) {
    console.error(`\nBroken: ${broken.join('; ')}`);
    process.exitCode = 1;
  }
};

// ---- regret ------------------------------------------------------------------------------------------

interface RegretScene {
  readonly name: string;
  readonly policy: Policy;
  readonly batch: number;
  readonly delay?: number;
  /** Mean and its standard error. */
  readonly golden?: readonly [number, number];
}

const regretScenes: readonly RegretScene[] = [
  { name: 'fixed equal shares', policy: fixedShares, batch: 500, golden: [166.667, 0] },
  { name: 'a draw a customer, outcomes at once', policy: drawnThompson, batch: 1, golden: [32.525, 0.947] },
  { name: 'a draw a customer, batches of 500', policy: drawnThompson, batch: 500, golden: [34.613, 0.862] },
  { name: 'weights, batches of 500', policy: weightedThompson(0), batch: 500, golden: [34.613, 0.862] },
  { name: 'weights, batches of 500, floor 5%', policy: weightedThompson(0.05), batch: 500 },
  {
    name: 'weights, batches of 500, floor 5%, outcomes 4 batches later',
    policy: weightedThompson(0.05),
    batch: 500,
    delay: 4,
  },
];

const regretTable = (runs: number) => {
  const broken: string[] = [];
  const lines = regretScenes.map(({ name, policy, batch, delay, golden }) => {
    const random = seededRandom(`regret ${name}`);
    const setting = { shares, customers: 10_000, batch, ...(delay !== undefined && { delay }) };
    const all = Array.from({ length: runs }, () => banditRun(setting, policy, random));
    const { mean, error } = meanOf(all.map(({ regret }) => regret));
    const best = meanOf(all.map((run) => totals(run)[2].count / 10_000));
    if (golden !== undefined && Math.abs(mean - golden[0]) > 3 * Math.hypot(error, golden[1])) {
      broken.push(`${name}: regret ${mean.toFixed(2)} where ${golden[0]} is expected`);
    }
    return `| ${name} | ${mean.toFixed(2)} ± ${(1.96 * error).toFixed(2)} | ${golden === undefined ? '–' : golden[0].toFixed(2)} | ${percent(best.mean)} |`;
  });
  return { lines, broken };
};

const meanOf = (values: readonly number[]): { readonly mean: number; readonly error: number } => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
};

// ---- inference ---------------------------------------------------------------------------------------

interface InferenceScene extends BanditSetting {
  readonly name: string;
  readonly policy: Policy;
  /** Whether the ordinary test is right here. */
  readonly isFixed?: boolean;
}

const inferenceScenes: readonly InferenceScene[] = [
  {
    name: 'fixed halves',
    policy: fixedShares,
    isFixed: true,
    shares: [0.1, 0.1],
    customers: 4_000,
    batch: 400,
  },
  {
    name: 'Thompson, floor 10%',
    policy: weightedThompson(0.1),
    shares: [0.1, 0.1],
    customers: 4_000,
    batch: 400,
  },
  {
    name: 'Thompson, floor 5%',
    policy: weightedThompson(0.05),
    shares: [0.1, 0.1],
    customers: 10_000,
    batch: 1_000,
  },
  {
    name: 'Thompson, floor 1%',
    policy: weightedThompson(0.01),
    shares: [0.1, 0.1],
    customers: 30_000,
    batch: 3_000,
  },
  {
    name: 'Thompson, floor 5%',
    policy: weightedThompson(0.05),
    shares: [0.06, 0.08],
    customers: 10_000,
    batch: 1_000,
  },
  {
    name: 'Thompson, floor 10%',
    policy: weightedThompson(0.1),
    shares: [0.1, 0.12],
    customers: 4_000,
    batch: 400,
  },
];

const inferenceTable = (runs: number) => {
  const broken: string[] = [];
  const lines = inferenceScenes.map((scene, index) => {
    const truth = scene.shares[0] - scene.shares[1];
    const all = Array.from({ length: runs }, (_, i) =>
      banditRun(scene, scene.policy, seededRandom(`inference ${index} ${i}`)),
    );
    const ordinary = judged(all.map(ordinaryOf), truth);
    const batched = judged(all.map(batchedOf), truth);
    const margin = 3 * Math.sqrt((0.05 * 0.95) / runs) + 0.01;
    if (batched.holds < 0.95 - margin) {
      broken.push(
        `${scene.name} ${scene.shares.join('/')}: the batched interval holds ${percent(batched.holds)}`,
      );
    }
    const wrong = (found: number): string => (truth === 0 ? percent(found) : '–');
    return `| ${scene.name} | ${scene.shares.map(percent).join(', ')} | ${scene.customers / scene.batch} × ${scene.batch} | ${wrong(ordinary.found)} | ${wrong(batched.found)} | ${percent(ordinary.holds)} | ${percent(batched.holds)} | ${points(ordinary.bias)} | ${points(batched.bias)} |`;
  });
  return { lines, broken };
};

interface Said {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

const ordinaryOf = (run: BanditRun): Said | undefined => {
  const [a, b] = totals(run).map(({ count, sum }) => ({ count, sum, sumSquares: sum }));
  return proportionDifference(a, b);
};

const batchedOf = ({ batches }: BanditRun): Said | undefined =>
  batchedDifference(batches.map(([arm, reference]) => ({ arm, reference })));

const judged = (all: readonly (Said | undefined)[], truth: number) => {
  const said = all.filter((one) => one !== undefined);
  return {
    found: said.filter(({ pValue }) => pValue < 0.05).length / all.length,
    holds: said.filter(({ low, high }) => low <= truth && truth <= high).length / said.length,
    bias: said.reduce((sum, { difference }) => sum + difference - truth, 0) / said.length,
  };
};

const percent = (share: number): string => `${Number((100 * share).toFixed(1))}%`;
const points = (difference: number): string => `${(100 * difference).toFixed(2)}`;

const head = (runs: number): readonly string[] => [
  '# Bandits',
  '',
  `Written by \`npm run bench -- bandit --write\`, seeded. Regret: buyers lost against giving everybody the best of three arms of 5%, 6% and 8%, over 10,000 customers; mean of ${Math.ceil(runs / 2).toLocaleString('en')} campaigns, ± 1.96 standard errors. Weights are what campaigns use (each arm's probability to be the best, a floor, drawn by hash); a draw a customer is the textbook's form.`,
  '',
  '| policy | regret | golden | share of the best arm |',
  '| --- | ---: | ---: | ---: |',
];

const middle = (runs: number): readonly string[] => [
  `What is said of two arms afterwards, over ${runs.toLocaleString('en')} campaigns each. Ordinary: the pooled z test and Newcombe’s interval, as if shares had been fixed; batched: what results of such campaigns state. The first columns are errors where both arms are equal (5% is promised), then how often the 95% interval holds the true difference, then the bias of the difference in points.`,
  '',
  '| allocation | arms | batches | ordinary test errs | batched test errs | ordinary interval holds | batched interval holds | ordinary bias | batched bias |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
];

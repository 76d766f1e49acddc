// Looking every day: how often tests err and find, when they are read at each of 30 looks: `npm run bench --
// sequential [--runs 20000] [--write]`. Two arms of equal size, normal daily means; an A/A test, and an effect that a fixed
// test of this size finds in 90% of cases. The naive test reads p < 0.05 at every look; group-sequential boundaries and
// the confidence sequence are lib/experiments'. Then plans that were wrong about how many customers come, and whether the
// intervals of all looks hold the truth, of real shares with variances estimated from them. Says at the end what broke a
// promise (exit code 1); --write writes bench/results/sequential.md. Some seconds.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../lib/base/random.ts';
import type { Spending } from '../lib/experiments/alpha-spending.ts';
import { sequenceHalfWidth, tunedRho } from '../lib/experiments/always-valid.ts';
import { criticalValues, crossedBy, pocockConstant } from '../lib/experiments/group-sequential.ts';
import { countOf } from './counts.ts';
import { coverageTable, percentOf, wrongPlansTable } from './sequential-plans.ts';

const alpha = 0.05;
const days = 30;
/** Customers a day of both arms together; the score's scale cancels, so it only sets the sequence's n. */
const perDay = 200;
/** z of the whole test under the effect: z(0.975) + z(0.9). */
const drift = 1.96 + 1.2816;
const fractions = Array.from({ length: days }, (_, i) => (i + 1) / days);

interface Rule {
  readonly name: string;
  /** Whether |z| of this look (from 0) stops. */
  readonly stops: (z: number, look: number) => boolean;
  /** Its error in theory; undefined: at most alpha. */
  readonly theory?: number;
  readonly isNaive?: boolean;
}

const bounded = (name: string, spending: Spending): Rule => {
  const criticals = criticalValues(fractions, spending, alpha);
  return { name, stops: (z, look) => Math.abs(z) >= criticals[look], theory: alpha };
};
const constant = (critical: number) => fractions.map(() => critical);

const rules = (): readonly Rule[] => {
  const pocock = pocockConstant(days, alpha);
  const rho = tunedRho((days * perDay) / 2, alpha);
  return [
    {
      name: 'naive: p < 0.05 at any look',
      stops: (z) => Math.abs(z) > 1.96,
      theory: crossedBy(fractions, constant(1.96)).at(-1),
      isNaive: true,
    },
    {
      name: 'fixed: the last look alone',
      stops: (z, look) => look === days - 1 && Math.abs(z) > 1.96,
      theory: alpha,
    },
    bounded("group-sequential, O'Brien–Fleming", { kind: 'obrien-fleming' }),
    bounded('group-sequential, Hwang–Shih–DeCani −4', { kind: 'hwang-shih-decani', gamma: -4 }),
    bounded('group-sequential, Pocock spending', { kind: 'pocock' }),
    { name: 'group-sequential, one Pocock constant', stops: (z) => Math.abs(z) >= pocock, theory: alpha },
    {
      name: 'confidence sequence (always valid)',
      stops: (z, look) => {
        const n = (look + 1) * perDay;
        return Math.abs(z) / Math.sqrt(n) > sequenceHalfWidth(n, 1, rho, alpha);
      },
    },
  ];
};

interface Tally {
  stopped: number;
  looks: number;
}

/** Runs that a rule stopped, and the looks until then (all of them where it never did). */
const simulate = (all: readonly Rule[], runs: number, effect: number, seed: string): readonly Tally[] => {
  const random = seededRandom(seed);
  const tallies = all.map((): Tally => ({ stopped: 0, looks: 0 }));
  for (let run = 0; run < runs; run++) {
    const open = new Set(all.keys());
    let score = 0;
    for (let look = 0; look < days && open.size > 0; look++) {
      score += effect / days + random.normal() / Math.sqrt(days);
      const z = score / Math.sqrt(fractions[look]);
      for (const index of open) {
        tallies[index].looks++;
        if (all[index].stops(z, look)) {
          tallies[index].stopped++;
          open.delete(index);
        }
      }
    }
  }
  return tallies;
};

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { runs: { type: 'string', default: '20000' }, write: { type: 'boolean', default: false } },
  });
  const runs = countOf('runs', values.runs);
  const daily = dailyTable(runs);
  const plans = wrongPlansTable(runs);
  const coverage = coverageTable(runs);
  const page = [...head(runs), ...daily.lines, '', ...foot, ...plans.lines, ...coverage.lines].join('\n');
  const broken = [...daily.broken, ...plans.broken, ...coverage.broken];
  console.log(page);
  if (values.write) writeFileSync('bench/results/sequential.md', `${page}\n`);
  if (broken.length > 0) {
    console.error(`\nBroken: ${broken.join('; ')}`);
    process.exitCode = 1;
  }
};

const dailyTable = (runs: number) => {
  const all = rules();
  const nulls = simulate(all, runs, 0, 'no effect');
  const effects = simulate(all, runs, drift, 'an effect');
  const broken: string[] = [];
  const lines = all.map(({ name, theory, isNaive }, i) => {
    const error = nulls[i].stopped / runs;
    const expected = theory ?? alpha;
    const margin = 3 * Math.sqrt((expected * (1 - expected)) / runs);
    const isKept =
      isNaive === true
        ? error > 0.14
        : error <= expected + margin && (theory === undefined || error >= expected - margin);
    const promised = theory === undefined ? `≤ ${percent(alpha)}` : percent(theory);
    if (!isKept) broken.push(`${name}: ${percent(error)} where ${promised} is promised`);
    const [found, looks] = [effects[i].stopped / runs, effects[i].looks / runs];
    return `| ${name} | ${percentOf(error, runs)} | ${promised} | ${isNaive ? '–' : percent(found)} | ${isNaive ? '–' : looks.toFixed(1)} |`;
  });
  return { lines, broken };
};

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const head = (runs: number): readonly string[] => [
  '# A look every day',
  '',
  `Written by \`npm run bench -- sequential --write\`: ${runs.toLocaleString('en')} simulated tests a column, seeded, each read at the end of every one of ${days} days. The effect is one that a fixed test of this size finds in 90% of cases. Behind ±: 1.96 binomial standard errors of so many runs.`,
  '',
  '| rule | says that there is an effect where there is none | in theory | finds the effect | days until it stops |',
  '| --- | ---: | ---: | ---: | ---: |',
];
const foot: readonly string[] = [
  'Errors in theory are those of the boundaries, integrated; the confidence sequence promises at most 5% over any number of looks, of which 30 use up a part.',
];

// How often the checks of a result speak: when nothing is wrong, and when something is. Each by the code that serves, on
// simulated runs; and the customers still needed in the middle of a test, followed to the end.

import { type Random, seededRandom } from '../lib/base/random.ts';
import { armMean, meanEffect } from '../lib/experiments/arm-mean.ts';
import { balanceCheck, balanceOf } from '../lib/experiments/balance.ts';
import { crossoverCheck } from '../lib/experiments/crossover.ts';
import { freshnessCheck } from '../lib/experiments/freshness.ts';
import { customersStillNeeded } from '../lib/experiments/mid-power.ts';
import { checkSampleRatio } from '../lib/experiments/sample-ratio.ts';
import { jointSums } from '../lib/outcomes/joint-sums.ts';
import type { Moments } from '../lib/outcomes/summary.ts';

export const checkHeader = ['check', 'nothing wrong', 'speaks', 'something wrong', 'speaks'];

interface Scene {
  readonly name: string;
  /** Times as many runs as asked for; the costly ones once. */
  readonly times: number;
  readonly sound: string;
  readonly broken: string;
  /** Whether the check found something. */
  readonly speaks: (random: Random, isBroken: boolean) => boolean;
}

const hourMs = 3_600_000;

const scenes: readonly Scene[] = [
  {
    name: 'sample ratio',
    times: 5,
    sound: '4,000 customers, half and half',
    broken: 'one arm loses a fifth',
    speaks: (random, isBroken) => {
      const treated = count(random, 4_000, 0.5);
      const kept = isBroken ? count(random, treated, 0.8) : treated;
      return !checkSampleRatio(['A', 'holdout'], [0.5, 0.5], [kept, 4_000 - treated]).ok;
    },
  },
  {
    name: 'balance',
    times: 1,
    sound: 'two covariates, 1,000 + 1,000',
    broken: 'the lowest fifth of one arm is gone',
    speaks: (random, isBroken) => {
      const arm = (cut: boolean) => {
        const rows = Array.from({ length: 1_000 }, () => [random.normal(), random.normal()]);
        return jointSums(
          ['spent', 'orders'],
          rows.filter(([spent]) => !(cut && spent < -0.84)),
        );
      };
      const arms = new Map([
        ['holdout', arm(false)],
        ['A', arm(isBroken)],
      ]);
      return !balanceCheck(balanceOf(arms, ['spent', 'orders'])).ok;
    },
  },
  {
    name: 'crossover',
    times: 5,
    sound: '2,000 an arm, 0.5% cross over',
    broken: '2% do',
    speaks: (random, isBroken) =>
      !crossoverCheck(
        ['A', 'holdout'].map((arm) => ({
          arm,
          exposed: 2_000,
          crossed: count(random, 2_000, isBroken ? 0.02 : 0.005),
        })),
      ).ok,
  },
  {
    name: 'data freshness',
    times: 5,
    sound: 'an event each 8 hours on average, at random',
    broken: 'the feed stopped four days ago',
    speaks: (random, isBroken) => {
      const usualGapMs = 8 * hourMs;
      const ageMs = -Math.log(1 - random.next()) * usualGapMs + (isBroken ? 96 * hourMs : 0);
      return !freshnessCheck({ newestEventMs: -ageMs, usualGapMs }, 0).ok;
    },
  },
];

export const checkRows = (
  runs: number,
  note: (ok: boolean, what: string) => string,
): readonly (readonly string[])[] => [
  ...scenes.map(({ name, times, sound, broken, speaks }) => {
    const random = seededRandom(`checks ${name}`);
    const share = (isBroken: boolean): number =>
      Array.from({ length: times * runs }, () => speaks(random, isBroken)).filter(Boolean).length /
      (times * runs);
    const [quiet, loud] = [share(false), share(true)];
    return [
      name,
      sound,
      `${percent(quiet)}${note(quiet < 0.01, `${name}: false alarms`)}`,
      broken,
      `${percent(loud)}${note(loud > 0.9, `${name}: silent`)}`,
    ];
  }),
  stillNeededRow(runs, note),
];

/** Effect 0.1 at variance 1: asked after 300 + 300, then gone on with as many more as it says. */
const stillNeededRow = (runs: number, note: (ok: boolean, what: string) => string): readonly string[] => {
  const random = seededRandom('checks still needed');
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const begun = [draw(random, 300, 0.1), draw(random, 300, 0)];
    const early = meanEffect(armMean(begun[0]), armMean(begun[1]));
    const standardError = early?.standardError ?? Number.NaN;
    const times = customersStillNeeded({ standardError, count: 600 }, 0.1) ?? Number.NaN;
    const more = Math.ceil(300 * times);
    const [arm, reference] = begun.map((part, i) => merged(part, draw(random, more, i === 0 ? 0.1 : 0)));
    found += (meanEffect(armMean(arm), armMean(reference))?.pValue ?? 1) < 0.05 ? 1 : 0;
  }
  const share = found / runs;
  return [
    'customers still needed',
    'asked after 300 + 300 for power 80%',
    '—',
    'gone on as it said; the effect is found',
    `${percent(share)}${note(Math.abs(share - 0.8) <= 0.03, 'customers still needed: power')}`,
  ];
};

const draw = (random: Random, size: number, mean: number): Moments => {
  let [sum, sumSquares] = [0, 0];
  for (let i = 0; i < size; i++) {
    const value = mean + random.normal();
    sum += value;
    sumSquares += value * value;
  }
  return { count: size, sum, sumSquares };
};

const merged = (a: Moments, b: Moments): Moments => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  sumSquares: a.sumSquares + b.sumSquares,
});

const count = (random: Random, trials: number, share: number): number => {
  let sum = 0;
  for (let i = 0; i < trials; i++) {
    sum += random.next() < share ? 1 : 0;
  }
  return sum;
};

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;

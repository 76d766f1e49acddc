// Two further tables of bench/sequential.ts. Plans that were wrong: six looks of a test to which fewer or more customers
// come than planned, its boundaries found from look to look (lib/experiments/look-boundaries.ts). Coverage: shares of
// 10% and 12% (or both 10%) among 100 customers a day and arm, the standard error estimated from them at each look, and
// whether the intervals of all 30 looks hold the true difference together.

import { seededRandom } from '../lib/base/random.ts';
import type { Spending } from '../lib/experiments/alpha-spending.ts';
import { sequenceHalfWidth, tunedRho } from '../lib/experiments/always-valid.ts';
import { criticalValues } from '../lib/experiments/group-sequential.ts';
import { boundaryOf } from '../lib/experiments/look-boundaries.ts';

const alpha = 0.05;

export interface Table {
  readonly lines: readonly string[];
  readonly broken: readonly string[];
}

/** `5.1% ± 0.3`. */
export const percentOf = (share: number, runs: number): string =>
  `${(100 * share).toFixed(1)}% ± ${(196 * Math.sqrt((share * (1 - share)) / runs)).toFixed(1)}`;

const spendings: readonly (readonly [string, Spending])[] = [
  ["O'Brien–Fleming", { kind: 'obrien-fleming' }],
  ['Hwang–Shih–DeCani −4', { kind: 'hwang-shih-decani', gamma: -4 }],
  ['Pocock spending', { kind: 'pocock' }],
];
const looksCount = 6;
/** All customers who came ÷ those planned. */
const comings = [0.4, 0.7, 1, 1.3, 2] as const;

export const wrongPlansTable = (runs: number): Table => {
  const broken: string[] = [];
  const rows = spendings.map(([name, spending]) => {
    const cells = comings.map((coming) => {
      const error = errorAt(coming, spending, runs, `${name} ${coming}`);
      const margin = 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
      if (Math.abs(error - alpha) > margin) broken.push(`${name} at ${coming} of the plan: ${error}`);
      return percentOf(error, runs);
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return {
    broken,
    lines: [
      '',
      '## Fewer or more customers than planned',
      '',
      `No effect; ${looksCount} looks. A last look short of the plan spends the error that is left; a look beyond it is the last that decides. 5.0% in theory.`,
      '',
      `| spending | ${comings.map((coming) => `${100 * coming}% of the plan`).join(' | ')} |`,
      `| --- | ${comings.map(() => '---:').join(' | ')} |`,
      ...rows,
    ],
  };
};

const errorAt = (coming: number, spending: Spending, runs: number, seed: string): number => {
  const all = Array.from({ length: looksCount }, (_, i) => (coming * (i + 1)) / looksCount);
  const beyond = all.findIndex((t) => t >= 1);
  const fractions = beyond < 0 ? all : all.slice(0, beyond + 1);
  const criticals = fractions.map((_, look) => {
    const isLast = look === all.length - 1;
    return boundaryOf({ fractions: fractions.slice(0, look + 1), isLast, spending }, alpha).critical;
  });
  const random = seededRandom(seed);
  let wrong = 0;
  for (let run = 0; run < runs; run++) {
    let [score, before] = [0, 0];
    for (const [look, t] of fractions.entries()) {
      score += random.normal() * Math.sqrt(t - before);
      before = t;
      if (Math.abs(score) >= criticals[look] * Math.sqrt(t)) {
        wrong++;
        break;
      }
    }
  }
  return wrong / runs;
};

const [days, perDay, base] = [30, 100, 0.1];

type HalfWidth = (standardError: number, day: number) => number;

const intervals = (): readonly (readonly [string, HalfWidth, isNaive?: true])[] => {
  const rho = tunedRho(days * perDay, alpha);
  const fractions = Array.from({ length: days }, (_, i) => (i + 1) / days);
  const criticals = criticalValues(fractions, { kind: 'obrien-fleming' }, alpha);
  return [
    ['95% interval of each look for itself', (error) => 1.96 * error, true],
    ["repeated intervals, O'Brien–Fleming", (error, day) => criticals[day - 1] * error],
    [
      'confidence sequence',
      (error, day) => {
        const n = 2 * day * perDay;
        return sequenceHalfWidth(n, n * error * error, rho, alpha);
      },
    ],
  ];
};

export const coverageTable = (runs: number): Table => {
  const kinds = intervals();
  const broken: string[] = [];
  const held = [0, 0.02].map((effect) => coverage(kinds, effect, runs));
  const margin = 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
  const rows = kinds.map(([name, , isNaive], i) => {
    for (const { shares } of held) {
      if (!isNaive && shares[i] < 1 - alpha - margin) broken.push(`${name} covers ${shares[i]}`);
    }
    const widths = held[1].widths[i].map((half) => `±${(100 * half).toFixed(1)}`).join(', ');
    return `| ${name} | ${held.map(({ shares }) => percentOf(shares[i], runs)).join(' | ')} | ${widths} |`;
  });
  return {
    broken,
    lines: [
      '',
      '## Do the intervals of all 30 days hold the truth together?',
      '',
      `${perDay} customers a day and arm; shares of 10%, and of 10% and 12%; standard errors estimated from the customers.`,
      '',
      '| interval | no effect | an effect of 2 points | half-width on days 5, 15 and 30, points |',
      '| --- | ---: | ---: | ---: |',
      ...rows,
    ],
  };
};

const coverage = (kinds: ReturnType<typeof intervals>, effect: number, runs: number) => {
  const random = seededRandom(`coverage ${effect}`);
  const held = kinds.map(() => 0);
  const widths = kinds.map(() => new Map<number, number>([5, 15, 30].map((day) => [day, 0])));
  for (let run = 0; run < runs; run++) {
    const isHeld = kinds.map(() => true);
    let [reference, arm] = [0, 0];
    for (let day = 1; day <= days; day++) {
      for (let i = 0; i < perDay; i++) {
        reference += random.next() < base ? 1 : 0;
        arm += random.next() < base + effect ? 1 : 0;
      }
      const n = day * perDay;
      const [p, q] = [reference / n, arm / n];
      const error = Math.sqrt((p * (1 - p) + q * (1 - q)) / n);
      for (const [i, [, halfWidth]] of kinds.entries()) {
        const half = halfWidth(error, day);
        isHeld[i] &&= Math.abs(q - p - effect) <= half;
        const sum = widths[i].get(day);
        if (sum !== undefined) widths[i].set(day, sum + half / runs);
      }
    }
    for (const [i, is] of isHeld.entries()) held[i] += is ? 1 : 0;
  }
  return {
    shares: held.map((count) => count / runs),
    widths: widths.map((byDay) => [...byDay.values()]),
  };
};

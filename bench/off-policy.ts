// A policy judged from another's logs: `npm run bench -- off-policy path/to/open-bandit [--write]`, the folder with
// bts/men.csv.gz and random/men.csv.gz (Open Bandit Dataset, ZOZOTOWN: 10,000 rows under Thompson sampling, 10,000 under
// uniform choice among 34 items). What uniform choice earns is estimated from the logs of Thompson sampling and set
// beside what it earned. Fails (exit code 1) beyond 1e-6 of the independent numbers (test/golden/off-policy.json).

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { type LoggedRow, type OffPolicyValue, offPolicy, replay } from '../lib/experiments/off-policy.ts';
import type { NoEstimate } from '../lib/experiments/result.ts';
import golden from '../test/golden/off-policy.json' with { type: 'json' };

const tolerance = 1e-6;

interface Row {
  readonly item: string;
  readonly reward: number;
  readonly propensity: number;
}

export const main = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false } },
  });
  if (positionals.length !== 1) {
    throw new RangeError(`off-policy takes the folder of the data, received ${positionals.length} paths`);
  }
  const [logged, uniform] = ['bts', 'random'].map((policy) =>
    read(join(positionals[0], policy, 'men.csv.gz')),
  );
  const items = new Set([...logged, ...uniform].map(({ item }) => item)).size;
  const rows = modelled(logged, items);
  const found = offPolicy(rows);
  const earned = replay(
    uniform.map(({ reward, propensity }) => ({ reward, agrees: true, propensity, actions: items })),
  );
  const checks: readonly (readonly [string, number, number])[] = [
    ['IPS', estimated(found.ips).value, golden.ips],
    ['its standard error', estimated(found.ips).standardError, golden.ipsError],
    ['SNIPS', estimated(found.snips).value, golden.snips],
    ['its standard error', estimated(found.snips).standardError, golden.snipsError],
    ['IPS, weights clipped at 10', estimated(offPolicy(rows, 10).ips).value, golden.clipped10],
    ['effective rows', found.weights.effectiveRows, golden.effectiveRows],
    ['mean weight', found.weights.mean, golden.meanWeight],
    ['largest weight', found.weights.largest, golden.largestWeight],
    ['earned by uniform choice', estimated(earned).value, golden.earned],
  ];
  const distance = Math.max(...checks.map(([, value, expected]) => Math.abs(value / expected - 1)));
  const page = [
    ...head(logged.length, items),
    ...[
      ['IPS', found.ips] as const,
      ['SNIPS', found.snips] as const,
      ['doubly robust, items’ shrunken means of the other half', found.doublyRobust] as const,
      ['what uniform choice earned in its own logs', earned] as const,
    ].map(([name, value]) => line(name, value)),
    '',
    `The logs of 10,000 rows are worth ${found.weights.effectiveRows.toFixed(0)} rows of uniform choice; the largest weight is ${found.weights.largest.toFixed(0)}. Of ${checks.length} numbers the largest relative distance to the independent ones is ${distance.toExponential(1)}.`,
  ].join('\n');
  console.log(page);
  process.exitCode = distance <= tolerance ? 0 : 1;
  if (values.write) writeFileSync('bench/results/off-policy.md', `${page}\n`);
};

const read = (path: string): readonly Row[] =>
  parse<{ item_id: string; click: string; propensity_score: string }>(gunzipSync(readFileSync(path)), {
    columns: true,
  }).map((row) => ({
    item: row.item_id,
    reward: Number(row.click),
    propensity: Number(row.propensity_score),
  }));

/** The reward model: each item's mean in the other half of the rows, shrunk towards the mean of all by 500 rows. */
const modelled = (rows: readonly Row[], items: number): readonly LoggedRow[] => {
  const models = [0, 1].map((half) => {
    const others = rows.filter((_, i) => i % 2 !== half);
    const overall = others.reduce((sum, { reward }) => sum + reward, 0) / others.length;
    const sums = new Map<string, { sum: number; count: number }>();
    for (const { item, reward } of others) {
      const known = sums.get(item) ?? { sum: 0, count: 0 };
      sums.set(item, { sum: known.sum + reward, count: known.count + 1 });
    }
    const of = (item: string): number => {
      const { sum, count } = sums.get(item) ?? { sum: 0, count: 0 };
      return (sum + 500 * overall) / (count + 500);
    };
    const all = [...new Set(rows.map(({ item }) => item))];
    return { of, mean: all.reduce((total, item) => total + of(item), 0) / all.length };
  });
  return rows.map(({ item, reward, propensity }, i) => {
    const { of, mean } = models[i % 2];
    return { reward, propensity, target: 1 / items, model: { logged: of(item), target: mean } };
  });
};

const estimated = (found: OffPolicyValue | NoEstimate): OffPolicyValue => {
  if (found.kind === 'off-policy') return found;
  throw new Error(`off-policy: no estimate, ${found.code}`);
};

const head = (rows: number, items: number): readonly string[] => [
  "# A policy judged from another's logs",
  '',
  `Open Bandit Dataset, campaign "men": ${rows.toLocaleString('en')} rows logged under Thompson sampling with propensities; how often would uniform choice among ${items} items have been clicked? Written by \`npm run bench -- off-policy path/to/open-bandit --write\`.`,
  '',
  '| estimator | click rate | standard error | 95% interval |',
  '| --- | ---: | ---: | --- |',
];

const line = (name: string, found: OffPolicyValue | NoEstimate | undefined): string => {
  if (found?.kind !== 'off-policy') return `| ${name} | no estimate | | |`;
  const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;
  const { value, standardError, low, high } = found;
  return `| ${name} | ${percent(value)} | ${percent(standardError)} | ${percent(low)} … ${percent(high)} |`;
};

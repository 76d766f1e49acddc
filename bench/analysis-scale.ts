// The analysis of a campaign to ten million customers: `npm run bench -- analysis-scale [--customers 10000000] [--folder F]
// [--write]`. Extracts of the archive are made first (analysis-scale-data.ts; kept in F if given); then a process of its own
// analyses them three times as a look of the campaign does, in the function's memory and threads of DuckDB: catalogue
// costs, 180 days of orders before, SQL, joint sums, CUPED, segments, Bayes, sentence. Measured: median seconds and the
// process's largest resident memory. Wanted at ten million: 20 s, 1 GB (exit code 1). --write: bench/results/analysis-scale.md.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withDuckDb } from '../lib/adapters/analytics-duckdb.ts';
import { createOutcomeSource } from '../lib/adapters/outcomes-duckdb.ts';
import { defaultMetrics } from '../lib/assignment/metric-plan.ts';
import { campaignId } from '../lib/base/ids.ts';
import { analyse } from '../lib/experiments/analyse.ts';
import type { Design } from '../lib/experiments/design.ts';
import type { TestResult } from '../lib/experiments/result.ts';
import {
  assignedAtMs,
  campaign,
  dayMs,
  folderStore,
  historyDays,
  makeExtracts,
  run,
  windowDays,
} from './analysis-scale-data.ts';
import { countOf } from './counts.ts';
import { inOwnProcess } from './own-process.ts';

const page = new URL('results/analysis-scale.md', import.meta.url);
const secondsMax = 20;
const bytesMax = 1e9;
const repeats = 3;

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      customers: { type: 'string', default: '10000000' },
      folder: { type: 'string' },
      analyse: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.analyse && values.folder !== undefined) {
    console.log(JSON.stringify(await analyseOnce(values.folder)));
    return;
  }
  const customersCount = countOf('customers', values.customers);
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'reprise-analysis-scale-'));
  try {
    const made = await make(folder, customersCount);
    const runs = Array.from({ length: repeats }, () =>
      inOwnProcess<Analysed>('analysis-scale', ['--analyse', '--folder', folder]),
    ).sort((a, b) => a.seconds - b.seconds);
    const text = report(customersCount, made, runs);
    console.log(text);
    const [median, bytes] = [runs[1].seconds, Math.max(...runs.map(({ peakBytes }) => peakBytes))];
    process.exitCode = median <= secondsMax && bytes <= bytesMax ? 0 : 1;
    if (values.write) writeFileSync(page, text);
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
};

interface Made {
  readonly seconds: number;
  readonly bytes: number;
  readonly files: number;
}

const make = async (folder: string, customersCount: number): Promise<Made> => {
  const startedMs = performance.now();
  if (!existsSync(join(folder, 'outcomes'))) {
    mkdirSync(folder, { recursive: true });
    await makeExtracts(folder, customersCount);
    rmSync(join(folder, 'making.duckdb'));
  }
  const files = readdirSync(join(folder, 'outcomes'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.parquet'),
  );
  return {
    seconds: (performance.now() - startedMs) / 1000,
    bytes: files.reduce((sum, name) => sum + statSync(join(folder, 'outcomes', name)).size, 0),
    files: files.length,
  };
};

interface Analysed {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakBytes: number;
  readonly result: TestResult;
}

const design: Design = {
  arms: [
    ...['A', 'B', 'C'].map((name) => ({ name, share: 0.3, role: 'variant' as const, treated: true })),
    { name: 'holdout', share: 0.1, role: 'holdout', treated: false },
  ],
  reference: 'holdout',
  windowDays,
  metrics: defaultMetrics,
};

const analyseOnce = async (folder: string): Promise<Analysed> => {
  const startedMs = performance.now();
  const asOfMs = assignedAtMs + (windowDays + 0.5) * dayMs;
  const source = createOutcomeSource(folderStore(folder), { linkedUsers: async () => new Map() }, withDuckDb);
  const outcomes = await source.collect(
    {
      campaignId: campaignId(campaign),
      runIds: [run],
      fromMs: assignedAtMs,
      toMs: asOfMs,
      historyDays,
      ownEvents: [],
    },
    {
      windowDays,
      asOfMs,
      historyDays,
      metrics: design.metrics,
      costsOf: async (items) =>
        new Map(
          items.map((item) => [item, { cost: 5 + (Number(item.split('-')[1]) % 10), currency: 'USD' }]),
        ),
    },
  );
  const result = analyse(design, outcomes, { look: 1, final: true, asOf: new Date(asOfMs).toISOString() });
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  const processorSeconds = (user + system) / 1e6;
  return { seconds, processorSeconds, peakBytes: process.resourceUsage().maxRSS * 1024, result };
};

const report = (customersCount: number, made: Made, runs: readonly Analysed[]): string => {
  const [, { seconds, result }] = runs;
  const peakMb = Math.max(...runs.map(({ peakBytes }) => peakBytes)) / 1e6;
  const number = (value: number | null, digits: number): string =>
    value === null
      ? '–'
      : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const rows = result.metrics.flatMap(({ metric, kind, unit, arms, comparisons }) =>
    comparisons.map(({ arm, estimate, adjusted }) => {
      const [scale, digits] = unit === 'share' || kind === 'share' ? [100, 3] : [1, 4];
      const value = arms.find((one) => one.arm === arm)?.value ?? null;
      const effect =
        estimate.kind === 'estimate'
          ? `${number(scale * estimate.difference, digits)} (${number(scale * estimate.low, digits)} to ${number(scale * estimate.high, digits)})`
          : estimate.reason.en;
      const saved = adjusted?.kind === 'estimate' ? `${number(100 * adjusted.varianceReduction, 1)}%` : '–';
      return `| ${metric} | ${arm} | ${number(value === null ? null : scale * value, digits)} | ${effect} | ${saved} |`;
    }),
  );
  return `# The analysis of a campaign to ${customersCount.toLocaleString('en-US')} customers

Written by \`npm run bench -- analysis-scale --write\`: a look of a campaign with ${result.arms.length} arms and ${result.metrics.length} metrics, from the extracts of the archive (Parquet, as \`lib/adapters/outcome-extracts.ts\` keeps them) to the result with its sentence, in a process of its own. DuckDB has two threads and 768 MiB at most, as in the function (3,008 MB); this machine has two cores, shared with other work.

| | |
| --- | ---: |
| customers assigned | ${number(
    result.arms.reduce((sum, { customers }) => sum + customers, 0),
    0,
  )} |
| arms, metrics | ${result.arms.length}, ${result.metrics.length} |
| extracts: files, MB | ${number(made.files, 0)}, ${number(made.bytes / 1e6, 0)} |
| seconds, median of ${runs.length} (all: ${runs.map((one) => one.seconds.toFixed(1)).join(', ')}) | ${seconds.toFixed(1)} |
| processor seconds of the process, same runs | ${runs.map((one) => one.processorSeconds.toFixed(1)).join(', ')} |
| largest resident memory of the process, MB | ${number(peakMb, 0)} |

Wanted at 10,000,000: ${secondsMax} s and ${bytesMax / 1e9} GB; nearly all of it is joining events to a row a customer, which grows with the customers (what follows from the rows is [seconds at ten million](analysis-rows.md)). Not measured: making the extracts. Here they were written straight from made-up numbers; the function makes a day's once, from its NDJSON, when that day is first looked at.

"${result.sentence.en}"

| metric | arm | value | difference from the held out (95%) | variance saved by the past |
| --- | --- | ---: | ---: | ---: |
${rows.join('\n')}

Shares are in percent, differences of them in points; money in major units.
`;
};

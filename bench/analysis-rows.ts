// Ten million customers to a result: `npm run bench -- analysis-rows [--customers 10000000] [--write]`. What a look does once
// it has a row a customer: additive summaries in DuckDB (sums and products of every column by arm, week and segment), joint
// sums, CUPED, segments, Bayes, sentence. The rows stand in one Parquet file, made first and not counted; how long it takes
// to make rows of events is measured by analysis-scale. In a process of its own, three times, in the function's memory and
// threads of DuckDB. Demanded: 20 s and 1 GB (exit code 1). --write: bench/results/analysis-rows.md.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { withDuckDb } from '../lib/adapters/analytics-duckdb.ts';
import { sumTold } from '../lib/adapters/outcome-sums.ts';
import { defaultMetrics } from '../lib/assignment/metric-plan.ts';
import { campaignId } from '../lib/base/ids.ts';
import { analyse } from '../lib/experiments/analyse.ts';
import type { Design } from '../lib/experiments/design.ts';
import type { TestResult } from '../lib/experiments/result.ts';
import { createMeasurement } from '../lib/outcomes/measurement.ts';
import { countOf } from './counts.ts';
import { inOwnProcess } from './own-process.ts';

const page = new URL('results/analysis-rows.md', import.meta.url);
const secondsMax = 20;
const bytesMax = 1e9;
const repeats = 3;
const dayMs = 86_400_000;
const assignedAtMs = Date.UTC(2026, 2, 2);
const windowDays = 30;
const historyDays = 180;
const asOfMs = assignedAtMs + (windowDays + 15) * dayMs;
/** Repurchase, revenue, orders, average order value; complaints and refunds guarded. */
const metrics = {
  ...defaultMetrics,
  secondary: ['revenue', 'orders', 'average-order-value'],
  guardrails: ['complaint', 'refund'],
} as const;

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      customers: { type: 'string', default: '10000000' },
      file: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.file !== undefined) {
    console.log(JSON.stringify(await analyseFile(values.file)));
    return;
  }
  const customersCount = countOf('customers', values.customers);
  const folder = mkdtempSync(join(tmpdir(), 'reprise-analysis-rows-'));
  try {
    const file = join(folder, 'told.parquet');
    await makeRows(file, customersCount);
    const runs = Array.from({ length: repeats }, () =>
      inOwnProcess<Analysed>('analysis-rows', ['--file', file]),
    ).sort((a, b) => a.seconds - b.seconds);
    const text = report(customersCount, statSync(file).size, runs);
    console.log(text);
    const isMet = runs[1].seconds <= secondsMax && runs.every(({ peakBytes }) => peakBytes <= bytesMax);
    process.exitCode = isMet ? 0 : 1;
    if (values.write) writeFileSync(page, text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Analysed {
  readonly seconds: number;
  readonly sumsSeconds: number;
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
  metrics,
};

const analyseFile = async (file: string): Promise<Analysed> => {
  const startedMs = performance.now();
  const measurement = createMeasurement(metrics, true);
  const counted = await withDuckDb(async (analytics) => {
    await analytics.run(`create view told as select * from read_parquet('${file}')`);
    const query = {
      campaignId: campaignId('spring'),
      runIds: ['run-1'],
      fromMs: assignedAtMs,
      toMs: asOfMs,
      historyDays,
      ownEvents: [],
    };
    return await sumTold(analytics, measurement, { query, windowDays, asOfMs, historyDays }, { metrics });
  });
  const sumsSeconds = (performance.now() - startedMs) / 1000;
  const outcomes = {
    ...counted,
    ...measurement.measured(),
    currencies: ['USD'],
    feed: { newestEventMs: asOfMs, usualGapMs: 1_000 },
  };
  const result = analyse(design, outcomes, { look: 1, final: true, asOf: new Date(asOfMs).toISOString() });
  return {
    seconds: (performance.now() - startedMs) / 1000,
    sumsSeconds,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    result,
  };
};

/** Assigned over two weeks; who bought more before buys the likelier again. `u(i, k)`: uniform, of customer i for purpose k. */
const makeRows = async (file: string, customersCount: number): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '4GB' });
  const connection = await instance.connect();
  await connection.run('create macro u(i, k) as (hash(i * 1000 + k) >> 11) / 9007199254740992.0');
  await connection.run(`copy (
    select *, case when orders > 0 then orders * (1900 + 100 * floor(80 * u(i, 5))) / 100 else 0 end as revenue,
      case when orders > 0 then orders * (900 + 100 * floor(80 * u(i, 5))) / 100 else 0 end as margin,
      0::DOUBLE as unknown, orders > 0 and u(i, 6) < 0.02 as refunded, arm <> 'holdout' and u(i, 7) < 0.97 as sent,
      false as suppressed, arm <> 'holdout' and u(i, 8) < 0.0005 as complained,
      orders_before * (1900 + 100 * floor(80 * u(i, 9))) / 100 as revenue_before,
      case when orders_before > 0 then floor(${historyDays} * u(i, 10))::BIGINT else ${historyDays} end as recency
    from (select i, arm, at_ms, orders_before,
        case when u(i, 3) < chance then case when u(i, 4) < 0.15 then 2.0 else 1.0 end else 0.0 end::DOUBLE as orders
      from (select *, 0.02 + 0.03 * orders_before
          + case arm when 'A' then 0.002 when 'B' then 0.004 when 'C' then 0.006 else 0 end as chance
        from (select i, case when u(i, 1) < 0.1 then 'holdout' when u(i, 1) < 0.4 then 'A' when u(i, 1) < 0.7 then 'B'
              else 'C' end as arm,
            ${assignedAtMs} + floor(14 * u(i, 2))::BIGINT * ${dayMs} as at_ms, floor(4 * u(i, 11) ** 2)::DOUBLE as orders_before
          from range(${customersCount}) t(i)))))
    to '${file}' (format parquet, compression zstd)`);
  connection.closeSync();
  instance.closeSync();
};

const report = (customersCount: number, bytes: number, runs: readonly Analysed[]): string => {
  const { result } = runs[1];
  const seconds = (of: (run: Analysed) => number): string => runs.map((run) => of(run).toFixed(1)).join(', ');
  const rows = result.metrics.flatMap(({ metric, comparisons, kind }) =>
    comparisons.map(({ arm, estimate, adjusted }) => {
      const scale = kind === 'share' ? 100 : 1;
      const effect =
        estimate.kind === 'estimate'
          ? [estimate.difference, estimate.low, estimate.high].map((value) => (scale * value).toFixed(4))
          : [estimate.code, '–', '–'];
      const saved = adjusted?.kind === 'estimate' ? `${(100 * adjusted.varianceReduction).toFixed(1)}%` : '–';
      return `| ${metric} | ${arm} | ${effect[0]} | ${effect[1]} to ${effect[2]} | ${saved} |`;
    }),
  );
  return `# ${customersCount.toLocaleString('en')} customers, ${result.arms.length} arms, ${result.metrics.length} metrics

Written by \`npm run bench -- analysis-rows --write\`: from a row a customer (Parquet, ${(bytes / 1e6).toFixed(0)} MB) to the result, by the
summaries in DuckDB and the analysis that looks use, in a process of its own with two threads and 768 MiB for DuckDB. Making
rows of events is not in it ([analysis-scale.md](analysis-scale.md)).

| | |
| --- | ---: |
| seconds, ${runs.length} runs | ${seconds((run) => run.seconds)} |
| of these summaries in DuckDB | ${seconds((run) => run.sumsSeconds)} |
| largest resident memory, MB | ${Math.max(...runs.map(({ peakBytes }) => peakBytes / 1e6)).toFixed(0)} |

Demanded: ${secondsMax} s and ${bytesMax / 1e6} MB.

"${result.sentence.en}"

The truth is 0.2, 0.4 and 0.6 points of repurchase.

| metric | arm | difference from the held out | 95% interval | variance saved by the past |
| --- | --- | ---: | ---: | ---: |
${rows.join('\n')}

Shares in points, money in major units.
`;
};

// Hillstrom's e-mail test as a finished experiment through the public path: `npm run bench -- hillstrom-import
// path/to/hillstrom.csv.gz [--write]`. On a local host of its own the three-arm experiment is defined by the API, the file is
// imported as `npm run import -- --format hillstrom` does (64,000 customers, exposures of 2008), the experiment started
// and analysed, and its result read by GET …/result. Expected: test/golden/experiment-vectors.json within 1e-6, and the
// sentence in both languages; fails (exit code 1) otherwise. --write: bench/results/hillstrom-import.md.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ExperimentResults } from '../lib/experiments/experiment-overview.ts';
import type { Estimate, TestResult } from '../lib/experiments/result.ts';
import { createApi } from '../local/demo/api.ts';
import { startHost } from '../local/host.ts';
import { hillstrom, hillstromExperiment } from '../local/import/hillstrom.ts';
import { runImport } from '../local/import/run.ts';
import golden from '../test/golden/experiment-vectors.json' with { type: 'json' };

const page = new URL('results/hillstrom-import.md', import.meta.url);
const tolerance = 1e-6;
const path = `/v1/admin/experiments/${hillstromExperiment.experimentId}`;

export const main = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false } },
  });
  if (positionals.length !== 1) {
    throw new RangeError(
      `hillstrom-import takes the path of hillstrom.csv.gz, received ${positionals.length} paths`,
    );
  }
  const { result, events, seconds } = await throughHost(positionals[0]);
  const rows = compared(result);
  const text = report(result, rows, events, seconds);
  console.log(text);
  const isSaid = result.sentence.en === sentence.en && result.sentence['zh-CN'] === sentence['zh-CN'];
  process.exitCode = isSaid && rows.length > 0 && rows.every(({ distance }) => distance <= tolerance) ? 0 : 1;
  if (values.write) writeFileSync(page, text);
};

/** By the vectors: 18.2757% and 10.6167% visited, 95% interval of the difference 6.995 to 8.323 points. */
const sentence = {
  en: 'Variant Mens E-Mail raised 14-day “visit” rate from 10.6% to 18.3%, +7.7 points (95% interval +7.0 to +8.3). Worth rolling out.',
  'zh-CN':
    '变体 Mens E-Mail 使 14 天“visit”率从 10.6% 提高到 18.3%，变化 +7.7 个百分点（95% 置信区间 +7.0 至 +8.3）。值得推广。',
};

const throughHost = async (file: string) => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-hillstrom-'));
  const startedMs = performance.now();
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
  host.schedules.pause();
  try {
    const admin = createApi(host.apiUrl, host.keys.admin);
    await admin.post('/v1/admin/experiments', hillstromExperiment);
    const { events } = await runImport({
      format: hillstrom,
      path: file,
      options: { timeZone: 'UTC', shiftMs: 0, eventNames: new Map() },
      directory,
      capture: { apiUrl: host.apiUrl, writeKey: host.keys.write },
      createItems: false,
    });
    await host.drain();
    await admin.post(`${path}/start`, { force: true });
    await admin.post(`${path}/analyse`);
    await host.settle();
    const { latest } = await admin.get<ExperimentResults>(`${path}/result`);
    if (latest === null || latest === undefined) {
      throw new Error('the experiment was analysed and has no result');
    }
    return { result: latest, events, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

interface Row {
  readonly what: string;
  readonly got: number;
  readonly expected: number;
  /** Relative. */
  readonly distance: number;
}

const compared = (result: TestResult): readonly Row[] => {
  const estimateOf = (metric: string, arm: string): Estimate | undefined => {
    const found = result.metrics.find((one) => one.metric === metric);
    const estimate = found?.comparisons.find((one) => one.arm === `${arm} E-Mail`)?.estimate;
    return estimate?.kind === 'estimate' ? estimate : undefined;
  };
  const row = (what: string, got: number | undefined, expected: number): Row => ({
    what,
    got: got ?? Number.NaN,
    expected,
    distance: got === undefined ? Number.POSITIVE_INFINITY : Math.abs(got / expected - 1),
  });
  const metricOf: { readonly [measure: string]: string } = {
    visit: 'visit',
    conversion: 'repurchase',
    spend: 'revenue',
  };
  const means = golden.hillstrom.ate
    .filter(({ reference, arm }) => reference === 'No' && arm !== 'Any')
    .flatMap(({ arm, measure, diff, se, p, ci }) => {
      const estimate = estimateOf(metricOf[measure], arm);
      const name = `${arm}, ${measure}`;
      const difference = row(`${name}: difference`, estimate?.difference, diff);
      return measure !== 'spend'
        ? [difference]
        : [
            difference,
            row(`${name}: standard error`, estimate?.standardError, se),
            row(`${name}: p`, estimate?.pValue, p),
            row(`${name}: low`, estimate?.low, ci[0]),
            row(`${name}: high`, estimate?.high, ci[1]),
          ];
    });
  const shares = golden.hillstrom.proportions.flatMap(({ arm, measure, p, newcombe_ci }) => {
    const estimate = estimateOf(metricOf[measure], arm);
    const name = `${arm}, ${measure}`;
    return [
      row(`${name}: p (pooled)`, estimate?.pValue, p),
      row(`${name}: low (Newcombe)`, estimate?.low, newcombe_ci[0]),
      row(`${name}: high (Newcombe)`, estimate?.high, newcombe_ci[1]),
    ];
  });
  const { sampleRatio } = result;
  return [
    row('sample ratio: p', sampleRatio.pValue ?? undefined, golden.hillstrom.sampleRatio.p),
    ...means,
    ...shares,
  ];
};

const report = (result: TestResult, rows: readonly Row[], events: number, seconds: number): string =>
  `# Hillstrom's e-mail test, imported as a finished experiment

Made by \`npm run bench -- hillstrom-import path/to/hillstrom.csv.gz --write\`: ${result.arms.reduce((sum, { customers }) => sum + customers, 0).toLocaleString('en-US')} customers and ${events.toLocaleString('en-US')} events through capture, the archive, the experiment's analysis and \`GET …/result\` of a local host, in ${seconds.toFixed(0)} s with all of it. It fails beyond a relative distance of 1e-6, and where a sentence differs from the one written down in the bench.

> ${result.sentence.en}
>
> ${result.sentence['zh-CN']}

| what | result | expected | relative distance |
| --- | ---: | ---: | ---: |
${rows.map(({ what, got, expected, distance }) => `| ${what} | ${got.toPrecision(9)} | ${expected.toPrecision(9)} | ${distance.toExponential(1)} |`).join('\n')}
`;

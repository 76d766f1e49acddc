// A report's numbers as CSV (RFC 4180): the funnel, one count a row (which cell, which stage, how many), and the data
// behind the estimates, one day, arm and metric a row. Every row adds up with its like, so
// a spreadsheet's pivot table makes any total. Texts that a spreadsheet would take for a formula are put in quotes and
// begin with an apostrophe (OWASP, CSV injection; full-width signs count as well where Chinese or Japanese is set).
// It begins with a byte order mark: without one Excel reads UTF-8 as the machine's own code page, Chinese as noise.

import type { Counts } from '../outcomes/counts.ts';
import type { CampaignReport } from './campaign-report.ts';
import type { DailySums } from './daily-sums.ts';

const byteOrderMark = '\uFEFF';
const header = ['run', 'phase', 'unit', 'arm', 'role', 'step', 'channel', 'stage', 'detail', 'count'];

/** Every row adds up with its like: of a test, a metric and an arm over any days. Numbers are whole doubles. */
export const dailyCsv = (
  tests: readonly { readonly test: string; readonly days: readonly DailySums[] }[],
): string =>
  csv([
    dailyHeader,
    ...tests.flatMap(({ test, days }) =>
      days.map(({ day, arm, metric, kind, customers, sum, sumSquares, denominator }) => [
        test,
        day,
        arm,
        metric,
        kind,
        ...[customers, sum, sumSquares].map(String),
        ...(denominator === undefined
          ? ['', '', '']
          : [denominator.sum, denominator.sumSquares, denominator.sumProducts].map(String)),
      ]),
    ),
  ]);

const dailyHeader = [
  'test',
  'day',
  'arm',
  'metric',
  'kind',
  'customers',
  'sum',
  'sumSquares',
  'denominatorSum',
  'denominatorSumSquares',
  'sumProducts',
];

const csv = (rows: readonly (readonly string[])[]): string =>
  byteOrderMark + rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');

export const reportCsv = ({ runs, total }: CampaignReport): string => {
  const funnels = runs.length > 0 ? runs.map(({ funnel }) => funnel) : [total];
  const rows = funnels.flatMap(({ customers, messages }) => [
    ...customers.flatMap(({ runId, phase, arm, role, counts }) =>
      stages(counts).map((stage) => [runId, phase, 'customers', arm, role, '', '', ...stage]),
    ),
    ...messages.flatMap(({ runId, phase, arm, stepId, channel, counts }) =>
      stages(counts).map((stage) => [runId, phase, 'messages', arm, '', stepId, channel, ...stage]),
    ),
  ]);
  return csv([header, ...rows]);
};

const stages = (counts: Counts): readonly (readonly string[])[] =>
  Object.entries(counts).flatMap(([stage, count]) =>
    typeof count === 'number'
      ? [[stage, '', number(count)]]
      : Object.entries(count).map(([detail, some]) => [stage, detail, number(some)]),
  );

/** Money is a sum of fractions: without what adding them up leaves beyond the sixth decimal. */
const number = (count: number): string => String(Number(count.toFixed(6)));

const field = (text: string): string => {
  const safe = /^[=+\-@＝＋－＠\t\r\n]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
};

// The funnel as CSV (RFC 4180), one count a row: which cell, which stage, how many. Every row adds up with its like, so
// a spreadsheet's pivot table makes any total. Texts that a spreadsheet would take for a formula are put in quotes and
// begin with an apostrophe (OWASP, CSV injection).

import type { Counts } from '../outcomes/counts.ts';
import type { CampaignReport } from './campaign-report.ts';

const header = ['run', 'phase', 'unit', 'arm', 'role', 'step', 'channel', 'stage', 'detail', 'count'];

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
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
};

const stages = (counts: Counts): readonly (readonly string[])[] =>
  Object.entries(counts).flatMap(([stage, count]) =>
    typeof count === 'number'
      ? [[stage, '', String(count)]]
      : Object.entries(count).map(([detail, some]) => [stage, detail, String(some)]),
  );

const field = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
};

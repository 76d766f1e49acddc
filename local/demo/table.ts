// The demonstration's result as text: arms, differences with their intervals beside the simulator's truth, checks.

import { type Comparison, comparisonOf } from '../../lib/experiments/result.ts';
import type { DemoResult } from '../demo.ts';

export const describeDemo = (demo: DemoResult): string => {
  const { result, counts } = demo;
  const rows = result.arms.map(({ arm, customers, conversions, repurchaseRate, sent, redemptions }) => [
    arm,
    String(customers),
    String(conversions),
    percent(repurchaseRate),
    String(sent),
    String(redemptions),
    ...comparisonCells(comparisonOf(result, 'repurchase', arm)),
    arm in demo.trueEffects ? points(demo.trueEffects[arm]) : '',
  ]);
  const { sampleRatio } = result;
  return [
    `A/B result of a simulated campaign: ${result.windowDays} days, ${demo.addressed.toLocaleString('en-US')} learners with an earlier purchase`,
    '',
    ...table(
      [
        'arm',
        'customers',
        'bought',
        'repurchase',
        'mails',
        'redeemed',
        'difference',
        '95% interval',
        'p',
        'truth',
      ],
      rows,
    ),
    '',
    `Differences and truth in percentage points, against "${result.reference ?? 'no reference'}". The truth is computed from the`,
    'simulator, which knows how each learner responds; Reprise has seen nothing but events.',
    `Sample ratio: ${sampleRatio.pValue === null ? 'not tested' : `p = ${sampleRatio.pValue.toFixed(3)}`}, ${sampleRatio.ok ? 'as designed' : 'NOT as designed'}.`,
    `Mails read: ${counts.mails}; coupon codes in them: ${counts.codes}; redeemed: ${counts.redemptions}; orders in the window: ${counts.orders}.`,
    `Decision: ${result.decision}${result.winner === null ? '' : ` (${result.winner})`}. ${result.sentence.en}`,
  ].join('\n');
};

const comparisonCells = (comparison: Comparison | undefined): string[] => {
  if (comparison === undefined) return ['', '', ''];
  const { estimate } = comparison;
  if (estimate.kind === 'no-estimate') return [`none: ${estimate.code}`, '', ''];
  return [
    points(estimate.difference),
    `${points(estimate.low)} … ${points(estimate.high)}`,
    estimate.pValue < 0.0001 ? '< 0.0001' : estimate.pValue.toFixed(4),
  ];
};

/** Columns as wide as their widest cell; the first to the left, numbers to the right. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
};

const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)}%`);
const points = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}`;

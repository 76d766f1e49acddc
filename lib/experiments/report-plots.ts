// Plots of the report as SVG without script. Positions across are percentages and texts keep their size, so a plot is as
// readable on a phone as on paper. Each has a title for those who do not see it; the numbers stand in the tables too.

import { escaped } from './report-format.ts';

const ink = '#161b26';
const muted = '#5b6579';
const bar = '#2f5fd0';
const light = '#c9d7f5';

const svg = (height: number, title: string, content: string): string =>
  `<svg width="100%" height="${height}" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title>${content}</svg>`;

const label = (y: number, left: string, right: string): string =>
  `<text x="0" y="${y}" fill="${ink}" font-size="14">${escaped(left)}</text><text x="100%" y="${y}" fill="${muted}" font-size="14" text-anchor="end">${escaped(right)}</text>`;

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly shown: string;
}

/** Bars below one another, against the largest. */
export const barPlot = (title: string, bars: readonly Bar[]): string => {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const rows = bars.map(({ label: name, value, shown }, index) => {
    const y = index * 44;
    const width = ((value / most) * 100).toFixed(2);
    return `${label(y + 15, name, shown)}<rect x="0" y="${y + 22}" width="100%" height="12" rx="2" fill="#eef1f6"/><rect x="0" y="${y + 22}" width="${width}%" height="12" rx="2" fill="${bar}"/>`;
  });
  return svg(bars.length * 44, title, rows.join(''));
};

export interface Interval {
  readonly label: string;
  readonly shown: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Estimates with their intervals on one scale, and a line at 0. */
export const intervalPlot = (title: string, intervals: readonly Interval[]): string => {
  const from = Math.min(0, ...intervals.map(({ low }) => low));
  const to = Math.max(0, ...intervals.map(({ high }) => high));
  // 4% at each side, so that marks at the ends are not cut.
  const at = (value: number): string => (4 + ((value - from) / (to - from || 1)) * 92).toFixed(2);
  const height = intervals.length * 52 + 8;
  const rows = intervals.map(({ label: name, shown, value, low, high }, index) => {
    const y = index * 52;
    return `${label(y + 15, name, shown)}<line x1="${at(low)}%" x2="${at(high)}%" y1="${y + 34}" y2="${y + 34}" stroke="${bar}" stroke-width="4" stroke-linecap="round"/><circle cx="${at(value)}%" cy="${y + 34}" r="6" fill="${bar}"/>`;
  });
  const zero = intervals
    .map(
      (_, index) =>
        `<line x1="${at(0)}%" x2="${at(0)}%" y1="${index * 52 + 22}" y2="${index * 52 + 46}" stroke="${muted}" stroke-dasharray="3 3"/>`,
    )
    .join('');
  return svg(height, title, zero + rows.join(''));
};

/** A share between bounds, from 0 to 100%: the band that is possible, the estimate and its interval. */
export const sharePlot = (
  title: string,
  { least, most }: { readonly least: number; readonly most: number },
  share: { readonly value: number; readonly low: number; readonly high: number },
): string => {
  const at = (value: number): string => (2 + value * 96).toFixed(2);
  const width = (Math.max(0, most - least) * 96).toFixed(2);
  return svg(
    56,
    title,
    `<rect x="2%" y="8" width="96%" height="20" rx="3" fill="#eef1f6"/><rect x="${at(least)}%" y="8" width="${width}%" height="20" fill="${light}"/><line x1="${at(share.low)}%" x2="${at(share.high)}%" y1="18" y2="18" stroke="${bar}" stroke-width="4" stroke-linecap="round"/><circle cx="${at(share.value)}%" cy="18" r="6" fill="${bar}"/><text x="2%" y="48" fill="${muted}" font-size="13">0%</text><text x="50%" y="48" fill="${muted}" font-size="13" text-anchor="middle">50%</text><text x="98%" y="48" fill="${muted}" font-size="13" text-anchor="end">100%</text>`,
  );
};

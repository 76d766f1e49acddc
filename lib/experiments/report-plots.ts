// Plots of the report as SVG without script. Positions across are percentages and texts keep their size, so a plot is as
// readable on a phone as on paper. Each has a title for those who do not see it; the numbers stand in the tables too.

import { escaped } from './report-format.ts';

const svg = (height: number, title: string, content: string): string =>
  `<svg width="100%" height="${height}" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title>${content}</svg>`;

const label = (y: number, left: string, right: string): string =>
  `<text x="0" y="${y}" font-size="14">${escaped(left)}</text><text x="100%" y="${y}" class="muted" style="font-size:14px" text-anchor="end">${escaped(right)}</text>`;

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
    return `${label(y + 15, name, shown)}<rect x="0" y="${y + 22}" width="100%" height="12" rx="2" class="rest"/><rect x="0" y="${y + 22}" width="${width}%" height="12" rx="2" class="bar"/>`;
  });
  return svg(bars.length * 44, title, rows.join(''));
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
    `<rect x="2%" y="8" width="96%" height="20" rx="3" class="rest"/><rect x="${at(least)}%" y="8" width="${width}%" height="20" class="pale"/><line x1="${at(share.low)}%" x2="${at(share.high)}%" y1="18" y2="18" class="plain"/><circle cx="${at(share.value)}%" cy="18" r="6" class="bar"/><text x="2%" y="48" class="muted">0%</text><text x="50%" y="48" class="muted" text-anchor="middle">50%</text><text x="98%" y="48" class="muted" text-anchor="end">100%</text>`,
  );
};

// Values over something (days, looks, information, batches) with their intervals, as lines or as bars, a few series in
// one frame. Positions across are percentages and texts keep their size, so it is readable on a phone as on paper; the
// labels of the axis at the left stand in a picture of their own. The numbers follow as a table, folded away.
// Series are told apart by mark and stroke, not by colour alone: filled circle and solid, hollow circle and dashed, …

import { type Axis, axisOver } from './report-axis.ts';
import { type Column, escaped, type Format, table } from './report-format.ts';
import type { Text } from './result.ts';

export interface Point {
  /** Position across; ascending within a series. */
  readonly x: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: Text;
  /** `plain` is what the plot is about, `other` what it is held against, `bound` a limit. */
  readonly look: 'plain' | 'other' | 'bound';
  readonly isJoined: boolean;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly title: string;
  readonly description: string;
  readonly series: readonly Series[];
  /** Where labels stand below: ascending. */
  readonly across: readonly { readonly x: number; readonly label: string }[];
  /** Under the labels across. */
  readonly acrossName?: string;
  readonly tick: (value: number) => string;
  /** Included in the scale; 0 gets a line where it lies within. */
  readonly include?: readonly number[];
  /** Behind the plot, for those who cannot see it, or want the numbers; no table without it. */
  readonly numbers?: { readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] };
}

const height = 190;
const [top, bottom] = [10, 166];

export const chart = (
  { title, description, series, across, acrossName, tick, include = [], numbers }: Chart,
  format: Format,
): string => {
  const values = series.flatMap(({ points }) => points.flatMap(({ value, low, high }) => [value, low, high]));
  const axis = axisOver([...include, ...values.filter((value) => value !== undefined)]);
  const y = (value: number): number =>
    bottom - Math.min(1.02, Math.max(-0.02, axis.at(value))) * (bottom - top);
  const x = acrossOf(
    across.map((each) => each.x).concat(series.flatMap(({ points }) => points.map((each) => each.x))),
  );
  const drawn = series.map((each) => seriesOf(each, x, y)).join('');
  return `<figure>${series.length > 1 ? legend(series, format) : ''}<div class="chart">${scaleAt(axis, y, tick)}<svg width="100%" height="${height}" role="img"><title>${escaped(title)}</title><desc>${escaped(description)}</desc>${grid(axis, y)}${drawn}${labels(across, x)}</svg></div>${acrossName === undefined ? '' : `<figcaption>${escaped(acrossName)}</figcaption>`}${numbers === undefined ? '' : folded(numbers, format)}</figure>`;
};

/** Folded away on the screen; printed in full. */
export const folded = (numbers: NonNullable<Chart['numbers']>, format: Format): string =>
  `<details><summary>${format.text({ en: 'The numbers', 'zh-CN': '数据' })}</summary>${table(numbers.columns, numbers.rows, format)}</details>`;

const acrossOf = (xs: readonly number[]): ((x: number) => string) => {
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  return (x) => `${(from === to ? 50 : 5 + ((x - from) / (to - from)) * 90).toFixed(3)}%`;
};

const scaleAt = (axis: Axis, y: (value: number) => number, tick: (value: number) => string): string =>
  `<svg class="scale" width="72" height="${height}" aria-hidden="true">${axis.ticks.map((value) => `<text class="muted" x="66" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escaped(tick(value))}</text>`).join('')}</svg>`;

const grid = (axis: Axis, y: (value: number) => number): string =>
  axis.ticks
    .map((value) => {
      const at = y(value).toFixed(1);
      return `<line class="${value === 0 ? 'zero' : 'grid'}" x1="0" x2="100%" y1="${at}" y2="${at}"/>`;
    })
    .join('');

/** The ends and what has room between them: four, since a phone has no room for more. */
const labels = (across: Chart['across'], x: (x: number) => string): string => {
  const every = Math.ceil((across.length - 1) / 3) || 1;
  const shown = across.filter((_, i) => i % every === 0);
  return shown
    .map(
      (each) =>
        `<text class="muted" x="${x(each.x)}" y="${height - 4}" text-anchor="middle">${escaped(each.label)}</text>`,
    )
    .join('');
};

const seriesOf = (
  { look, isJoined, points }: Series,
  x: (x: number) => string,
  y: (value: number) => number,
): string => {
  const at = (value: number): string => y(value).toFixed(1);
  const joins = isJoined
    ? points.slice(1).map((to, i) => {
        const from = points[i];
        return `<line class="${look}" x1="${x(from.x)}" y1="${at(from.value)}" x2="${x(to.x)}" y2="${at(to.value)}"/>`;
      })
    : [];
  const marks = points.map(({ x: place, value, low, high }) => {
    const whisker =
      low === undefined || high === undefined
        ? ''
        : `<line class="${look}" x1="${x(place)}" x2="${x(place)}" y1="${at(low)}" y2="${at(high)}"/>`;
    return whisker + mark(look, x(place), at(value));
  });
  return joins.join('') + marks.join('');
};

const mark = (look: Series['look'], x: string, y: string): string => {
  switch (look) {
    case 'plain':
      return `<circle class="plain" cx="${x}" cy="${y}" r="4.5"/>`;
    case 'other':
      return `<circle class="other" cx="${x}" cy="${y}" r="4"/>`;
    case 'bound':
      return `<svg x="${x}" y="${y}" overflow="visible"><path class="bound" d="M-6 0H6"/></svg>`;
  }
};

export const legend = (series: readonly Pick<Series, 'name' | 'look'>[], { text }: Format): string => {
  const named = new Map(series.map((each) => [text(each.name), each.look]));
  return `<p class="legend">${[...named]
    .map(
      ([name, look]) =>
        `<span><svg width="28" height="14" aria-hidden="true"><line class="${look}" x1="0" x2="28" y1="7" y2="7"/>${mark(look, '14', '7')}</svg> ${name}</span>`,
    )
    .join(' ')}</p>`;
};

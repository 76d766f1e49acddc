// Effects with their intervals below one another on one scale, a line at 0: names and numbers are text that wraps, only
// the strip between them is drawn, so that long names and a phone's width do no harm, and who sees no plot reads it all.
// The plain estimate is a filled circle; what was adjusted for the time before, below it, a hollow diamond, dashed.
// An interval that leaves 0 out never touches the line at 0, however near it comes; one that holds it crosses.

import { type Axis, axisOver } from './report-axis.ts';
import { escaped } from './report-format.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface ForestRow {
  /** What stands at the left; HTML. */
  readonly name: string;
  readonly plain: Interval;
  readonly adjusted?: Interval;
  /** The numbers of the interval, and what else is to be said; HTML. */
  readonly shown: string;
  /** Of the strip, for who cannot see it. */
  readonly title: string;
  readonly description: string;
}

export const forest = (rows: readonly ForestRow[], tick: (value: number) => string): string => {
  const axis = axisOver([
    0,
    ...rows.flatMap(({ plain, adjusted }) => [plain, ...(adjusted ? [adjusted] : [])]).flatMap(ends),
  ]);
  const lines = rows.map(
    ({ name, shown, ...row }) =>
      `<div class="row"><div class="name">${name}</div>${strip(row, axis)}<div class="shown">${shown}</div></div>`,
  );
  return `<div class="forest">${lines.join('\n')}
<div class="row axis"><div class="name"></div>${axisStrip(axis, tick)}<div class="shown"></div></div></div>`;
};

const ends = ({ low, high, value }: Interval): readonly number[] =>
  [low, high, value].filter(Number.isFinite);

const strip = (
  { plain, adjusted, title, description }: Pick<ForestRow, 'plain' | 'adjusted' | 'title' | 'description'>,
  axis: Axis,
): string => {
  const height = adjusted ? 46 : 28;
  const grid = axis.ticks.map((value) => {
    const x = percent(across(axis, value));
    return `<line class="${value === 0 ? 'zero' : 'grid'}" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`;
  });
  const below = adjusted ? `${line(axis, adjusted, 33, 'adjusted')}${diamond(axis, adjusted.value, 33)}` : '';
  const dot = `<circle class="plain" cx="${percent(across(axis, plain.value))}" cy="14" r="5"/>`;
  return `<svg width="100%" height="${height}" role="img"><title>${escaped(title)}</title><desc>${escaped(description)}</desc>${grid.join('')}${line(axis, plain, 14, 'plain')}${dot}${below}</svg>`;
};

const axisStrip = (axis: Axis, tick: (value: number) => string): string => {
  // Every second one where there are many: a phone has room for four.
  const every = axis.ticks.length > 4 ? 2 : 1;
  const zeroAt = Math.max(0, axis.ticks.indexOf(0));
  const labels = axis.ticks.flatMap((value, i) =>
    (i - zeroAt) % every === 0
      ? [
          `<text class="muted" x="${percent(across(axis, value))}" y="14" text-anchor="middle">${escaped(tick(value))}</text>`,
        ]
      : [],
  );
  return `<svg width="100%" height="20" aria-hidden="true">${labels.join('')}</svg>`;
};

/** 8% stay free at each side, for marks and the texts below at the ends. */
const across = (axis: Axis, value: number): number => 8 + Math.min(1, Math.max(0, axis.at(value))) * 84;

/** About two pixels on a phone. */
const gap = 0.8;

const line = (axis: Axis, { low, high }: Interval, y: number, name: string): string => {
  const [zero, from, to] = [across(axis, 0), across(axis, low), across(axis, high)];
  const [x1, x2] =
    low > 0
      ? [Math.max(from, zero + gap), Math.max(to, zero + gap)]
      : high < 0
        ? [Math.min(from, zero - gap), Math.min(to, zero - gap)]
        : [Math.min(from, zero - gap), Math.max(to, zero + gap)];
  return `<line class="${name}" x1="${percent(x1)}" x2="${percent(x2)}" y1="${y}" y2="${y}"/>`;
};

/** A nested picture has its own origin, so that its corners can be in pixels around a place in percent. */
const diamond = (axis: Axis, value: number, y: number): string =>
  `<svg x="${percent(across(axis, value))}" y="${y}" overflow="visible"><path class="adjusted" d="M0-6 6 0 0 6-6 0Z"/></svg>`;

const percent = (share: number): string => `${share.toFixed(3)}%`;

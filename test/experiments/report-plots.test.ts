import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisOver } from '../../lib/experiments/report-axis.ts';
import { chart } from '../../lib/experiments/report-chart.ts';
import { forest, type Interval } from '../../lib/experiments/report-forest.ts';
import { formatOf } from '../../lib/experiments/report-format.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const interval = fc
  .tuple(finite, finite, finite)
  .map((values) => values.toSorted((a, b) => a - b))
  .map(([low, value, high]): Interval => ({ low, value, high }));

const drawn = (html: string, name: string): readonly { readonly x1: number; readonly x2: number }[] =>
  [...html.matchAll(new RegExp(`<line class="${name}" x1="([\\d.]+)%" x2="([\\d.]+)%"`, 'g'))].map(
    ([, x1, x2]) => ({ x1: Number(x1), x2: Number(x2) }),
  );
const row = (plain: Interval, adjusted?: Interval) => ({
  name: 'A',
  plain,
  ...(adjusted && { adjusted }),
  shown: '',
  title: 'A <b>',
  description: 'A & B',
});

describe('an axis', () => {
  test('has round ticks from end to end, the least and the largest value between them', () => {
    const axis = axisOver([-0.013, 0.027]);
    expect(axis.ticks).toEqual([-0.02, -0.01, 0, 0.01, 0.02, 0.03]);
    expect([axis.at(-0.02), axis.at(0.03), axis.at(0.005)]).toEqual([0, 1, expect.closeTo(0.5, 12)]);
  });

  test('of one value has room at both sides', () => {
    expect(axisOver([0]).at(0)).toBe(0.5);
    expect(axisOver([3]).at(3)).toBe(0.5);
  });

  test('keeps every value within its ends, in order', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 20 }), (values) => {
        const axis = axisOver(values);
        const places = values.toSorted((a, b) => a - b).map(axis.at);
        expect(places[0]).toBeGreaterThanOrEqual(-1e-6);
        expect(places.at(-1)).toBeLessThanOrEqual(1 + 1e-6);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(axis.ticks.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});

describe('a forest of effects', () => {
  test('keeps an interval that leaves 0 out off the line at 0, and lets one that holds it cross, however narrowly', () => {
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 5 }), (intervals) => {
        const html = forest(
          intervals.map((each) => row(each, each)),
          String,
        );
        const zeros = drawn(html, 'zero');
        for (const name of ['plain', 'adjusted']) {
          const lines = drawn(html, name);
          expect(lines).toHaveLength(intervals.length);
          for (const [i, { low, high }] of intervals.entries()) {
            const [{ x1: zero }] = zeros;
            if (low > 0) expect(lines[i].x1).toBeGreaterThanOrEqual(zero + 0.79);
            else if (high < 0) expect(lines[i].x2).toBeLessThanOrEqual(zero - 0.79);
            else {
              expect(lines[i].x1).toBeLessThan(zero);
              expect(lines[i].x2).toBeGreaterThan(zero);
            }
          }
        }
      }),
    );
  });

  test('draws all rows on one scale: twice the effect is twice as far from 0', () => {
    const html = forest([row({ low: 1, value: 2, high: 3 }), row({ low: 3, value: 4, high: 5 })], String);
    const zero = drawn(html, 'zero')[0].x1;
    const [two, four] = [...html.matchAll(/<circle class="plain" cx="([\d.]+)%"/g)].map(([, x]) => Number(x));
    expect(four - zero).toBeCloseTo(2 * (two - zero), 2);
  });

  test('has a title and a description for those who do not see it, without markup of others', () => {
    const html = forest([row({ low: 1, value: 2, high: 3 })], String);
    expect(html).toContain('role="img"><title>A &#60;b&#62;</title><desc>A &#38; B</desc>');
  });
});

test('a chart puts larger values higher, whiskers around their point, and keeps the numbers in a table', () => {
  const html = chart(
    {
      title: 'T',
      description: 'D',
      series: [
        {
          name: { en: 'A', 'zh-CN': 'A' },
          look: 'plain',
          isJoined: true,
          points: [
            { x: 0, value: 1, low: 0, high: 2 },
            { x: 1, value: 3, low: 2, high: 4 },
          ],
        },
      ],
      across: [{ x: 0, label: 'Mar 2' }],
      tick: String,
      numbers: { columns: [{ label: { en: 'Week', 'zh-CN': '周' } }], rows: [['Mar 2']] },
    },
    formatOf('en'),
  );
  const marks = [...html.matchAll(/<circle class="plain" cx="([\d.]+)%" cy="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  expect(marks.map(([x]) => x)).toEqual([5, 95]);
  // 0 to 4 over 156 pixels, upwards from 166.
  expect(marks.map(([, y]) => y)).toEqual([127, 49]);
  expect(html).toContain('<line class="plain" x1="5.000%" x2="5.000%" y1="166.0" y2="88.0"/>');
  expect(html).toContain('<td class="n">Mar 2</td>');
});

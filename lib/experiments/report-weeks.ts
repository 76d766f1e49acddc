// The primary metric's effect by the week in which customers were assigned: does it last, or was it the novelty? One plot
// an arm, all on one scale; those after the first are folded away. Weeks without estimate leave a gap and say why.

import { type Chart, chart } from './report-chart.ts';
import type { Format } from './report-format.ts';
import { differenceText, pText } from './report-metrics.ts';
import { type MetricFormat, metricFormat } from './report-numbers.ts';
import { missingOf, reasons } from './report-reasons.ts';
import { armName } from './report-words.ts';
import { primaryOf, type TestResult, type Text, type WeekResult } from './result.ts';

export const weeksSection = (result: TestResult, format: Format): string => {
  const { weeks } = result;
  const comparisons = weeks.flatMap((week) => week.comparisons);
  const estimated = comparisons.flatMap(({ estimate }) => (estimate.kind === 'estimate' ? [estimate] : []));
  if (estimated.length === 0) {
    return '';
  }
  const primary = primaryOf(result);
  const numbers = metricFormat(primary, result, format.language);
  const arms = [...new Set(comparisons.map(({ arm }) => arm))];
  const scale = estimated.flatMap(({ low, high }) => [low, high]);
  const plots = arms.map((arm) => ({ arm, plot: armWeeks(arm, weeks, scale, numbers, format) }));
  return `<section><h2>${format.text({ en: `Effect by week of assignment: ${numbers.name.en}`, 'zh-CN': `按分组周的效果：${numbers.name['zh-CN']}` })}</h2>
<p>${format.text(meaning)}</p>
${foldedAfterFirst(plots, format)}
${reasons(missingOf(comparisons, format), format)}</section>`;
};

const meaning: Text = {
  en: 'Customers are grouped by the week they were assigned in; each point is the difference from the reference with its 95% interval. Points that wander within each other’s intervals are no trend.',
  'zh-CN': '客户按分组所在周归类；每个点为与对照的差异及 95% 区间。若各点在彼此的区间内波动，则不构成趋势。',
};

/** The first arm's plot open, those of the others folded away, each under the arm's name. */
export const foldedAfterFirst = (
  plots: readonly { readonly arm: string; readonly plot: string }[],
  { text }: Format,
): string =>
  plots
    .map(({ arm, plot }, i) =>
      i === 0
        ? `<h3>${text(armName(arm))}</h3>${plot}`
        : `<details><summary>${text(armName(arm))}</summary>${plot}</details>`,
    )
    .join('\n');

const armWeeks = (
  arm: string,
  weeks: readonly WeekResult[],
  scale: readonly number[],
  numbers: MetricFormat,
  format: Format,
): string => {
  const { text, language, day } = format;
  const of = weeks.map(({ weekStart, comparisons }) => ({
    weekStart,
    estimate: comparisons.find((each) => each.arm === arm)?.estimate,
  }));
  const points = of.flatMap(({ weekStart, estimate }) =>
    estimate?.kind === 'estimate'
      ? [{ x: Date.parse(weekStart), value: estimate.difference, low: estimate.low, high: estimate.high }]
      : [],
  );
  const plot: Chart = {
    title: { en: `Effect by week: ${armName(arm).en}`, 'zh-CN': `按周效果：${armName(arm)['zh-CN']}` }[
      language
    ],
    description: of
      .flatMap(({ weekStart, estimate }) =>
        estimate?.kind === 'estimate' ? [`${day(weekStart)}: ${differenceText(estimate, numbers)}`] : [],
      )
      .join('; '),
    series: [{ name: numbers.name, look: 'plain', isJoined: false, points }],
    across: of.map(({ weekStart }) => ({ x: Date.parse(weekStart), label: day(weekStart) })),
    acrossName: { en: 'week that begins on', 'zh-CN': '周起始日' }[language],
    tick: numbers.tick,
    include: [0, ...scale],
    numbers: {
      columns: [
        { label: { en: 'Week', 'zh-CN': '周' }, isText: true },
        { label: { en: 'Difference (95%)', 'zh-CN': '差异（95% 区间）' } },
        { label: { en: 'p', 'zh-CN': 'p 值' } },
      ],
      rows: of.map(({ weekStart, estimate }) =>
        estimate?.kind === 'estimate'
          ? [
              day(weekStart),
              differenceText(estimate, numbers),
              text({
                en: pText(estimate.pValue, null, 'en'),
                'zh-CN': pText(estimate.pValue, null, 'zh-CN'),
              }),
            ]
          : [day(weekStart), text({ en: 'no estimate', 'zh-CN': '无估计' }), '–'],
      ),
    },
  };
  return chart(plot, format);
};

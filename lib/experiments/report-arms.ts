// The arms: how many customers, whose window is over, each metric's value; and the primary metric as it went from look to
// look, one panel an arm beside the reference, since ten lines in one plot tell nothing. Sizes that do not fit the design
// hide the values: whoever is missing from an arm may be missing because of what they did.

import { chart } from './report-chart.ts';
import { type Format, table } from './report-format.ts';
import { metricFormat } from './report-numbers.ts';
import { armName, metricColumn, words } from './report-words.ts';
import { type MetricResult, primaryOf, type TestResult, type Text } from './result.ts';

export const armsSection = (result: TestResult, looks: readonly TestResult[], format: Format): string => {
  const { text } = format;
  const title = text({ en: 'The arms', 'zh-CN': '各组' });
  if (!result.sampleRatio.ok) {
    return `<section><h2>${title}</h2><p class="note none">${text(hidden)}</p></section>`;
  }
  const open = result.arms.reduce((sum, { customers, matured }) => sum + customers - matured, 0);
  return `<section><h2>${title}</h2>
${open > 0 ? `<p>${text(openNote(format.count(open), result.windowDays))}</p>` : ''}
${valuesTable(result, format)}
${ratesOverTime(looks, format)}</section>`;
};

const hidden: Text = {
  en: 'What the arms did is not shown: their sizes do not fit the design, so the customers who are left are no longer alike.',
  'zh-CN': '各组人数不符合设计，剩下的客户已不可比，因此不显示各组表现。',
};

const openNote = (count: string, days: number): Text => ({
  en: `${count} customers still have time: their ${days} days are not over, so they are in no value below.`,
  'zh-CN': `${count} 位客户的 ${days} 天窗口尚未结束，未计入下列数值。`,
});

const valuesTable = (result: TestResult, format: Format): string => {
  const metrics = result.metrics.map((metric) => ({
    metric,
    numbers: metricFormat(metric, result, format.language),
  }));
  const columns = [
    { label: words.arm, isText: true },
    { label: words.customers },
    { label: { en: 'Window over', 'zh-CN': '窗口已结束' } },
    ...metrics.map(({ metric }) => ({ label: metricColumn(metric.metric) })),
  ];
  const rows = result.arms.map(({ arm, customers, matured }) => [
    format.text(armName(arm)),
    format.count(customers),
    format.count(matured),
    ...metrics.map(({ metric, numbers }) => format.text(both(numbers.value(valueIn(metric, arm))))),
  ]);
  return table(columns, rows, format);
};

const both = (shown: string): Text => ({ en: shown, 'zh-CN': shown });

const valueIn = ({ arms }: MetricResult, arm: string): number | null =>
  arms.find((each) => each.arm === arm)?.value ?? null;

const ratesOverTime = (looks: readonly TestResult[], format: Format): string => {
  const known = looks.filter((look) => look.sampleRatio.ok && look.metrics.length > 0);
  const last = known.at(-1);
  if (last === undefined) {
    return '';
  }
  const [primary, reference] = [primaryOf(last), last.reference];
  const numbers = metricFormat(primary, last, format.language);
  const pointsOf = (arm: string) =>
    known.flatMap((look) => {
      const value = valueIn(primaryOf(look), arm);
      return value === null ? [] : [{ x: Date.parse(look.asOf), asOf: look.asOf, value }];
    });
  const arms = primary.arms
    .map(({ arm }) => arm)
    .filter((arm) => arm !== reference && pointsOf(arm).length > 1);
  if (arms.length === 0) {
    return '';
  }
  const all = primary.arms.flatMap(({ arm }) => pointsOf(arm).map(({ value }) => value));
  const panels = arms.map((arm) => {
    const [own, against] = [pointsOf(arm), reference === null ? [] : pointsOf(reference)];
    const series = [
      ...(reference === null || against.length === 0
        ? []
        : [{ name: armName(reference), look: 'other' as const, isJoined: true, points: against }]),
      { name: armName(arm), look: 'plain' as const, isJoined: true, points: own },
    ];
    return `<div>${chart(
      {
        title: `${numbers.name[format.language]}: ${armName(arm)[format.language]}`,
        description: own.map(({ asOf, value }) => `${format.day(asOf)}: ${numbers.value(value)}`).join('; '),
        series,
        across: own.map(({ x, asOf }) => ({ x, label: format.day(asOf) })),
        tick: numbers.value,
        include: all,
        numbers: {
          columns: [
            { label: { en: 'Look', 'zh-CN': '分析时间' }, isText: true },
            ...series.map(({ name }) => ({ label: name })),
          ],
          rows: own.map(({ x, asOf, value }) => [
            format.day(asOf),
            ...(series.length > 1
              ? [format.text(both(numbers.value(against.find((each) => each.x === x)?.value ?? null)))]
              : []),
            format.text(both(numbers.value(value))),
          ]),
        },
      },
      format,
    )}</div>`;
  });
  return `<h3>${format.text({ en: `${numbers.name.en} from look to look`, 'zh-CN': `历次分析：${numbers.name['zh-CN']}` })}</h3><div class="panels">${panels.join('\n')}</div>`;
};

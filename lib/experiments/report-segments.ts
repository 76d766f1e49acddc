// The primary metric's effect among customers alike in what they were before. Many looks at once find something by
// chance, so p-values are those adjusted over all segments and arms (Benjamini–Hochberg), and the page says so.

import { alpha } from './effect.ts';
import { type ForestRow, forest } from './report-forest.ts';
import { escaped, type Format } from './report-format.ts';
import { differenceHtml, differenceText, intervalOf } from './report-metrics.ts';
import { type MetricFormat, metricFormat, pValueText } from './report-numbers.ts';
import { reasons } from './report-reasons.ts';
import { foldedAfterFirst } from './report-weeks.ts';
import { armName, segmentName } from './report-words.ts';
import { primaryOf, type SegmentResult, type TestResult, type Text } from './result.ts';

export const segmentsSection = (result: TestResult, format: Format): string => {
  const { segments } = result;
  const arms = [...new Set(segments.flatMap(({ comparisons }) => comparisons.map(({ arm }) => arm)))];
  const isEstimated = segments.some(({ comparisons }) =>
    comparisons.some(({ estimate }) => estimate.kind === 'estimate'),
  );
  if (!isEstimated) {
    return '';
  }
  const numbers = metricFormat(primaryOf(result), result, format.language);
  const plots = arms.map((arm) => ({ arm, plot: armSegments(arm, segments, numbers, format) }));
  return `<section><h2>${format.text({ en: `Effect by segment: ${numbers.name.en}`, 'zh-CN': `分人群效果：${numbers.name['zh-CN']}` })}</h2>
<p>${format.text(meaning)}</p>
${foldedAfterFirst(plots, format)}
${differences(result, format)}</section>`;
};

const meaning: Text = {
  en: 'Segments are by what was known of the customers before they were assigned. Among many segments one stands out by chance: p is adjusted for all of them together, the intervals are each segment’s own.',
  'zh-CN':
    '人群按分组前的信息划分。人群多时总有偶然突出的一个：p 值已对全部人群一并校正，区间为各人群自身的区间。',
};

/** Whether the effect differs between the segments at all. */
const differences = (
  { segmentDifferences }: Pick<TestResult, 'segmentDifferences'>,
  { text }: Format,
): string =>
  segmentDifferences
    .map(({ arm, pValue }) => {
      const name = armName(arm);
      const p = `p ${pValueText(pValue).replace(/^(?=\d)/, '= ')}`;
      return `<p class="note">${text({
        en: `${name.en}: that the effect is alike in all segments ${pValue < alpha ? 'does not fit the data' : 'fits the data'} (Cochran’s Q, ${p}).`,
        'zh-CN': `${name['zh-CN']}：各人群效果相同这一假设与数据${pValue < alpha ? '不符' : '相符'}（Cochran Q 检验，${p}）。`,
      })}</p>`;
    })
    .join('\n');

const armSegments = (
  arm: string,
  segments: readonly SegmentResult[],
  numbers: MetricFormat,
  format: Format,
): string => {
  const { text, language } = format;
  const of = segments.flatMap(({ segment, value, comparisons }) =>
    comparisons.flatMap((each) => (each.arm === arm ? [{ ...each, name: segmentName(segment, value) }] : [])),
  );
  const rows = of.flatMap(({ name, estimate, adjustedPValue }): readonly ForestRow[] => {
    if (estimate.kind === 'no-estimate') {
      return [];
    }
    const p = `p ${pValueText(adjustedPValue ?? estimate.pValue).replace(/^(?=\d)/, '= ')}`;
    return [
      {
        name: text(name),
        plain: intervalOf(estimate),
        shown: `${differenceHtml(estimate, numbers)}<br><small>${escaped(p)}</small>`,
        title: `${armName(arm)[language]}: ${name[language]}`,
        description: `${differenceText(estimate, numbers)}, ${p}`,
      },
    ];
  });
  const missing = of.flatMap(({ name, estimate }) =>
    estimate.kind === 'no-estimate' ? [{ who: name[language], why: estimate }] : [],
  );
  return `${rows.length === 0 ? '' : forest(rows, numbers.tick)}${reasons(missing, format)}`;
};

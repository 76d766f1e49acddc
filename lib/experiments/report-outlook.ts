// The primary metric by Bayes: the chance that each arm is the best of all, and what choosing it is expected to
// lose against choosing the best, in the metric's own units; with one line that says what that means.

import { escaped, type Format, table } from './report-format.ts';
import { chanceText, metricFormat } from './report-numbers.ts';
import { armName, words } from './report-words.ts';
import { primaryOf, type TestResult, type Text } from './result.ts';

export const outlookSection = (result: TestResult, format: Format): string => {
  const primary = primaryOf(result);
  const numbers = metricFormat(primary, result, format.language);
  const rows = primary.comparisons.flatMap(({ arm, bayes }) =>
    bayes === undefined
      ? []
      : [
          [
            format.text(armName(arm)),
            escaped(chanceText(bayes.probabilityBest)),
            escaped(numbers.size(bayes.expectedLoss)),
          ],
        ],
  );
  if (rows.length === 0) {
    return '';
  }
  return `<section><h2>${format.text({ en: 'If you had to choose now', 'zh-CN': '如果现在就要选择' })}</h2>
<p>${format.text(meaning)}</p>
${table(
  [
    { label: words.arm, isText: true },
    { label: { en: 'Chance to be the best', 'zh-CN': '最优的概率' } },
    { label: { en: 'Expected loss if chosen', 'zh-CN': '选用的期望损失' } },
  ],
  rows,
  format,
)}</section>`;
};

const meaning: Text = {
  en: 'By these data alone, with no opinion beforehand: how likely each arm is the best, what was left untreated included, and how much choosing it is expected to cost against choosing the best.',
  'zh-CN':
    '仅凭本次数据、不带事先看法：各组在包括对照在内的所有组中最优的可能性，以及选用它相比选用最优组的期望损失。',
};

// What was checked before the numbers may be believed: each check with its finding, what to do about it, and the sizes of
// the arms against the design. Marks differ in form and word, not by colour alone. Findings stand first.

import { type Format, table } from './report-format.ts';
import { pValueText } from './report-numbers.ts';
import { armName, words } from './report-words.ts';
import type { Check, SampleRatio, TestResult, Text } from './result.ts';

export const checksSection = (
  { checks, sampleRatio }: Pick<TestResult, 'checks' | 'sampleRatio'>,
  format: Format,
): string => {
  const sorted = [...checks].sort((a, b) => Number(a.ok) - Number(b.ok));
  return `<section class="checks"><h2>${format.text({ en: 'What was checked', 'zh-CN': '检查项' })}</h2>
<ul>${sorted.map((check) => item(check, format)).join('\n')}</ul>
${sizes(sampleRatio, format)}</section>`;
};

const item = ({ ok, message, action }: Check, { text }: Format): string => {
  const state: Text = ok ? { en: 'in order', 'zh-CN': '正常' } : { en: 'finding', 'zh-CN': '有问题' };
  const todo = action === undefined ? '' : `<br>${text(toDo)}${text(action)}`;
  return `<li class="${ok ? 'ok' : 'finding'}"><b>${ok ? '✓' : '!'} ${text(state)}</b> <span>${text(message)}${todo}</span></li>`;
};

const toDo: Text = { en: 'What to do: ', 'zh-CN': '处理办法：' };

const sizes = ({ arms, expected, observed, pValue, ok }: SampleRatio, format: Format): string => {
  if (arms.length < 2) {
    return '';
  }
  const whole = format.count;
  const rows = arms.map((arm, i) => [
    format.text(armName(arm)),
    whole(observed[i]),
    whole(Math.round(expected[i])),
    `${observed[i] >= expected[i] ? '+' : '−'}${whole(Math.abs(Math.round(observed[i] - expected[i])))}`,
  ]);
  const heading = {
    en: `Size of the arms against the design${pValue === null ? '' : ` (p ${relation(pValue)})`}`,
    'zh-CN': `各组人数与设计对比${pValue === null ? '' : `（p ${relation(pValue)}）`}`,
  };
  const body = table(
    [
      { label: words.arm, isText: true },
      { label: { en: 'Customers', 'zh-CN': '实际人数' } },
      { label: { en: 'By design', 'zh-CN': '设计人数' } },
      { label: { en: 'Difference', 'zh-CN': '差额' } },
    ],
    rows,
    format,
  );
  return `<details${ok ? '' : ' open'}><summary>${format.text(heading)}</summary>${body}</details>`;
};

const relation = (pValue: number): string => {
  const shown = pValueText(pValue);
  return /^[<>]/.test(shown) ? shown : `= ${shown}`;
};

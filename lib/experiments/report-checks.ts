// What was checked before the numbers may be believed: each check with its finding, what to do about it, and the sizes of
// the arms against the design. Marks differ in form and word, not by colour alone. Findings stand first.

import { escaped, type Format, table } from './report-format.ts';
import { metricFormat, pValueText } from './report-numbers.ts';
import { armName, words } from './report-words.ts';
import type { Check, HarmCheck, SampleRatio, TestResult, Text } from './result.ts';

type Facts = Pick<TestResult, 'checks' | 'sampleRatio' | 'harm' | 'currency' | 'windowDays'>;

export const checksSection = (result: Facts, format: Format): string => {
  const { checks, sampleRatio } = result;
  const sorted = [...checks].sort((a, b) => Number(a.ok) - Number(b.ok));
  return `<section class="checks"><h2>${format.text({ en: 'What was checked', 'zh-CN': '检查项' })}</h2>
<ul>${sorted.map((check) => item(check, format)).join('\n')}</ul>
${sizes(sampleRatio, format)}
${guards(result, format)}</section>`;
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
    `${observed[i] >= expected[i] ? '+' : '−'}${whole(Math.round(Math.abs(observed[i] - expected[i])))}`,
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

const guardNames: { readonly [measure in HarmCheck['measure']]: Text } = {
  repurchase: { en: 'repurchase', 'zh-CN': '复购率' },
  complaints: { en: 'complaints of those mailed', 'zh-CN': '投诉率（按发送）' },
  unsubscribes: { en: 'unsubscribes of those mailed', 'zh-CN': '退订率（按发送）' },
  guardrail: { en: 'guardrail', 'zh-CN': '护栏指标' },
};

/** What may stop the test at a look. */
const guards = (result: Facts, format: Format): string => {
  const { harm } = result;
  if (harm.length === 0) {
    return '';
  }
  const { text, language } = format;
  const isCrossed = harm.some(({ stop }) => stop);
  const body = table(
    [
      { label: words.arm, isText: true },
      { label: { en: 'Guard', 'zh-CN': '止损项' }, isText: true },
      { label: { en: 'In the arm', 'zh-CN': '该组' } },
      { label: { en: 'Held against', 'zh-CN': '对比值' } },
      { label: { en: 'p (one-sided)', 'zh-CN': 'p 值（单侧）' } },
      { label: { en: 'Stops', 'zh-CN': '停止' } },
    ],
    harm.map(({ arm, measure, metric, observed, against, pValue, stop }) => {
      const numbers = metricFormat(metric ?? { metric: measure, unit: 'share' }, result, language);
      return [
        text(armName(arm)),
        text(metric === undefined ? guardNames[measure] : numbers.name),
        escaped(numbers.value(observed)),
        escaped(numbers.value(against)),
        escaped(pValueText(pValue)),
        text(stop ? { en: 'yes', 'zh-CN': '是' } : { en: 'no', 'zh-CN': '否' }),
      ];
    }),
    format,
  );
  const heading = isCrossed
    ? { en: 'Guards against harm: one was crossed', 'zh-CN': '止损界限：已触发' }
    : { en: 'Guards against harm: none was crossed', 'zh-CN': '止损界限：均未触发' };
  return `<details${isCrossed ? ' open' : ''}><summary>${text(heading)}</summary>${body}</details>`;
};

const relation = (pValue: number): string => {
  const shown = pValueText(pValue);
  return /^[<>]/.test(shown) ? shown : `= ${shown}`;
};

// The effects: every metric with its arms against the reference, the plain estimate and the one adjusted for what was
// known of the customers before. Metrics have scales of their own. A folded table has all the numbers. Where there is no
// estimate its reason stands in place; one that holds for everything stands once.

import type { Language } from '../events/customer.ts';
import { folded } from './report-chart.ts';
import { type ForestRow, forest } from './report-forest.ts';
import { escaped, type Format } from './report-format.ts';
import { type MetricFormat, metricFormat, pValueText } from './report-numbers.ts';
import { type Missing, missingOf, reasons } from './report-reasons.ts';
import { armName, covariateName, words } from './report-words.ts';
import type { AdjustedEstimate, Comparison, Estimate, MetricResult, TestResult, Text } from './result.ts';

export const metricsSection = (result: TestResult, format: Format): string => {
  const { text } = format;
  const metrics = result.metrics.filter(({ comparisons }) => comparisons.length > 0);
  const shared = sharedReason(metrics, format);
  const title = text({ en: 'Effects', 'zh-CN': '效果' });
  if (metrics.length === 0) {
    return `<section><h2>${title}</h2><p class="note none">${text(nothingCompared)}</p></section>`;
  }
  if (shared !== undefined) {
    return `<section><h2>${title}</h2>${reasons(shared, format)}</section>`;
  }
  const numbers = metrics.map((metric) => ({
    metric,
    numbers: metricFormat(metric, result, format.language),
  }));
  const isJudged = (result.sequential?.arms.length ?? 0) > 0;
  return `<section><h2>${title}</h2>
<p>${text(how(metrics))}</p>
${numbers.map((each) => metricPart(each.metric, { numbers: each.numbers, isOverLooks: isJudged && each.metric.role === 'primary' }, format)).join('\n')}
${folded(allNumbers(numbers, format), format)}</section>`;
};

const nothingCompared: Text = {
  en: 'Nothing is compared: no arm was left untreated, or none was treated. Keep a holdout, or a variant that sends nothing, next time.',
  'zh-CN': '没有可比较的内容：没有保留对照组，或没有任何组被触达。下次请保留对照组或一个不发送的变体。',
};

/** A reason that all comparisons of all metrics share, such as an open window. */
const sharedReason = (metrics: readonly MetricResult[], format: Format): readonly Missing[] | undefined => {
  const all = metrics.flatMap(({ comparisons }) => comparisons);
  const missing = missingOf(all, format);
  const codes = new Set(missing.map(({ why }) => why.code));
  return missing.length === all.length && codes.size === 1 ? missing : undefined;
};

const how = (metrics: readonly MetricResult[]): Text => {
  const isAdjusted = metrics.some(({ comparisons }) =>
    comparisons.some(({ adjusted }) => adjusted?.kind === 'estimate'),
  );
  return {
    en: `Each arm against the reference, with 95% intervals: an interval that leaves 0 out can be told from chance.${isAdjusted ? ' Filled circles are the plain difference; hollow diamonds the same difference with what was known of the customers before taken into account, which is usually narrower.' : ''}`,
    'zh-CN': `各组与对照的差异及 95% 置信区间：区间不含 0 即可排除偶然。${isAdjusted ? '实心圆为原始差异；空心菱形为计入客户前期数据后的差异，区间通常更窄。' : ''}`,
  };
};

const roleNames: { readonly [role in MetricResult['role']]: Text } = {
  primary: { en: 'decides', 'zh-CN': '主要指标' },
  secondary: { en: 'told beside it', 'zh-CN': '次要指标' },
  guardrail: { en: 'must not get worse', 'zh-CN': '护栏指标' },
};

/** With more arms the metrics that do not decide are folded away, or a page would be metres long. */
const openArmsCountMax = 4;

interface Shown {
  readonly numbers: MetricFormat;
  /** By a group-sequential rule: its intervals and p-values hold over all looks. */
  readonly isOverLooks: boolean;
}

const metricPart = (metric: MetricResult, shown: Shown, format: Format): string => {
  const { numbers } = shown;
  const rows = metric.comparisons.flatMap((comparison) => rowOf(metric, comparison, shown, format));
  const { text, language } = format;
  const reference = metric.comparisons[0].reference;
  const against = numbers.value(metric.arms.find(({ arm }) => arm === reference)?.value ?? null);
  const name = armName(reference)[language];
  const lead = { en: `against ${name}: ${against}`, 'zh-CN': `对照（${name}）：${against}` };
  const lower =
    metric.better === 'lower' ? { en: ', lower is better', 'zh-CN': '，越低越好' } : { en: '', 'zh-CN': '' };
  const missing = reasons(
    [
      ...missingOf(metric.comparisons, format),
      ...metric.comparisons.flatMap(({ arm, adjusted }) =>
        adjusted?.kind === 'no-estimate'
          ? [{ who: `${armName(arm)[language]}${adjustedMark[language]}`, why: adjusted }]
          : [],
      ),
    ],
    format,
  );
  const heading = `${text(numbers.name)} <small>${text(roleNames[metric.role])}${text(lower)} · ${text(lead)}</small>`;
  const body = `${metric.cappedAt === undefined ? '' : `<p class="note">${text(cappedNote(numbers.value(metric.cappedAt)))}</p>`}${rows.length === 0 ? '' : forest(rows, numbers.tick)}${missing}`;
  return metric.role !== 'primary' && metric.comparisons.length > openArmsCountMax
    ? `<details><summary>${heading}</summary>${body}</details>`
    : `<h3>${heading}</h3>\n${body}`;
};

const cappedNote = (cap: string): Text => ({
  en: `More than ${cap} a customer was taken as ${cap} in every arm, so that single large orders do not decide.`,
  'zh-CN': `各组中单个客户超过 ${cap} 的部分均按 ${cap} 计，避免个别大额订单左右结果。`,
});

const adjustedMark: Text = { en: ' (adjusted)', 'zh-CN': '（调整后）' };

const rowOf = (
  { arms, role }: MetricResult,
  { arm, reference, estimate, adjusted, adjustedPValue }: Comparison,
  { numbers, isOverLooks }: Shown,
  format: Format,
): readonly ForestRow[] => {
  if (estimate.kind === 'no-estimate') {
    return [];
  }
  const { text, language, count } = format;
  const own = arms.find((each) => each.arm === arm);
  const [name, against] = [armName(arm), armName(reference)];
  const customers = count(own?.customers ?? 0);
  const p = isOverLooks
    ? overLooks(adjustedPValue ?? 1, language)
    : pText(estimate.pValue, role === 'guardrail' ? null : adjustedPValue, language);
  const [below, second] =
    adjusted?.kind === 'estimate'
      ? [
          `<br><small>◇ ${differenceText(adjusted, numbers)}, ${reduction(adjusted, language)}</small>`,
          adjusted,
        ]
      : ['', undefined];
  return [
    {
      name: `${text(name)}<br><small>${numbers.value(own?.value ?? null)} · ${text({ en: `${customers} customers`, 'zh-CN': `${customers} 位客户` })}</small>`,
      plain: intervalOf(estimate),
      ...(second && { adjusted: intervalOf(second) }),
      shown: `${differenceHtml(estimate, numbers)}<br><small>${escaped(p)}</small>${below}`,
      title: text({
        en: `${numbers.name.en}: ${name.en} against ${against.en}`,
        'zh-CN': `${numbers.name['zh-CN']}：${name['zh-CN']}与${against['zh-CN']}对比`,
      }),
      description: `${differenceText(estimate, numbers)}, ${p}${second ? `; ◇ ${differenceText(second, numbers)}` : ''}`,
    },
  ];
};

export const intervalOf = ({ difference, low, high }: Estimate) => ({ value: difference, low, high });

const placesOf = ({ difference, low, high }: Estimate, numbers: MetricFormat): number =>
  numbers.digits(difference, low, high);

/** `+1.3 points (+0.4 to +2.2)`. */
export const differenceText = (estimate: Estimate, numbers: MetricFormat): string => {
  const places = placesOf(estimate, numbers);
  return `${numbers.difference(estimate.difference, places)} (${numbers.range(estimate.low, estimate.high, places)})`;
};

export const differenceHtml = (estimate: Estimate, numbers: MetricFormat): string => {
  const places = placesOf(estimate, numbers);
  return `<b>${numbers.difference(estimate.difference, places)}</b> <small>(${numbers.range(estimate.low, estimate.high, places)})</small>`;
};

/** `p = 0.012, adjusted 0.024`: the latter where several things were compared at once. */
export const pText = (pValue: number, adjustedPValue: number | null, language: Language): string => {
  const shown = (value: number): string => pValueText(value).replace(/^(?=\d)/, '= ');
  const isSame = adjustedPValue === null || pValueText(adjustedPValue) === pValueText(pValue);
  const more = language === 'en' ? ', for several at once p ' : '，多重比较校正后 p ';
  return `p ${shown(pValue)}${isSame ? '' : `${more}${shown(adjustedPValue)}`}`;
};

/** The p-value of a single look would be read as if there had been no others. */
const overLooks = (pValue: number, language: Language): string => {
  const p = pValueText(pValue).replace(/^(?=\d)/, '= ');
  return language === 'en' ? `over all looks and arms p ${p}` : `对全部分析与各组有效的 p ${p}`;
};

const reduction = ({ varianceReduction }: AdjustedEstimate, language: Language): string => {
  const share = `${Math.abs(varianceReduction * 100).toFixed(0)}%`;
  const isLess = varianceReduction >= 0;
  return language === 'en'
    ? `${share} ${isLess ? 'less' : 'more'} variance`
    : `方差${isLess ? '减少' : '增加'} ${share}`;
};

type Numbered = { readonly metric: MetricResult; readonly numbers: MetricFormat };

const allNumbers = (metrics: readonly Numbered[], format: Format) => ({
  columns: [
    { label: { en: 'Metric', 'zh-CN': '指标' }, isText: true },
    { label: words.arm, isText: true },
    { label: { en: 'Reference', 'zh-CN': '对照' } },
    { label: { en: 'Arm’s value', 'zh-CN': '该组取值' } },
    { label: { en: 'Difference (95%)', 'zh-CN': '差异（95% 区间）' } },
    { label: { en: 'Relative (95%)', 'zh-CN': '相对提升（95% 区间）' } },
    { label: { en: 'p', 'zh-CN': 'p 值' } },
    { label: { en: 'p, several at once', 'zh-CN': 'p 值（多重校正）' } },
    { label: { en: 'Adjusted difference (95%)', 'zh-CN': '调整后差异（95% 区间）' } },
    { label: { en: 'Adjusted for', 'zh-CN': '调整依据' }, isText: true },
  ],
  rows: metrics.flatMap(({ metric, numbers }) =>
    metric.comparisons.map((comparison) => numbersRow(metric, comparison, numbers, format)),
  ),
});

const numbersRow = (
  { arms }: MetricResult,
  { arm, reference, estimate, adjusted, adjustedPValue }: Comparison,
  numbers: MetricFormat,
  { text, language }: Format,
): readonly string[] => {
  const none = text({ en: 'no estimate', 'zh-CN': '无估计' });
  const value = (name: string): string =>
    numbers.value(arms.find((each) => each.arm === name)?.value ?? null);
  const isEstimated = estimate.kind === 'estimate';
  const lift = isEstimated ? estimate.relativeLift : null;
  return [
    text(numbers.name),
    text(armName(arm)),
    value(reference),
    value(arm),
    isEstimated ? differenceText(estimate, numbers) : none,
    lift === null ? '–' : `${liftText(lift.value)} (${liftText(lift.low)} … ${liftText(lift.high)})`,
    isEstimated ? escaped(pValueText(estimate.pValue)) : '–',
    adjustedPValue === null ? '–' : escaped(pValueText(adjustedPValue)),
    adjusted === undefined ? '–' : adjusted.kind === 'estimate' ? differenceText(adjusted, numbers) : none,
    adjusted?.kind === 'estimate' ? escaped(adjustedBy(adjusted, language)) : '–',
  ];
};

const adjustedBy = ({ method, covariates }: AdjustedEstimate, language: Language): string => {
  const names = covariates.map((covariate) => covariateName(covariate)[language]);
  const name = method === 'cuped' ? 'CUPED' : 'Lin';
  return language === 'en' ? `${name}: ${names.join(', ')}` : `${name}：${names.join('、')}`;
};

const liftText = (share: number): string => {
  const text = Math.abs(share * 100).toFixed(1);
  return `${Number(text) === 0 ? '' : share < 0 ? '−' : '+'}${text}%`;
};

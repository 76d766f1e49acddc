// The result in one plain sentence, in both languages: the primary metric in the arm and in the reference, the difference
// with its interval, and what follows. Figures are written by metric-words.ts.

import { alpha } from './effect.ts';
import { type Figures, figuresOf, metricName, metricText, percent } from './metric-words.ts';
import type { Comparison, Decision, Estimate, HarmCheck, MetricResult, NoEstimate, Text } from './result.ts';

export interface SentenceFacts {
  readonly decision: Decision;
  readonly windowDays: number;
  /** ISO 4217; null where it is not known. */
  readonly currency: string | null;
  readonly metric: MetricResult;
  /** The comparison that decides; undefined when there is no treated arm. */
  readonly headline: Comparison | undefined;
  readonly harm: readonly HarmCheck[];
  readonly customers: number;
  /** Of a bandit: its difference is a mean over batches, and not that of the two values. */
  readonly isByBatch: boolean;
  /** By a group-sequential rule at this look. */
  readonly isJudged: boolean;
  /** Why there is nothing to compare, when there is no comparison at all. */
  readonly missing: NoEstimate;
}

export const sentenceOf = (facts: SentenceFacts): Text => {
  const { decision, headline, harm } = facts;
  const stopped = harm.find(({ stop }) => stop);
  if (decision === 'stop-for-harm' && stopped !== undefined) {
    return harmSentence(stopped);
  }
  if (decision === 'continue') {
    return continueSentence(facts);
  }
  const estimate = headline?.estimate ?? facts.missing;
  return headline === undefined || estimate.kind === 'no-estimate'
    ? noEstimateSentence(estimate.kind === 'no-estimate' ? estimate : facts.missing)
    : estimateSentence(headline, facts, estimate, stopped);
};

const continueSentence = ({ customers, windowDays, isJudged }: SentenceFacts): Text => {
  const [rule, ruleZh] = isJudged
    ? [
        'no effect is shown by the rule so far, so the test goes on; the result comes with the look that shows one, at the latest',
        '按既定规则尚未显示效果，测试继续；显示效果的那次分析即给出结果，最迟为',
      ]
    : ['the result comes', ''];
  return {
    en: `${integer(customers, 'en')} customers are assigned and no guard against harm was crossed; ${rule} when the last customer’s window of ${days(windowDays)} is over.`,
    'zh-CN': `已分组 ${integer(customers, 'zh-CN')} 位客户，未触发任何止损界限；${ruleZh}最后一位客户的 ${windowDays} 天窗口结束${isJudged ? '时' : '后给出结果'}。`,
  };
};

const noEstimateSentence = ({ reason, action }: NoEstimate): Text => ({
  en: `No estimate: ${reason.en} ${action.en}`,
  'zh-CN': `没有估计值：${reason['zh-CN']}${action['zh-CN']}`,
});

const estimateSentence = (
  { arm, reference, adjustedPValue }: Comparison,
  { windowDays, metric, decision, currency, isByBatch }: SentenceFacts,
  estimate: Estimate,
  stopped: HarmCheck | undefined,
): Text => {
  const { low, high } = estimate;
  const valueIn = (name: string): number => metric.arms.find((one) => one.arm === name)?.value ?? 0;
  const figures = figuresOf(metric, estimate, { arm: valueIn(arm), reference: valueIn(reference) }, currency);
  const lead = isByBatch ? byBatch : atOnce;
  const name = metricText(metric.metric, windowDays);
  const guard = stopped === undefined ? { en: '', 'zh-CN': '' } : guardClause(stopped);
  const isGood = metric.better === 'higher' ? low > 0 : high < 0;
  if (isGood && adjustedPValue !== null && adjustedPValue >= alpha) {
    const p = adjustedPValue.toFixed(3);
    return besides(
      arm,
      name,
      { ...figures, lead },
      {
        en: `; for one of several variants compared at once that is not beyond chance (adjusted p = ${p})${guard.en}.`,
        'zh-CN': `；因同时比较了多个变体，尚不能排除偶然（校正后 p = ${p}）${guard['zh-CN']}。`,
      },
    );
  }
  if (low <= 0 && high >= 0) {
    return besides(
      arm,
      name,
      { ...figures, lead },
      {
        en: `: the data do not tell whether it helps or harms${guard.en}.`,
        'zh-CN': `：尚不能判断利弊${guard['zh-CN']}。`,
      },
    );
  }
  const advice =
    decision === 'roll-out' ? { en: ' Worth rolling out.', 'zh-CN': '值得推广。' } : { en: '', 'zh-CN': '' };
  const [verb, verbZh] = low > 0 ? ['raised', '提高'] : ['lowered', '降低'];
  const { from, to, change, interval } = figures;
  return {
    en: `Variant ${arm} ${verb} ${name.en} from ${from.en} to ${to.en}${lead.en}${change.en} (95% interval ${interval.en})${guard.en}.${advice.en}`,
    'zh-CN': `变体 ${arm} 使${name['zh-CN']}从 ${from['zh-CN']} ${verbZh}到 ${to['zh-CN']}${lead['zh-CN']}变化 ${change['zh-CN']}（95% 置信区间 ${interval['zh-CN']}）${guard['zh-CN']}。${advice['zh-CN']}`,
  };
};

interface Led extends Figures {
  readonly lead: Text;
}

/** Before the difference. */
const atOnce: Text = { en: ', ', 'zh-CN': '，' };
const byBatch: Text = { en: '; compared batch by batch, ', 'zh-CN': '；逐批比较，' };

/** Both values beside each other: nothing is said to have caused the difference. */
const besides = (arm: string, name: Text, { from, to, change, interval, lead }: Led, rest: Text): Text => ({
  en: `Variant ${arm} had ${name.en} of ${to.en} against ${from.en} without it${lead.en}${change.en} (95% interval ${interval.en})${rest.en}`,
  'zh-CN': `变体 ${arm} 的${name['zh-CN']}为 ${to['zh-CN']}，对照为 ${from['zh-CN']}${lead['zh-CN']}相差 ${change['zh-CN']}（95% 置信区间 ${interval['zh-CN']}）${rest['zh-CN']}`,
});

const measureNames: { readonly [measure in HarmCheck['measure']]: Text } = {
  repurchase: { en: 'repurchase', 'zh-CN': '复购率' },
  complaints: { en: 'complaints', 'zh-CN': '投诉率' },
  unsubscribes: { en: 'unsubscribes', 'zh-CN': '退订率' },
  guardrail: { en: 'a guardrail', 'zh-CN': '护栏指标' },
};

const measureName = ({ measure, metric }: HarmCheck): Text =>
  metric === undefined ? measureNames[measure] : metricName(metric.metric);

const valueText = (value: number, { metric }: HarmCheck): string =>
  metric === undefined || metric.unit === 'share' ? percent(value, 2) : value.toFixed(2);

const harmSentence = (check: HarmCheck): Text => {
  const name = measureName(check);
  const observed = valueText(check.observed, check);
  const against = valueText(check.against, check);
  const isTolerated = check.measure === 'complaints' || check.measure === 'unsubscribes';
  const en = isTolerated ? `${against} tolerated` : `${against} without it`;
  const zh = isTolerated ? `容许上限为 ${against}` : `对照为 ${against}`;
  return {
    en: `Stopped for harm: ${name.en} of variant ${check.arm} at ${observed} against ${en} (one-sided p < 0.001).`,
    'zh-CN': `因损害而停止：变体 ${check.arm} 的${name['zh-CN']}为 ${observed}，${zh}（单侧 p < 0.001）。`,
  };
};

const guardClause = (check: HarmCheck): Text => {
  const [name, observed, against] = [
    measureName(check),
    valueText(check.observed, check),
    valueText(check.against, check),
  ];
  return {
    en: `; ${name.en} of variant ${check.arm} at ${observed} stand against rolling it out (guard: ${against})`,
    'zh-CN': `；但变体 ${check.arm} 的${name['zh-CN']}为 ${observed}，不宜推广（界限 ${against}）`,
  };
};

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

const integer = (count: number, language: string): string => count.toLocaleString(language);

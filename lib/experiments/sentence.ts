// The result in one plain sentence, in both languages. Rates as percentages with one decimal, differences in
// percentage points with their sign; more decimals where one would show a difference of 0.0.

import { alpha } from './effect.ts';
import type { Comparison, Decision, Estimate, HarmCheck, NoEstimate, Text } from './result.ts';

export interface SentenceFacts {
  readonly decision: Decision;
  readonly windowDays: number;
  /** The comparison that decides; undefined when there is no treated arm. */
  readonly headline: Comparison | undefined;
  readonly rates: { readonly arm: number | null; readonly reference: number | null };
  readonly harm: readonly HarmCheck[];
  readonly customers: number;
  /** Why there is nothing to compare, when there is no comparison at all. */
  readonly missing: NoEstimate | undefined;
}

export const sentenceOf = (facts: SentenceFacts): Text => {
  const { decision, headline, harm } = facts;
  const stopped = harm.find(({ stop }) => stop);
  if (decision === 'stop-for-harm' && stopped !== undefined) {
    return harmSentence(stopped);
  }
  if (decision === 'continue') {
    return {
      en: `${integer(facts.customers, 'en')} customers are assigned and no guard against harm was crossed; the result comes when the window of ${days(facts.windowDays)} is over.`,
      'zh-CN': `已分组 ${integer(facts.customers, 'zh-CN')} 位客户，未触发任何止损界限；${facts.windowDays} 天窗口结束后给出结果。`,
    };
  }
  const estimate = headline?.estimate;
  if (headline === undefined || estimate === undefined || estimate.kind === 'no-estimate') {
    return estimate?.kind === 'no-estimate' ? noEstimateSentence(estimate) : missingSentence(facts.missing);
  }
  return estimateSentence(headline, facts, estimate, stopped);
};

const missingSentence = (missing: NoEstimate | undefined): Text =>
  missing === undefined ? { en: 'No estimate.', 'zh-CN': '没有估计值。' } : noEstimateSentence(missing);

const noEstimateSentence = ({ reason, action }: NoEstimate): Text => ({
  en: `No estimate: ${reason.en} ${action.en}`,
  'zh-CN': `没有估计值：${reason['zh-CN']}${action['zh-CN']}`,
});

const estimateSentence = (
  { arm, adjustedPValue }: Comparison,
  { windowDays, rates, decision }: SentenceFacts,
  estimate: Estimate,
  stopped: HarmCheck | undefined,
): Text => {
  const { difference, low, high } = estimate;
  const digits = digitsFor(estimate);
  const from = percent(rates.reference ?? 0, digits);
  const to = percent(rates.arm ?? 0, digits);
  const range = `${points(low, digits)} to ${points(high, digits)}`;
  const rangeZh = `${points(low, digits)} 至 ${points(high, digits)}`;
  const guard = stopped === undefined ? { en: '', 'zh-CN': '' } : guardClause(stopped);
  if (low > 0 && adjustedPValue !== null && adjustedPValue >= alpha) {
    const p = adjustedPValue.toFixed(3);
    return {
      en: `Variant ${arm} had ${windowDays}-day repurchase of ${to} against ${from} without it, ${points(difference, digits)} points (95% interval ${range}); for one of several variants compared at once that is not beyond chance (adjusted p = ${p})${guard.en}.`,
      'zh-CN': `变体 ${arm} 的 ${windowDays} 天复购率为 ${to}，对照为 ${from}，相差 ${points(difference, digits)} 个百分点（95% 置信区间 ${rangeZh}）；因同时比较了多个变体，尚不能排除偶然（校正后 p = ${p}）${guard['zh-CN']}。`,
    };
  }
  const advice =
    decision === 'roll-out' ? { en: ' Worth rolling out.', 'zh-CN': '值得推广。' } : { en: '', 'zh-CN': '' };
  if (low > 0 || high < 0) {
    const [verb, verbZh] = low > 0 ? ['raised', '提高'] : ['lowered', '降低'];
    return {
      en: `Variant ${arm} ${verb} ${windowDays}-day repurchase from ${from} to ${to}, ${points(difference, digits)} points (95% interval ${range})${guard.en}.${advice.en}`,
      'zh-CN': `变体 ${arm} 使 ${windowDays} 天复购率从 ${from} ${verbZh}到 ${to}，变化 ${points(difference, digits)} 个百分点（95% 置信区间 ${rangeZh}）${guard['zh-CN']}。${advice['zh-CN']}`,
    };
  }
  return {
    en: `Variant ${arm} had ${windowDays}-day repurchase of ${to} against ${from} without it, ${points(difference, digits)} points (95% interval ${range}): the data do not tell whether it helps or harms${guard.en}.`,
    'zh-CN': `变体 ${arm} 的 ${windowDays} 天复购率为 ${to}，对照为 ${from}，相差 ${points(difference, digits)} 个百分点（95% 置信区间 ${rangeZh}）：尚不能判断利弊${guard['zh-CN']}。`,
  };
};

const measureNames: { readonly [measure in HarmCheck['measure']]: Text } = {
  repurchase: { en: 'repurchase', 'zh-CN': '复购率' },
  complaints: { en: 'complaints', 'zh-CN': '投诉率' },
  unsubscribes: { en: 'unsubscribes', 'zh-CN': '退订率' },
};

const harmSentence = (check: HarmCheck): Text => {
  const name = measureNames[check.measure];
  const observed = percent(check.observed, 2);
  const against = percent(check.against, 2);
  const en = check.measure === 'repurchase' ? `${against} without it` : `${against} tolerated`;
  const zh = check.measure === 'repurchase' ? `对照为 ${against}` : `容许上限为 ${against}`;
  return {
    en: `Stopped for harm: ${name.en} of variant ${check.arm} at ${observed} against ${en} (one-sided p < 0.001).`,
    'zh-CN': `因损害而停止：变体 ${check.arm} 的${name['zh-CN']}为 ${observed}，${zh}（单侧 p < 0.001）。`,
  };
};

const guardClause = ({ arm, measure, observed, against }: HarmCheck): Text => ({
  en: `; ${measureNames[measure].en} of variant ${arm} at ${percent(observed, 2)} stand against rolling it out (guard: ${percent(against, 2)})`,
  'zh-CN': `；但变体 ${arm} 的${measureNames[measure]['zh-CN']}为 ${percent(observed, 2)}，不宜推广（界限 ${percent(against, 2)}）`,
});

/** One decimal, and as many more as the interval's nearer end needs to be told from 0; at most three. */
const digitsFor = ({ difference, low, high }: Estimate): number => {
  const smallest = Math.min(
    Math.abs(difference),
    low > 0 || high < 0 ? Math.min(Math.abs(low), Math.abs(high)) : 1,
  );
  return smallest >= 0.0005 ? 1 : smallest >= 0.00005 ? 2 : 3;
};

const percent = (share: number, digits: number): string => `${(share * 100).toFixed(digits)}%`;

const points = (share: number, digits: number): string => {
  const text = Math.abs(share * 100).toFixed(digits);
  const sign = Number(text) === 0 ? '' : share < 0 ? '−' : '+';
  return `${sign}${text}`;
};

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

const integer = (count: number, language: string): string => count.toLocaleString(language);

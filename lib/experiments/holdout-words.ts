// What the global holdout shows, as totals and as one sentence in both languages: revenue where it could be estimated,
// else the share who bought. Money in major units of the currency, with the 95% interval of the difference.

import { figuresOf, metricText } from './metric-words.ts';
import type { Estimate, MetricResult, NoEstimate, Text } from './result.ts';

export interface Caused {
  readonly metric: string;
  readonly unit: MetricResult['unit'];
  /** Served − held out, a customer. */
  readonly perCustomer: Estimate | NoEstimate;
  /** Over all customers served; null without estimate. */
  readonly total: { readonly value: number; readonly low: number; readonly high: number } | null;
}

/** Of means and shares; a ratio has no total. */
export const causedOf = (metrics: readonly MetricResult[], customers: number): readonly Caused[] =>
  metrics
    .filter(({ kind, role }) => kind !== 'ratio' && role !== 'guardrail')
    .flatMap(({ metric, unit, comparisons }) =>
      comparisons.map(({ estimate }) => ({
        metric,
        unit,
        perCustomer: estimate,
        total:
          estimate.kind === 'estimate'
            ? {
                value: estimate.difference * customers,
                low: estimate.low * customers,
                high: estimate.high * customers,
              }
            : null,
      })),
    );

export interface HoldoutFacts {
  readonly period: string;
  readonly days: number;
  readonly metrics: readonly MetricResult[];
  readonly customers: number;
  readonly currency: string | null;
}

export const holdoutSentence = ({ period, days, metrics, customers, currency }: HoldoutFacts): Text => {
  const shown = ['revenue', 'repurchase'].flatMap((name) => {
    const metric = metrics.find((one) => one.metric === name);
    const comparison = metric?.comparisons[0];
    return metric !== undefined && comparison?.estimate.kind === 'estimate'
      ? [{ metric, comparison, estimate: comparison.estimate }]
      : [];
  })[0];
  if (shown === undefined) {
    const first = metrics[0]?.comparisons[0]?.estimate;
    const why = first?.kind === 'no-estimate' ? first : undefined;
    return {
      en: `${period}: no estimate. ${why?.reason.en ?? ''} ${why?.action.en ?? ''}`.trim(),
      'zh-CN': `${period}：没有估计值。${why?.reason['zh-CN'] ?? ''}${why?.action['zh-CN'] ?? ''}`,
    };
  }
  const { metric, comparison, estimate } = shown;
  const valueIn = (arm: string): number => metric.arms.find((one) => one.arm === arm)?.value ?? 0;
  const values = { arm: valueIn(comparison.arm), reference: valueIn(comparison.reference) };
  const { from, to, change, interval } = figuresOf(metric, estimate, values, currency);
  const name = metricText(metric.metric, days);
  const total = {
    ...estimate,
    difference: estimate.difference * customers,
    low: estimate.low * customers,
    high: estimate.high * customers,
  };
  const sum = figuresOf({ unit: metric.unit === 'share' ? 'count' : metric.unit }, total, values, currency);
  const told = estimate.low > 0 || estimate.high < 0;
  return {
    en: `${period}: with Reprise ${name.en} was ${to.en}, without it ${from.en}: ${change.en} (95% interval ${interval.en}), together ${sum.change.en} (${sum.interval.en}) over ${customers} customers.${told ? '' : ' That is not beyond chance.'}`,
    'zh-CN': `${period}：使用 Reprise 的客户${name['zh-CN'].trim()}为 ${to['zh-CN']}，未使用的为 ${from['zh-CN']}：${change['zh-CN']}（95% 区间 ${interval['zh-CN']}），${customers} 位客户合计 ${sum.change['zh-CN']}（${sum.interval['zh-CN']}）。${told ? '' : '未超出随机波动。'}`,
  };
};

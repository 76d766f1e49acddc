// Metrics' names and figures for people, in both languages. Shares as percentages and differences in percentage points,
// money in the currency's code, all with one sign and with as many decimals as tell the nearer end of the interval from 0.

import type { Estimate, MetricResult, Text } from './result.ts';

export interface Figures {
  readonly from: Text;
  readonly to: Text;
  /** Of the difference, with its sign and unit. */
  readonly change: Text;
  /** Without unit. */
  readonly interval: Text;
}

export const figuresOf = (
  { unit }: Pick<MetricResult, 'unit'>,
  estimate: Estimate,
  values: { readonly arm: number; readonly reference: number },
  currency: string | null,
): Figures => {
  const { difference, low, high } = estimate;
  const scale = unit === 'share' ? 100 : 1;
  const digits = digitsFor(estimate, scale, unit === 'share' ? 1 : 2);
  const value = (one: number): Text =>
    unit === 'share' ? same(percent(one, digits)) : same(withCode(one.toFixed(digits), unit, currency));
  const signed = (one: number): string => withSign(one * scale, digits);
  return {
    from: value(values.reference),
    to: value(values.arm),
    change:
      unit === 'share'
        ? { en: `${signed(difference)} points`, 'zh-CN': `${signed(difference)} 个百分点` }
        : same(withCode(signed(difference), unit, currency)),
    interval: { en: `${signed(low)} to ${signed(high)}`, 'zh-CN': `${signed(low)} 至 ${signed(high)}` },
  };
};

/** An effect's size without sign; two figures that count. */
export const amountText = (
  { unit }: Pick<MetricResult, 'unit'>,
  effect: number,
  currency: string | null,
): Text => {
  const figure = String(Number((unit === 'share' ? 100 * effect : effect).toPrecision(2)));
  return unit === 'share'
    ? { en: `${figure} points`, 'zh-CN': `${figure} 个百分点` }
    : same(withCode(figure, unit, currency));
};

/** As it stands in a sentence after "raised": with the window it was measured over; an own event's name in quotes. */
export const metricText = (metric: string, windowDays: number): Text => {
  const name = names[metric] ?? { en: `“${metric}” rate`, 'zh-CN': `“${metric}”率` };
  return {
    en: `${windowDays}-day ${name.en}`,
    'zh-CN': ` ${windowDays} 天${name['zh-CN']}`,
  };
};

/** An own event's metric keeps the name it was given. */
export const metricName = (metric: string): Text => names[metric] ?? same(metric);

const same = (text: string): Text => ({ en: text, 'zh-CN': text });

const names: { readonly [metric: string]: Text | undefined } = {
  repurchase: { en: 'repurchase', 'zh-CN': '复购率' },
  revenue: { en: 'revenue per customer', 'zh-CN': '人均收入' },
  orders: { en: 'orders per customer', 'zh-CN': '人均订单数' },
  margin: { en: 'margin per customer', 'zh-CN': '人均毛利' },
  'average-order-value': { en: 'average order value', 'zh-CN': '客单价' },
  redemption: { en: 'redemption', 'zh-CN': '核销率' },
  unsubscribe: { en: 'unsubscribe rate', 'zh-CN': '退订率' },
  complaint: { en: 'complaint rate', 'zh-CN': '投诉率' },
  refund: { en: 'refund rate', 'zh-CN': '退款率' },
};

const withCode = (figure: string, unit: MetricResult['unit'], currency: string | null): string =>
  unit === 'money' && currency !== null ? `${figure} ${currency}` : figure;

/** `least`, and as many more as the interval's nearer end needs to be told from 0; two more at most. */
const digitsFor = ({ difference, low, high }: Estimate, scale: number, least: number): number => {
  const ends = low > 0 || high < 0 ? [Math.abs(low), Math.abs(high)] : [];
  const smallest = Math.min(Math.abs(difference), ...ends) * scale;
  const half = 0.5 * 10 ** -least;
  return smallest >= half ? least : smallest >= half / 10 ? least + 1 : least + 2;
};

export const percent = (share: number, digits: number): string => `${(share * 100).toFixed(digits)}%`;

const withSign = (value: number, digits: number): string => {
  const text = Math.abs(value).toFixed(digits);
  const sign = Number(text) === 0 ? '' : value < 0 ? '−' : '+';
  return `${sign}${text}`;
};

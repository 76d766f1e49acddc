// A metric's values and differences as people write them: shares in percent and differences of them in points, money
// with its currency, counts with decimals; a real minus sign; as many decimals as the interval's ends need to be told
// from 0. A p-value or a chance is never shown as 0 or 1.

import type { Language } from '../events/customer.ts';
import { metricTitle } from './report-words.ts';
import type { MetricResult, Text } from './result.ts';

export interface MetricFormat {
  readonly name: Text;
  /** `8.1%`, `€12.40`, `0.213`. */
  readonly value: (value: number | null) => string;
  /** `+1.3 points`. */
  readonly difference: (value: number, digits?: number) => string;
  /** `+0.4 to +2.2`. */
  readonly range: (low: number, high: number, digits?: number) => string;
  /** Decimals with which none of these is shown as 0 that is not. */
  readonly digits: (...values: readonly number[]) => number;
  /** Of a difference at an axis: `+0.4`. */
  readonly tick: (value: number) => string;
  /** Without a sign: `0.02 points`. */
  readonly size: (value: number) => string;
}

export const metricFormat = (
  { metric, unit }: Pick<MetricResult, 'metric' | 'unit'>,
  { currency, windowDays }: { readonly currency: string | null; readonly windowDays: number },
  language: Language,
): MetricFormat => {
  const { scale, fewest, options, suffix, valueSuffix } = unitOf(unit, currency, language);
  const show = (value: number, digits: number, extra: Intl.NumberFormatOptions): string =>
    withMinus(
      new Intl.NumberFormat(language, {
        ...options,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        ...extra,
      }).format(value * scale),
    );
  const digits = (...values: readonly number[]): number =>
    digitsFor(
      values.map((each) => each * scale),
      fewest,
    );
  const signed = (value: number, places = digits(value)): string =>
    show(value, places, { signDisplay: 'exceptZero' });
  const sizeText = (value: number): string => {
    const places = digits(value);
    const least = 10 ** -places / scale;
    return value > 0 && value < least / 2
      ? `< ${show(least, places, {})}${suffix}`
      : `${show(value, places, {})}${suffix}`;
  };
  return {
    name: metricTitle(metric, windowDays),
    value: (value) => (value === null ? '–' : `${show(value, digits(value), {})}${valueSuffix}`),
    difference: (value, places) => `${signed(value, places)}${suffix}`,
    range: (low, high, places = digits(low, high)) =>
      `${signed(low, places)}${language === 'en' ? ' to ' : ' 至 '}${signed(high, places)}`,
    digits,
    tick: (value) => signed(value),
    size: (value) => sizeText(Math.abs(value)),
  };
};

const unitOf = (unit: MetricResult['unit'], currency: string | null, language: Language) => {
  const none = { scale: 1, options: {}, suffix: '', valueSuffix: '' };
  switch (unit) {
    case 'share':
      return {
        ...none,
        scale: 100,
        fewest: 1,
        suffix: language === 'en' ? ' points' : ' 个百分点',
        valueSuffix: '%',
      };
    case 'count':
      return { ...none, fewest: 3 };
    case 'money': {
      const options = currency === null ? {} : ({ style: 'currency', currency } as const);
      const usual = new Intl.NumberFormat(language, options).resolvedOptions().maximumFractionDigits ?? 2;
      return { ...none, options, fewest: currency === null ? 2 : usual };
    }
  }
};

const moreDigitsMax = 3;

const digitsFor = (values: readonly number[], fewest: number): number => {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  let digits = fewest;
  while (digits < fewest + moreDigitsMax && sizes.some((size) => Number(size.toFixed(digits)) === 0)) {
    digits++;
  }
  return digits;
};

const withMinus = (text: string): string => text.replace('-', '−');

/** `0.023`, `< 0.0001`. */
export const pValueText = (pValue: number): string => {
  if (pValue < 0.0001) return '< 0.0001';
  if (pValue > 0.999) return '> 0.999';
  return pValue.toFixed(pValue < 0.001 ? 4 : 3);
};

/** `97.3%`, `> 99.9%`. */
export const chanceText = (chance: number): string => {
  if (chance > 0.999) return '> 99.9%';
  return chance < 0.001 ? '< 0.1%' : `${(chance * 100).toFixed(1)}%`;
};

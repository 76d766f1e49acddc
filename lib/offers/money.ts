// Amounts of money: whole minor units of a currency (ISO 4217), and texts for people.
// Major units go in and out (12.5); arithmetic is on whole minor units. Rounding is half up.
// Source: ISO 4217, list one, column "minor unit"; only what differs from 2 is listed.

import type { Discount } from './offer.ts';

const minorDigitsOf: { readonly [currency: string]: number } = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  ...Object.fromEntries('CLF UYW'.split(' ').map((code) => [code, 4])),
};

/** Digits after the decimal point; 2 for currencies not stated. */
export const minorDigits = (currency: string | undefined): number => minorDigitsOf[currency ?? ''] ?? 2;

/**
 * What the discount takes off an order, rounded to the currency's minor unit and never above the order's value.
 * Tolerates the 1e-9 by which sums of decimals miss in binary.
 */
export const discountAmount = (
  discount: Discount,
  orderValue: number,
  currency: string | undefined,
): number => {
  const scale = 10 ** minorDigits(currency);
  const orderMinor = Math.floor(orderValue * scale + 1e-6);
  const wanted =
    discount.kind === 'percent' ? (orderMinor * discount.percent) / 100 : discount.amount * scale;
  return Math.min(Math.round(wanted + 1e-9), orderMinor) / scale;
};

/** "15% off", "8.5折"; "€10.00 off", "立减¥10". */
export const discountText = (discount: Discount, language: string): string => {
  const chinese = language.startsWith('zh');
  if (discount.kind === 'percent') {
    // In Chinese a price is named by what is left of ten parts: 15% off is 8.5 parts.
    const left = discount.percent === 100 ? '免单' : `${trimmed((100 - discount.percent) / 10)}折`;
    return chinese ? left : `${trimmed(discount.percent)}% off`;
  }
  const amount = priceText(discount.amount, discount.currency, language);
  return chinese ? `立减${amount}` : `${amount} off`;
};

export const priceText = (amount: number, currency: string | undefined, language: string): string =>
  currency === undefined
    ? new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(amount)
    : new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        trailingZeroDisplay: 'stripIfInteger',
      }).format(amount);

const trimmed = (value: number): string => String(Number(value.toFixed(2)));

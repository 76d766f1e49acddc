// Amounts of money: whole minor units of a currency (ISO 4217), and prices for people.
// Major units go in and out (12.5); arithmetic is on whole minor units. Rounding is half up.
// Source: ISO 4217, list one, column "minor unit"; only what differs from 2 is listed.

const minorDigitsOf: { readonly [currency: string]: number } = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  ...Object.fromEntries('CLF UYW'.split(' ').map((code) => [code, 4])),
};

/** Digits after the decimal point; 2 for currencies not stated. */
export const minorDigits = (currency: string | undefined): number => minorDigitsOf[currency ?? ''] ?? 2;

/** Whole minor units; tolerates the 1e-6 by which sums of decimals miss in binary, and rounds down beyond that. */
export const toMinor = (amount: number, currency: string | undefined): number =>
  Math.floor(amount * 10 ** minorDigits(currency) + 1e-6);

export const fromMinor = (minor: number, currency: string | undefined): number =>
  minor / 10 ** minorDigits(currency);

export const priceText = (amount: number, currency: string | undefined, language: string): string =>
  currency === undefined
    ? new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(amount)
    : new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        trailingZeroDisplay: 'stripIfInteger',
      }).format(amount);

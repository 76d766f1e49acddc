import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secureRandom } from '../../lib/adapters/clock.ts';
import { newCode, normalizeCode } from '../../lib/offers/code.ts';
import { takeoff } from '../../lib/offers/discount.ts';
import { fromMinor, minorDigits, priceText } from '../../lib/offers/money.ts';
import type { Discount } from '../../lib/offers/offer.ts';
import { discountText } from '../../lib/offers/texts.ts';

const discountAmount = (discount: Discount, value: number, currency: string | undefined): number =>
  fromMinor(
    takeoff(
      { discount, redemptionsPerCustomerMax: 1 },
      { value, currency, takenMinor: 0, takenByItem: {} },
      new Map(),
    ).minor,
    currency,
  );

describe('coupon codes', () => {
  it('have three groups of four symbols without I, L, O and U', () => {
    expect(newCode(secureRandom)).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/);
  });

  it('use every symbol equally: χ² over 32 symbols of 20,000 codes stays under its 1 − 1e-9 quantile', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 20_000; index++) {
      for (const symbol of newCode(secureRandom).replaceAll('-', '')) {
        counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(32);
    const expected = (20_000 * 12) / 32;
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 31 degrees of freedom, Wilson–Hilferty: 31 (1 − 2/279 + 5.998 √(2/279))³.
    expect(chiSquare).toBeLessThan(104.8);
  });

  it('do not repeat: 20,000 codes of 60 bits are distinct', () => {
    expect(new Set(Array.from({ length: 20_000 }, () => newCode(secureRandom))).size).toBe(20_000);
  });

  it('are found again however they are typed', () => {
    expect(normalizeCode('10ab-cdef-gh1k')).toBe('10ABCDEFGH1K');
    expect(normalizeCode(' ioab cdef ghlk ')).toBe('10ABCDEFGH1K');
    expect(normalizeCode('１０ａｂ–ＣＤＥＦ—gh1k')).toBe('10ABCDEFGH1K');
  });

  it.each(['', '10A', '10AB-CDEF-GH1é', '10AB/CDEF', 'A'.repeat(41)])(
    'refuses what cannot be a code: %j',
    (typed) => {
      expect(normalizeCode(typed)).toBeUndefined();
    },
  );
});

describe('discounts', () => {
  it.each([
    // 15% of 19.99 is 2.9985.
    [{ kind: 'percent', percent: 15 }, 19.99, 'EUR', 3],
    // Half a cent rounds up, although 1.005 is less than that in binary.
    [{ kind: 'percent', percent: 10 }, 10.05, 'USD', 1.01],
    // Yen have no minor unit: 10% of 1,234 is 123.4.
    [{ kind: 'percent', percent: 10 }, 1234, 'JPY', 123],
    // Dinars have three digits: 12.5% of 1.234 is 0.15425.
    [{ kind: 'percent', percent: 12.5 }, 1.234, 'KWD', 0.154],
    [{ kind: 'percent', percent: 100 }, 49.9, undefined, 49.9],
    [{ kind: 'amount', amount: 10, currency: 'EUR' }, 49.9, 'EUR', 10],
    [{ kind: 'amount', amount: 10, currency: 'EUR' }, 7.5, 'EUR', 7.5],
    [{ kind: 'amount', amount: 10, currency: 'EUR' }, 0, 'EUR', 0],
    // A sum of decimals that misses in binary: 0.1 + 0.2.
    [{ kind: 'percent', percent: 100 }, 0.1 + 0.2, 'EUR', 0.3],
  ] as const)('%j on %d %s takes off %d', (discount, orderValue, currency, expected) => {
    expect(discountAmount(discount, orderValue, currency)).toBe(expected);
  });

  it('are never negative, never above the order, and whole minor units', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.constantFrom('EUR', 'JPY', 'KWD', 'CNY'),
        (minor, percent, currency) => {
          const scale = 10 ** minorDigits(currency);
          const amount = discountAmount({ kind: 'percent', percent }, minor / scale, currency);
          expect(amount).toBeGreaterThanOrEqual(0);
          expect(amount).toBeLessThanOrEqual(minor / scale);
          expect(Math.abs(amount * scale - Math.round(amount * scale))).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('are named as people say them in each language', () => {
    expect(discountText({ kind: 'percent', percent: 15 }, 'en')).toBe('15% off');
    expect(discountText({ kind: 'percent', percent: 15 }, 'zh-CN')).toBe('8.5折');
    expect(discountText({ kind: 'percent', percent: 20 }, 'zh-CN')).toBe('8折');
    expect(discountText({ kind: 'percent', percent: 100 }, 'zh-CN')).toBe('免单');
    expect(discountText({ kind: 'amount', amount: 10, currency: 'EUR' }, 'en')).toBe('€10 off');
    expect(discountText({ kind: 'amount', amount: 10, currency: 'CNY' }, 'zh-CN')).toBe('立减¥10');
    expect(priceText(12.5, 'EUR', 'en')).toBe('€12.50');
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addTo, canonical, exactFrom, exactValue, mergeExact } from '../../lib/numeric/exact-sum.ts';

const sumOf = (values: readonly number[]) => {
  const parts: number[] = [];
  for (const value of values) {
    addTo(parts, value);
  }
  return canonical(parts);
};
/** A double as a multiple of 2^-1074, exactly. */
const asInteger = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -size : size;
};
const values = fc.array(fc.double({ noNaN: true, min: -1e290, max: 1e290 }), { maxLength: 40 });

describe('exact sums', () => {
  test('what is lost in doubles is kept: 1e100 + 1 − 1e100 is 1', () => {
    expect(exactValue(sumOf([1e100, 1, -1e100]))).toBe(1);
    expect(exactValue(sumOf(Array.from({ length: 10 }, () => 0.1)))).toBe(1);
    expect(exactValue(sumOf([]))).toBe(0);
  });

  test('a tie is decided by what lies below it', () => {
    expect(exactValue(sumOf([1, 2 ** -53]))).toBe(1);
    expect(exactValue(sumOf([1, 2 ** -53, 2 ** -120]))).toBe(1 + 2 ** -52);
    expect(exactValue(sumOf([1, 2 ** -53, -(2 ** -120)]))).toBe(1);
  });

  test('the parts add up to the sum of the values in whole arithmetic, and its last is the nearest double', () => {
    fc.assert(
      fc.property(values, (list) => {
        const sum = sumOf(list);
        const whole = (doubles: readonly number[]) =>
          doubles.reduce((total, value) => total + asInteger(value), 0n);
        const total = whole(list);
        expect(whole(sum)).toBe(total);
        const off = (value: number): bigint => {
          const gap = asInteger(value) - total;
          return gap < 0n ? -gap : gap;
        };
        const rounded = sum.at(-1) ?? 0;
        const step = Math.max(Number.MIN_VALUE, Math.abs(rounded) * 2 ** -52);
        expect(off(rounded) <= off(rounded + step) && off(rounded) <= off(rounded - step)).toBe(true);
      }),
    );
  });

  test('any order and any split give the same parts', () => {
    fc.assert(
      fc.property(values, fc.nat(), (list, at) => {
        const cut = list.length === 0 ? 0 : at % list.length;
        const merged = mergeExact(sumOf(list.slice(cut)), sumOf(list.slice(0, cut)));
        expect(merged).toEqual(sumOf(list));
        expect(merged).toEqual(sumOf([...list].reverse()));
      }),
    );
  });

  test('whole sums of a database come in exactly, beyond 2^53 too', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }), (value) => {
        const sum = exactFrom(value);
        expect(sum.reduce((total, part) => total + BigInt(part), 0n)).toBe(value);
        expect(sum).toEqual(mergeExact(exactFrom(value - 12_345n), exactFrom(12_345)));
      }),
    );
  });

  test('refuses what is no number', () => {
    expect(() => sumOf([Number.NaN])).toThrow('received NaN');
  });
});

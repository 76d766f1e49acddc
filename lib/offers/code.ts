// Coupon codes by a pattern, each `?` a symbol of Crockford's base 32 (no I, L, O, U) from secure randomness, 5 bits
// each; the default ????-????-???? has 60: a guess hits one of a million live codes with probability 1e6 / 2^60.
// Typed codes are forgiven: case, width, spaces and dashes do not matter, O is read as 0, I and L as 1; so codes are
// compared and stored by that reading, also the letters that a pattern states.

import { couponCodeBitsMin, couponCodeLengthMax } from '../base/limits.ts';
import type { RandomBytes } from '../ports.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const bitsOfSymbol = 5;
const symbolsCountMin = 4;
const defaultPattern = '????-????-????';

/** 32 divides 256, so the low five bits of a byte are uniform. */
export const newCode = (random: RandomBytes, pattern = defaultPattern): string => {
  const bytes = random.bytes(pattern.split('?').length - 1).values();
  return pattern.replaceAll('?', () => alphabet[(bytes.next().value ?? 0) & 31]);
};

/** The code as it is looked up, or undefined when this cannot be a code. */
export const normalizeCode = (typed: string): string | undefined => {
  const symbols = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return symbols.length >= symbolsCountMin &&
    symbols.length <= couponCodeLengthMax &&
    /^[0-9A-HJKMNP-Z]*$/.test(symbols)
    ? symbols
    : undefined;
};

/** What is wrong with a pattern of personal codes; undefined when it can be used. */
export const patternProblem = (pattern: string): string | undefined => {
  const bits = (pattern.split('?').length - 1) * bitsOfSymbol;
  if (!isCodeText(pattern.replaceAll('?', 'X'))) {
    return codeRule;
  }
  return bits < couponCodeBitsMin
    ? `has ${bits / bitsOfSymbol} random symbols (${bits} bits), which can be guessed; write at least ${couponCodeBitsMin / bitsOfSymbol} question marks`
    : undefined;
};

/** What is wrong with a code that everybody gets. */
export const sharedCodeProblem = (code: string): string | undefined =>
  isCodeText(code) ? undefined : codeRule;

const codeRule = `must have ${symbolsCountMin} to ${couponCodeLengthMax} letters A to Z and digits, with single dashes between them`;

const isCodeText = (text: string): boolean =>
  /^[A-Z0-9]+(-[A-Z0-9]+)*$/.test(text) &&
  text.length <= couponCodeLengthMax &&
  normalizeCode(text) !== undefined;

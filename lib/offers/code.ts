// Coupon codes: XXXX-XXXX-XXXX of Crockford's base 32 (no I, L, O, U), 60 bits of secure randomness.
// A guess hits one of a million live codes with probability 1e6 / 2^60, about 1e-12.
// Typed codes are forgiven: case, spaces and dashes do not matter, O is read as 0, I and L as 1.

import type { RandomBytes } from '../ports.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbolsCount = 12;
const groupLength = 4;

/** 32 divides 256, so the low five bits of a byte are uniform. */
export const newCode = (random: RandomBytes): string =>
  grouped([...random.bytes(symbolsCount)].map((byte) => alphabet[byte & 31]).join(''));

/** The code as stored, or undefined when this cannot be a code. */
export const normalizeCode = (typed: string): string | undefined => {
  const symbols = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return symbols.length === symbolsCount && /^[0-9A-HJKMNP-TV-Z]*$/.test(symbols)
    ? grouped(symbols)
    : undefined;
};

const grouped = (symbols: string): string =>
  Array.from({ length: symbolsCount / groupLength }, (_, group) =>
    symbols.slice(group * groupLength, (group + 1) * groupLength),
  ).join('-');

// Seeded randomness: the same seed gives the same run on every machine.
// Generator: xoshiro128** 1.1 (Blackman & Vigna 2018), seeded by splitmix32 over an FNV-1a hash of the seed.
// Not for secrets: coupon codes and tokens use the RandomBytes port.

export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound); bound in 1 … 2^32. */
  int(bound: number): number;
  /** Standard normal (Marsaglia polar method). */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(values: T[]): T[];
  /** A generator with its own stream, decided by this seed and the label alone. */
  fork(label: string): Random;
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** 32-bit FNV-1a over UTF-16 code units; for seeding only, assignment uses its own hash. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
};

export const seededRandom = (seed: string | number): Random => {
  const label = String(seed);
  let mix = fnv1a(label);
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const s = new Int32Array([splitmix(), splitmix(), splitmix(), splitmix()]);
  const nextUint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
  };
  const next = (): number => nextUint32() / 4294967296;
  const int = (bound: number): number => Math.floor(next() * bound);
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = next() * 2 - 1;
      const v = next() * 2 - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = v * scale;
        return u * scale;
      }
    }
  };
  const shuffle = <T>(values: T[]): T[] => {
    for (let i = values.length - 1; i > 0; i--) {
      const j = int(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
    return values;
  };
  return { next, int, normal, shuffle, fork: (name) => seededRandom(`${label}/${name}`) };
};

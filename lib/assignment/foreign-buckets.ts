// Buckets of other systems, to tell what their hash gave a customer when an experiment made there is brought here, so
// that it can be checked and goes on with the same arms. Reprise's own assignment (assign.ts) never uses them.
// GrowthBook (docs.growthbook.io/lib/build-your-own, hash versions): v1 = FNV-1a32(value + seed) mod 1000 ÷ 1000, whose
// parallel experiments are correlated; v2 = FNV-1a32(text of FNV-1a32(seed + value)) mod 10000 ÷ 10000.
// Optimizely: MurmurHash3 x86 32 with seed 1 of customer id + experiment id, times 10000 ÷ 2^32, rounded down.
// GrowthBook hashes UTF-16 units, Optimizely UTF-8. MurmurHash3: Appleby, public domain; FNV: draft-eastlake-fnv.

export const growthbookBucket = (seed: string, value: string, version: number): number | null => {
  switch (version) {
    case 1:
      return (fnv1a32(value + seed) % 1_000) / 1_000;
    case 2:
      return (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000;
    default:
      return null;
  }
};

/** 0 … 9999. */
export const optimizelyBucket = (customerId: string, experimentId: string): number =>
  Math.floor((murmur3(customerId + experimentId, 1) / 2 ** 32) * 10_000);

const fnv1a32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
};

export const murmur3 = (text: string, seed: number): number => {
  const bytes = Buffer.from(text, 'utf8');
  const whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < whole; at += 4) {
    hash = Math.imul(rotated(hash ^ scrambled(bytes.readInt32LE(at)), 13), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at--) {
    tail = (tail << 8) | bytes[at];
  }
  hash ^= scrambled(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const scrambled = (word: number): number => Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

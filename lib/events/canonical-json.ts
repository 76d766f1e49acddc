// One text per JSON value, whatever order its keys arrived in: for hashes and for breaking ties.
// Depth is bounded by jsonDepthMax where capture checks it, so recursion is safe here.

import { createHash } from 'node:crypto';

export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) {
    return `[${value.map((entry) => canonicalJson(entry ?? null)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
};

/** SHA-256, hex. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

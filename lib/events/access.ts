// Access keys: how a secret is made, what is kept of it, and what it opens.
// A secret is `rp_<scope>_` and 27 base62 characters (160.7 bits) from secure randomness; only its SHA-256 is
// stored: a secret of that entropy cannot be guessed from an unsalted hash (NIST SP 800-63B, 5.1.2).

import { createHash } from 'node:crypto';
import { Failure } from '../base/errors.ts';
import { cachedKeysCountMax, cacheMs } from '../base/limits.ts';
import type { ApiKey, Clock, KeyScope, KeyStore, RandomBytes } from '../ports.ts';

export type KeyFinder = Pick<KeyStore, 'findByHash'>;

const secretPattern = /^rp_(write|read|admin)_[0-9A-Za-z]{27}$/;

/** The key behind a secret, or undefined: unknown, malformed or revoked. */
export const authenticate = async (secret: string, keys: KeyFinder): Promise<ApiKey | undefined> => {
  if (!secretPattern.test(secret)) return undefined;
  const key = await keys.findByHash(hashOf(secret));
  return key?.revokedAt === undefined ? key : undefined;
};

/** For capture: write keys send events, and admin keys do everything. A read key is refused like an unknown one. */
export const authenticateWriteKey = async (secret: string, keys: KeyFinder): Promise<ApiKey> => {
  const key = await authenticate(secret, keys);
  if (key && key.scope !== 'read') return key;
  throw new Failure('unauthenticated', {
    code: 'write-key-unknown',
    message: 'The write key is missing, unknown, revoked or of scope read.',
    action:
      'Send a live key as the user name of Basic auth or as writeKey in the body; make one with "npm run keys -- create --scope write --app <name>".',
  });
};

/** What a route (API Gateway's routeKey, "GET /v1/items/{itemId}") asks for. Routes not named ask for admin. */
export const requiredScope = (routeKey: string): 'read' | 'admin' => {
  const [method = '', path = ''] = routeKey.split(' ');
  if (path.startsWith('/v1/users/') || path.startsWith('/v1/coupons/')) return 'read';
  if (method === 'GET' && (path === '/v1/items' || path.startsWith('/v1/items/'))) return 'read';
  return 'admin';
};

export const opens = (scope: KeyScope, routeKey: string): boolean =>
  scope === 'admin' || scope === requiredScope(routeKey);

/** The secret in an Authorization header: a Bearer token, or the user name of Basic auth (as Segment sends it). */
export const secretOf = (authorization: string | undefined): string | undefined => {
  const [scheme = '', value] = (authorization ?? '').trim().split(/\s+/);
  if (value === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  return Buffer.from(value, 'base64').toString('utf8').split(':')[0];
};

export interface NewKey {
  readonly key: ApiKey;
  readonly hash: string;
  /** Shown once to whoever made the key, then forgotten. */
  readonly secret: string;
}

export const makeKey = (scope: KeyScope, app: string, nowMs: number, random: RandomBytes): NewKey => {
  const secret = `rp_${scope}_${base62(27, random)}`;
  const key: ApiKey = {
    keyId: `key_${base62(16, random)}`,
    scope,
    app,
    createdAt: new Date(nowMs).toISOString(),
  };
  return { key, hash: hashOf(secret), secret };
};

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes of 248 and more are thrown away, so that every digit is equally likely (248 = 4 × 62). */
const base62 = (length: number, random: RandomBytes): string => {
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 248 && text.length < length) text += digits[byte % 62];
    }
  }
  return text;
};

/**
 * Remembers what a store answered for cacheMs, unknown keys too, so that a revocation holds after cacheMs at
 * the latest and a flood with one bad key costs one read. Forgets all when cachedKeysCountMax is reached.
 */
export const cachedKeys = (keys: KeyFinder, clock: Clock): KeyFinder => {
  const held = new Map<string, { readonly key: ApiKey | undefined; readonly untilMs: number }>();
  return {
    findByHash: async (hash) => {
      const nowMs = clock.nowMs();
      const hit = held.get(hash);
      if (hit && nowMs < hit.untilMs) return hit.key;
      const key = await keys.findByHash(hash);
      if (held.size >= cachedKeysCountMax) held.clear();
      held.set(hash, { key, untilMs: nowMs + cacheMs });
      return key;
    },
  };
};

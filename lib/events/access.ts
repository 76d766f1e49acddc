// Access keys: how a secret is made, what is kept of it, and what it opens.
// A secret is `rp_<scope>_` and 27 base62 characters (160.7 bits) from secure randomness; only its SHA-256 is
// stored: a secret of that entropy cannot be guessed from an unsalted hash (NIST SP 800-63B, 5.1.2).

import type { RandomBytes } from '../ports.ts';
import type { ApiKey, KeyScope } from './api-key.ts';
import { sha256Hex } from './canonical-json.ts';
import { type FindKey, keyOfHeader } from './write-key.ts';

/**
 * The live key that the Authorization header carries, when it opens the route; undefined when the request is to
 * be refused: no header, an unknown or revoked secret, or too small a scope.
 */
export const admit = async (
  findKey: FindKey,
  authorization: string | undefined,
  routeKey: string,
): Promise<ApiKey | undefined> => {
  const secret = keyOfHeader(authorization);
  const key = secret === undefined ? undefined : await findKey(secret);
  return key && key.revokedAt === undefined && opens(key.scope, routeKey) ? key : undefined;
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
  return { key, hash: sha256Hex(secret), secret };
};

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

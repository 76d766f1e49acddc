// Who sends: the write key of a request, found where Segment's libraries put it: the user name of Basic
// authorization, a Bearer token, or `writeKey` in the body. Keys are looked up by the SHA-256 of their secret;
// answers, "unknown" too, are trusted for cacheMs, so a revoked key is refused after that at the latest.

import { Failure } from '../base/errors.ts';
import { cachedKeysCountMax, cacheMs } from '../base/limits.ts';
import type { Clock } from '../ports.ts';
import type { ApiKey, KeyStore } from './api-key.ts';
import { sha256Hex } from './canonical-json.ts';

export type FindKey = (secret: string) => Promise<ApiKey | undefined>;

/** The secret in an Authorization header, if it carries one. */
export const keyOfHeader = (authorization: string | undefined): string | undefined => {
  const [, scheme, credentials] = /^(Basic|Bearer) +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (scheme === undefined || credentials === undefined) {
    return undefined;
  }
  if (scheme.toLowerCase() === 'bearer') {
    return credentials;
  }
  const userName = Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0];
  return userName === '' ? undefined : userName;
};

/** KeyStore.findByHash, remembered for cacheMs. */
export const cachedKeys = (keys: Pick<KeyStore, 'findByHash'>, clock: Clock): FindKey => {
  const known = new Map<string, { readonly key: ApiKey | undefined; readonly untilMs: number }>();
  return async (secret) => {
    const hash = sha256Hex(secret);
    const cached = known.get(hash);
    if (cached && cached.untilMs > clock.nowMs()) {
      return cached.key;
    }
    const key = await keys.findByHash(hash);
    if (known.size >= cachedKeysCountMax) {
      known.clear();
    }
    known.set(hash, { key, untilMs: clock.nowMs() + cacheMs });
    return key;
  };
};

/** The key a secret belongs to, whatever its scope: what the public ones of apps may do, secret ones may. */
export const authorizeWrite = async (findKey: FindKey, secret: string | undefined): Promise<ApiKey> => {
  if (secret === undefined) {
    throw new Failure('unauthenticated', {
      code: 'write-key-missing',
      message: 'The request carries no write key.',
      action:
        'Send it as the user name of Basic authorization, as a Bearer token, or as `writeKey` in the body.',
    });
  }
  const key = await findKey(secret);
  if (key === undefined || key.revokedAt !== undefined) {
    throw new Failure('unauthenticated', {
      code: key === undefined ? 'write-key-unknown' : 'write-key-revoked',
      message:
        key === undefined ? 'The write key is not known.' : `The write key "${key.keyId}" was revoked.`,
      action: 'Use a write key of this workspace that is in force.',
    });
  }
  return key;
};

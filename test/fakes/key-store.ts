// KeyStore in memory; passes the same contract suite as the DynamoDB adapter (test/access/key-store.test.ts).

import { Failure } from '../../lib/base/errors.ts';
import type { ApiKey, KeyStore } from '../../lib/events/api-key.ts';

export const fakeKeyStore = (): KeyStore => {
  const byHash = new Map<string, ApiKey>();
  return {
    findByHash: async (hash) => byHash.get(hash),
    create: async (key, hash) => {
      byHash.set(hash, key);
    },
    revoke: async (keyId, atIso) => {
      const found = [...byHash].find(([, key]) => key.keyId === keyId);
      if (!found) {
        throw new Failure('not-found', {
          code: 'key-not-found',
          message: 'There is no such key.',
          received: keyId,
          action: 'Take a keyId from the list of keys.',
        });
      }
      byHash.set(found[0], { ...found[1], revokedAt: found[1].revokedAt ?? atIso });
    },
    list: async () => [...byHash.values()].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
  };
};

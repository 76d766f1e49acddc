import { describe, expect, it } from 'vitest';
import { cacheMs } from '../../lib/base/limits.ts';
import { seededRandom } from '../../lib/base/random.ts';
import {
  authenticate,
  authenticateWriteKey,
  cachedKeys,
  hashOf,
  makeKey,
  opens,
  requiredScope,
  secretOf,
} from '../../lib/events/access.ts';
import type { RandomBytes } from '../../lib/ports.ts';
import { fakeKeyStore } from '../fakes/key-store.ts';

const seeded = (seed: number): RandomBytes => {
  const random = seededRandom(seed);
  return { bytes: (count) => Uint8Array.from({ length: count }, () => random.int(256)) };
};

describe('an access key', () => {
  it('has a secret of scope and 27 base62 characters, of which only the SHA-256 is kept', () => {
    const { key, hash, secret } = makeKey('read', 'shop', 0, seeded(1));
    expect(secret).toMatch(/^rp_read_[0-9A-Za-z]{27}$/);
    expect(hash).toBe(hashOf(secret));
    expect(JSON.stringify({ key, hash })).not.toContain(secret.slice(8));
    expect(hashOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('draws each base62 character equally often (χ² below the 99.9% point of 61 degrees of freedom)', () => {
    const random = seeded(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      for (const digit of makeKey('read', 'a', 0, random).secret.slice(8))
        counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    const expected = (2_000 * 27) / 62;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(62);
    expect(chiSquare).toBeLessThan(100.9);
  });

  it('is found by its secret, and not by another, a malformed or a revoked one', async () => {
    const keys = fakeKeyStore();
    const made = makeKey('admin', 'console', 0, seeded(3));
    await keys.create(made.key, made.hash);
    expect(await authenticate(made.secret, keys)).toEqual(made.key);
    expect(await authenticate(makeKey('admin', 'console', 0, seeded(4)).secret, keys)).toBeUndefined();
    expect(await authenticate('secret', keys)).toBeUndefined();
    await keys.revoke(made.key.keyId, '2026-01-01T00:00:00.000Z');
    expect(await authenticate(made.secret, keys)).toBeUndefined();
  });

  it('of scope write or admin sends events; of scope read it does not', async () => {
    const keys = fakeKeyStore();
    const [write, read, admin] = (['write', 'read', 'admin'] as const).map((scope, seed) =>
      makeKey(scope, 'a', 0, seeded(10 + seed)),
    );
    for (const made of [write, read, admin]) await keys.create(made.key, made.hash);
    expect((await authenticateWriteKey(write.secret, keys)).keyId).toBe(write.key.keyId);
    expect((await authenticateWriteKey(admin.secret, keys)).keyId).toBe(admin.key.keyId);
    await expect(authenticateWriteKey(read.secret, keys)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('stops working within cacheMs of its revocation', async () => {
    const keys = fakeKeyStore();
    const made = makeKey('read', 'a', 0, seeded(5));
    await keys.create(made.key, made.hash);
    let nowMs = 0;
    const cached = cachedKeys(keys, { nowMs: () => nowMs });
    expect(await authenticate(made.secret, cached)).toBeDefined();
    await keys.revoke(made.key.keyId, '2026-01-01T00:00:00.000Z');
    nowMs = cacheMs - 1;
    expect(await authenticate(made.secret, cached)).toBeDefined();
    nowMs = cacheMs;
    expect(await authenticate(made.secret, cached)).toBeUndefined();
  });
});

describe('a scope', () => {
  it.each([
    ['GET /v1/users/{userId}/recommendations', 'read'],
    ['GET /v1/items/{itemId}/similar', 'read'],
    ['GET /v1/items/{itemId}', 'read'],
    ['GET /v1/items', 'read'],
    ['POST /v1/coupons/{code}/redemptions', 'read'],
    ['PUT /v1/items/{itemId}', 'admin'],
    ['DELETE /v1/items/{itemId}', 'admin'],
    ['POST /v1/items/import', 'admin'],
    ['GET /v1/admin/models', 'admin'],
    ['GET /v1/itemsextra', 'admin'],
    ['$default', 'admin'],
    ['', 'admin'],
  ])('for %s is %s', (routeKey, scope) => {
    expect(requiredScope(routeKey)).toBe(scope);
  });

  it('write opens no route, read opens only read routes, admin opens all', () => {
    const routes = ['GET /v1/items', 'PUT /v1/items/{itemId}', 'GET /v1/admin/keys'];
    const opened = (scope: 'write' | 'read' | 'admin') => routes.map((route) => opens(scope, route));
    expect(opened('write')).toEqual([false, false, false]);
    expect(opened('read')).toEqual([true, false, false]);
    expect(opened('admin')).toEqual([true, true, true]);
  });
});

describe('an Authorization header', () => {
  it('carries the secret as a Bearer token or as the user name of Basic auth', () => {
    expect(secretOf('Bearer s1')).toBe('s1');
    expect(secretOf(`basic ${Buffer.from('s1:').toString('base64')}`)).toBe('s1');
    expect(secretOf('Digest s1')).toBeUndefined();
    expect(secretOf('s1')).toBeUndefined();
    expect(secretOf(undefined)).toBeUndefined();
  });
});

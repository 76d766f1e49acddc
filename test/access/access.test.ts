import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cacheMs } from '../../lib/base/limits.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { admit, makeKey, opens, requiredScope } from '../../lib/events/access.ts';
import { cachedKeys } from '../../lib/events/write-key.ts';
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
    expect(hash).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(JSON.stringify({ key, hash })).not.toContain(secret.slice(8));
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

  it('admits by Bearer or Basic to the routes of its scope; unknown, absent and malformed secrets are refused', async () => {
    const keys = fakeKeyStore();
    const made = makeKey('read', 'shop', 0, seeded(3));
    await keys.create(made.key, made.hash);
    const findKey = cachedKeys(keys, { nowMs: () => 0 });
    const basic = `Basic ${Buffer.from(`${made.secret}:`).toString('base64')}`;
    const other = makeKey('read', 'shop', 0, seeded(4)).secret;
    expect(await admit(findKey, `Bearer ${made.secret}`, 'GET /v1/items')).toEqual(made.key);
    expect(await admit(findKey, basic, 'GET /v1/items')).toEqual(made.key);
    expect(await admit(findKey, basic, 'PUT /v1/items/{itemId}')).toBeUndefined();
    expect(await admit(findKey, `Bearer ${other}`, 'GET /v1/items')).toBeUndefined();
    expect(await admit(findKey, made.secret, 'GET /v1/items')).toBeUndefined();
    expect(await admit(findKey, undefined, 'GET /v1/items')).toBeUndefined();
  });

  it('stops working within cacheMs of its revocation', async () => {
    const keys = fakeKeyStore();
    const made = makeKey('admin', 'a', 0, seeded(5));
    await keys.create(made.key, made.hash);
    let nowMs = 0;
    const findKey = cachedKeys(keys, { nowMs: () => nowMs });
    const admitted = () => admit(findKey, `Bearer ${made.secret}`, 'GET /v1/admin/keys');
    expect(await admitted()).toBeDefined();
    await keys.revoke(made.key.keyId, '2026-01-01T00:00:00.000Z');
    nowMs = cacheMs - 1;
    expect(await admitted()).toBeDefined();
    nowMs = cacheMs;
    expect(await admitted()).toBeUndefined();
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

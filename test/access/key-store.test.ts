import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyStore } from '../../lib/adapters/key-store-dynamodb.ts';
import type { ApiKey, KeyStore } from '../../lib/events/api-key.ts';
import { fakeKeyStore } from '../fakes/key-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const implementations: readonly [string, () => KeyStore][] = [
  ['in memory', fakeKeyStore],
  ['on DynamoDB', () => createKeyStore(local.client, local.table)],
];

const key = (keyId: string, createdAt = '2026-01-01T00:00:00.000Z'): ApiKey => ({
  keyId,
  scope: 'read',
  app: 'shop',
  createdAt,
});

describe.each(implementations)('a key store %s', (_, open) => {
  it('finds a key by its hash only', async () => {
    const keys = open();
    await keys.create(key('find-1'), 'hash-find-1');
    expect(await keys.findByHash('hash-find-1')).toEqual(key('find-1'));
    expect(await keys.findByHash('find-1')).toBeUndefined();
  });

  it('lists keys by age and never their hashes', async () => {
    const keys = open();
    await keys.create(key('list-2', '2026-01-02T00:00:00.000Z'), 'hash-list-2');
    await keys.create(key('list-1', '2026-01-01T00:00:00.000Z'), 'hash-list-1');
    const listed = (await keys.list()).filter(({ keyId }) => keyId.startsWith('list-'));
    expect(listed).toEqual([
      key('list-1', '2026-01-01T00:00:00.000Z'),
      key('list-2', '2026-01-02T00:00:00.000Z'),
    ]);
  });

  it('marks a revoked key in both places, and keeps when it was first revoked', async () => {
    const keys = open();
    await keys.create(key('revoke-1'), 'hash-revoke-1');
    await keys.revoke('revoke-1', '2026-02-01T00:00:00.000Z');
    await keys.revoke('revoke-1', '2026-03-01T00:00:00.000Z');
    const revoked = { ...key('revoke-1'), revokedAt: '2026-02-01T00:00:00.000Z' };
    expect(await keys.findByHash('hash-revoke-1')).toEqual(revoked);
    expect((await keys.list()).filter(({ keyId }) => keyId === 'revoke-1')).toEqual([revoked]);
  });

  it('says so when there is no key to revoke', async () => {
    await expect(open().revoke('revoke-none', '2026-02-01T00:00:00.000Z')).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

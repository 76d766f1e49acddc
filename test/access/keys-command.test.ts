import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runKeys } from '../../infra/keys.ts';
import { createKeyStore } from '../../lib/adapters/key-store-dynamodb.ts';
import { sha256Hex } from '../../lib/events/canonical-json.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

describe('npm run keys', () => {
  let local: LocalTable;
  const run = (...args: string[]) => runKeys([...args, '--table', local.table, '--endpoint', local.endpoint]);

  beforeAll(async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    local = await startLocalTable('control');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await local.close();
  });

  it('makes a key whose secret works and is nowhere in the list, and revokes it', async () => {
    const [secret] = (await run('create', '--scope', 'admin', '--app', 'console')).split('\n');
    const keys = createKeyStore(local.client, local.table);
    const key = await keys.findByHash(sha256Hex(secret));
    expect(key).toMatchObject({ scope: 'admin', app: 'console' });
    const keyId = key?.keyId ?? '';
    const listed = await run('list');
    expect(listed).toContain(keyId);
    expect(listed).not.toContain(secret.slice('rp_admin_'.length));
    await run('revoke', '--key', keyId);
    expect((await keys.findByHash(sha256Hex(secret)))?.revokedAt).toBeDefined();
    expect(await run('list')).toContain('revoked');
  });

  it.each([
    ['an unknown command', ['rotate']],
    ['an unknown option', ['list', '--colour', 'red']],
    ['a scope that does not exist', ['create', '--scope', 'root', '--app', 'a']],
    ['no app', ['create', '--scope', 'read']],
    ['no key to revoke', ['revoke']],
  ])('refuses %s and makes nothing', async (_, args) => {
    const before = await run('list');
    await expect(run(...args)).rejects.toMatchObject({ kind: 'invalid' });
    expect(await run('list')).toBe(before);
  });
});

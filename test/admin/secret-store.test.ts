import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secureRandom } from '../../lib/adapters/clock.ts';
import { createSecretStore } from '../../lib/adapters/secret-store-dynamodb.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

describe('the secrets of a workspace', () => {
  let local: LocalTable;
  beforeAll(async () => {
    local = await startLocalTable();
  });
  afterAll(() => local.close());

  it('are not made by asking whether they are there', async () => {
    expect(await createSecretStore(local.client, local.table, secureRandom).made()).toBeUndefined();
  });

  it('are made once when twenty callers ask for them at the same time, and stay the same ever after', async () => {
    const open = () => createSecretStore(local.client, local.table, secureRandom);
    const answers = await Promise.all(Array.from({ length: 20 }, () => open().secrets()));
    expect(new Set(answers.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
    expect(answers[0].holdoutSalt).toMatch(/^[0-9a-f]{64}$/);
    expect(answers[0].linkSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(answers[0].linkSecret).not.toBe(answers[0].holdoutSalt);
    expect(await open().secrets()).toEqual(answers[0]);
    expect(await open().made()).toEqual(answers[0]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { modelVersion } from '../../lib/base/ids.ts';
import { listVersions, promoteVersion } from '../../lib/recommenders/versions.ts';
import { fakeModelRegistry } from '../fakes/model-registry.ts';
import { createFakeObjectStore, type FakeObjectStore } from '../fakes/object-store.ts';

const nowMs = Date.UTC(2026, 0, 2);
const version = modelVersion;

describe('a published version', () => {
  let models: FakeObjectStore;
  let registry: ReturnType<typeof fakeModelRegistry>;

  const publish = async (name: string, files = ['manifest.json', 'metrics.json', 'serving.bin']) => {
    for (const file of files) {
      await models.put(
        `versions/${name}/${file}`,
        Buffer.from(JSON.stringify({ of: name, file })),
        'application/json',
      );
    }
  };
  const promote = (name: string) => promoteVersion(version(name), { registry, models }, nowMs);

  beforeEach(async () => {
    models = createFakeObjectStore();
    registry = fakeModelRegistry();
    await publish('v1');
    await publish('v2');
  });

  it('is promoted, and an earlier one again: that is the rollback', async () => {
    expect(await promote('v1')).toEqual({ version: 'v1', promotedAt: '2026-01-02T00:00:00.000Z' });
    expect(await promote('v2')).toMatchObject({ version: 'v2', previous: 'v1' });
    expect(await promote('v1')).toMatchObject({ version: 'v1', previous: 'v2' });
    expect((await registry.current())?.version).toBe('v1');
  });

  it('that serves already is left as it is', async () => {
    const first = await promote('v1');
    expect(await promoteVersion(version('v1'), { registry, models }, nowMs + 1)).toEqual(first);
  });

  it('without its artifacts is refused, and what serves stays', async () => {
    await promote('v1');
    await publish('v3', ['manifest.json']);
    await expect(promote('v3')).rejects.toMatchObject({
      kind: 'not-found',
      detail: { code: 'version-not-published' },
    });
    await expect(promote('nothing')).rejects.toMatchObject({ kind: 'not-found' });
    expect((await registry.current())?.version).toBe('v1');
  });

  it('loses to a promotion that was first, and the caller is told', async () => {
    await promote('v1');
    const racing = {
      current: async () => {
        const seen = await registry.current();
        if (seen?.version === 'v1')
          await registry.promote({ version: version('v2'), promotedAt: '' }, version('v1'));
        return seen;
      },
      promote: (...args: Parameters<typeof registry.promote>) => registry.promote(...args),
    };
    await publish('v3');
    await expect(promoteVersion(version('v3'), { registry: racing, models }, nowMs)).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect((await registry.current())?.version).toBe('v2');
  });

  it('is listed newest first with manifest and metrics, beside the pointer', async () => {
    await models.put('versions/v1/lists/0.json', Buffer.from('[]'), 'application/json');
    await models.put('versions/v3/model.bin', Buffer.from(''), 'application/octet-stream');
    expect(await listVersions({ registry, models })).toEqual({
      current: null,
      versions: ['v2', 'v1'].map((of) => ({
        version: of,
        manifest: { of, file: 'manifest.json' },
        metrics: { of, file: 'metrics.json' },
      })),
    });
  });
});

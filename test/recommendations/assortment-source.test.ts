import { beforeEach, describe, expect, it } from 'vitest';
import { modelVersion } from '../../lib/base/ids.ts';
import { cacheMs } from '../../lib/base/limits.ts';
import type { ModelRegistry } from '../../lib/ports.ts';
import { createAssortmentSource, servingKey } from '../../lib/recommendations/assortment-source.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeModelRegistry } from '../fakes/model-registry.ts';
import { createFakeObjectStore, type FakeObjectStore } from '../fakes/object-store.ts';
import { catalogItem, fakeServingModel } from '../fakes/serving-model.ts';

const pointer = (version: string) => ({
  version: modelVersion(version),
  promotedAt: '2026-01-01T00:00:00.000Z',
});

describe('the assortment in memory', () => {
  let nowMs: number;
  let models: FakeObjectStore;
  let registry: ModelRegistry;
  let reads: { pointer: number; artifact: number };
  let warnings: string[];

  const open = (catalog = fakeCatalogStore()) =>
    createAssortmentSource({
      registry: {
        current: () => {
          reads.pointer += 1;
          return registry.current();
        },
      },
      models: {
        get: (key) => {
          reads.artifact += 1;
          return models.get(key);
        },
      },
      catalog,
      clock: { nowMs: () => nowMs },
      decode: (bytes) =>
        fakeServingModel({
          version: Buffer.from(bytes).toString(),
          trainedAtMs: 1_000,
          items: [catalogItem('a', 0)],
        }),
      warn: (message) => warnings.push(message),
    });
  const publish = (version: string) =>
    models.put(servingKey(modelVersion(version)), Buffer.from(version), 'application/octet-stream');

  beforeEach(() => {
    nowMs = 2_000;
    models = createFakeObjectStore();
    registry = fakeModelRegistry();
    reads = { pointer: 0, artifact: 0 };
    warnings = [];
  });

  it('reads the artifact once per version and the pointer once per cacheMs, for many callers at once', async () => {
    await publish('v1');
    await registry.promote(pointer('v1'), undefined);
    const source = open();
    const answers = await Promise.all(Array.from({ length: 50 }, source));
    expect(new Set(answers).size).toBe(1);
    nowMs += cacheMs - 1;
    await source();
    expect(reads).toEqual({ pointer: 1, artifact: 1 });
    nowMs += 1;
    await source();
    expect(reads).toEqual({ pointer: 2, artifact: 1 });
  });

  it('follows a promotion and a rollback within cacheMs', async () => {
    await publish('v1');
    await publish('v2');
    await registry.promote(pointer('v1'), undefined);
    const source = open();
    expect((await source()).serving?.modelVersion).toBe('v1');
    await registry.promote(pointer('v2'), modelVersion('v1'));
    expect((await source()).serving?.modelVersion).toBe('v1');
    nowMs += cacheMs;
    expect((await source()).serving?.modelVersion).toBe('v2');
    await registry.promote(pointer('v1'), modelVersion('v2'));
    nowMs += cacheMs;
    expect((await source()).serving?.modelVersion).toBe('v1');
  });

  it('shows an item put since the training and drops one deleted since, without a new model', async () => {
    await publish('v1');
    await registry.promote(pointer('v1'), undefined);
    const catalog = fakeCatalogStore([catalogItem('a', 0)], { nowMs: () => nowMs });
    const source = open(catalog);
    const ids = async () => [...(await source()).visible()].map(({ itemId }) => itemId).sort();
    expect(await ids()).toEqual(['a']);
    await catalog.put([catalogItem('b', nowMs)]);
    nowMs += cacheMs;
    expect(await ids()).toEqual(['a', 'b']);
    await catalog.delete(catalogItem('a', 0).itemId);
    nowMs += cacheMs;
    expect(await ids()).toEqual(['b']);
  });

  it('goes on serving the former model when the promoted one cannot be read, and reports it', async () => {
    await publish('v1');
    await registry.promote(pointer('v1'), undefined);
    const source = open();
    await source();
    await registry.promote(pointer('v2'), modelVersion('v1'));
    nowMs += cacheMs;
    expect((await source()).serving?.modelVersion).toBe('v1');
    expect(warnings).toHaveLength(1);
    await publish('v2');
    nowMs += cacheMs;
    expect((await source()).serving?.modelVersion).toBe('v2');
  });

  it('refuses to answer when the promoted model is missing and nothing is held', async () => {
    await registry.promote(pointer('v1'), undefined);
    await expect(open()()).rejects.toMatchObject({ kind: 'unavailable', detail: { code: 'model-missing' } });
  });

  it('holds the version of an experiment beside the one that serves, which alone is read when both are the same', async () => {
    await publish('v1');
    await publish('v2');
    await registry.promote(pointer('v1'), undefined);
    const source = open();
    expect((await source(modelVersion('v1'))).serving?.modelVersion).toBe('v1');
    expect(reads.artifact).toBe(1);
    expect((await source(modelVersion('v2'))).serving?.modelVersion).toBe('v2');
    expect((await source(modelVersion('v2'))).serving?.modelVersion).toBe('v2');
    expect((await source()).serving?.modelVersion).toBe('v1');
    expect(reads.artifact).toBe(2);
    await expect(source(modelVersion('v3'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

// Published model versions, as the models bucket holds them, and which one serves. Promotion of an earlier version
// is the rollback: one conditional write, so that of two at once exactly one wins.

import { Failure } from '../base/errors.ts';
import { type ModelVersion, modelVersion } from '../base/ids.ts';
import { modelVersionsCountMax } from '../base/limits.ts';
import type { ModelPointer, ModelRegistry, ObjectStore } from '../ports.ts';

export interface ModelVersions {
  /** Null before the first promotion. */
  readonly current: ModelPointer | null;
  /** Newest first, at most modelVersionsCountMax; manifest and metrics as training wrote them. */
  readonly versions: readonly {
    readonly version: ModelVersion;
    readonly manifest: unknown;
    readonly metrics: unknown;
  }[];
}

interface Ports {
  readonly registry: Pick<ModelRegistry, 'current' | 'promote'>;
  readonly models: Pick<ObjectStore, 'get' | 'list'>;
}

const manifestPattern = /^versions\/([^/]+)\/manifest\.json$/;

export const listVersions = async ({ registry, models }: Ports): Promise<ModelVersions> => {
  const objects = await models.list('versions/');
  const names = objects
    .flatMap(({ key }) => manifestPattern.exec(key)?.[1] ?? [])
    .sort()
    .reverse()
    .slice(0, modelVersionsCountMax);
  const versions = await Promise.all(
    names.map(async (version) => ({
      version: modelVersion(version),
      manifest: await readJson(models, `versions/${version}/manifest.json`),
      metrics: await readJson(models, `versions/${version}/metrics.json`),
    })),
  );
  return { current: (await registry.current()) ?? null, versions };
};

const readJson = async (models: Pick<ObjectStore, 'get'>, key: string): Promise<unknown> => {
  const bytes = await models.get(key);
  return bytes ? (JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown) : null;
};

/** Makes this version serve. Promoting the one that serves already changes nothing. */
export const promoteVersion = async (
  version: ModelVersion,
  { registry, models }: Ports,
  nowMs: number,
): Promise<ModelPointer> => {
  const current = await registry.current();
  if (current?.version === version) return current;
  const keys = new Set((await models.list(`versions/${version}/`)).map(({ key }) => key));
  const missing = ['manifest.json', 'serving.bin'].filter((name) => !keys.has(`versions/${version}/${name}`));
  if (missing.length > 0) throw notPublished(version, missing);
  const pointer: ModelPointer = {
    version,
    promotedAt: new Date(nowMs).toISOString(),
    ...(current ? { previous: current.version } : {}),
  };
  await registry.promote(pointer, current?.version);
  return pointer;
};

const notPublished = (version: ModelVersion, missing: readonly string[]): Failure =>
  new Failure('not-found', {
    code: 'version-not-published',
    message: `This version cannot serve: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    received: version,
    action: 'Take a version from GET /v1/admin/models.',
  });

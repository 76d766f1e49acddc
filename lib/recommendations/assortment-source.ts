// Keeps the assortment in memory, of the version that serves and of at most one other, which an experiment compares: the
// serving artifact is read once per model version, the pointer and what came or went since the training as held.ts says.
// A request in between reads nothing.
// When a refresh fails, the assortment that is there goes on serving and the failure is reported; without one it throws.

import { Failure } from '../base/errors.ts';
import type { ModelVersion } from '../base/ids.ts';
import type { CatalogStore, Clock, ModelRegistry, ObjectStore } from '../ports.ts';
import type { ServingModel } from '../recommenders/serving.ts';
import { type Assortment, createAssortment } from './assortment.ts';
import { createHeld } from './held.ts';

export interface AssortmentPorts {
  readonly registry: Pick<ModelRegistry, 'current'>;
  /** The models bucket. */
  readonly models: Pick<ObjectStore, 'get'>;
  readonly catalog: Pick<CatalogStore, 'createdSince' | 'withdrawnSince'>;
  readonly clock: Clock;
  readonly decode: (bytes: Uint8Array) => ServingModel;
  readonly warn: (message: string, detail: object) => void;
}

export const servingKey = (version: ModelVersion): string => `versions/${version}/serving.bin`;

/** Of a version, or of the one that serves. */
export type AssortmentSource = (version?: ModelVersion) => Promise<Assortment>;

export const createAssortmentSource = (ports: AssortmentPorts): AssortmentSource => {
  const current = keepAssortment(async () => (await ports.registry.current())?.version, ports);
  let other: { readonly version: ModelVersion; readonly source: () => Promise<Assortment> } | undefined;
  return async (version) => {
    const served = await current();
    if (version === undefined || served.serving?.modelVersion === version) return served;
    if (other?.version !== version) {
      other = { version, source: keepAssortment(async () => version, ports) };
    }
    return other.source();
  };
};

const keepAssortment = (
  versionNow: () => Promise<ModelVersion | undefined>,
  ports: AssortmentPorts,
): (() => Promise<Assortment>) => {
  let serving: ServingModel | undefined;
  return createHeld(
    async () => {
      const version = await versionNow();
      if (version !== serving?.modelVersion) serving = version && (await readServing(version, ports));
      return withNews(serving, ports);
    },
    ports.clock,
    (error, former) => {
      if (former === undefined) throw error;
      ports.warn('the model or catalogue could not be refreshed; the former goes on serving', {
        error: String(error),
      });
      return former;
    },
  );
};

const withNews = async (
  serving: ServingModel | undefined,
  { catalog }: Pick<AssortmentPorts, 'catalog'>,
): Promise<Assortment> => {
  const sinceMs = serving?.trainedAtMs ?? 0;
  const [news, withdrawn] = await Promise.all([
    catalog.createdSince(sinceMs),
    catalog.withdrawnSince(sinceMs),
  ]);
  return createAssortment(serving, news, withdrawn);
};

/** Of one version, as it would serve today; nothing is kept. */
export const assortmentOf = async (
  version: ModelVersion,
  ports: Pick<AssortmentPorts, 'models' | 'catalog' | 'decode'>,
): Promise<Assortment> => withNews(await readServing(version, ports), ports);

const readServing = async (
  version: ModelVersion,
  ports: Pick<AssortmentPorts, 'models' | 'decode'>,
): Promise<ServingModel> => {
  const bytes = await ports.models.get(servingKey(version));
  if (bytes) return ports.decode(bytes);
  throw new Failure('unavailable', {
    code: 'model-missing',
    message: `The model that should serve, ${version}, has no serving artifact.`,
    action: 'Promote a version whose artifacts exist (GET /v1/admin/models lists them) or start a training.',
  });
};

// The first half of the training workflow: dataset and candidates, evaluation of one, fitting the winner.
// Every step reads what earlier steps wrote under the training id and writes whole objects, so it may run again.
// The objects between the steps are in training-objects.ts.

import { gzipSync } from 'node:zlib';
import { Failure, shown } from '../base/errors.ts';
import type { ModelVersion } from '../base/ids.ts';
import { publishShardCustomersCountMax } from '../base/limits.ts';
import {
  buildDataset,
  type CleaningReport,
  type DatasetPorts,
  datasetKey,
  getJson,
  putJson,
} from '../dataset/build.ts';
import { featuresBefore, loadFeatures } from '../dataset/customer-features.ts';
import type { Interactions } from '../dataset/interaction.ts';
import { loadDataset } from '../dataset/load.ts';
import { interactionsBefore, splitByTime } from '../dataset/split.ts';
import type { CatalogItem } from '../events/item.ts';
import type { ModelRegistry, ObjectStore, WithAnalytics } from '../ports.ts';
import { evaluate, sampledTest } from './evaluation.ts';
import { externalFolders } from './external.ts';
import { copyExternal, type ExternalFactors, loadExternal } from './external-factors.ts';
import { pairsOf } from './history.ts';
import { servingNeighbours } from './item-knn.ts';
import { type CustomerList, customerLists } from './lists.ts';
import { listsKey, type ModelManifest, versionKey } from './manifest.ts';
import type { Tools } from './model.ts';
import { createRecommender, defaultCandidates, plainTools, recipeOf, sameRecipe } from './models.ts';
import type { Recipe } from './recommender.ts';
import { encodeServing } from './serving.ts';
import {
  candidatesKey,
  evaluationKey,
  type PlannedCandidate,
  type StoredEvaluation,
  type StoredSelection,
  selectionKey,
} from './training-objects.ts';

export interface TrainingPorts {
  readonly models: ObjectStore;
  readonly withAnalytics: WithAnalytics;
  /** What fitting may use of the machine; default: one thread, progress told to nobody. */
  readonly tools?: Tools;
}

/** What may not be in a model: events still on their way to the archive when the dataset was built. */
const archiveLagMs = 10 * 60 * 1000;

export const startTraining = async (
  input: { readonly trainingId: string; readonly candidates?: readonly string[] },
  ports: DatasetPorts & { readonly registry: ModelRegistry },
) => {
  const { trainingId } = input;
  const requested = requestedCandidates(input.candidates);
  const known = (await ports.registry.trainings()).find((record) => record.trainingId === trainingId);
  const startedAt = known?.startedAt ?? new Date(ports.clock.nowMs()).toISOString();
  const named = input.candidates;
  await ports.registry.recordTraining({ trainingId, status: 'running', startedAt, candidates: named });
  await buildDataset(trainingId, ports);
  const planned = await ports.models.get(candidatesKey(trainingId));
  const candidates =
    planned === undefined
      ? [
          ...withComparisons(requested, await servingRecipe(ports)),
          ...(named === undefined ? await externalCandidates(trainingId, ports.models) : []),
        ]
      : await getJson<PlannedCandidate[]>(ports.models, candidatesKey(trainingId));
  await putJson(ports.models, candidatesKey(trainingId), candidates);
  return { trainingId, candidates: candidates.map(({ name, recipe }) => ({ trainingId, name, recipe })) };
};

export const evaluateCandidate = async (
  {
    trainingId,
    name,
    recipe,
  }: { readonly trainingId: string; readonly name: string; readonly recipe: Recipe },
  ports: TrainingPorts,
): Promise<{ readonly name: string; readonly key: string }> => {
  const { rows, catalogue, features } = await trainingData(trainingId, ports);
  const { atMs, train, test } = splitByTime(rows, catalogue);
  const recommender = createRecommender(recipe, await toolsFor(recipe, trainingId, ports));
  recommender.fit(train, catalogue, Math.min(atMs, latest(train)), featuresBefore(features, atMs));
  const evaluation = evaluate(recommender, sampledTest(test, trainingId), train, catalogue);
  const key = evaluationKey(trainingId, name);
  await putJson(ports.models, key, { name, recipe, ...evaluation } satisfies StoredEvaluation);
  return { name, key };
};

export const fitModel = async (
  {
    trainingId,
    version,
    recipe,
  }: { readonly trainingId: string; readonly version: ModelVersion; readonly recipe: Recipe },
  ports: TrainingPorts,
) => {
  const { rows, catalogue, items, features } = await trainingData(trainingId, ports);
  const interactions = interactionsBefore(rows, Number.POSITIVE_INFINITY);
  const recommender = createRecommender(recipe, await toolsFor(recipe, trainingId, ports));
  const known = featuresBefore(features, Number.POSITIVE_INFINITY);
  recommender.fit(interactions, catalogue, latest(interactions), known);
  const report = await getJson<CleaningReport>(ports.models, datasetKey(trainingId, 'report.json'));
  const model = recommender.save();
  const neighbours = servingNeighbours(pairsOf(interactions));
  const serving = encodeServing(model, {
    neighbours,
    modelVersion: version,
    trainedAtMs: Date.parse(report.builtAt) - archiveLagMs,
    items,
    interactionCounts: countsOf(interactions),
  });
  const binary = 'application/octet-stream';
  await ports.models.put(versionKey(version, 'model.bin'), model, binary);
  await ports.models.put(versionKey(version, 'serving.bin'), serving, binary);
  const shards = await writeLists(
    version,
    customerLists(recommender, interactions, catalogue, neighbours),
    ports.models,
  );
  await writeManifest(trainingId, version, interactions, shards, report, ports.models);
  return {
    trainingId,
    version,
    shards: Array.from({ length: shards }, (_, shard) => ({ version, shard, trainingId })),
  };
};

/** Factors that their owner put into the bucket are compared like every other model. */
const externalCandidates = async (
  trainingId: string,
  models: ObjectStore,
): Promise<readonly PlannedCandidate[]> =>
  (await copyExternal(trainingId, models)).map((folder) => ({
    name: `external-${folder}`,
    recipe: recipeOf('external', { folder }),
    requested: true,
  }));

const toolsFor = async (recipe: Recipe, trainingId: string, ports: TrainingPorts): Promise<Tools> => {
  const external = new Map<string, ExternalFactors>();
  for (const folder of externalFolders(recipe)) {
    external.set(folder, await loadExternal(trainingId, folder, ports));
  }
  return { ...(ports.tools ?? plainTools), external };
};

const requestedCandidates = (names: readonly string[] | undefined): readonly PlannedCandidate[] => {
  const unknown = (names ?? []).filter(
    (name) => !defaultCandidates.some((candidate) => candidate.name === name),
  );
  if (unknown.length > 0 || names?.length === 0) {
    throw new Failure('invalid', {
      code: 'candidate-unknown',
      message: 'The training names candidates that do not exist.',
      received: shown(names),
      action: `Leave candidates out, or use: ${defaultCandidates.map(({ name }) => name).join(', ')}.`,
    });
  }
  return defaultCandidates
    .filter(({ name }) => names?.includes(name) ?? true)
    .map((candidate) => ({ ...candidate, requested: true }));
};

/** Without restriction what serves now may win again; with one it is compared with only. */
const withComparisons = (
  requested: readonly PlannedCandidate[],
  serving: Recipe | undefined,
): readonly PlannedCandidate[] => {
  const has = (candidates: readonly PlannedCandidate[], recipe: Recipe): boolean =>
    candidates.some((candidate) => sameRecipe(candidate.recipe, recipe));
  const isUnrestricted = requested.length === defaultCandidates.length;
  const popularity = defaultCandidates.filter(
    ({ recipe }) => recipe.model === 'popularity' && !has(requested, recipe),
  );
  const candidates = [...requested, ...popularity.map((candidate) => ({ ...candidate, requested: false }))];
  return serving === undefined || has(candidates, serving)
    ? candidates
    : [...candidates, { name: 'serving', recipe: serving, requested: isUnrestricted }];
};

/** The recipe of what serves now; undefined when nothing does, or a model that this version no longer knows. */
const servingRecipe = async (
  ports: Pick<DatasetPorts, 'models'> & { readonly registry: ModelRegistry },
): Promise<Recipe | undefined> => {
  const pointer = await ports.registry.current();
  if (pointer === undefined) {
    return undefined;
  }
  const { recipe } = await getJson<ModelManifest>(ports.models, versionKey(pointer.version, 'manifest.json'));
  return defaultCandidates.some((candidate) => candidate.recipe.model === recipe.model) ? recipe : undefined;
};

const trainingData = async (trainingId: string, ports: TrainingPorts) => {
  const items = await getJson<CatalogItem[]>(ports.models, datasetKey(trainingId, 'catalog.json'));
  const rows = await loadDataset(trainingId, ports.models, ports.withAnalytics);
  const features = await loadFeatures(
    datasetKey(trainingId, 'customers.parquet'),
    ports.models,
    ports.withAnalytics,
  );
  return {
    rows,
    items,
    features,
    catalogue: new Map<string, CatalogItem>(items.map((item) => [item.itemId, item])),
  };
};

const latest = (interactions: Interactions): number =>
  interactions.atMs.reduce((newest, atMs) => Math.max(newest, atMs), 0);

const countsOf = ({ items, itemIndex }: Interactions): ReadonlyMap<string, number> => {
  const counts = new Int32Array(items.length);
  for (const index of itemIndex) {
    counts[index]++;
  }
  return new Map(items.map((id, index) => [id, counts[index]]));
};

const writeLists = async (
  version: ModelVersion,
  lists: Iterable<CustomerList>,
  models: ObjectStore,
): Promise<number> => {
  let shards = 0;
  let shard: CustomerList[] = [];
  const write = async (): Promise<void> => {
    if (shard.length > 0) {
      await models.put(listsKey(version, shards++), gzipSync(JSON.stringify(shard)), 'application/gzip');
      shard = [];
    }
  };
  for (const list of lists) {
    shard.push(list);
    if (shard.length === publishShardCustomersCountMax) {
      await write();
    }
  }
  await write();
  return shards;
};

const writeManifest = async (
  trainingId: string,
  version: ModelVersion,
  interactions: Interactions,
  shards: number,
  dataset: CleaningReport,
  models: ObjectStore,
): Promise<void> => {
  const selection = await getJson<StoredSelection>(models, selectionKey(trainingId));
  const { decision } = selection;
  const manifest: ModelManifest = {
    version,
    trainingId,
    name: decision.winner,
    recipe: decision.recipe,
    trainedAt: dataset.builtAt,
    customers: interactions.customers.length,
    items: interactions.items.length,
    interactions: interactions.value.length,
    lists: interactions.customers.length,
    shards,
    dataset,
    metrics: selection.evaluations[decision.winner],
    decision,
  };
  await putJson(models, versionKey(version, 'metrics.json'), selection);
  await putJson(models, versionKey(version, 'manifest.json'), manifest);
};

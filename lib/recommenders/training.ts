// The first half of the training workflow: dataset and candidates, evaluation of one, fitting the winner.
// Every step reads what earlier steps wrote under the training id and writes whole objects, so it may run again.
// The objects between the steps are in training-objects.ts.

import { gzipSync } from 'node:zlib';
import type { ModelVersion } from '../base/ids.ts';
import { publishShardCustomersCountMax } from '../base/model-limits.ts';
import { softwareVersion } from '../base/version.ts';
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
import type { Clock, ModelRegistry, ObjectStore, WithAnalytics } from '../ports.ts';
import { evaluate, sampledTest } from './evaluation.ts';
import { externalFolders } from './external.ts';
import { copyExternal, type ExternalFactors, loadExternal } from './external-factors.ts';
import { pairsOf } from './history.ts';
import { blendOf } from './hybrid.ts';
import { servingNeighbours } from './item-knn.ts';
import { type CustomerList, customerLists } from './lists.ts';
import { listsKey, type ModelManifest, versionKey } from './manifest.ts';
import type { Tools } from './model.ts';
import { createRecommender, plainTools } from './models.ts';
import type { Recipe } from './recommender.ts';
import { encodeServing } from './serving.ts';
import {
  candidatesKey,
  evaluationKey,
  type PlannedCandidate,
  type StoredEvaluation,
  type StoredSelection,
  selectionKey,
  tuningKey,
} from './training-objects.ts';
import {
  checkCandidates,
  type PlanFacts,
  type PlanInput,
  planCandidates,
  servingRecipe,
} from './training-plan.ts';
import { type Tuning, type TuningBudget, tune } from './tuning.ts';

export interface TrainingPorts {
  readonly models: ObjectStore;
  readonly withAnalytics: WithAnalytics;
  /** What fitting may use of the machine; default: one thread, progress told to nobody. */
  readonly tools?: Tools;
}

/** What may not be in a model: events still on their way to the archive when the dataset was built. */
const archiveLagMs = 10 * 60 * 1000;

export const startTraining = async (
  input: { readonly trainingId: string } & PlanInput,
  ports: DatasetPorts & { readonly registry: ModelRegistry },
) => {
  const { trainingId, candidates: named, tune: budget } = input;
  checkCandidates(named);
  const known = (await ports.registry.trainings()).find((record) => record.trainingId === trainingId);
  const startedAt = known?.startedAt ?? new Date(ports.clock.nowMs()).toISOString();
  await ports.registry.recordTraining({
    trainingId,
    status: 'running',
    startedAt,
    candidates: named,
    ...(budget && { tune: budget }),
  });
  await buildDataset(trainingId, ports);
  const planned = await ports.models.get(candidatesKey(trainingId));
  const candidates =
    planned === undefined
      ? planCandidates(input, await planFacts(trainingId, ports))
      : await getJson<PlannedCandidate[]>(ports.models, candidatesKey(trainingId));
  await putJson(ports.models, candidatesKey(trainingId), candidates);
  return {
    trainingId,
    candidates: candidates.map(({ name, recipe, tune: own }) => ({
      trainingId,
      name,
      recipe,
      ...(own && { tune: own }),
    })),
  };
};

/** Searches on the training part of the split alone; what the evaluation tests on stays unseen. */
export const tuneCandidate = async (
  {
    trainingId,
    name,
    recipe,
    tune: budget,
  }: {
    readonly trainingId: string;
    readonly name: string;
    readonly recipe: Recipe;
    readonly tune: TuningBudget;
  },
  ports: TrainingPorts & { readonly clock: Clock },
): Promise<{ readonly trainingId: string; readonly name: string; readonly recipe: Recipe }> => {
  const key = tuningKey(trainingId, name);
  // A second search would end elsewhere where time ended the first.
  if ((await ports.models.get(key)) === undefined) {
    const { rows, catalogue, features } = await trainingData(trainingId, ports);
    const { atMs, train } = splitByTime(rows, catalogue);
    const customers = featuresBefore(features, atMs);
    const data = { interactions: train, catalogue, nowMs: Math.min(atMs, latest(train)), customers };
    const elapsedS = (): number => ports.clock.nowMs() / 1000;
    const tuning = tune(recipe, data, budget, {
      seed: trainingId,
      elapsedS,
      tools: await toolsFor(recipe, trainingId, ports),
    });
    await putJson(ports.models, key, tuning);
  }
  const tuning = await getJson<Tuning>(ports.models, key);
  return { trainingId, name, recipe: tuning.recipe };
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
  await writeManifest({ trainingId, version, interactions, shards, dataset: report, model }, ports.models);
  return {
    trainingId,
    version,
    shards: Array.from({ length: shards }, (_, shard) => ({ version, shard, trainingId })),
  };
};

const planFacts = async (
  trainingId: string,
  { models, registry }: { readonly models: ObjectStore; readonly registry: ModelRegistry },
): Promise<PlanFacts> => {
  const folders = await copyExternal(trainingId, models);
  const catalogue = await catalogueOf(trainingId, models);
  return {
    itemsCount: catalogue.length,
    repeats: catalogue.some(({ repurchase }) => repurchase.kind !== 'once'),
    folders,
    serving: await servingRecipe({ models, registry }, folders),
  };
};

const toolsFor = async (recipe: Recipe, trainingId: string, ports: TrainingPorts): Promise<Tools> => {
  const external = new Map<string, ExternalFactors>();
  for (const folder of externalFolders(recipe)) {
    external.set(folder, await loadExternal(trainingId, folder, ports));
  }
  return { ...(ports.tools ?? plainTools), external };
};

const catalogueOf = (trainingId: string, models: ObjectStore): Promise<CatalogItem[]> =>
  getJson<CatalogItem[]>(models, datasetKey(trainingId, 'catalog.json'));

const trainingData = async (trainingId: string, ports: TrainingPorts) => {
  const items = await catalogueOf(trainingId, ports.models);
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

interface Fitted {
  readonly trainingId: string;
  readonly version: ModelVersion;
  readonly interactions: Interactions;
  readonly shards: number;
  readonly dataset: CleaningReport;
  readonly model: Uint8Array;
}

const writeManifest = async (fitted: Fitted, models: ObjectStore): Promise<void> => {
  const { trainingId, version, interactions, shards, dataset, model } = fitted;
  const selection = await getJson<StoredSelection>(models, selectionKey(trainingId));
  const { decision } = selection;
  const tuned = await models.get(tuningKey(trainingId, decision.winner));
  const blend = blendOf(model);
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
    ...(tuned && { tuning: JSON.parse(Buffer.from(tuned).toString('utf8')) as Tuning }),
    ...(blend && { blend }),
    software: { reprise: softwareVersion },
  };
  await putJson(models, versionKey(version, 'metrics.json'), selection);
  await putJson(models, versionKey(version, 'manifest.json'), manifest);
};

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { customerId, modelVersion } from '../../lib/base/ids.ts';
import { softwareVersion } from '../../lib/base/version.ts';
import { getJson } from '../../lib/dataset/build.ts';
import { candidateNames, candidateOf, externalCandidate } from '../../lib/recommenders/candidates.ts';
import type { ModelManifest } from '../../lib/recommenders/manifest.ts';
import { modelNames } from '../../lib/recommenders/models.ts';
import { failTraining, promoteModel } from '../../lib/recommenders/selection.ts';
import { decodeServing } from '../../lib/recommenders/serving.ts';
import { startTraining, tuneCandidate } from '../../lib/recommenders/training.ts';
import { planCandidates } from '../../lib/recommenders/training-plan.ts';
import { bought } from '../dataset/events.ts';
import { marketEvents, marketPorts, runTraining } from './market.ts';

const customers = 80;

describe('a training', () => {
  it('ends in a promoted model, its lists published for every customer', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const { version, reason } = await runTraining(ports, { trainingId: 't1' });
    expect(version).toMatch(/^v20260501T000000Z-[0-9a-f]{6}$/);
    expect(await ports.registry.current()).toEqual({ version, promotedAt: '2026-05-01T00:00:00.000Z' });
    expect(await ports.registry.trainings()).toMatchObject([
      { trainingId: 't1', status: 'promoted', version, reason },
    ]);
    for (let customer = 0; customer < customers; customer++) {
      const { list } = await ports.customers.read(customerId(`c${customer}`), version);
      // Four of twelve items of the own half are not owned; a model of taste puts them first.
      const first = (list?.items ?? []).slice(0, 4).map((one) => Number(one.itemId.slice(1)) % 2);
      expect(first).toEqual([customer % 2, customer % 2, customer % 2, customer % 2]);
    }
  });

  it('leaves manifest, metrics and a serving artifact that agree', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const { version = modelVersion(''), recipe } = await runTraining(ports, { trainingId: 't1' });
    const manifest = await getJson<ModelManifest>(ports.models, `versions/${version}/manifest.json`);
    expect(manifest).toMatchObject({
      version,
      trainingId: 't1',
      recipe,
      customers,
      items: 24,
      interactions: customers * 16,
      lists: customers,
      shards: 1,
      dataset: { orders: customers * 8, interactions: customers * 16, customers },
      decision: { outcome: 'promote', recipe },
    });
    expect(manifest.metrics.ndcg).toBeGreaterThan(0.2);
    const { low = 0, high = 0 } = manifest.metrics.intervals.ndcg ?? {};
    expect(low).toBeLessThan(manifest.metrics.ndcg);
    expect(high).toBeGreaterThan(manifest.metrics.ndcg);
    const { decision } = manifest;
    expect(decision.comparisons.find(({ name }) => name === 'popularity')?.behind).toEqual(
      decision.againstPopularity,
    );
    expect(decision.againstPopularity?.p).toBeLessThan(0.05);
    const bytes = await ports.models.get(`versions/${version}/serving.bin`);
    const serving = decodeServing(bytes ?? new Uint8Array(0));
    expect(serving.modelVersion).toBe(version);
    expect(serving.popularity).toHaveLength(24);
    expect(serving.similarItems(serving.items[0].itemId, 3)).toHaveLength(3);
  });

  it('comes to the same end from the start, after a kill behind any of its steps', async () => {
    const events = marketEvents(customers);
    const undisturbed = await marketPorts(events);
    const { version } = await runTraining(undisturbed, { trainingId: 't1' });
    for (const stopAfter of [1, 5, 10, 11, 12]) {
      const ports = await marketPorts(events);
      await expect(runTraining(ports, { trainingId: 't1' }, stopAfter)).rejects.toThrow('killed');
      expect((await runTraining(ports, { trainingId: 't1' })).version).toBe(version);
      expect(await ports.registry.current()).toMatchObject({ version });
      expect([...ports.models.objects.keys()].toSorted()).toEqual(
        [...undisturbed.models.objects.keys()].toSorted(),
      );
      expect(ports.models.objects.get(`versions/${version}/serving.bin`)).toEqual(
        undisturbed.models.objects.get(`versions/${version}/serving.bin`),
      );
      expect(await ports.registry.trainings()).toMatchObject([{ status: 'promoted', version }]);
    }
  });

  it('refuses what is worse than the model that serves, which goes on serving', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const first = await runTraining(ports, { trainingId: 't1' });
    const second = await runTraining(ports, { trainingId: 't2', candidates: ['popularity'] });
    expect(second).toMatchObject({ trainingId: 't2', outcome: 'refused' });
    expect(second.version).toBeUndefined();
    expect(await ports.registry.current()).toMatchObject({ version: first.version });
    const records = await ports.registry.trainings();
    expect(records.find((record) => record.trainingId === 't2')).toMatchObject({
      status: 'refused',
      reason: second.reason,
    });
  });

  it('trains the same recipe anew under a version of its own', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const first = await runTraining(ports, { trainingId: 't1' });
    const second = await runTraining(ports, { trainingId: 't2' });
    expect(second.recipe).toEqual(first.recipe);
    expect(second.version).not.toBe(first.version);
    expect(await ports.registry.current()).toMatchObject({
      version: second.version,
      previous: first.version,
    });
  });

  it('promotes popularity first where too few customers can be tested on, and replaces nothing by their word', async () => {
    const ports = await marketPorts(marketEvents(10));
    expect(await runTraining(ports, { trainingId: 't1' })).toMatchObject({
      outcome: 'promote',
      recipe: { model: 'popularity' },
    });
    expect(await runTraining(ports, { trainingId: 't2' })).toMatchObject({ outcome: 'refused' });
  });

  it('does not promote over a model that came to serve after its gate', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const { version = modelVersion('') } = await runTraining(ports, { trainingId: 't1' });
    await runTraining(ports, { trainingId: 't2' });
    await expect(promoteModel({ trainingId: 't1', version }, ports)).rejects.toThrow(
      /model-promoted-meanwhile/,
    );
  });

  it('compares requested candidates with popularity and with what serves', async () => {
    const ports = await marketPorts(marketEvents(customers));
    await runTraining(ports, { trainingId: 't1', candidates: ['als'] });
    const { candidates } = await startTraining({ trainingId: 't2', candidates: ['item-knn-cosine'] }, ports);
    expect(candidates.map((candidate) => candidate.name)).toEqual([
      'item-knn-cosine',
      'popularity',
      'serving',
    ]);
    expect(candidates[2].recipe.model).toBe('als');
  });

  it('refuses candidates that do not exist before anything is built', async () => {
    const ports = await marketPorts([bought('ann', 'o1', 0, 'i1')]);
    await expect(startTraining({ trainingId: 't1', candidates: ['oracle'] }, ports)).rejects.toThrow(
      /candidate-unknown/,
    );
    await expect(startTraining({ trainingId: 't1', candidates: [] }, ports)).rejects.toThrow(
      /candidate-unknown/,
    );
    expect(ports.models.objects.size).toBe(0);
  });

  it('tunes candidates on the training part, promotes what it found, and the manifest says how', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const tune = { trials: 4, seconds: 60 };
    const request = { candidates: ['item-knn-cosine'], tune };
    const { version = modelVersion('') } = await runTraining(ports, { trainingId: 't1', ...request });
    expect(await ports.registry.trainings()).toMatchObject([{ status: 'promoted', tune }]);
    const manifest = await getJson<ModelManifest>(ports.models, `versions/${version}/manifest.json`);
    const { tuning, recipe, software } = manifest;
    expect(tuning?.trials).toHaveLength(4);
    expect(tuning?.recipe).toEqual(recipe);
    expect(tuning?.seed).toBe('t1');
    expect(tuning?.trials.map(({ ndcg = 0 }) => ndcg)).toContain(tuning?.ndcg);
    expect(software).toEqual({ reprise: softwareVersion });
    // The next search begins where this one ended, beside what serves as it is.
    const { candidates } = await startTraining({ trainingId: 't2', ...request }, ports);
    expect(candidates).toEqual([
      { trainingId: 't2', name: 'item-knn-cosine', recipe, tune },
      expect.objectContaining({ name: 'popularity' }),
      { trainingId: 't2', name: 'serving', recipe },
    ]);
  });

  it('does not search again for a candidate that was tuned before its training was killed', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const tune = { trials: 3, seconds: 60 };
    const { candidates } = await startTraining(
      { trainingId: 't1', candidates: ['item-knn-cosine'], tune },
      ports,
    );
    const first = await tuneCandidate({ ...candidates[0], tune }, ports);
    const again = await tuneCandidate({ ...candidates[0], tune: { trials: 1, seconds: 1 } }, ports);
    expect(again).toEqual(first);
  });

  it('keeps what a hybrid learned in its manifest', async () => {
    const ports = await marketPorts(marketEvents(customers));
    const { version } = await runTraining(ports, { trainingId: 't1', candidates: ['hybrid'] });
    const { blend, recipe } = await getJson<ModelManifest>(ports.models, `versions/${version}/manifest.json`);
    expect(recipe.model).toBe('hybrid');
    expect(blend?.models).toEqual([
      'item-knn',
      'sequence',
      'als',
      'popularity',
      'trending',
      'ease',
      'content',
    ]);
    expect(blend?.weights).toHaveLength(7);
    expect(blend?.choices).toBeGreaterThan(50);
    expect(blend?.loss).toBeGreaterThan(0);
  });

  it('plans EASE, alone and in the hybrid, only where the catalogue is small enough', () => {
    const facts = (itemsCount: number) => ({ itemsCount, repeats: false, folders: [], serving: undefined });
    const partsOf = (itemsCount: number) => {
      const plan = planCandidates({}, facts(itemsCount));
      const models = plan.find(({ name }) => name === 'hybrid')?.recipe.params.models;
      return { names: plan.map(({ name }) => name), models: JSON.stringify(models) };
    };
    expect(partsOf(8_000).names).toContain('ease');
    expect(partsOf(8_000).models).toContain('"ease"');
    expect(partsOf(8_001).names).not.toContain('ease');
    expect(partsOf(8_001).models).not.toContain('"ease"');
    // Who asks for it by name gets it.
    expect(planCandidates({ candidates: ['ease'] }, facts(8_001)).map(({ name }) => name)).toEqual([
      'ease',
      'popularity',
    ]);
  });

  it('plans what customers take again only where something is bought again', () => {
    const namesOf = (repeats: boolean) =>
      planCandidates({}, { itemsCount: 10, repeats, folders: [], serving: undefined }).map(
        ({ name }) => name,
      );
    expect(namesOf(true)).toContain('repetition');
    expect(namesOf(false)).not.toContain('repetition');
  });

  it('tries models that it would not try by itself, and external factors, when they are asked for by name', () => {
    const facts = { itemsCount: 10, repeats: false, folders: ['two-tower', 'other'], serving: undefined };
    const named = (...candidates: string[]) =>
      planCandidates({ candidates }, facts).map(({ name, recipe }) => `${name}: ${recipe.model}`);
    expect(named('bpr', 'repetition', 'user-knn')).toEqual([
      'repetition: repetition',
      'user-knn: user-knn',
      'bpr: bpr',
      'popularity: popularity',
    ]);
    expect(named('external-two-tower')).toEqual(['external-two-tower: external', 'popularity: popularity']);
    expect(() => named('als', 'external-gone')).toThrow(/external-gone/);
    const planned = planCandidates({}, facts).map(({ name }) => name);
    expect(planned).not.toContain('user-knn');
    expect(planned).toContain('external-other');
  });

  it('can be asked for every model', () => {
    const models = candidateNames.flatMap((name) => candidateOf(name, 10)?.recipe.model ?? []);
    expect(new Set([...models, externalCandidate('any').recipe.model])).toEqual(new Set(modelNames));
  });

  it('names the version of package.json as what it was trained by', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(softwareVersion).toBe(version);
  });

  it('records what Lambda says of a failure as one readable reason', async () => {
    const ports = await marketPorts([bought('ann', 'o1', 0, 'i1')]);
    await failTraining(
      {
        trainingId: 't1',
        error: { Error: 'Failure', Cause: '{"errorMessage":"dataset-empty: Nothing to learn from."}' },
      },
      ports,
    );
    await failTraining(
      { trainingId: 't2', error: { Error: 'States.Timeout', Cause: 'took too long' } },
      ports,
    );
    await failTraining({ trainingId: 't3', error: 'plain' }, ports);
    const reasons = new Map((await ports.registry.trainings()).map((one) => [one.trainingId, one.reason]));
    expect(reasons.get('t1')).toBe('Nothing to learn from.');
    expect(reasons.get('t2')).toBe('States.Timeout: took too long');
    expect(reasons.get('t3')).toBe('plain');
  });
});

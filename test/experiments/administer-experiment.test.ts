import { beforeEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../lib/assignment/experiment.ts';
import { Failure } from '../../lib/base/errors.ts';
import { modelVersion } from '../../lib/base/ids.ts';
import {
  createExperiment,
  type ExperimentPorts,
  replaceExperiment,
  startExperiment,
  stopExperiment,
} from '../../lib/experiments/administer-experiment.ts';
import { parseNothing } from '../../lib/experiments/experiment-api-input.ts';
import { servingKey } from '../../lib/recommendations/assortment-source.ts';
import { memoryExperimentStore } from '../fakes/experiment-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';

const nowMs = Date.UTC(2026, 10, 25);
const definition = (change: object = {}) => ({
  name: 'Does the new model sell more?',
  subject: 'recommendations',
  placements: ['home'],
  variants: [
    { name: 'now', weight: 0.5 },
    { name: 'new', weight: 0.5, serving: { modelVersion: 'v2' } },
  ],
  reference: 'now',
  startsAt: '2026-11-25T00:00:00Z',
  endsAt: '2026-12-25T00:00:00Z',
  windowDays: 30,
  ...change,
});

const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof Failure) return failure;
  throw new Error('it was not refused');
};
const pathsOf = (failure: Failure) => (failure.detail.problems ?? []).map(({ path }) => path).sort();

describe('an experiment', () => {
  let ports: ExperimentPorts;
  let drawn: number;
  let workflows: ReturnType<typeof fakeWorkflows>;
  beforeEach(async () => {
    const models = createFakeObjectStore();
    await models.put(servingKey(modelVersion('v2')), new Uint8Array(1), 'application/octet-stream');
    drawn = 0;
    workflows = fakeWorkflows();
    ports = {
      experiments: memoryExperimentStore(),
      models,
      secrets: fakeSecretStore(),
      clock: { nowMs: () => nowMs },
      random: { bytes: (count) => new Uint8Array(count).fill(++drawn) },
      workflows,
    };
  });
  const started = async (change: object = {}): Promise<Experiment> => {
    const { experimentId } = await createExperiment(definition(change), ports);
    return startExperiment(experimentId, ports);
  };

  it('is a draft with a salt of its own, then runs, then is stopped for a reason', async () => {
    const draft = await createExperiment(definition(), ports);
    expect(draft).toMatchObject({ status: 'draft', salt: '02'.repeat(16), revision: 1 });
    const running = await startExperiment(draft.experimentId, ports);
    expect(running).toMatchObject({
      status: 'running',
      salt: draft.salt,
      startedAt: '2026-11-25T00:00:00.000Z',
    });
    expect(await ports.experiments.running()).toHaveLength(1);
    expect(await startExperiment(draft.experimentId, ports)).toEqual(running);
    const stopped = await stopExperiment(draft.experimentId, 'a bug in the new model', ports);
    expect(stopped).toMatchObject({ status: 'stopped', endedReason: 'a bug in the new model' });
    expect(await ports.experiments.running()).toEqual([]);
    expect((await failureOf(startExperiment(draft.experimentId, ports))).kind).toBe('conflict');
  });

  it('begins its looks with its start, once however often it is started', async () => {
    const { experimentId } = await started();
    await startExperiment(experimentId, ports);
    expect([...workflows.experiments]).toEqual([
      [expect.stringMatching(/-looks$/), { experimentId, waitUntil: '2026-12-02T00:15:00.000Z' }],
    ]);
    expect([...workflows.experiments.keys()][0].length).toBeLessThanOrEqual(80);
  });

  it('keeps its salt when a draft is replaced, and is never edited once it runs', async () => {
    const draft = await createExperiment(definition(), ports);
    const replaced = await replaceExperiment(draft.experimentId, definition({ windowDays: 14 }), ports);
    expect(replaced).toMatchObject({ windowDays: 14, salt: draft.salt, revision: 2 });
    await startExperiment(draft.experimentId, ports);
    const failure = await failureOf(replaceExperiment(draft.experimentId, definition(), ports));
    expect(failure.detail.code).toBe('experiment-status');
  });

  it('is refused with every problem at once', async () => {
    const wrong = definition({
      variants: [
        { name: 'a', weight: 0.5 },
        { name: 'a', weight: 0.6 },
        { name: 'holdout', weight: 0 },
      ],
      reference: 'b',
      exclusion: { group: 'g', from: 0.5, to: 0.5 },
      endsAt: '2026-11-24T00:00:00Z',
    });
    const failure = await failureOf(createExperiment(wrong, ports));
    expect(pathsOf(failure)).toEqual([
      'endsAt',
      'exclusion.to',
      'reference',
      'variants',
      'variants',
      'variants.1.name',
      'variants.2.name',
      'variants.2.weight',
    ]);
  });

  it('that an app assigns keeps the id that the app knows, and has nothing to serve', async () => {
    const external = { subject: 'external', placements: undefined, experimentId: 'checkout-colour' };
    const variants = [
      { name: 'red', weight: 0.5 },
      { name: 'blue', weight: 0.5 },
    ];
    const made = await createExperiment(definition({ ...external, variants, reference: 'red' }), ports);
    expect(made.experimentId).toBe('checkout-colour');
    const served = [{ ...variants[0], serving: { personalised: false } }, variants[1]];
    const failure = await failureOf(
      createExperiment(definition({ ...external, variants: served, reference: 'red' }), ports),
    );
    expect(pathsOf(failure)).toEqual(['variants.0.serving']);
  });

  it('does not start with a model that is not there, nor when its time is over', async () => {
    const variants = [
      { name: 'now', weight: 0.5 },
      { name: 'new', weight: 0.5, serving: { modelVersion: 'v9' } },
    ];
    const over = { startsAt: '2026-10-01T00:00:00Z', endsAt: '2026-11-01T00:00:00Z' };
    expect(pathsOf(await failureOf(started({ variants, ...over })))).toEqual([
      'endsAt',
      'variants.1.serving.modelVersion',
    ]);
  });

  it('that an app has ended before starts all the same: its exposures are imported', async () => {
    const external = { subject: 'external', placements: undefined, experimentId: 'mail-2008' };
    const variants = [
      { name: 'mail', weight: 0.5 },
      { name: 'none', weight: 0.5 },
    ];
    const past = { startsAt: '2008-03-20T00:00:00Z', endsAt: '2008-03-21T00:00:00Z', windowDays: 14 };
    const running = await started({ ...external, ...past, variants, reference: 'none' });
    expect(running.status).toBe('running');
    expect([...workflows.experiments.values()]).toEqual([
      { experimentId: 'mail-2008', waitUntil: '2026-11-25T00:15:00.000Z' },
    ]);
  });

  it.each([
    ['at the same place', {}, false],
    ['everywhere', { placements: undefined }, false],
    ['at another place', { placements: ['cart'] }, true],
    ['after it', { startsAt: '2026-12-25T00:00:00Z', endsAt: '2027-01-25T00:00:00Z' }, true],
    ['in the rest of its group', { exclusion: { group: 'g', from: 0.5, to: 1 } }, true],
    ['in a slice that overlaps', { exclusion: { group: 'g', from: 0.4, to: 1 } }, false],
    ['in another group', { exclusion: { group: 'h', from: 0.5, to: 1 } }, false],
  ] as const)('starts beside one that runs %s: %j → %s', async (_, change, isStarted) => {
    await started({ exclusion: { group: 'g', from: 0, to: 0.5 } });
    const second = started(change);
    if (isStarted) {
      expect((await second).status).toBe('running');
    } else {
      expect(pathsOf(await failureOf(second))).toEqual(['exclusion']);
    }
  });

  it('names what an id is taken by, instead of calling it a change by somebody else', async () => {
    const { placements: _, ...rest } = definition({
      experimentId: 'mine',
      subject: 'external',
      variants: [
        { name: 'now', weight: 0.5 },
        { name: 'new', weight: 0.5 },
      ],
    });
    await createExperiment(rest, ports);
    const taken = await failureOf(createExperiment(rest, ports));
    expect(taken).toMatchObject({
      kind: 'conflict',
      detail: { code: 'experiment-exists', received: 'mine' },
    });
    expect(taken.detail.action).toContain('PUT');
  });

  it('refuses a variant that nobody would be in, and arms that differ in words alone', async () => {
    const variants = (weights: readonly number[], serving: object) => ({
      variants: [
        { name: 'now', weight: weights[0] },
        { name: 'new', weight: weights[1], serving },
      ],
    });
    const create = (change: object) => failureOf(createExperiment(definition(change), ports));
    expect(pathsOf(await create(variants([0, 1], { modelVersion: 'v2' })))).toEqual(['variants.0.weight']);
    for (const serving of [{}, { personalised: true }, { reranking: {} }]) {
      expect(pathsOf(await create(variants([0.5, 0.5], serving)))).toEqual(['variants']);
    }
  });

  it('refuses exploration where popular items alone answer, which leave nothing to chance', async () => {
    const serving = { personalised: false, explorationShare: 0.2 };
    const variants = [
      { name: 'now', weight: 0.5 },
      { name: 'new', weight: 0.5, serving },
    ];
    const failure = await failureOf(createExperiment(definition({ variants }), ports));
    expect(pathsOf(failure)).toEqual(['variants.1.serving.explorationShare']);
  });

  it('takes no body where the path says all: what was meant by one would be lost', () => {
    expect(() => {
      parseNothing({}, 'analysis request');
    }).not.toThrow();
    expect(() => {
      parseNothing({ force: true }, 'analysis request');
    }).toThrow('analysis-request-invalid');
  });
});

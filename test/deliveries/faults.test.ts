// Every fault of one round, and every pair of deaths in two, on every channel, in journeys and after events: nobody gets
// a second message or a second code, nobody is lost, and what SES took is never called unknown once SES has reported.

import { describe, expect, it } from 'vitest';
import { effectsOf, type SceneName, sceneNames, sceneOf } from './fault-scenes.ts';
import { type Fault, faults, type Plan, runPlan, type Verdict } from './fault-world.ts';

/** At the first call of its kind and in the middle, where others are under way. */
const singles = (scene: SceneName, hows: readonly Fault['how'][], nths: readonly number[]): Fault[] =>
  effectsOf(scene).flatMap((effect) =>
    hows.flatMap((how) => nths.map((nth): Fault => ({ effect, how, nth }))),
  );

const label = ({ scene, rounds, processesCount, reports, seed }: Plan): string =>
  `${scene}: ${rounds.map(({ effect, how, nth }) => `${how} ${effect} ${nth}`).join(', ')}; ${processesCount} processes, reports ${reports}, ${seed}`;

const check = (plan: Plan, verdict: Verdict): void => {
  const said = label(plan);
  const scene = sceneOf(plan.scene);
  expect(verdict, said).toMatchObject({ secondMessagesCount: 0, secondCodesCount: 0, lost: [] });
  expect(verdict.messagesCount, said).toBeLessThanOrEqual(scene.messagesCount);
  expect(
    verdict.messagesCount + verdict.unknownCount - verdict.unknownButSentCount,
    said,
  ).toBeGreaterThanOrEqual(scene.messagesCount);
  if (plan.reports !== 'none') expect(verdict.unknownButSentCount, said).toBe(0);
  // Putting an offer into the app again is putting it once: there is nothing that could be unknown.
  if (plan.scene === 'in-app') expect(verdict.unknownCount, said).toBe(0);
  expect(verdict.codesCount, said).toBe(scene.codesCount);
};

const runAll = async (plans: Iterable<Plan>): Promise<readonly Verdict[]> => {
  const verdicts: Verdict[] = [];
  for (const plan of plans) {
    const verdict = await runPlan(plan);
    check(plan, verdict);
    verdicts.push(verdict);
  }
  return verdicts;
};

const alone = (scene: SceneName, rounds: readonly Fault[]): Plan => ({
  scene,
  rounds,
  processesCount: 1,
  reports: 'none',
  seed: 'alone',
});
const beside = (
  scene: SceneName,
  rounds: readonly Fault[],
  reports: Plan['reports'] = 'each-round',
): Plan => ({
  scene,
  rounds,
  processesCount: 2,
  reports,
  seed: 'beside',
});

describe.each(sceneNames)('delivering under faults: %s', (scene) => {
  it('without any sends as many messages as follow by hand, once', async () => {
    const { messagesCount, codesCount } = sceneOf(scene);
    const plans = ['a', 'b'].flatMap((seed) => [alone(scene, []), { ...beside(scene, []), seed }]);
    for (const verdict of await runAll(plans)) {
      expect(verdict).toMatchObject({ messagesCount, codesCount, unknownCount: 0 });
      // One was throttled; a journey waits for an hour, two rounds of this clock.
      expect(verdict.roundsCount).toBeLessThanOrEqual(scene === 'journey' ? 4 : 2);
    }
  });

  it('keeps its promises under each fault at each side effect, alone and beside a second process', async () => {
    for (const fault of singles(scene, faults, [1, 3])) {
      await runAll([alone(scene, [fault]), beside(scene, [fault])]);
    }
  });

  it('keeps them when the process dies at any two side effects, round after round', async () => {
    const deaths = singles(scene, ['dies-before', 'dies-after'], [2]);
    for (const first of deaths) {
      for (const second of deaths) {
        await runAll([
          beside(scene, [first, second], 'at-the-end'),
          ...(scene === 'email' ? [alone(scene, [first, second])] : []),
        ]);
      }
    }
  });

  it('calls nothing unknown when the process lives and no answer between claiming to send and settling is lost', async () => {
    const known = singles(scene, ['answer-lost', 'refused', 'repeated'], [1, 3]).filter(
      ({ effect, how }) => how === 'repeated' || !['send', 'settle', 'profile'].includes(effect),
    );
    for (const fault of known) {
      const plan = alone(scene, [fault]);
      expect((await runPlan(plan)).unknownCount, label(plan)).toBe(0);
    }
  });
});

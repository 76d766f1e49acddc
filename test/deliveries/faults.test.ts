// Every fault of one round, and every pair of deaths in two: nobody gets a second mail or a second code, nobody is
// lost, and what SES took is never called unknown once SES has reported.

import { describe, expect, it } from 'vitest';
import { type Effect, effects, type Fault, faults, type Plan, runPlan, type Verdict } from './fault-world.ts';

/** Calls of each kind in a whole delivery of the batch; a fault planned for a later one strikes nothing. */
const callsCount: { readonly [effect in Effect]: number } = {
  claim: 6,
  sending: 6,
  send: 6,
  settle: 7,
  events: 1,
  progress: 1,
};
const singles = (hows: readonly Fault['how'][]): Fault[] =>
  effects.flatMap((effect) =>
    hows.flatMap((how) =>
      Array.from({ length: callsCount[effect] }, (_, index) => ({ effect, how, nth: index + 1 })),
    ),
  );

const label = ({ rounds, processesCount, reports, seed }: Plan): string =>
  `${rounds.map(({ effect, how, nth }) => `${how} ${effect} ${nth}`).join(', ')}; ${processesCount} processes, reports ${reports}, ${seed}`;

const check = (plan: Plan, verdict: Verdict): void => {
  const said = label(plan);
  expect(verdict, said).toMatchObject({ secondMailsCount: 0, secondCodesCount: 0, lost: [] });
  // Four customers get a mail (ada, bob, cid, dan), unless theirs is called unknown.
  expect(verdict.mailsCount, said).toBeLessThanOrEqual(4);
  expect(
    verdict.mailsCount + verdict.unknownCount - verdict.unknownButSentCount,
    said,
  ).toBeGreaterThanOrEqual(4);
  if (plan.reports !== 'none') expect(verdict.unknownButSentCount, said).toBe(0);
  expect(verdict.codesCount, said).toBe(4);
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

const variations = (rounds: readonly Fault[], seeds: number): Plan[] =>
  ([1, 2] as const).flatMap((processesCount) =>
    (['none', 'each-round', 'at-the-end'] as const).flatMap((reports) =>
      Array.from({ length: seeds }, (_, seed) => ({ rounds, processesCount, reports, seed: `seed-${seed}` })),
    ),
  );

describe('delivering a batch under faults', () => {
  it('without any fault mails four of six, once, at the latest in the second round: one was throttled', async () => {
    for (const verdict of await runAll(variations([], 4))) {
      expect(verdict).toMatchObject({ mailsCount: 4, codesCount: 4, unknownCount: 0 });
      expect(verdict.roundsCount).toBeLessThanOrEqual(2);
    }
  });

  it('keeps its promises under each fault at each side effect, alone and beside a second process', async () => {
    for (const fault of singles(faults)) {
      await runAll(variations([fault], 1));
    }
  });

  it('keeps them when the process dies at any two side effects, round after round', async () => {
    const deaths = singles(['dies-before', 'dies-after']).filter(({ nth }) => nth === 1 || nth === 4);
    for (const first of deaths) {
      for (const second of deaths) {
        await runAll([
          { rounds: [first, second], processesCount: 2, reports: 'at-the-end', seed: 'pair' },
          { rounds: [first, second], processesCount: 1, reports: 'none', seed: 'pair' },
        ]);
      }
    }
  });

  it('calls nothing unknown when the process lives and no answer between claiming to send and settling is lost', async () => {
    const known = singles(['answer-lost', 'refused', 'repeated']).filter(
      ({ effect, how }) => how === 'repeated' || (effect !== 'send' && effect !== 'settle'),
    );
    for (const fault of known) {
      const plan: Plan = { rounds: [fault], processesCount: 1, reports: 'none', seed: 'known' };
      expect((await runPlan(plan)).unknownCount, label(plan)).toBe(0);
    }
  });
});

// JourneyStore in memory, with the conditional write of the real one.

import type { JourneyState } from '../../lib/campaigns/journey-state.ts';
import type { JourneyStore } from '../../lib/ports.ts';

export interface FakeJourneyStore extends JourneyStore {
  readonly states: Map<string, JourneyState>;
}

export const fakeJourneyStore = (): FakeJourneyStore => {
  const states = new Map<string, JourneyState>();
  const keyOf = ({ campaignId, runId, phase }: JourneyRun, customerId: string): string =>
    `${campaignId}/${runId}/${phase}/${customerId}`;
  const waiting = (run: JourneyRun) =>
    [...states.values()]
      .filter((state) => state.ended === undefined && keyOf(state, '') === keyOf(run, ''))
      .map(({ member, dueAt }) => ({ member: structuredClone(member), dueAt }))
      .toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  return {
    states,
    of: async (campaignId, customerId) =>
      structuredClone(
        [...states.values()].filter(
          (state) => state.campaignId === campaignId && state.member.customerId === customerId,
        ),
      ),
    get: async (run, customerId) => structuredClone(states.get(keyOf(run, customerId))),
    write: async (next, previous) => {
      const key = keyOf(next, next.member.customerId);
      if (states.get(key)?.revision !== previous?.revision) {
        return false;
      }
      states.set(key, structuredClone(next));
      return true;
    },
    due: async (run, nowMs, limit) =>
      waiting(run)
        .filter(({ dueAt }) => Date.parse(dueAt) <= nowMs)
        .slice(0, limit),
    nextDueAt: async (run) => waiting(run)[0]?.dueAt,
  };
};

type JourneyRun = Pick<JourneyState, 'campaignId' | 'runId' | 'phase'>;

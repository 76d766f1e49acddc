// Outcomes of a bandit's campaign by batch and arm: how many were assigned, whose window is over, and who of those bought
// (at least one kept order in the window). The unit is the assignment: who comes in again counts again, as their windows do not
// overlap (lib/campaigns/allocation-check.ts). Times in ms; what happened after `asOfMs` is left out.

import { dayMs } from '../base/time.ts';
import type { StoredEvent } from '../events/event.ts';
import type { OutcomeQuery, ReportSource } from '../ports.ts';
import type { AssignedCustomer, RunOutcomes } from './collect.ts';
import { foldOrders } from './orders.ts';

export interface BatchArm {
  readonly customers: number;
  readonly matured: number;
  /** Of those matured. */
  readonly buyers: number;
}

export interface BatchOutcomes {
  readonly batch: number;
  readonly arms: ReadonlyMap<string, BatchArm>;
}

export interface BatchedOutcomes {
  /** In order of their numbers. */
  readonly batches: readonly BatchOutcomes[];
  /** Assignments found with two arms. */
  readonly conflictsCount: number;
}

/** From the archive; in memory, which holds some hundred thousand customers. */
export const batchesOfRuns = async (
  query: OutcomeQuery,
  scope: { readonly windowDays: number; readonly asOfMs: number },
  source: ReportSource,
): Promise<BatchedOutcomes> => {
  const { assignments, events } = await source.history({ ...query, historyDays: 0 });
  const inRuns = assignments.filter(({ runId, phase }) => phase === 'test' && query.runIds.includes(runId));
  return collectBatches(inRuns, events, scope);
};

/** A customer who comes in again is drawn anew, which is no conflict: only an assignment with two arms is. */
export const withBatches = (outcomes: RunOutcomes, batched: BatchedOutcomes): RunOutcomes => ({
  ...outcomes,
  batched,
  conflictsCount: batched.conflictsCount,
});

/** `events`: user ids resolved; duplicates do no harm. Who has no batch (the rollout's) is left out. */
export const collectBatches = (
  assigned: readonly AssignedCustomer[],
  events: readonly StoredEvent[],
  { windowDays, asOfMs }: { readonly windowDays: number; readonly asOfMs: number },
): BatchedOutcomes => {
  const decisions = new Map<string, AssignedCustomer>();
  const conflicts = new Set<string>();
  for (const entry of assigned) {
    const kept = decisions.get(entry.decisionId) ?? entry;
    if (kept.arm !== entry.arm) conflicts.add(entry.decisionId);
    decisions.set(entry.decisionId, kept);
  }
  const bought = new Map<string, number[]>();
  const known = events.filter(({ timestamp }) => Date.parse(timestamp) < asOfMs);
  for (const { customerId, atMs, kept } of foldOrders(known).orders) {
    if (kept) bought.set(customerId, [...(bought.get(customerId) ?? []), atMs]);
  }
  const batches = new Map<number, Map<string, BatchArm>>();
  for (const { customerId, arm, assignedAtMs, batch } of decisions.values()) {
    if (batch === undefined || assignedAtMs >= asOfMs) continue;
    const endMs = assignedAtMs + windowDays * dayMs;
    const isMature = endMs <= asOfMs;
    const isBuyer =
      isMature && (bought.get(customerId) ?? []).some((atMs) => atMs >= assignedAtMs && atMs < endMs);
    const arms = batches.get(batch) ?? new Map<string, BatchArm>();
    const { customers, matured, buyers } = arms.get(arm) ?? { customers: 0, matured: 0, buyers: 0 };
    arms.set(arm, {
      customers: customers + 1,
      matured: matured + (isMature ? 1 : 0),
      buyers: buyers + (isBuyer ? 1 : 0),
    });
    batches.set(batch, arms);
  }
  return {
    batches: [...batches].toSorted(([a], [b]) => a - b).map(([batch, arms]) => ({ batch, arms })),
    conflictsCount: conflicts.size,
  };
};

/** Of one arm over all batches: customers whose window is over, and buyers among them. */
export const maturedOf = (batches: readonly BatchOutcomes[], arm: string) =>
  batches.reduce(
    (sum, { arms }) => ({
      customers: sum.customers + (arms.get(arm)?.matured ?? 0),
      buyers: sum.buyers + (arms.get(arm)?.buyers ?? 0),
    }),
    { customers: 0, buyers: 0 },
  );

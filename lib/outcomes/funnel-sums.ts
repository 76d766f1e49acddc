// Several funnels of disjoint runs as one: counts add up, cell by cell.

import { addCounts, type Counts } from './counts.ts';
import type { CustomerCell, Funnel, MessageCell } from './funnel.ts';

/** One funnel of the disjoint runs of several, under the name `runId`. */
export const sumFunnels = (funnels: readonly Funnel[], runId: string): Funnel => {
  const customers = funnels.flatMap((funnel) => funnel.customers);
  const messages = funnels.flatMap((funnel) => funnel.messages);
  return {
    customers: summed(customers, ({ phase, arm }) => [phase, arm]).map((cell) => ({ ...cell, runId })),
    messages: summed(messages, ({ phase, arm, stepId, channel }) => [phase, arm, stepId, channel]).map(
      (cell) => ({ ...cell, runId }),
    ),
  };
};

const summed = <C extends CustomerCell | MessageCell>(
  cells: readonly C[],
  dimensions: (cell: C) => readonly string[],
): readonly C[] => {
  const sums = new Map<string, C>();
  for (const cell of cells) {
    const key = JSON.stringify(dimensions(cell));
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? cell : { ...sum, counts: addCounts<Counts>(sum.counts, cell.counts) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);
};

// Tables of who stands where, made once for pages that were drawn alike: a shop's pages come in a few shapes.

import { type Draws, type SlotTable, slotTable } from '../../recommendations/exploration.ts';

export type Tables = (draws: Draws) => SlotTable;

export const createTables = (): Tables => {
  const made = new Map<string, SlotTable>();
  return (draws) => {
    const key = `${draws.slots}/${draws.share}/${draws.ranked}/${draws.pool}`;
    const known = made.get(key) ?? slotTable(draws);
    made.set(key, known);
    return known;
  };
};

/** Σ over places of the probability to stand there × the chance that it is looked at. */
export const examinedChance = (row: Float64Array, looks: Float64Array): number => {
  let sum = 0;
  for (let slot = 0; slot < row.length; slot++) sum += row[slot] * looks[slot];
  return sum;
};

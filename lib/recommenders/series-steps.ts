// Which item follows which in the series of a catalogue (series.id, series.position): pairs of neighbouring positions.
// Of a position that several items hold, each is followed by each of the next position, and none by one of its own.

import type { CatalogItem } from '../events/item.ts';

/** Pairs of indexes into the catalogue, series by series in its order. */
export const seriesSteps = (
  catalogue: readonly (CatalogItem | undefined)[],
): readonly (readonly [before: number, after: number])[] => {
  const series = new Map<string, Map<number, number[]>>();
  for (const [index, item] of catalogue.entries()) {
    if (item?.series === undefined) continue;
    const parts = series.get(item.series.id) ?? new Map<number, number[]>();
    series.set(item.series.id, parts);
    const place = parts.get(item.series.position) ?? [];
    parts.set(item.series.position, place);
    place.push(index);
  }
  return [...series.values()].flatMap((parts) => {
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, indexes]) => indexes);
    return inOrder
      .slice(1)
      .flatMap((after, place) => inOrder[place].flatMap((from) => after.map((to) => [from, to] as const)));
  });
};

// Interactions made by hand for tests of models.

import { Matrix } from 'ml-matrix';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { Interactions } from '../../lib/dataset/interaction.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { interactionsFrom } from '../dataset/interaction-rows.ts';

export type Triple = readonly [customer: string, item: string, value?: number, atMs?: number];

export const interactionsOf = (triples: readonly Triple[]): Interactions =>
  interactionsFrom(
    triples.map(([customer, item, value = 1, atMs = 0]) => ({
      customerId: customerId(customer),
      itemId: itemId(item),
      value,
      atMs,
      type: 'purchase',
    })),
  );

/** Customer u takes every item of its own parity but item u: what it takes next is item u. */
export const checkerboard = (size: number): Triple[] =>
  Array.from({ length: size * size }, (_, cell) => [Math.floor(cell / size), cell % size])
    .filter(([customer, item]) => customer !== item && customer % 2 === item % 2)
    .map(([customer, item]): Triple => [`c${customer}`, `i${item}`]);

export const itemOf = (id: string, change: Partial<CatalogItem> = {}): CatalogItem => ({
  itemId: itemId(id),
  title: id,
  kind: 'course',
  category: [],
  tags: [],
  repurchase: { kind: 'once' },
  attributes: {},
  hidden: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

const random = seededRandom('models.test');

/** 25 customers, 10 items, weights 1 to 3, at random. */
export const scattered: readonly Triple[] = Array.from({ length: 200 }, () => [
  random.int(25),
  random.int(10),
])
  .map(([customer, item]): [string, string] => [`c${customer}`, `i${item}`])
  .filter(([customer, item], row, all) => all.findIndex(([c, i]) => c === customer && i === item) === row)
  .map(([customer, item]): Triple => [customer, item, 1 + random.int(3)]);

/** The same, customers × items. */
export const dense = () => {
  const { rows, columns, rowStart, columnIndex, value } = pairsOf(interactionsOf(scattered));
  const matrix = Matrix.zeros(rows, columns);
  for (let row = 0; row < rows; row++) {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      matrix.set(row, columnIndex[entry], value[entry]);
    }
  }
  return matrix;
};

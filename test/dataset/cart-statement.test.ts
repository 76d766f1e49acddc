// The SQL over the archive and lib/events/cart.ts find the same additions taken back.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { cleaningStatements, interactionsQuery } from '../../lib/dataset/statements.ts';
import { cartOf } from '../../lib/events/cart.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { emptyState, foldEvents } from '../../lib/events/state.ts';
import { archiveOf, stored } from './events.ts';

const rowsOf = (events: readonly StoredEvent[]) =>
  withDuckDb(async (analytics) => {
    const archive = await archiveOf(events);
    const glob = await analytics.fetch(archive, await archive.list('events/'), '.ndjson.gz');
    for (const statement of cleaningStatements(glob)) {
      await analytics.run(statement);
    }
    const rows = await analytics.rows(interactionsQuery());
    return rows.map(({ customer, item, type, at_ms, refunded_ms }) => ({
      key: JSON.stringify([customer, item, Number(at_ms)]),
      type,
      atMs: Number(at_ms),
      removedMs: refunded_ms,
    }));
  });

const dayMs = 86_400_000;

it('an addition carries the time at which the last unit was taken out again', async () => {
  const move = (event: string, day: number, properties: JsonObject) =>
    stored({ user: 'ann', event, day, properties: { product_id: 'pen', ...properties } });
  const rows = await rowsOf([
    move('Product Added', 1, { quantity: 2 }),
    move('Product Removed', 2, { quantity: 1 }),
    move('Product Removed', 3, { quantity: 1 }),
    move('Product Added', 4, {}),
  ]);
  expect(rows.map(({ type }) => type)).toEqual(['cart', 'cart']);
  const [first, second] = rows;
  expect(Number(first.removedMs) - first.atMs).toBe(2 * dayMs);
  expect(second.removedMs).toBeNull();
});

it('the dataset takes back what the fresh state takes back, for any moves', async () => {
  const quantity = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  const user = fc.constantFrom('ann', 'bob');
  const item = fc.constantFrom('pen', 'ink');
  const name = fc.constantFrom(
    'Product Added',
    'Product Added',
    'Product Removed',
    'Checkout Started',
    'Order Completed',
  );
  const move = fc.tuple(name, user, item, quantity, fc.nat(12));
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 30, maxLength: 60 }), async (moves) => {
      const events = moves.map(([event, who, product_id, units, day], index) => {
        const line = { product_id, ...(units !== undefined && { quantity: units }) };
        const isList = event === 'Checkout Started' || event === 'Order Completed';
        const properties = isList ? { order_id: `o-${index}`, products: [line, line] } : line;
        return stored({ user: who, event, day, properties });
      });
      const expected = ['ann', 'bob'].flatMap((who) => {
        const ofUser = events.filter(({ userId }) => userId === who);
        const { takenBack } = cartOf(foldEvents(emptyState, ofUser).events);
        return [...takenBack].map(({ itemId, atMs }) => JSON.stringify([who, itemId, atMs]));
      });
      const found = (await rowsOf(events)).filter(
        ({ type, removedMs }) => type === 'cart' && removedMs !== null,
      );
      expect([...new Set(found.map(({ key }) => key))].sort()).toEqual([...new Set(expected)].sort());
    }),
    { numRuns: 15 },
  );
});

// The SQL and lib/events/meaning.ts read every event the same way.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { cleaningStatements, interactionsQuery } from '../../lib/dataset/statements.ts';
import { interactionValue } from '../../lib/dataset/weights.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { behaviourNames, behavioursOf, orderLineOf } from '../../lib/events/meaning.ts';
import { archiveOf, stored } from './events.ts';

const id = fc.constantFrom('x', 'y "quoted"', "z's", 7, 12.5, '', null, true, { nested: 1 });
const number = fc.constantFrom(1, 2, 3.5, 0, -1, '4', '18.99', 'many', null, true);
const product = fc.record(
  { product_id: id, sku: id, course_id: id, quantity: number, price: number },
  { requiredKeys: [] },
);
const properties = fc.record(
  {
    product_id: id,
    sku: id,
    course_id: id,
    content_id: id,
    membership_id: id,
    order_id: id,
    revenue: number,
    total: number,
    price: number,
    rating: number,
    products: fc.oneof(
      fc.array(fc.oneof(product, fc.constant('no object')), { maxLength: 4 }),
      fc.constant('none'),
    ),
  },
  { requiredKeys: [] },
);
const event = fc
  .tuple(fc.constantFrom(...Object.keys(behaviourNames), 'Unheard Of'), properties, fc.nat(300))
  .map(([name, props, day]) => stored({ user: 'ann', event: name, day, properties: props as JsonObject }));

const inOrder = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

const cleaned = async (events: readonly StoredEvent[]) =>
  withDuckDb(async (analytics) => {
    const archive = await archiveOf(events);
    const glob = await analytics.fetch(archive, await archive.list('events/'), '.ndjson.gz');
    for (const statement of cleaningStatements(glob)) {
      await analytics.run(statement);
    }
    return {
      lines: await analytics.rows(
        'select id, type, item, at_ms::double as at_ms, quantity, price, order_id from line where item is not null',
      ),
      amounts: await analytics.rows('select id, order_id, value, whole, orders from amount'),
      interactions: await analytics.rows(interactionsQuery()),
    };
  });

describe('the cleaning statements', () => {
  it('find the behaviours and order values that the fresh state finds, for any properties', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 60 }), async (random) => {
        // Order ids are made unique: which of several versions of a part stands is another test's matter.
        const events = random.map((one, index) => ({
          ...one,
          properties:
            typeof one.properties.order_id === 'string' && one.properties.order_id !== ''
              ? { ...one.properties, order_id: `${one.properties.order_id}-${index}` }
              : one.properties.order_id === undefined
                ? one.properties
                : { ...one.properties, order_id: null },
        }));
        const { lines, amounts } = await cleaned(events);
        const behaviours = events
          .flatMap(behavioursOf)
          .filter((behaviour) => behaviour.type !== 'impression')
          .map(({ messageId, type, itemId, atMs, quantity, price, orderId }) => ({
            id: messageId,
            type,
            item: itemId,
            at_ms: atMs,
            quantity,
            price,
            order_id: orderId ?? null,
          }));
        expect(inOrder(lines)).toEqual(inOrder(behaviours));
        const orderLines = events.flatMap((one) => {
          const line = orderLineOf(one);
          return line === undefined ? [] : [{ id: one.messageId, ...line }];
        });
        expect(amounts.length).toBe(orderLines.length);
        for (const line of orderLines.filter((one) => one.value !== 'whole' && Number(one.value) >= 0)) {
          const amount = amounts.find((one) => one.id === line.id);
          expect(amount).toMatchObject({ order_id: line.orderId, whole: false });
        }
        for (const line of orderLines.filter((one) => one.value === 'whole')) {
          expect(amounts.find((one) => one.id === line.id)).toMatchObject({ whole: true });
        }
      }),
      { numRuns: 15 },
    );
  });

  it('weigh every behaviour as the table of weights says', async () => {
    const events = [
      ['Product Viewed', { product_id: 'x' }, 'view'],
      ['Product Added', { product_id: 'x' }, 'cart'],
      ['Course Started', { course_id: 'x' }, 'start'],
      ['Course Completed', { course_id: 'x' }, 'complete'],
      ['Product Added to Wishlist', { product_id: 'x' }, 'wishlist'],
      ['Product Shared', { product_id: 'x' }, 'share'],
      ['Product Reviewed', { product_id: 'x', rating: 3 }, 'rate', 3],
      ['Order Completed', { order_id: 'o', products: [{ product_id: 'x', quantity: 7 }] }, 'purchase', 7],
    ] as const;
    const { interactions } = await cleaned(
      events.map(([name, props], day) => stored({ user: 'ann', event: name, day, properties: props })),
    );
    expect(interactions.map((row) => row.type)).toEqual(events.map(([, , type]) => type));
    interactions.forEach((row, index) => {
      const [, , type, quantity] = events[index];
      expect(row.value).toBeCloseTo(interactionValue(type, quantity), 6);
    });
  });
});

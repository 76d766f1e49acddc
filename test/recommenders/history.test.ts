import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsByCustomer, eventsOf } from '../../lib/recommenders/history.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const triples = fc.array(
  fc
    .tuple(fc.nat(4), fc.nat(6), fc.integer({ min: 1, max: 9 }), fc.nat(5))
    .map(([customer, item, value, atMs]): Triple => [`c${customer}`, `i${item}`, value, atMs]),
  { maxLength: 40 },
);

describe('the events of every customer', () => {
  it('are those of the rows, oldest first, events of one time in the order of the rows', () => {
    fc.assert(
      fc.property(triples, (rows) => {
        const interactions = interactionsOf(rows);
        const events = eventsByCustomer(interactions);
        interactions.customers.forEach((id, customer) => {
          const { items, atMs, values } = eventsOf(events, customer);
          const found = Array.from(items, (item, event) => [
            interactions.items[item],
            values[event],
            atMs[event],
          ]);
          const expected = rows
            .filter(([one]) => one === id)
            .toSorted(([, , , a = 0], [, , , b = 0]) => a - b)
            .map(([, item, value, at]) => [item, value, at]);
          expect(found).toEqual(expected);
        });
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { DatasetRows } from '../../lib/dataset/load.ts';
import { interactionsBefore, splitByTime } from '../../lib/dataset/split.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { itemOf } from '../recommenders/interactions.ts';
import { interactionsFrom } from './interaction-rows.ts';

interface Row {
  readonly customer: string;
  readonly item: string;
  readonly atMs: number;
  readonly purchase?: boolean;
  readonly refundedMs?: number;
}

const rowsOf = (rows: readonly Row[]): DatasetRows => {
  const sorted = rows.toSorted((a, b) => a.atMs - b.atMs);
  const interactions = interactionsFrom(
    sorted.map(({ customer, item, atMs, purchase = true }) => ({
      customerId: customerId(customer),
      itemId: itemId(item),
      value: 1,
      atMs,
      type: purchase ? 'purchase' : 'view',
    })),
  );
  return { ...interactions, refundedMs: Float64Array.from(sorted, (row) => row.refundedMs ?? Number.NaN) };
};

const catalogue = (...items: readonly CatalogItem[]): ReadonlyMap<string, CatalogItem> =>
  new Map(items.map((item) => [item.itemId, item]));

/** Ten purchases at 0 … 9: the instant of an 80% split is 8. */
const ten = (change: (atMs: number) => Partial<Row> = () => ({})): Row[] =>
  Array.from({ length: 10 }, (_, atMs) => ({ customer: 'ann', item: `i${atMs}`, atMs, ...change(atMs) }));

const tenItems = catalogue(...Array.from({ length: 10 }, (_, index) => itemOf(`i${index}`)));

const trained = (rows: DatasetRows, items: ReadonlyMap<string, CatalogItem>): string[] => {
  const { train } = splitByTime(rows, items);
  return Array.from(train.itemIndex, (index) => train.items[index]);
};

describe('the split by time', () => {
  it('cuts at the 80% quantile of purchases, for everybody at the same instant', () => {
    const { atMs, train, test } = splitByTime(rowsOf(ten()), tenItems);
    expect(atMs).toBe(8);
    expect(train.value.length).toBe(8);
    expect(test.map(({ relevant }) => [...relevant])).toEqual([['i8', 'i9']]);
  });

  it('never trains on what is later than anything it tests on, for any history', () => {
    const row = fc.record({
      customer: fc.constantFrom('ann', 'ben', 'cid'),
      item: fc.constantFrom('i0', 'i1', 'i2', 'i3', 'i4'),
      atMs: fc.nat(50),
      purchase: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
        const { atMs, train, test } = splitByTime(rowsOf(rows), tenItems);
        expect(train.atMs.every((time) => time < atMs)).toBe(true);
        for (const { customerId: customer, relevant, excluded } of test) {
          for (const item of relevant) {
            expect(
              rows.some((one) => one.customer === customer && one.item === item && one.atMs >= atMs),
            ).toBe(true);
            expect(excluded.has(item)).toBe(false);
          }
          expect(train.customers).toContain(customer);
        }
      }),
    );
  });

  it('asks for items not owned before, unless their rule lets an owner buy them again', () => {
    const again = [
      ...ten(),
      { customer: 'ann', item: 'i1', atMs: 9 },
      { customer: 'ann', item: 'i2', atMs: 9 },
    ];
    const items = catalogue(
      ...Array.from({ length: 10 }, (_, index) =>
        itemOf(`i${index}`, index === 1 ? { repurchase: { kind: 'renews', days: 30 } } : {}),
      ),
    );
    const { atMs, test } = splitByTime(rowsOf(again), items);
    expect(atMs).toBe(9);
    expect([...test[0].relevant].sort()).toEqual(['i1', 'i9']);
    expect(test[0].excluded).toEqual(new Set(['i0', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8']));
  });

  it('does not know at the instant of a refund that came later, and never tests on what was sent back', () => {
    const rows = rowsOf(
      ten((atMs) =>
        atMs === 1
          ? { refundedMs: 3 }
          : atMs === 2
            ? { refundedMs: 9.5 }
            : atMs === 9
              ? { refundedMs: 10 }
              : {},
      ),
    );
    const { atMs, test } = splitByTime(rows, tenItems);
    expect(atMs).toBe(7);
    expect(trained(rows, tenItems)).toEqual(['i0', 'i2', 'i3', 'i4', 'i5', 'i6']);
    expect([...test[0].relevant]).toEqual(['i7', 'i8']);
  });

  it('tests neither hidden items, nor items outside the catalogue, nor customers it never saw', () => {
    const rows = rowsOf([
      ...ten(),
      { customer: 'new', item: 'i3', atMs: 9 },
      { customer: 'ann', item: 'secret', atMs: 9 },
    ]);
    const items = new Map(tenItems).set('i9', itemOf('i9', { hidden: true }));
    const { test } = splitByTime(rows, items);
    expect(test).toEqual([]);
  });

  it('tests on every interaction where nothing was ever bought', () => {
    const { atMs, test } = splitByTime(rowsOf(ten(() => ({ purchase: false }))), tenItems);
    expect(atMs).toBe(8);
    expect([...test[0].relevant]).toEqual(['i8', 'i9']);
  });

  it('over everything leaves out only what was sent back', () => {
    const all = interactionsBefore(
      rowsOf(ten((atMs) => (atMs === 4 ? { refundedMs: 7 } : {}))),
      Number.POSITIVE_INFINITY,
    );
    expect(all.items).toEqual(['i0', 'i1', 'i2', 'i3', 'i5', 'i6', 'i7', 'i8', 'i9']);
    expect([...all.itemIndex]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

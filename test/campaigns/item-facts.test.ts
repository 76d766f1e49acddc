import { describe, expect, it } from 'vitest';
import { itemId, messageId } from '../../lib/base/ids.ts';
import { factItems } from '../../lib/campaigns/fact-items.ts';
import { customerFacts } from '../../lib/campaigns/facts.ts';
import type { CustomerState, FreshEvent } from '../../lib/events/customer.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { dayMs, item, itemsOf, state, t0 } from './sample.ts';

const part = (id: string, position: number) => ({ ...item(id), series: { id: 'series', position } });
const items = itemsOf(
  item('a'),
  item('b'),
  item('plan', { kind: 'renews', days: 30 }),
  item('pass', { kind: 'expires', days: 90 }),
  part('s1', 1),
  part('s2', 2),
  { ...part('s3', 3), hidden: true },
  part('s4', 4),
);
const did = (type: FreshEvent['type'], id: string, daysAgo: number): FreshEvent => ({
  messageId: messageId(`${type}-${id}`),
  type,
  itemId: itemId(id),
  atMs: t0 - daysAgo * dayMs,
});
const bought = (daysAgo: number) => ({ purchasedAtMs: t0 - daysAgo * dayMs });
const facts = (of: Partial<CustomerState>) => customerFacts({ state: state(of) }, items, t0);

describe('facts about items', () => {
  it('are what was left in the cart, viewed, completed and comes next', () => {
    const fact = facts({
      events: [did('view', 'b', 1), did('cart', 'a', 1), did('complete', 's1', 3.5)],
      owned: { s1: bought(40) },
    });
    expect(fact('cart')).toEqual(['a']);
    expect(fact('viewedNotBought')).toEqual(['b']);
    expect(fact('completed')).toEqual(['s1']);
    expect(fact('daysSinceLastCompletion')).toBe(3);
    expect(fact('nextInSeries')).toEqual(['s2']);
  });

  it('leave out what was bought since, and hidden parts of a series', () => {
    expect(facts({ events: [did('cart', 'a', 2)], owned: { a: bought(1) } })('cart')).toEqual([]);
    expect(facts({ owned: { s1: bought(9), s2: bought(8) } })('nextInSeries')).toEqual(['s4']);
  });

  it('count the days since the latest access that ended, refunded ones apart', () => {
    expect(facts({ owned: { plan: bought(32.5), pass: bought(200) } })('daysSinceExpiry')).toBe(2);
    expect(facts({ owned: { plan: bought(29) } })('daysSinceExpiry')).toBeUndefined();
    const refunded = { ...bought(32), refundedAtMs: t0 - 31 * dayMs };
    expect(facts({ owned: { plan: refunded } })('daysSinceExpiry')).toBeUndefined();
  });

  it('are missing for a customer of whom nothing is known', () => {
    const unknown = customerFacts({}, items, t0);
    expect(['cart', 'viewedNotBought', 'completed', 'nextInSeries'].map(unknown)).toEqual([[], [], [], []]);
    expect(['daysSinceExpiry', 'daysSinceLastCompletion'].map(unknown)).toEqual([undefined, undefined]);
  });
});

describe('the items that the facts of one customer need', () => {
  const record = { state: state({ events: [did('cart', 'a', 1)], owned: { s1: bought(50) } }) };
  const open = () => {
    const assortment = createAssortment(undefined, [...items.values()], new Set());
    let asked = 0;
    return {
      catalog: fakeCatalogStore([...items.values()]),
      asked: () => asked,
      assortment: async () => {
        asked += 1;
        return assortment;
      },
    };
  };

  it('are those of their events and holdings, and series only where the condition asks for them', async () => {
    const ports = open();
    const plain = await factItems([{ fact: 'cart', op: 'present' }], record, ports);
    expect([...plain.keys()].sort()).toEqual(['a', 's1']);
    expect(ports.asked()).toBe(0);
    const condition = { all: [{ not: { fact: 'nextInSeries', op: 'absent' } }] } as const;
    const series = await factItems([condition], record, ports);
    expect(customerFacts(record, series, t0)('nextInSeries')).toEqual(['s2']);
  });
});

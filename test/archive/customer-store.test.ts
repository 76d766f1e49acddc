// One contract for every CustomerStore: the fake that other tests use and the table that serves.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCustomerStore } from '../../lib/adapters/customer-store-dynamodb.ts';
import { type CustomerId, customerId, itemId, messageId, modelVersion } from '../../lib/base/ids.ts';
import type {
  CustomerProfile,
  CustomerRecord,
  CustomerState,
  PublishedList,
} from '../../lib/events/customer.ts';
import { emptyState } from '../../lib/events/state.ts';
import type { CustomerStore } from '../../lib/ports.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

let names = 0;
const someone = (): CustomerId => customerId(`customer ${++names} 顾客`);

const stateOf = (revision: number, item = 'a'): CustomerState => ({
  ...emptyState,
  events: [{ messageId: messageId('m1'), type: 'view', itemId: itemId(item), atMs: 1_700_000_000_000 }],
  owned: { __x: { purchasedAtMs: 1_700_000_000_000, order: 'abcdef01' } },
  orders: { o1: { atMs: 1_700_000_000_000, value: 9.99, refundedValue: 0 } },
  lines: [{ kind: 'order', orderId: 'o1', part: '0', atMs: 1_700_000_000_000, value: 9.99 }],
  revision,
});
const profileOf = (id: CustomerId, email = 'ada@example.com'): CustomerProfile => ({
  customerId: id,
  email,
  traits: { email, nested: { a: [1, null, 'x'] } },
  traitTimes: { email: 5, nested: 5 },
  suppressed: {},
  createdAtMs: 5,
});
const listOf = (version: string): PublishedList => ({
  modelVersion: modelVersion(version),
  items: [{ itemId: itemId('a'), score: 0.5, source: 'als' }],
});

const implementations: readonly (readonly [string, () => CustomerStore])[] = [
  ['in memory', createFakeCustomerStore],
  ['DynamoDB', () => createCustomerStore(local.client, local.table)],
];

describe.each(implementations)('customers %s', (_name, create) => {
  it('nothing is known of a customer never written', async () => {
    expect(await create().read(someone(), modelVersion('v1'))).toEqual({});
  });

  it('state, profile and list of one version come back as they were written', async () => {
    const store = create();
    const id = someone();
    expect(await store.writeState(id, stateOf(1))).toBe(true);
    expect(await store.writeProfile(profileOf(id), undefined)).toBe(true);
    await store.writeLists(new Map([[id, listOf('v1')]]));
    const parts = { profile: profileOf(id), state: stateOf(1) };
    expect(await store.read(id)).toEqual(parts);
    expect(await store.read(id, modelVersion('v1'))).toEqual({ ...parts, list: listOf('v1') });
    expect(await store.read(id, modelVersion('v2'))).toEqual(parts);
  });

  it('a state is written only over the revision before it', async () => {
    const store = create();
    const id = someone();
    expect(await store.writeState(id, stateOf(2))).toBe(false);
    expect(await store.writeState(id, stateOf(1))).toBe(true);
    expect(await store.writeState(id, stateOf(1, 'lost'))).toBe(false);
    expect(await store.writeState(id, stateOf(2, 'b'))).toBe(true);
    expect((await store.read(id)).state).toEqual(stateOf(2, 'b'));
  });

  it('of writers at the same time one wins', async () => {
    const store = create();
    const id = someone();
    const won = await Promise.all(['a', 'b', 'c', 'd'].map((item) => store.writeState(id, stateOf(1, item))));
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  it('a profile is written only over the one it was made from', async () => {
    const store = create();
    const id = someone();
    const first = profileOf(id);
    expect(await store.writeProfile(first, first)).toBe(false);
    expect(await store.writeProfile(first, undefined)).toBe(true);
    expect(await store.writeProfile(profileOf(id, 'lost@example.com'), undefined)).toBe(false);
    const second: CustomerProfile = { ...first, suppressed: { email: { reason: 'bounced', atMs: 7 } } };
    expect(await store.writeProfile(second, first)).toBe(true);
    expect(await store.writeProfile(profileOf(id, 'lost@example.com'), first)).toBe(false);
    const read = (await store.read(id)).profile;
    expect(read).toEqual(second);
    expect(await store.writeProfile(first, read)).toBe(true);
  });

  it('many are read at once, each asked for once, unknown ones as empty', async () => {
    const store = create();
    const ids = Array.from({ length: 130 }, someone);
    await Promise.all(ids.map((id, index) => store.writeState(id, stateOf(1, `i${index}`))));
    const nobody = someone();
    const read = await store.readMany([...ids, nobody, ...ids]);
    expect(read.size).toBe(131);
    expect(read.get(nobody)).toEqual({});
    expect(ids.map((id) => read.get(id)?.state?.events[0]?.itemId)).toEqual(
      ids.map((_, index) => `i${index}`),
    );
  });

  it('lists of many customers are written at once, a later one of the same version over the earlier', async () => {
    const store = create();
    const ids = Array.from({ length: 60 }, someone);
    await store.writeLists(new Map(ids.map((id) => [id, listOf('v1')])));
    const [first = someone()] = ids;
    await store.writeLists(new Map([[first, { ...listOf('v1'), items: [] }]]));
    const read = await store.readMany(ids, modelVersion('v1'));
    expect([...read.values()].map(({ list }) => list?.items.length)).toEqual([0, ...Array(59).fill(1)]);
  });

  it('the first link of an anonymous id stays', async () => {
    const store = create();
    const [ada, bob] = [someone(), someone()];
    const anonymousId = `visitor of ${ada}`;
    expect(await store.linkAnonymous(anonymousId, ada)).toBe(ada);
    expect(await store.linkAnonymous(anonymousId, bob)).toBe(ada);
    expect(await store.linkedUsers([anonymousId, anonymousId, 'nobody'])).toEqual(
      new Map([[anonymousId, ada]]),
    );
    expect(await store.linkedUsers([])).toEqual(new Map());
  });
});

describe.each<readonly [string, () => Promise<{ readonly store: CustomerStore; close(): Promise<void> }>]>([
  ['in memory', async () => ({ store: createFakeCustomerStore(), close: async () => {} })],
  [
    'DynamoDB',
    async () => {
      const own = await startLocalTable();
      return { store: createCustomerStore(own.client, own.table), close: () => own.close() };
    },
  ],
])('scanning customers %s', (_name, start) => {
  it('gives everyone with profile or state once, whole, over several pages', async () => {
    const started = await start();
    const { store } = started;
    const ids = Array.from({ length: 120 }, someone);
    // 20 KB of traits each: DynamoDB ends a page at 1 MB, also between a profile and its state.
    const traits = { pad: 'x'.repeat(20_000) };
    await Promise.all(
      ids.map(async (id, index) => {
        if (index % 3 !== 1) await store.writeProfile({ ...profileOf(id), traits }, undefined);
        if (index % 3 !== 2) await store.writeState(id, stateOf(1));
      }),
    );
    await store.writeLists(new Map([[someone(), listOf('v1')]]));
    await store.linkAnonymous('visitor', ids[0] ?? someone());
    const pages: (readonly (CustomerRecord & { readonly customerId: CustomerId })[])[] = [];
    for await (const page of store.scan()) pages.push(page);
    const all = pages.flat();
    await started.close();
    expect(pages.length).toBeGreaterThan(1);
    expect(all.map((record) => record.customerId).toSorted()).toEqual(ids.toSorted());
    for (const record of all) {
      const index = ids.indexOf(record.customerId);
      expect([record.profile !== undefined, record.state !== undefined]).toEqual([
        index % 3 !== 1,
        index % 3 !== 2,
      ]);
    }
  });
});

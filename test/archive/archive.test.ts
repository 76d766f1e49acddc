import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import { type ArchivePorts, archiveMessages } from '../../lib/events/archive.ts';
import { archiveObject, archiveObjects } from '../../lib/events/archive-object.ts';
import { canonicalJson } from '../../lib/events/canonical-json.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { encodeEvents, parseEvents } from '../../lib/events/queue-message.ts';
import type { CustomerStore, EventCampaign } from '../../lib/ports.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { createFakeTriggerQueue } from '../fakes/trigger-queue.ts';

let count = 0;
const event = (fields: Partial<StoredEvent>): StoredEvent => ({
  messageId: messageId(`m${++count}`),
  type: 'track',
  event: '',
  timestamp: '2026-05-01T10:00:00.000Z',
  receivedAt: '2026-05-01T12:00:00.000Z',
  source: 'key',
  properties: {},
  traits: {},
  context: {},
  ...fields,
});
const user = (id: string) => ({ userId: customerId(id) });
const viewed = (item: string, who: Partial<StoredEvent>): StoredEvent =>
  event({ event: 'Product Viewed', properties: { product_id: item }, ...who });
const identify = (
  id: string,
  anonymousId: string | undefined,
  traits: JsonObject = {},
  at = '10:00',
): StoredEvent =>
  event({
    type: 'identify',
    ...user(id),
    ...(anonymousId && { anonymousId }),
    traits,
    timestamp: `2026-05-01T${at}:00.000Z`,
  });

const setUp = (over: Partial<ArchivePorts> = {}) => {
  const objects = createFakeObjectStore();
  const customers = createFakeCustomerStore();
  const triggers = createFakeTriggerQueue();
  const reports: string[] = [];
  const ports: ArchivePorts = {
    objects,
    customers,
    triggers,
    awaitingEvents: async () => [],
    reportsOf: async () => [],
    report: (message) => reports.push(message),
    ...over,
  };
  let deliveries = 0;
  const deliver = (...batches: readonly (readonly StoredEvent[] | string)[]) =>
    archiveMessages(
      batches.flatMap((batch) =>
        (typeof batch === 'string' ? [batch] : encodeEvents(batch)).map((body) => ({
          queueId: `q${++deliveries}`,
          body,
        })),
      ),
      ports,
    );
  const archived = (): StoredEvent[] =>
    [...objects.objects.values()].flatMap(({ bytes }) => parseEvents(gunzipSync(bytes).toString('utf8')));
  const itemsOf = async (id: string): Promise<string[]> =>
    ((await customers.read(customerId(id))).state?.events ?? []).map(({ itemId }) => itemId).toSorted();
  return { objects, customers, triggers, reports, deliver, archived, itemsOf };
};

describe('the archive', () => {
  it('holds each event once, in one gzip NDJSON object for each date of receipt', async () => {
    const { deliver, objects, archived } = setUp();
    const early = viewed('a', { ...user('u1'), receivedAt: '2026-04-30T23:59:59.999Z' });
    const late = viewed('b', user('u1'));
    expect(await deliver([early, late], [late])).toEqual([]);
    const keys = [...objects.objects.keys()];
    expect(keys).toHaveLength(2);
    expect(
      keys.map((key) => /^events\/date=(\d{4}-\d\d-\d\d)\/[0-9a-f]{32}\.ndjson\.gz$/.exec(key)?.[1]),
    ).toEqual(['2026-04-30', '2026-05-01']);
    expect(archived()).toEqual([early, late]);
  });

  it('is the same after the same batch came again', async () => {
    const { deliver, objects } = setUp();
    const batch = [viewed('a', user('u1')), viewed('b', user('u2'))];
    await deliver(batch);
    const [first] = [...objects.objects];
    await deliver(batch.toReversed());
    expect([...objects.objects.keys()]).toEqual([first?.[0]]);
  });

  it('names an object by its ids whatever their order, and takes events of one date only', () => {
    const batch = [viewed('a', user('u1')), viewed('b', user('u1'))];
    expect(archiveObject(batch.toReversed()).key).toBe(archiveObject(batch).key);
    expect(archiveObject(batch, 'assigned-c1').key).toBe('events/date=2026-05-01/assigned-c1.ndjson.gz');
    expect(() => archiveObject([...batch, viewed('c', { receivedAt: '2026-05-02T00:00:00.000Z' })])).toThrow(
      /one date/,
    );
    expect(archiveObjects([])).toEqual([]);
  });
});

describe('customers', () => {
  it('are written once an invocation, however many messages they are in', async () => {
    const { deliver, customers, itemsOf } = setUp();
    await deliver([viewed('a', user('u1')), viewed('b', user('u2'))], [viewed('c', user('u1'))]);
    expect(await itemsOf('u1')).toEqual(['a', 'c']);
    expect((await customers.read(customerId('u1'))).state?.revision).toBe(1);
  });

  it('are not written by what tells nothing new', async () => {
    const { deliver, customers } = setUp();
    const batch = [viewed('a', user('u1')), identify('u1', undefined, { plan: 'pro' })];
    await deliver(batch);
    const before = await customers.read(customerId('u1'));
    await deliver(batch, batch);
    expect(await customers.read(customerId('u1'))).toEqual(before);
  });

  it("are not changed by Reprise's own events, which are archived", async () => {
    const { deliver, customers, archived } = setUp();
    const own = event({ event: 'Reprise Customer Assigned', ...user('u1'), properties: { variant: 'a' } });
    await deliver([own]);
    expect(archived()).toEqual([own]);
    expect(await customers.read(customerId('u1'))).toEqual({});
  });

  it("are changed by what the preference page and the owner said, as Reprise's own events tell it", async () => {
    const { deliver, customers } = setUp();
    const own = { ...user('u1'), source: 'reprise', event: 'Reprise Consent Withdrawn' };
    const properties = { channel: 'email', purpose: 'marketing' };
    await deliver([
      event({ ...own, properties: { ...properties, via: 'preferences' } }),
      event({ ...own, properties: { ...properties, channel: 'sms', via: 'owner' } }),
    ]);
    const { profile } = await customers.read(customerId('u1'));
    expect(profile?.consents).toMatchObject({ email: { marketing: { given: false } } });
    expect(profile?.owner).toMatchObject({ sms: { stopped: true } });
  });

  it('get their contact fields from traits, the latest by time of each', async () => {
    const { deliver, customers } = setUp();
    await deliver([identify('u1', undefined, { email: 'new@example.com', firstName: 'Ada' }, '11:00')]);
    await deliver([
      identify('u1', undefined, { email: 'old@example.com', lastName: 'Lovelace', phone: '+44 1' }),
    ]);
    expect((await customers.read(customerId('u1'))).profile).toMatchObject({
      email: 'new@example.com',
      name: 'Ada Lovelace',
      phone: '+44 1',
      createdAtMs: Date.UTC(2026, 4, 1, 10),
    });
  });
});

describe('anonymous visitors', () => {
  it('are customers under their own id until identify joins them to the user', async () => {
    const { deliver, itemsOf } = setUp();
    await deliver([viewed('a', { anonymousId: 'v1' }), viewed('b', user('u1'))]);
    expect(await itemsOf('anon:v1')).toEqual(['a']);
    await deliver([identify('u1', 'v1')]);
    expect(await itemsOf('u1')).toEqual(['a', 'b']);
  });

  it('are the user from then on', async () => {
    const { deliver, itemsOf } = setUp();
    await deliver([identify('u1', 'v1')]);
    await deliver([viewed('a', { anonymousId: 'v1' })]);
    expect(await itemsOf('u1')).toEqual(['a']);
    expect(await itemsOf('anon:v1')).toEqual([]);
  });

  it('bring their traits along, under the same rule of time', async () => {
    const { deliver, customers } = setUp();
    await deliver([
      event({
        type: 'identify',
        anonymousId: 'v1',
        traits: { plan: 'free', goal: 'ml' },
        timestamp: '2026-05-01T09:00:00.000Z',
      }),
    ]);
    await deliver([identify('u1', 'v1', { plan: 'pro' })]);
    expect((await customers.read(customerId('u1'))).profile?.traits).toEqual({ plan: 'pro', goal: 'ml' });
  });

  it('stay with the first user they were joined to', async () => {
    const { deliver, itemsOf } = setUp();
    await deliver([identify('u1', 'v1')]);
    await deliver([identify('u2', 'v1'), viewed('a', { anonymousId: 'v1' })]);
    expect([await itemsOf('u1'), await itemsOf('u2')]).toEqual([['a'], []]);
  });

  it('lose nothing when they act while another invocation joins them', async () => {
    const inner = createFakeCustomerStore();
    const other = setUp({ customers: inner });
    let isJoining = false;
    // The identify arrives after this invocation has looked for links and before it writes.
    const customers: CustomerStore = {
      ...inner,
      readMany: async (ids, version) => {
        if (!isJoining && ids.some((id) => id === 'anon:v1')) {
          isJoining = true;
          await other.deliver([identify('u1', 'v1')]);
        }
        return inner.readMany(ids, version);
      },
    };
    const { deliver } = setUp({ customers });
    await deliver([viewed('a', { anonymousId: 'v1' })]);
    expect((await inner.read(customerId('u1'))).state?.events.map(({ itemId }) => itemId)).toEqual(['a']);
  });
});

describe('failures', () => {
  it('an unreadable message goes back alone', async () => {
    const { deliver, itemsOf, reports } = setUp();
    expect(await deliver([viewed('a', user('u1'))], 'not ours', [viewed('b', user('u1'))])).toEqual(['q2']);
    expect(await itemsOf('u1')).toEqual(['a', 'b']);
    expect(reports).toHaveLength(1);
  });

  it('when an object cannot be put, every message goes back and no customer changes', async () => {
    const objects = { ...createFakeObjectStore(), put: () => Promise.reject(new Error('S3 is away')) };
    const { deliver, customers } = setUp({ objects });
    expect(await deliver([viewed('a', user('u1'))], [viewed('b', user('u2'))])).toEqual(['q1', 'q2']);
    expect(await customers.read(customerId('u1'))).toEqual({});
  });

  it('when one customer cannot be written, only the messages with them go back', async () => {
    const inner = createFakeCustomerStore();
    const customers: CustomerStore = {
      ...inner,
      writeState: (id, state) =>
        id === 'u1' ? Promise.reject(new Error('no')) : inner.writeState(id, state),
    };
    const { deliver } = setUp({ customers });
    const first = [viewed('a', user('u1'))];
    expect(await deliver(first, [viewed('b', user('u2'))])).toEqual(['q1']);
    expect((await inner.read(customerId('u2'))).state?.events).toHaveLength(1);
  });

  it('a race for one customer is run again until both are in', async () => {
    const customers = createFakeCustomerStore();
    const workers = Array.from({ length: 6 }, () => setUp({ customers }));
    const answers = await Promise.all(
      workers.map(({ deliver }, index) => deliver([viewed(`i${index}`, user('u1'))])),
    );
    expect(answers.flat()).toEqual([]);
    const { state } = await customers.read(customerId('u1'));
    expect(state?.events.map(({ itemId }) => itemId).toSorted()).toEqual([
      'i0',
      'i1',
      'i2',
      'i3',
      'i4',
      'i5',
    ]);
    expect(state?.revision).toBe(6);
  });

  it('when triggers cannot be sent, the messages go back and come out the same', async () => {
    const triggers = { ...createFakeTriggerQueue(), send: () => Promise.reject(new Error('no')) };
    const { deliver } = setUp({ triggers, awaitingEvents: async () => [campaign] });
    expect(await deliver([viewed('a', user('u1'))])).toEqual(['q1']);
  });
});

const campaign: EventCampaign = {
  campaignId: campaignId('c1'),
  event: 'Product Viewed',
  startsAt: '2026-05-01T10:00:00.000Z',
  endsAt: '2026-05-01T11:00:00.000Z',
};

describe('triggers of event campaigns', () => {
  const at = (time: string, who: Partial<StoredEvent> = user('u1')): StoredEvent =>
    viewed('a', { ...who, timestamp: `2026-05-01T${time}.000Z` });

  it('are sent for events from startsAt until before endsAt, of the name waited for', async () => {
    const { deliver, triggers } = setUp({ awaitingEvents: async () => [campaign] });
    const first = at('10:00:00');
    const last = at('10:59:59');
    await deliver([
      at('09:59:59'),
      first,
      last,
      at('11:00:00'),
      event({ event: 'Signed Up', ...user('u1') }),
    ]);
    expect(triggers.sent).toEqual(
      [first, last].map((one) => ({
        campaignId: 'c1',
        customerId: 'u1',
        messageId: one.messageId,
        at: one.timestamp,
      })),
    );
  });

  it('name the user of a linked visitor, and no visitor who is unknown', async () => {
    const { deliver, triggers } = setUp({ awaitingEvents: async () => [campaign] });
    await deliver([identify('u1', 'v1')]);
    await deliver([at('10:00:00', { anonymousId: 'v1' }), at('10:00:00', { anonymousId: 'v2' })]);
    expect(triggers.sent.map((trigger) => trigger.customerId)).toEqual(['u1']);
  });
});

describe('refunds of orders', () => {
  const refund = (change: Partial<StoredEvent> = {}, properties: JsonObject = {}): StoredEvent =>
    event({
      event: 'Order Refunded',
      ...user('u1'),
      fromServer: true,
      properties: { order_id: 'o1', refund_id: 'r1', ...properties },
      ...change,
    });

  it('that a server tells go on to the coupons: whole, or with what was paid back', async () => {
    const { deliver, triggers } = setUp();
    const part = { total: 5, products: [{ product_id: 'a' }], refund_id: 'r2', currency: 'eur' };
    await deliver([refund(), refund({}, part)]);
    const told = { refund: 'order', customerId: 'u1', orderId: 'o1' };
    expect(triggers.refunds).toEqual([
      { ...told, key: 'r1#0', value: 'whole' },
      { ...told, key: 'r2#0', value: 5, currency: 'EUR' },
    ]);
  });

  it('that an app or an unknown visitor tells do not: with a public key anybody can tell them', async () => {
    const { deliver, triggers } = setUp();
    await deliver([refund({ fromServer: undefined }), refund({ userId: undefined, anonymousId: 'v1' })]);
    expect(triggers.refunds).toEqual([]);
  });

  it('that cannot go on come again', async () => {
    const triggers = { ...createFakeTriggerQueue(), sendRefunds: () => Promise.reject(new Error('no')) };
    expect(await setUp({ triggers }).deliver([refund()])).toEqual(['q1']);
  });
});

it('any redelivery, regrouping and order of the same events ends in the same customers', async () => {
  const anyEvent = fc
    .record({
      kind: fc.constantFrom('view', 'order', 'identify', 'anonymous'),
      who: fc.constantFrom('1', '2'),
      item: fc.constantFrom('a', 'b', 'c'),
      minute: fc.integer({ min: 10, max: 59 }),
    })
    .map(({ kind, who, item, minute }) => {
      const timestamp = `2026-05-01T10:${minute}:00.000Z`;
      if (kind === 'view') return viewed(item, { ...user(`u${who}`), timestamp });
      if (kind === 'anonymous') return viewed(item, { anonymousId: `v${who}`, timestamp });
      if (kind === 'identify')
        return event({
          type: 'identify',
          ...user(`u${who}`),
          anonymousId: `v${who}`,
          traits: { item },
          timestamp,
        });
      const properties = { order_id: `o${item}`, products: [{ product_id: item, price: 5 }] };
      return event({ event: 'Order Completed', ...user(`u${who}`), properties, timestamp });
    });
  const runs = fc
    .array(anyEvent, { maxLength: 14 })
    .chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.shuffledSubarray(all),
        fc.integer({ min: 1, max: 4 }),
      ),
    );
  await fc.assert(
    fc.asyncProperty(runs, async ([all, shuffled, repeated, size]) => {
      const once = setUp();
      await once.deliver(all);
      const again = setUp();
      const arriving = [...shuffled, ...repeated];
      for (let from = 0; from < arriving.length; from += size) {
        await again.deliver(arriving.slice(from, from + size));
      }
      for (const id of ['u1', 'u2']) {
        const [a, b] = [
          await once.customers.read(customerId(id)),
          await again.customers.read(customerId(id)),
        ];
        expect(canonicalJson({ ...b, state: { ...b.state, revision: 0 } })).toBe(
          canonicalJson({ ...a, state: { ...a.state, revision: 0 } }),
        );
      }
    }),
    { numRuns: 150 },
  );
});

import { describe, expect, it } from 'vitest';
import { type CustomerId, campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { putBack, stepTrigger } from '../../lib/campaigns/trigger.ts';
import type { CampaignTrigger } from '../../lib/ports.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { campaign, dayMs, fill, ids, iso, settings, state, t0 } from './sample.ts';

const eventCampaign = (change: Partial<Campaign> = {}): Campaign =>
  campaign({
    trigger: { kind: 'event', event: 'Cart Abandoned', startsAt: iso(t0), endsAt: iso(t0 + 10 * dayMs) },
    audience: { fact: 'orders', op: 'eq', value: 1 },
    ...change,
  });

const open = (of: Campaign = eventCampaign()) => ({
  campaigns: memoryCampaignStore([of]),
  customers: createFakeCustomerStore(),
  catalog: fakeCatalogStore(),
  secrets: fakeSecretStore(),
  events: createFakeEventQueue(),
  settings,
  assortment: async () => ({ seriesParts: () => [] }),
  listVersion: async () => undefined,
});

const trigger = (id: CustomerId, change: Partial<CampaignTrigger> = {}): CampaignTrigger => ({
  campaignId: campaignId('welcome-back-1'),
  customerId: id,
  messageId: messageId(`m-${id}`),
  at: iso(t0 + dayMs),
  ...change,
});

const now = t0 + dayMs + 1000;

describe('a trigger', () => {
  it('leads to a delivery exactly for those whose variant sends; each gets one assigned event', async () => {
    const ports = open();
    await fill(ports.customers, 300);
    const arms = new Set<unknown>();
    for (const id of ids(300)) {
      const step = await stepTrigger(trigger(id), now, ports);
      const event = ports.events.sent.at(-1);
      expect(event?.userId).toBe(id);
      expect(step.kind).toBe(event?.properties.variant === 'reminder' ? 'deliver' : 'done');
      arms.add(event?.properties.variant);
    }
    expect(arms).toEqual(new Set(['global-holdout', 'holdout', 'nothing', 'reminder']));
    expect(new Set(ports.events.sent.map((event) => event.messageId)).size).toBe(300);
  });

  it('by a sender whose clock is ahead begins the window at its own time, so that its order is none of those after it', async () => {
    const ports = open();
    await fill(ports.customers, 1);
    const [id] = ids(1);
    await stepTrigger(trigger(id, { at: iso(now + 30_000) }), now, ports);
    expect(ports.events.sent.at(-1)?.timestamp).toBe(iso(now + 30_000));
    const other = open();
    await fill(other.customers, 1);
    await stepTrigger(trigger(id, { at: iso(now - 30_000) }), now, other);
    expect(other.events.sent.at(-1)?.timestamp).toBe(iso(now));
  });

  it('repeated later keeps the first assignment and writes the same event', async () => {
    const ports = open();
    await fill(ports.customers, 20);
    for (const id of ids(20)) {
      await stepTrigger(trigger(id), now, ports);
      await stepTrigger(trigger(id, { messageId: messageId('again') }), now + dayMs, ports);
      const [first, second] = ports.events.sent.splice(0);
      expect(second).toMatchObject({
        messageId: first.messageId,
        timestamp: first.timestamp,
        properties: first.properties,
      });
    }
  });

  it('of a customer who no longer belongs to the audience is let go, without an assignment', async () => {
    const ports = open();
    await fill(ports.customers, 1);
    const [id] = ids(1);
    const bought = {
      a: { atMs: t0, value: 1, refundedValue: 0 },
      b: { atMs: t0, value: 1, refundedValue: 0 },
    };
    await ports.customers.writeState(id, state({ orders: bought, revision: 2 }));
    expect(await stepTrigger(trigger(id), now, ports)).toEqual({ kind: 'done', reason: 'condition' });
    expect(await stepTrigger(trigger(customerId('nobody')), now, ports)).toEqual({
      kind: 'done',
      reason: 'not-reachable',
    });
    expect(ports.events.sent).toEqual([]);
  });

  it("is let go outside the campaign's slice of an exclusion group: two halves share nobody and miss nobody", async () => {
    const entered = async (from: number, to: number) => {
      const ports = open({ ...eventCampaign(), exclusion: { group: 'g', from, to } });
      await fill(ports.customers, 40);
      const reasons = [];
      for (const id of ids(40)) {
        const step = await stepTrigger(trigger(id), now, ports);
        if (step.kind === 'done') reasons.push(step.reason);
      }
      expect(reasons.filter((reason) => reason === 'other-slice')).toHaveLength(
        40 - ports.events.sent.length,
      );
      return ports.events.sent.map(({ userId }) => userId);
    };
    const [first, second] = [await entered(0, 0.5), await entered(0.5, 1)];
    expect(new Set([...first, ...second]).size).toBe(40);
    expect(first.length + second.length).toBe(40);
    expect(Math.min(first.length, second.length)).toBeGreaterThan(5);
  });

  it.each([
    ['before the period', {}, { at: iso(t0 - 1) }, 'outside-period'],
    ['at its end', {}, { at: iso(t0 + 10 * dayMs) }, 'outside-period'],
    ['of a cancelled campaign', { status: 'cancelled' as const }, {}, 'campaign-cancelled'],
    ['of a draft', { status: 'draft' as const }, {}, 'campaign-draft'],
    ['of a campaign at a time', { trigger: { kind: 'at' as const, at: iso(t0) } }, {}, 'unknown-campaign'],
    ['of an unknown campaign', {}, { campaignId: campaignId('other') }, 'unknown-campaign'],
  ])('%s', async (_, change, of, reason) => {
    const ports = open(eventCampaign(change));
    await fill(ports.customers, 1);
    const [id] = ids(1);
    await ports.customers.writeState(id, state({ revision: 2 }));
    expect(await stepTrigger(trigger(id, of), now, ports)).toEqual({ kind: 'done', reason });
  });

  it('is over when its measurement window is', async () => {
    const ports = open(eventCampaign({ windowDays: 2 }));
    await fill(ports.customers, 1);
    const [id] = ids(1);
    expect(await stepTrigger(trigger(id), t0 + 3 * dayMs, ports)).toEqual({
      kind: 'done',
      reason: 'window-over',
    });
  });

  it('waits while the campaign is paused, and until the instant it was put back for', async () => {
    const ports = open(eventCampaign({ status: 'paused' }));
    const [id] = ids(1);
    expect(await stepTrigger(trigger(id), now, ports)).toEqual({ kind: 'later', untilMs: now + 900_000 });
    const later = trigger(id, { notBefore: iso(now + 5) });
    expect(await stepTrigger(later, now, ports)).toEqual({ kind: 'later', untilMs: now + 5 });
  });

  it('put back carries its instant, hidden for as long as the queue can: at most 900 seconds', async () => {
    const sent: [readonly CampaignTrigger[], number | undefined][] = [];
    const queue = {
      send: async (triggers: readonly CampaignTrigger[], delayS?: number) => {
        sent.push([triggers, delayS]);
      },
    };
    const one = trigger(customerId('ada'));
    await putBack(one, now + 10 * 3_600_000, now, queue);
    await putBack(one, now + 1500, now, queue);
    await putBack(one, now - 5, now, queue);
    expect(sent).toEqual([
      [[{ ...one, notBefore: iso(now + 10 * 3_600_000) }], 900],
      [[{ ...one, notBefore: iso(now + 1500) }], 2],
      [[{ ...one, notBefore: iso(now - 5) }], 1],
    ]);
  });

  it('crashing between the assignment and its event writes the event on the next try', async () => {
    const ports = open();
    await fill(ports.customers, 1);
    const [id] = ids(1);
    ports.events.refuse(1);
    await expect(stepTrigger(trigger(id), now, ports)).rejects.toThrow();
    await stepTrigger(trigger(id), now + dayMs, ports);
    expect(ports.events.sent.map(({ timestamp }) => timestamp)).toEqual([iso(now)]);
  });
});

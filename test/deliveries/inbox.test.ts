// One contract for every Inbox: in memory, and DynamoDB (local/dynamodb.ts).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInbox } from '../../lib/adapters/inbox-dynamodb.ts';
import { campaignId, customerId, deliveryId, itemId } from '../../lib/base/ids.ts';
import { inboxOffersCountMax } from '../../lib/base/limits.ts';
import type { InAppOffer, Inbox } from '../../lib/ports.ts';
import { fakeInbox } from '../fakes/inbox.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

const noonMs = Date.UTC(2026, 5, 10, 12);
const minuteMs = 60_000;
const offerOf = (
  customer: string,
  delivery: string,
  expiresMs: number,
  more: Partial<InAppOffer> = {},
): InAppOffer => ({
  deliveryId: deliveryId(delivery),
  customerId: customerId(customer),
  campaignId: campaignId('spring'),
  variant: 'coupon',
  decisionId: 'decision-1',
  purpose: 'marketing',
  title: '15% off — 八五折',
  body: 'Your code SPRNG-1.',
  priority: 0,
  createdAt: '2026-06-10T12:00:00.000Z',
  expiresAt: new Date(expiresMs).toISOString(),
  ...more,
});

const contract = (name: string, open: () => Promise<Inbox>, close: () => Promise<void>): void => {
  describe(`the inbox in ${name}`, () => {
    let inbox: Inbox;
    beforeAll(async () => {
      inbox = await open();
    });
    afterAll(close);
    const idsOf = async (customer: string, nowMs = noonMs): Promise<string[]> =>
      (await inbox.live(customerId(customer), nowMs)).map((offer) => offer.deliveryId);

    it('is empty for a customer who was never offered anything', async () => {
      expect(await inbox.live(customerId('nobody'), noonMs)).toEqual([]);
    });

    it('gives back an offer as it was put, with what is optional and without', async () => {
      const full = offerOf('ada', 'full', noonMs + minuteMs, {
        url: 'https://shop.example/?reprise=decision-1',
        placement: 'home',
        couponCode: 'SPRNG-1',
        itemIds: [itemId('c1')],
      });
      const bare = offerOf('ada', 'bare', noonMs + 2 * minuteMs);
      await inbox.put(full);
      await inbox.put(bare);
      expect(await inbox.live(customerId('ada'), noonMs)).toEqual([full, bare]);
    });

    it('keeps an offer once that is put again, also many times at once', async () => {
      const offer = offerOf('bob', 'again', noonMs + minuteMs);
      await Promise.all(Array.from({ length: 20 }, () => inbox.put(offer)));
      await inbox.put(offer);
      expect(await inbox.live(customerId('bob'), noonMs)).toEqual([offer]);
    });

    it('shows customers their own offers alone, also where one id begins with the other', async () => {
      await inbox.put(offerOf('cid', 'of-cid', noonMs + minuteMs));
      await inbox.put(offerOf('cid#2', 'of-cid-2', noonMs + minuteMs));
      expect(await idsOf('cid')).toEqual(['of-cid']);
      expect(await idsOf('cid#2')).toEqual(['of-cid-2']);
      expect(await idsOf('ci')).toEqual([]);
    });

    it('shows an offer until the millisecond before it expires, and not at that instant', async () => {
      await inbox.put(offerOf('dan', 'short', noonMs + 1));
      expect(await idsOf('dan', noonMs)).toEqual(['short']);
      expect(await idsOf('dan', noonMs + 1)).toEqual([]);
      expect(await idsOf('dan', noonMs + 2)).toEqual([]);
    });

    it('names the next to expire first, whatever order they came in; of two at once by the delivery', async () => {
      await inbox.put(offerOf('eva', 'c', noonMs + 400 * 86_400_000));
      await inbox.put(offerOf('eva', 'b', noonMs + 2));
      await inbox.put(offerOf('eva', 'a', noonMs + 2));
      await inbox.put(offerOf('eva', 'd', noonMs + 1));
      expect(await idsOf('eva')).toEqual(['d', 'a', 'b', 'c']);
    });

    it('gives at most as many as a customer may have shown, and those expired take no place', async () => {
      const expired = Array.from({ length: inboxOffersCountMax }, (_, index) =>
        offerOf('fay', `old-${index}`, noonMs - index),
      );
      const live = Array.from({ length: inboxOffersCountMax + 3 }, (_, index) =>
        offerOf('fay', `live-${index}`, noonMs + 1 + index),
      );
      for (const offer of [...live, ...expired]) await inbox.put(offer);
      expect(await idsOf('fay')).toEqual(live.slice(0, inboxOffersCountMax).map((offer) => offer.deliveryId));
    });
  });
};

contract(
  'memory',
  async () => fakeInbox(),
  async () => undefined,
);

let local: LocalTable | undefined;
contract(
  'DynamoDB',
  async () => {
    local = await startLocalTable();
    return createInbox(local.client, local.table);
  },
  async () => local?.close(),
);

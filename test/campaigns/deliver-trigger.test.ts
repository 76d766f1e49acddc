import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { deliverTrigger, type TriggerContext } from '../../lib/deliveries/trigger.ts';
import type { CampaignTrigger } from '../../lib/ports.ts';
import { couponCampaign, createStage, dayMs, noonMs, profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { iso } from './sample.ts';

const cart: Campaign = {
  ...couponCampaign,
  trigger: {
    kind: 'event',
    event: 'Cart Abandoned',
    startsAt: iso(noonMs),
    endsAt: iso(noonMs + 30 * dayMs),
  },
  variants: [{ ...couponCampaign.variants[0], weight: 1 }],
  holdoutShare: 0,
};
const eveningMs = noonMs + 9.5 * 3_600_000;

const body = (id: string, change: Partial<CampaignTrigger> = {}): string => {
  const trigger: CampaignTrigger = {
    campaignId: cart.campaignId,
    customerId: customerId(id),
    messageId: messageId(`m-${id}`),
    at: iso(noonMs),
    ...change,
  };
  return JSON.stringify(trigger);
};

const open = async (of: Campaign = cart) => {
  const stage = createStage();
  const putBack: { readonly trigger: CampaignTrigger; readonly delayS: number | undefined }[] = [];
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada'), undefined);
  const context: TriggerContext = {
    ...stage.context,
    campaigns: memoryCampaignStore([of]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    settings: { ...defaultSettings, globalHoldoutShare: 0 },
    triggers: {
      send: async (triggers, delayS) => {
        putBack.push(...triggers.map((trigger) => ({ trigger, delayS })));
      },
    },
  };
  return { ...stage, context, putBack };
};

describe('a trigger message', () => {
  it('becomes one mail and one coupon, however often it comes', async () => {
    const { context, mailer, table, events } = await open();
    expect(await deliverTrigger(body('ada'), context)).toBe('sent');
    expect(await deliverTrigger(body('ada'), context)).toBe('already');
    expect(await deliverTrigger(body('ada', { messageId: messageId('m2') }), context)).toBe('already');
    expect(mailer.sent).toHaveLength(1);
    expect(table.coupons.size).toBe(1);
    expect(new Set(events.map(({ messageId: id }) => id)).size).toBe(2);
  });

  it('in quiet hours goes round the queue through the night and is sent in the morning, assigned once', async () => {
    const { context, mailer, putBack, events, ...stage } = await open();
    let nowMs = eveningMs;
    let message = body('ada', { at: iso(eveningMs) });
    let turns = 0;
    for (;;) {
      stage.setNow(nowMs);
      const became = await deliverTrigger(message, context);
      if (became !== 'put-back') {
        expect(became).toBe('sent');
        break;
      }
      const back = putBack.at(-1);
      message = JSON.stringify(back?.trigger);
      nowMs += (back?.delayS ?? 0) * 1000;
      turns += 1;
    }
    // 21:30 to 08:00 in steps of at most 15 minutes.
    expect(turns).toBe(42);
    expect(iso(nowMs)).toBe('2026-06-11T08:00:00.000Z');
    expect(mailer.sent).toHaveLength(1);
    const assigned = events.filter(({ event }) => event === 'Reprise Customer Assigned');
    expect(new Set(assigned.map(({ timestamp }) => timestamp))).toEqual(new Set([iso(eveningMs)]));
  });

  it('is kept when putting it back fails: the call fails and the queue gives it again', async () => {
    const { context, ...stage } = await open();
    stage.setNow(eveningMs);
    const broken = { ...context, triggers: { send: () => Promise.reject(new Error('queue down')) } };
    await expect(deliverTrigger(body('ada', { at: iso(eveningMs) }), broken)).rejects.toThrow('queue down');
  });

  it('that is none is refused, so that it ends in the dead-letter queue', async () => {
    const { context } = await open();
    await expect(deliverTrigger('{"campaignId":"spring"}', context)).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(deliverTrigger('not json', context)).rejects.toThrow(SyntaxError);
  });

  it('killed after any change gives one mail at most, and one unless the kill was in the midst of sending', async () => {
    const whole = await open();
    whole.crashAfter(undefined);
    await deliverTrigger(body('ada'), whole.context);
    const changes = whole.changes();
    expect(changes).toBeGreaterThan(3);
    for (let after = 0; after < changes; after++) {
      const { context, mailer, table, ...stage } = await open();
      stage.crashAfter(after);
      await expect(deliverTrigger(body('ada'), context)).rejects.toThrow();
      stage.crashAfter(undefined);
      stage.setNow(noonMs + 3_600_000);
      const became = await deliverTrigger(body('ada'), context);
      expect(mailer.sent.length + Number(became === 'unknown')).toBeGreaterThanOrEqual(1);
      expect(mailer.sent.length).toBeLessThanOrEqual(1);
      expect(table.coupons.size).toBe(1);
    }
  });
});

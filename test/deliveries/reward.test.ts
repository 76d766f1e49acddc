// What an advocate is told of a reward: the whole way from the friend's redemption to the advocate's mail.

import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { referral } from '../../lib/campaigns/strategies/referral.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderMail } from '../../lib/deliveries/template.ts';
import { deliverTrigger, type TriggerContext } from '../../lib/deliveries/trigger.ts';
import { archiveMessages } from '../../lib/events/archive.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { encodeEvents } from '../../lib/events/queue-message.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { createFakeTriggerQueue } from '../fakes/trigger-queue.ts';
import { openShop } from '../offers/shop.ts';
import { couponCampaign, createStage, dayMs, noonMs, profileOf } from './stage.ts';

const programme: Campaign = {
  ...couponCampaign,
  ...referral.define({}, noonMs),
  quietHours: { fromHour: 21, toHour: 8 },
  windowDays: 30,
};
const [variant] = programme.variants;
const offer = variant.action.kind === 'coupon' ? variant.action.offer : undefined;
const amy = customerId('amy');

const open = async (change: Partial<Campaign> = {}, settings: Partial<typeof defaultSettings> = {}) => {
  const stage = createStage();
  const coupons = fakeCouponStore(stage.table);
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('amy', { name: 'Amy' }), undefined);
  if (offer === undefined) throw new Error('the strategy gives a coupon');
  await coupons.issue({
    code: 'BRING-AMY',
    campaignId: programme.campaignId,
    variant: variant.name,
    decisionId: 'decision-amy',
    advocateId: amy,
    issuedAt: '2026-06-01T12:00:00.000Z',
    expiresAt: '2026-07-31T12:00:00.000Z',
    redemptionsCount: 0,
    terms: offer,
  });
  const shop = openShop(coupons);
  shop.setNow(noonMs);
  const putBack: string[] = [];
  const context: TriggerContext = {
    ...stage.context,
    coupons,
    campaigns: memoryCampaignStore([{ ...programme, ...change }]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    journeys: stage.journeys,
    settings: { ...defaultSettings, globalHoldoutShare: 0, ...settings },
    refundOrder: async () => 'none',
    triggers: {
      send: async (triggers) => {
        putBack.push(...triggers.map((trigger) => JSON.stringify(trigger)));
      },
    },
  };
  /** What the archive makes of the events of a friend's redemption. */
  const triggersOf = async (events: readonly StoredEvent[]) => {
    const triggers = createFakeTriggerQueue();
    const failed = await archiveMessages(
      encodeEvents(events).map((body, index) => ({ queueId: `q${index}`, body })),
      {
        objects: createFakeObjectStore(),
        customers,
        triggers,
        awaitingEvents: async () => [],
        reportsOf: async () => [],
        report: () => undefined,
      },
    );
    expect(failed).toEqual([]);
    return triggers.sent.map((trigger) => JSON.stringify(trigger));
  };
  const bring = async (friend: string) => {
    shop.events.sent.length = 0;
    await shop.redeem('BRING-AMY', friend, { customerId: customerId(friend) });
    return triggersOf([...shop.events.sent]);
  };
  return { ...stage, context, shop, putBack, bring, triggersOf, customers };
};

describe('the reward of an advocate', () => {
  it('is mailed once with its code and from when it works, however often anything comes', async () => {
    const { bring, context, mailer, table, triggersOf, shop } = await open();
    const [trigger, ...others] = await bring('fred');
    expect(others).toEqual([]);
    expect(await deliverTrigger(trigger, context)).toBe('sent');
    expect(await deliverTrigger(trigger, context)).toBe('already');
    expect(await triggersOf([...shop.events.sent, ...shop.events.sent])).toEqual([trigger]);
    const reward = [...table.coupons.values()].find(({ rewardFor }) => rewardFor === 'BRING-AMY');
    expect(mailer.sent).toHaveLength(1);
    const [mail] = mailer.sent;
    if (mail.channel !== 'email' || reward === undefined) throw new Error('a mail with a reward');
    expect(mail.to).toBe('amy@example.com');
    expect(mail.subject).toBe('A friend used your code: 20% off for you');
    expect(mail.text).toContain(reward.code);
    // Fourteen days after the friend's order.
    expect(mail.text).toContain('The code works from June 24, 2026');
    expect(mail.headers['List-Unsubscribe']).toContain('/v1/unsubscribe/');
  });

  it('comes for each friend, up to the number that was promised', async () => {
    const { bring, context, mailer } = await open({}, { caps: [] });
    for (const friend of ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']) {
      for (const trigger of await bring(friend)) {
        expect(await deliverTrigger(trigger, context)).toBe('sent');
      }
    }
    expect(mailer.sent).toHaveLength(5);
  });

  it('is suppressed where the advocate does not want mail, and says so', async () => {
    const { bring, context, mailer, events, customers } = await open();
    const previous = await customers.read(amy);
    await customers.writeProfile(
      profileOf('amy', { suppressed: { email: { reason: 'unsubscribed', atMs: 1 } } }),
      previous.profile,
    );
    const [trigger] = await bring('fred');
    expect(await deliverTrigger(trigger, context)).toBe('suppressed');
    expect(mailer.sent).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      event: loopEvents.deliverySettled,
      properties: { status: 'suppressed', stepId: 'referral-reward' },
    });
  });

  it('waits where a cap leaves no room today, and goes when there is', async () => {
    const { bring, context, mailer, putBack, ...stage } = await open(
      {},
      { caps: [{ deliveriesMax: 1, days: 1 }] },
    );
    const first = await bring('f1');
    const second = await bring('f2');
    expect(await deliverTrigger(first[0], context)).toBe('sent');
    expect(await deliverTrigger(second[0], context)).toBe('put-back');
    stage.setNow(noonMs + dayMs);
    expect(await deliverTrigger(putBack[0], context)).toBe('sent');
    expect(mailer.sent).toHaveLength(2);
  });

  it('keeps quiet hours', async () => {
    const { bring, context, mailer, putBack, ...stage } = await open();
    const [trigger] = await bring('fred');
    stage.setNow(noonMs + 10 * 3_600_000);
    expect(await deliverTrigger(trigger, context)).toBe('put-back');
    expect(JSON.parse(putBack[0])).toMatchObject({ notBefore: '2026-06-11T08:00:00.000Z' });
    expect(mailer.sent).toEqual([]);
  });

  it('goes after the campaign has finished, waits while it is paused, and not once it is cancelled', async () => {
    for (const [status, became] of [
      ['finished', 'sent'],
      ['paused', 'put-back'],
      ['cancelled', 'cancelled'],
    ] as const) {
      const { bring, context } = await open({ status });
      const [trigger] = await bring('fred');
      expect(await deliverTrigger(trigger, context)).toBe(became);
    }
  });

  it('is not mailed once the friend’s order was given back', async () => {
    const { bring, context, mailer, shop } = await open();
    const [trigger] = await bring('fred');
    await shop.refund('BRING-AMY', 'order-fred');
    expect(await deliverTrigger(trigger, context)).toBe('reward-revoked');
    expect(mailer.sent).toEqual([]);
  });

  it('is nobody else’s, and no app can ask for one', async () => {
    const { bring, context, shop, triggersOf, mailer } = await open();
    const [trigger] = await bring('fred');
    const forged = JSON.stringify({ ...JSON.parse(trigger), customerId: 'eve' });
    expect(await deliverTrigger(forged, context)).toBe('unknown-reward');
    const invitation = JSON.stringify({ ...JSON.parse(trigger), reward: 'BRING-AMY' });
    expect(await deliverTrigger(invitation, context)).toBe('unknown-reward');
    const fromApp = shop.events.sent.map((event) => ({ ...event, source: 'key_web' }));
    expect(await triggersOf(fromApp)).toEqual([]);
    expect(mailer.sent).toEqual([]);
  });

  it('killed after any change gives one mail at most, and one unless the kill was in the midst of sending', async () => {
    const whole = await open();
    const [first] = await whole.bring('fred');
    whole.crashAfter(undefined);
    await deliverTrigger(first, whole.context);
    const changes = whole.changes();
    expect(changes).toBeGreaterThan(3);
    for (let after = 0; after < changes; after++) {
      const { bring, context, mailer, table, ...stage } = await open();
      const [trigger] = await bring('fred');
      stage.crashAfter(after);
      await expect(deliverTrigger(trigger, context)).rejects.toThrow();
      stage.crashAfter(undefined);
      stage.setNow(noonMs + 3_600_000);
      const became = await deliverTrigger(trigger, context);
      expect(mailer.sent.length + Number(became === 'unknown')).toBeGreaterThanOrEqual(1);
      expect(mailer.sent.length).toBeLessThanOrEqual(1);
      expect(table.coupons.size).toBe(2);
    }
  });
});

describe('the words of a reward', () => {
  it('say from when the code works in both languages, and nothing of it where it works already', () => {
    for (const [language, from] of [
      ['en', 'works from'],
      ['zh-CN', '起可用'],
    ] as const) {
      const variables = sampleVariables(language, 'coupon');
      const coupon = variables.coupon && { ...variables.coupon, validFromText: 'THAT DAY' };
      const render = (given: typeof variables) =>
        renderMail(defaultTemplates.reward, language, given, { strict: true });
      const later = render({ ...variables, ...(coupon && { coupon }) });
      expect(later?.text).toContain('THAT DAY');
      expect(later?.html).toContain('THAT DAY');
      expect(render(variables)?.text).not.toContain(from);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { itemId, messageId } from '../../lib/base/ids.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { footerWords } from '../../lib/campaigns/mail-footer.ts';
import { layout } from '../../lib/campaigns/mail-layout.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import type { CustomerState } from '../../lib/events/customer.ts';
import type { JsonObject } from '../../lib/events/event.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { item } from '../campaigns/sample.ts';
import { fakeTransport } from '../fakes/transport.ts';
import { couponCampaign, createStage, dayMs, memberOf, noonMs, recordOf } from './stage.ts';

const words = { ...footerWords.en, subject: 'Still interested?', preview: 'P', heading: 'In your cart' };
const campaign: Campaign = {
  ...couponCampaign,
  recommendationsCount: 3,
  variants: [
    {
      name: 'coupon',
      weight: 1,
      action: {
        kind: 'reminder',
        focus: 'cart',
        templates: {
          en: layout(words, [
            { kind: 'items', from: 'items', heading: 'Yours' },
            { kind: 'items', from: 'recommendations', heading: 'Others' },
          ]),
        },
      },
    },
  ],
};
const book = { ...item('book'), title: 'A book', attributes: { url: 'https://shop.example/book' } };
const lamp = { ...item('lamp'), title: 'A lamp' };
const cart: CustomerState = {
  events: [{ messageId: messageId('m'), type: 'cart', itemId: itemId('book'), atMs: noonMs - dayMs }],
  owned: {},
  orders: {},
  revision: 1,
};
const setUp = () => {
  const stage = createStage();
  const assortment = async () => createAssortment(undefined, [book, lamp], new Set());
  return { stage, context: { ...stage.context, assortment } };
};

describe('a message about what the customer left in the cart', () => {
  it('shows it with a link that carries the decision, and does not recommend it as well', async () => {
    const { stage, context } = setUp();
    const record = { ...recordOf('ada'), state: cart };
    expect(await deliverOne(campaign, memberOf('ada'), record, context)).toEqual({ kind: 'sent' });
    const [{ text }] = stage.mailer.sent;
    expect(text).toContain('Yours\n- A book\n  https://shop.example/book?reprise=decision-ada');
    expect(text).toContain('Others\n- A lamp');
    expect(text.match(/A book/g)).toHaveLength(1);
  });

  it('tells the inbox which items its words name, and no others, so that they can be judged again', async () => {
    const { context } = setUp();
    const transport = fakeTransport(['in-app']);
    const inApp = { title: 'Still there', body: '{{ items[0].title }} waits for you.' };
    const variants = [
      {
        name: 'coupon',
        weight: 1,
        action: { kind: 'reminder' as const, focus: 'cart' as const, templates: { en: { inApp } } },
      },
    ];
    const inTheApp: Campaign = { ...campaign, channels: ['in-app'], variants };
    const record = { ...recordOf('ada'), state: cart };
    expect(await deliverOne(inTheApp, memberOf('ada'), record, { ...context, transport })).toEqual({
      kind: 'sent',
    });
    expect(transport.messages).toMatchObject([
      { channel: 'in-app', offer: { body: 'A book waits for you.', itemIds: ['book'] } },
    ]);
  });

  it("never shows an item above the customer's risk tolerance, though it lies in their own cart", async () => {
    const { stage, context } = setUp();
    const fund = { ...book, attributes: { ...book.attributes, riskLevel: 4 } };
    const careful = {
      ...context,
      assortment: async () => createAssortment(undefined, [fund, lamp], new Set()),
      settings: {
        ...context.settings,
        eligibilityRules: [
          { item: { attribute: 'riskLevel' }, customer: { trait: 'riskTolerance', op: 'gte' as const } },
        ],
      },
    };
    const deliverTo = (id: string, traits: JsonObject) =>
      deliverOne(campaign, memberOf(id), { ...recordOf(id, { traits }), state: cart }, careful);
    const nothing = { kind: 'suppressed', reason: 'nothing-cart' };
    expect(await deliverTo('careful', { riskTolerance: 3 })).toEqual(nothing);
    expect(await deliverTo('silent', {})).toEqual(nothing);
    expect(await deliverTo('bold', { riskTolerance: 4 })).toEqual({ kind: 'sent' });
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('is not sent when the cart was bought in the meantime', async () => {
    const { stage, context } = setUp();
    const state = { ...cart, owned: { book: { purchasedAtMs: noonMs } } };
    const outcome = await deliverOne(campaign, memberOf('ada'), { ...recordOf('ada'), state }, context);
    expect(outcome).toEqual({ kind: 'suppressed', reason: 'nothing-cart' });
    expect(stage.mailer.sent).toEqual([]);
  });
});

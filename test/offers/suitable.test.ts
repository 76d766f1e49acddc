import { describe, expect, it } from 'vitest';
import { type ItemId, itemId } from '../../lib/base/ids.ts';
import { defaultSettings, type EligibilityRule } from '../../lib/base/settings.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import type { CouponOffer } from '../../lib/offers/offer.ts';
import { suitableOffer } from '../../lib/offers/suitable.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { couponCampaign, createStage, memberOf, recordOf } from '../deliveries/stage.ts';

const fund = (id: string, risk: number, change: Partial<CatalogItem> = {}): CatalogItem => ({
  itemId: itemId(id),
  title: id,
  kind: 'fund',
  category: ['Funds'],
  tags: [],
  repurchase: { kind: 'once' },
  attributes: { risk },
  hidden: false,
  updatedAt: '2026-06-01T00:00:00.000Z',
  createdAt: '2026-06-01T00:00:00.000Z',
  ...change,
});
const items = [
  fund('calm', 1),
  fund('steady', 3),
  fund('wild', 6),
  fund('book', 0, { kind: 'book', category: [] }),
];
const [calm, steady, wild, book] = items.map(({ itemId: id }) => id);

const offerOf = (change: Partial<CouponOffer>): CouponOffer => ({
  discount: { kind: 'percent', percent: 10 },
  expiresAfterDays: 7,
  redemptionsPerCodeMax: 1,
  redemptionsPerCustomerMax: 1,
  ...change,
});
const toTolerance = (tolerance: number, offer: CouponOffer) =>
  suitableOffer(offer, {
    obeys: ({ attributes }) => Number(attributes.risk) <= tolerance,
    item: (id) => items.find((item) => item.itemId === id),
    visible: () => items,
  });
const bundle = (...itemIds: readonly ItemId[]): CouponOffer =>
  offerOf({ discount: { kind: 'bundle', itemIds, off: { kind: 'percent', percent: 10 } } });

describe('an offer for a customer whom an item does not suit', () => {
  it('is no offer when the item is its gift, its trial or a part of its bundle', () => {
    for (const offer of [
      offerOf({ discount: { kind: 'gift', itemId: wild } }),
      offerOf({ discount: { kind: 'trial', itemId: wild, days: 7 } }),
      bundle(calm, wild),
    ]) {
      expect(toTolerance(3, offer)).toBeUndefined();
      expect(toTolerance(6, offer)).toBe(offer);
    }
    expect(toTolerance(9, offerOf({ discount: { kind: 'gift', itemId: itemId('gone') } }))).toBeUndefined();
  });

  it('is no offer when the reward for bringing friends does not suit the customer who would get it', () => {
    const bringing = (reward: Pick<CouponOffer, 'discount' | 'eligibleItems'>) =>
      offerOf({ referral: { reward: offerOf(reward), waitDays: 0, rewardsMax: 3 } });
    const percent = { kind: 'percent', percent: 10 } as const;
    for (const offer of [
      bringing({ discount: { kind: 'gift', itemId: wild } }),
      bringing({ discount: percent, eligibleItems: { itemIds: [calm, wild] } }),
      bringing({ discount: percent, eligibleItems: { categories: ['Funds'] } }),
    ]) {
      expect(toTolerance(3, offer)).toBeUndefined();
      expect(toTolerance(6, offer)).toBe(offer);
    }
    const any = bringing({ discount: percent });
    expect(toTolerance(0, any)).toBe(any);
  });

  it('is for the other items it names, and none when it names no other', () => {
    const offer = offerOf({ eligibleItems: { itemIds: [calm, steady, wild] } });
    expect(toTolerance(3, offer)?.eligibleItems).toEqual({ itemIds: [calm, steady] });
    expect(toTolerance(0, offer)).toBeUndefined();
  });

  it('excepts by name what does not suit in a category or kind', () => {
    const funds = offerOf({ eligibleItems: { categories: ['Funds'], exceptItemIds: [calm] } });
    expect(toTolerance(3, funds)?.eligibleItems).toEqual({
      categories: ['Funds'],
      exceptItemIds: [calm, wild],
    });
    expect(toTolerance(0, funds)).toBeUndefined();
    const both = offerOf({ eligibleItems: { kinds: ['fund'], itemIds: [book] } });
    expect(toTolerance(0, both)?.eligibleItems).toEqual({
      kinds: ['fund'],
      itemIds: [book],
      exceptItemIds: [calm, steady, wild],
    });
  });

  it('stays as it is when it is for everything', () => {
    const offer = offerOf({});
    expect(toTolerance(0, offer)).toBe(offer);
  });

  it('is none when it is one code for everybody, which cannot be narrowed', () => {
    const offer = offerOf({ sharedCode: 'FUNDS', eligibleItems: { itemIds: [calm, wild] } });
    expect(toTolerance(3, offer)).toBeUndefined();
    expect(toTolerance(6, offer)).toBe(offer);
  });
});

describe('a campaign with risk rules', () => {
  const rule: EligibilityRule = {
    item: { attribute: 'risk' },
    customer: { trait: 'riskTolerance', op: 'gte' },
  };
  const deliver = async (offer: CouponOffer, traits: { readonly riskTolerance?: number }) => {
    const stage = createStage();
    const context = {
      ...stage.context,
      settings: { ...defaultSettings, eligibilityRules: [rule] },
      assortment: async () => createAssortment(undefined, items, new Set()),
    };
    const [first, ...others] = couponCampaign.variants;
    if (first.action.kind !== 'coupon') throw new Error('the first variant sends a coupon');
    const variants = [{ ...first, action: { ...first.action, offer } }, ...others];
    const outcome = await deliverOne(
      { ...couponCampaign, variants },
      memberOf('ada'),
      recordOf('ada', { traits }),
      context,
    );
    return { outcome, coupons: [...stage.table.coupons.values()], sent: stage.mailer.sent.length };
  };

  it('never sends an offer of an item above the customer’s tolerance, nor to one whose tolerance nobody knows', async () => {
    const offer = offerOf({ eligibleItems: { itemIds: [wild] } });
    for (const traits of [{ riskTolerance: 5 }, {}]) {
      expect(await deliver(offer, traits)).toEqual({
        outcome: { kind: 'suppressed', reason: 'not-suitable' },
        coupons: [],
        sent: 0,
      });
    }
  });

  it('never promises a reward above the customer’s tolerance', async () => {
    const reward = offerOf({ discount: { kind: 'gift', itemId: wild } });
    const offer = offerOf({ referral: { reward, waitDays: 0, rewardsMax: 3 } });
    expect((await deliver(offer, { riskTolerance: 5 })).outcome).toEqual({
      kind: 'suppressed',
      reason: 'not-suitable',
    });
    expect((await deliver(offer, { riskTolerance: 6 })).sent).toBe(1);
  });

  it('issues the coupon with the items that suit', async () => {
    const offer = offerOf({ eligibleItems: { itemIds: [calm, wild] } });
    const { outcome, coupons } = await deliver(offer, { riskTolerance: 3 });
    expect(outcome).toEqual({ kind: 'sent' });
    expect(coupons[0].terms.eligibleItems).toEqual({ itemIds: [calm] });
    expect(coupons[0].terms.titles).toEqual({ calm: 'calm' });
  });
});

import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { campaignId, customerId, deliveryId, itemId } from '../../lib/base/ids.ts';
import { defaultSettings, type EligibilityRule } from '../../lib/base/settings.ts';
import type { CampaignStatus } from '../../lib/campaigns/campaign.ts';
import { offersShown, parseOffersRequest } from '../../lib/deliveries/offers-shown.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import type { Coupon, InAppOffer } from '../../lib/ports.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { codeKey, fakeTable } from '../fakes/delivery-store.ts';
import { noonMs, profileOf } from './stage.ts';

const ada = customerId('ada');
const dayMs = 86_400_000;
const iso = (days: number): string => new Date(noonMs + days * dayMs).toISOString();

const offer = (name: string, change: Partial<InAppOffer> = {}): InAppOffer => ({
  deliveryId: deliveryId(name),
  customerId: ada,
  campaignId: campaignId('spring'),
  variant: 'A',
  decisionId: `decision-${name}`,
  purpose: 'marketing',
  title: name,
  body: 'b',
  priority: 0,
  createdAt: iso(-1),
  expiresAt: iso(5),
  ...change,
});

const coupon = (code: string, change: Partial<Coupon> = {}): Coupon => ({
  code,
  campaignId: campaignId('spring'),
  variant: 'A',
  decisionId: 'd',
  customerId: ada,
  issuedAt: iso(-1),
  expiresAt: iso(5),
  redemptionsMax: 1,
  redemptionsCount: 0,
  terms: { discount: { kind: 'percent', percent: 20 }, redemptionsPerCustomerMax: 1 },
  ...change,
});

interface World {
  readonly offers?: readonly InAppOffer[];
  readonly coupons?: readonly Coupon[];
  readonly counters?: { readonly [key: string]: number };
  readonly spentMinor?: number;
  readonly items?: readonly CatalogItem[];
  readonly rules?: readonly EligibilityRule[];
  readonly statuses?: { readonly [campaign: string]: CampaignStatus };
  readonly profile?: Partial<CustomerProfile>;
}

const shown = async (world: World, query: { readonly [name: string]: string } = {}) => {
  const table = fakeTable();
  for (const each of world.coupons ?? []) table.coupons.set(codeKey(each.code), each);
  for (const [key, count] of Object.entries(world.counters ?? {})) {
    table.tallies.set(key, { count, minor: world.spentMinor ?? 0 });
  }
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', world.profile), undefined);
  return offersShown(parseOffersRequest('ada', query), {
    inbox: {
      live: async (_, nowMs) => (world.offers ?? []).filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs),
    },
    coupons: fakeCouponStore(table),
    catalog: fakeCatalogStore(world.items),
    campaigns: { status: async (id) => world.statuses?.[id] ?? 'running' },
    customers,
    clock: { nowMs: () => noonMs },
    settings: { ...defaultSettings, eligibilityRules: world.rules ?? [] },
  });
};
const titles = async (...given: Parameters<typeof shown>): Promise<readonly string[]> =>
  (await shown(...given)).map(({ kind, title }) => `${kind} ${title}`);

describe('the offers that an app shows', () => {
  it('are the larger priority first, then the newer, then coupons that no message shows, the next to expire first', async () => {
    const offers = [
      offer('old', { createdAt: iso(-3) }),
      offer('new', { couponCode: 'AAAA-2222' }),
      offer('first', { priority: 5, createdAt: iso(-9) }),
    ];
    const coupons = [
      coupon('AAAA-2222'),
      coupon('BBBB-2222', { expiresAt: iso(9) }),
      coupon('CCCC-2222', { expiresAt: iso(2) }),
    ];
    const found = await shown({ offers, coupons });
    expect(found.map(({ title, coupon: of }) => [title, of?.code])).toEqual([
      ['first', undefined],
      ['new', 'AAAA-2222'],
      ['old', undefined],
      ['20% off', 'CCCC-2222'],
      ['20% off', 'BBBB-2222'],
    ]);
  });

  it('go where they belong: a place sees its own and those for anywhere, without it all are seen', async () => {
    const offers = [
      offer('home', { placement: 'home', couponCode: 'AAAA-2222' }),
      offer('cart', { placement: 'cart', couponCode: 'BBBB-2222' }),
      offer('anywhere'),
    ];
    const coupons = [coupon('AAAA-2222'), coupon('BBBB-2222'), coupon('CCCC-2222')];
    const world = { offers, coupons };
    expect((await titles(world, { placement: 'home' })).toSorted()).toEqual([
      'coupon 20% off',
      'message anywhere',
      'message home',
    ]);
    expect((await titles(world, { placement: 'elsewhere' })).toSorted()).toEqual([
      'coupon 20% off',
      'message anywhere',
    ]);
    const all = await shown(world);
    expect(all.map(({ title, placement }) => [title, placement])).toEqual([
      ['home', 'home'],
      ['cart', 'cart'],
      ['anywhere', undefined],
      ['20% off', undefined],
    ]);
  });

  it.each([{ placement: 'a b' }, { placement: '' }, { place: 'home' }])(
    'need a place that can be one, and nothing else: %j',
    (query) => {
      expect(() => parseOffersRequest('ada', query)).toThrow(Failure);
    },
  );

  it.each<[string, World]>([
    ['expired', { offers: [offer('x', { expiresAt: iso(0) })] }],
    ['of a cancelled campaign', { offers: [offer('x')], statuses: { spring: 'cancelled' } }],
    ['of a paused campaign', { offers: [offer('x')], statuses: { spring: 'paused' } }],
    [
      'of a cancelled campaign, its coupon included',
      {
        offers: [offer('x', { couponCode: 'AAAA-2222' })],
        coupons: [coupon('AAAA-2222')],
        statuses: { spring: 'cancelled' },
      },
    ],
    [
      'redeemed',
      {
        offers: [offer('x', { couponCode: 'AAAA-2222' })],
        coupons: [coupon('AAAA-2222', { redemptionsCount: 1 })],
      },
    ],
    [
      'revoked',
      {
        offers: [offer('x', { couponCode: 'AAAA-2222' })],
        coupons: [coupon('AAAA-2222', { revokedAt: iso(-1) })],
      },
    ],
    ['with a code that is gone', { offers: [offer('x', { couponCode: 'AAAA-2222' })] }],
    [
      'with another code of its campaign redeemed as often as one customer may',
      { coupons: [coupon('AAAA-2222')], counters: { 'redeemed/spring/ada': 1 } },
    ],
    [
      'of a campaign that was redeemed as often as all together may',
      {
        coupons: [
          coupon('AAAA-2222', {
            terms: {
              discount: { kind: 'percent', percent: 20 },
              redemptionsPerCustomerMax: 1,
              redemptionsTotalMax: 100,
            },
          }),
        ],
        counters: { 'redeemed/spring': 100 },
      },
    ],
    [
      'whose consent was withdrawn',
      {
        offers: [offer('x')],
        profile: { consents: { 'in-app': { marketing: { given: false, atMs: 1 } } } },
      },
    ],
    [
      'whose channel was stopped',
      { offers: [offer('x')], profile: { suppressed: { 'in-app': { reason: 'unsubscribed', atMs: 1 } } } },
    ],
  ])('are none that are %s', async (_, world) => {
    expect(await shown(world)).toEqual([]);
  });

  it('of a finished campaign stay until they expire', async () => {
    expect(await titles({ offers: [offer('x')], statuses: { spring: 'finished' } })).toEqual(['message x']);
  });

  it('show a code that is the same for everybody, until this customer has used it', async () => {
    const { customerId: _, redemptionsMax: __, ...shared } = coupon('SPRING');
    const world = { offers: [offer('x', { couponCode: 'SPRING' })], coupons: [shared] };
    expect(await shown(world)).toMatchObject([{ kind: 'message', coupon: { code: 'SPRING' } }]);
    expect(await shown({ ...world, counters: { 'redeemed/spring/ada': 1 } })).toEqual([]);
    expect(await shown({ ...world, coupons: [{ ...shared, expiresAt: iso(0) }] })).toEqual([]);
  });

  it('say that a code is for friends, and from when a reward is good', async () => {
    const { customerId: _, ...own } = coupon('AAAA-2222');
    const friends = { ...own, advocateId: ada };
    const reward = coupon('BBBB-2222', { rewardFor: 'AAAA-2222', validFrom: iso(3), expiresAt: iso(30) });
    expect((await shown({ coupons: [friends, reward] })).map(({ coupon: of }) => of)).toEqual([
      { code: 'AAAA-2222', expiresAt: iso(5), forFriends: true },
      { code: 'BBBB-2222', expiresAt: iso(30), validFrom: iso(3) },
    ]);
  });

  it.each([
    [
      'an amount, when not even one is left',
      { kind: 'amount', amount: 10, currency: 'EUR' } as const,
      9_001,
      false,
    ],
    ['an amount, while one is left', { kind: 'amount', amount: 10, currency: 'EUR' } as const, 9_000, true],
    ['a share, when nothing is left', { kind: 'percent', percent: 20 } as const, 10_000, false],
    ['a share, while something is left', { kind: 'percent', percent: 20 } as const, 9_999, true],
    ['a gift, which takes no money', { kind: 'gift', itemId: itemId('mug') } as const, 10_000, true],
  ])(
    'hide a code for everybody whose budget of 100 is used up: %s',
    async (_, discount, spentMinor, isShown) => {
      const {
        customerId: __,
        redemptionsMax: ___,
        ...shared
      } = coupon('SPRING', {
        terms: { discount, redemptionsPerCustomerMax: 1, currency: 'EUR', budget: 100 },
      });
      const world = {
        offers: [offer('x', { couponCode: 'SPRING' })],
        coupons: [shared],
        counters: { 'redeemed/spring': 7 },
        spentMinor,
      };
      expect(await titles(world)).toEqual(isShown ? ['message x'] : []);
    },
  );

  describe('after the customer’s risk tolerance fell to 2', () => {
    const fund = (id: string, risk: number): CatalogItem => ({
      itemId: itemId(id),
      title: id,
      kind: 'fund',
      category: [],
      tags: [],
      attributes: { risk },
      repurchase: { kind: 'once' },
      hidden: false,
      createdAt: iso(-9),
      updatedAt: iso(-9),
    });
    const world = {
      items: [fund('calm', 2), fund('wild', 3)],
      rules: [{ item: { attribute: 'risk' }, customer: { trait: 'tolerance', op: 'gte' as const } }],
      profile: { traits: { tolerance: 2 } },
    };
    const giving = (code: string, item: string) =>
      coupon(code, {
        terms: { discount: { kind: 'gift', itemId: itemId(item) }, redemptionsPerCustomerMax: 1 },
      });

    it('show no message that names an item above it, and none about an item that left the catalogue', async () => {
      const offers = ['calm', 'wild', 'gone'].map((id) => offer(id, { itemIds: [itemId(id)] }));
      expect(await titles({ ...world, offers })).toEqual(['message calm']);
      expect(await titles({ ...world, offers, profile: { traits: { tolerance: 3 } } })).toHaveLength(2);
      expect(await titles({ ...world, offers, rules: [] })).toHaveLength(3);
    });

    it('show no coupon that gives, or is for, an item above it, nor the message with it', async () => {
      const named = coupon('CCCC-2222', {
        terms: {
          discount: { kind: 'percent', percent: 20 },
          redemptionsPerCustomerMax: 1,
          eligibleItems: { itemIds: [itemId('wild')] },
        },
      });
      const coupons = [giving('AAAA-2222', 'calm'), giving('BBBB-2222', 'wild'), named];
      const offers = [offer('x', { couponCode: 'BBBB-2222' })];
      const found = await shown({ ...world, offers, coupons });
      expect(found.map(({ coupon: of }) => of?.code)).toEqual(['AAAA-2222']);
    });
  });
});

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { cannibalisation } from '../../lib/experiments/cannibalisation.ts';
import { meanDifference, proportionDifference } from '../../lib/experiments/estimate.ts';
import {
  type ArmEffect,
  type ArmGains,
  armEffect,
  type EffectFacts,
} from '../../lib/experiments/increments.ts';
import { noEstimate } from '../../lib/experiments/no-estimate.ts';
import { columnMoments } from '../../lib/outcomes/joint-sums.ts';
import { emptySummary } from '../../lib/outcomes/summary.ts';
import { type ArmFixture, armSums } from './arm-sums.ts';

const arm = (customers: number, conversions: number, more: Partial<ArmFixture> = {}): ArmFixture => ({
  ...emptySummary,
  customers,
  conversions,
  orders: conversions,
  ordersSumSquares: conversions,
  revenueSum: conversions * 50,
  revenueSumSquares: conversions * 2_500,
  ...more,
});
const momentsOf = (summary: ArmFixture, column: string) => columnMoments(armSums(summary), column);
const compared = (treated: ArmFixture, reference: ArmFixture): ArmGains => ({
  arm: 'coupon',
  reference: 'holdout',
  repurchase:
    proportionDifference(momentsOf(treated, 'repurchase'), momentsOf(reference, 'repurchase')) ??
    noEstimate('no-variance'),
  revenue:
    meanDifference(momentsOf(treated, 'revenue'), momentsOf(reference, 'revenue')) ??
    noEstimate('no-variance'),
  orders:
    meanDifference(momentsOf(treated, 'orders'), momentsOf(reference, 'orders')) ?? noEstimate('no-variance'),
  margin:
    treated.ordersOfUnknownCost > 0
      ? noEstimate('costs-unknown')
      : (meanDifference(momentsOf(treated, 'margin'), momentsOf(reference, 'margin')) ??
        noEstimate('no-variance')),
});
const of = (treated: ArmFixture, reference: ArmFixture) =>
  cannibalisation(treated, reference, { estimate: compared(treated, reference).repurchase });

describe('discounts to those who would have bought anyway', () => {
  const treated = arm(1_000, 150, { redeemers: 90, discountSum: 900 });
  const reference = arm(1_000, 100);
  const found = of(treated, reference);

  test('by hand: 150 of 1,000 against 100 of 1,000, 90 with the code', () => {
    // 50 induced. At least 90 − 50 = 40 of 90; all 90 at most (100 would have bought); by ratio 100/150 of 90.
    expect(found).toMatchObject({
      kind: 'estimate',
      redeemers: 90,
      most: 1,
      discountSum: 900,
      clamped: false,
      induced: { value: expect.closeTo(50, 9) },
      least: { value: expect.closeTo(40 / 90, 9) },
      share: { value: expect.closeTo(2 / 3, 9) },
      discountLost: { value: expect.closeTo(600, 9) },
    });
  });

  test('the interval of the estimate, by hand', () => {
    // ln(2/3) ± 1.96·√(1/150 − 1/1000 + 1/100 − 1/1000 + (1/3)/(2/3·90)) = −0.4055 ± 1.96·0.142205
    if (found.kind !== 'estimate') throw new Error('no estimate');
    expect(found.share.low).toBeCloseTo(0.5045, 3);
    expect(found.share.high).toBeCloseTo(0.881, 3);
  });

  test('never leaves the bounds that hold without the assumption about who redeems', () => {
    for (const [conversions, redeemers, untreated] of [
      [150, 150, 100],
      [150, 20, 100],
      [300, 200, 10],
      [101, 50, 100],
    ] as const) {
      const result = of(arm(1_000, conversions, { redeemers }), arm(1_000, untreated));
      if (result.kind !== 'estimate') throw new Error('no estimate');
      expect(result.share.value).toBeGreaterThanOrEqual(result.least.value - 1e-12);
      expect(result.share.value).toBeLessThanOrEqual(result.most + 1e-12);
    }
  });

  test('is clamped, and says so, where the treated bought less', () => {
    expect(of(arm(1_000, 90, { redeemers: 40 }), arm(1_000, 100))).toMatchObject({
      share: { value: 1 },
      least: { value: 1 },
      clamped: true,
    });
    // More induced than redeemed: the message worked without the code.
    expect(of(arm(1_000, 150, { redeemers: 20 }), arm(1_000, 100))).toMatchObject({
      least: { value: 0 },
      clamped: true,
    });
  });

  test.each([
    ['too-few-redeemers', arm(1_000, 150, { redeemers: 9 }), reference],
    ['too-few-conversions', arm(1_000, 150, { redeemers: 90 }), arm(1_000, 9)],
    ['too-many-redeemers', arm(1_000, 80, { redeemers: 81 }), reference],
    ['no-variance', arm(1_000, 0, { redeemers: 0 }), arm(1_000, 0)],
  ])('gives no number but the reason %s', (code, one, other) => {
    expect(of(one, other)).toMatchObject({ kind: 'no-estimate', code });
  });

  test('passes on why there is no comparison', () => {
    const comparison = { estimate: noEstimate('window-open') };
    expect(cannibalisation(treated, reference, comparison)).toMatchObject({ code: 'window-open' });
  });
});

test('in 400 simulated campaigns whose truth is known the intervals hold it as often as they say', () => {
  // Everybody has both fates: buys anyway (8%), is induced by the offer (4%); half of the buyers use the code.
  let [held, bounded] = [0, 0];
  for (let seed = 0; seed < 400; seed++) {
    const random = seededRandom(`cannibalisation/${seed}`);
    const counts = { conversions: 0, redeemers: 0, would: 0, untreated: 0 };
    for (let i = 0; i < 4_000; i++) {
      const fate = random.next();
      if (i % 2 === 0) {
        counts.untreated += fate < 0.08 ? 1 : 0;
      } else if (fate < 0.12) {
        counts.conversions++;
        if (random.next() < 0.5) {
          counts.redeemers++;
          counts.would += fate < 0.08 ? 1 : 0;
        }
      }
    }
    const { conversions, redeemers, would, untreated } = counts;
    const result = of(arm(2_000, conversions, { redeemers }), arm(2_000, untreated));
    if (result.kind !== 'estimate') throw new Error('no estimate');
    const truth = would / redeemers;
    held += result.share.low <= truth && truth <= result.share.high ? 1 : 0;
    bounded += result.least.low <= truth && truth <= result.most + 1e-12 ? 1 : 0;
  }
  // 95% nominal; the truth is of the customers at hand, so the interval may hold it more often, hardly less.
  expect(held / 400).toBeGreaterThan(0.93);
  expect(bounded / 400).toBeGreaterThan(0.97);
});

describe('what an arm brought and cost', () => {
  const reference = arm(1_000, 100, { marginSum: 4_000, marginSumSquares: 160_000 });
  const treated = arm(1_000, 150, {
    redeemers: 90,
    discountSum: 900,
    marginSum: 6_000,
    marginSumSquares: 240_000,
  });
  const effect = (change: Partial<EffectFacts> = {}, one = treated, other = reference): ArmEffect =>
    armEffect(compared(one, other), {
      summaryOf: (name) => (name === 'coupon' ? one : other),
      messageCostOf: () => 100,
      costs: { currency: 'USD', mail: 0.1, push: 0 },
      currency: 'USD',
      ...change,
    });

  test('by hand: 50 buyers, 50 orders, 2,500 in revenue, 2,000 in margin', () => {
    const found = effect();
    expect(found.buyers).toMatchObject({ value: expect.closeTo(50, 9) });
    expect(found.orders).toMatchObject({ value: expect.closeTo(50, 9) });
    expect(found.revenue).toMatchObject({ value: expect.closeTo(2_500, 6) });
    expect(found.margin).toMatchObject({ value: expect.closeTo(2_000, 6) });
    // (2,000 − 100) ÷ (100 + 900); an order earns (6,000 + 900) ÷ 150 = 46 before discounts.
    expect(found.returnOnSpending).toMatchObject({ value: expect.closeTo(1.9, 9) });
    expect(found.breakEvenOrders).toBeCloseTo(1_000 / 46, 9);
  });

  test('by revenue where the cost of an item is not known, and says why there is no margin', () => {
    const found = effect({}, { ...treated, ordersOfUnknownCost: 1 });
    expect(found.margin).toMatchObject({ code: 'costs-unknown' });
    expect(found.returnOnSpending).toMatchObject({ value: expect.closeTo(2.4, 9) });
  });

  test('gives no return where a price or the currency does not allow one', () => {
    expect(effect({ messageCostOf: () => undefined })).toMatchObject({
      messageCost: null,
      returnOnSpending: { code: 'costs-unknown' },
      breakEvenOrders: null,
    });
    // A mailing without discounts for a cent: hundreds of thousands of percent, either way, are noise.
    const nothingOff = { ...treated, discountSum: 0 };
    expect(effect({ messageCostOf: () => 0.01 }, nothingOff)).toMatchObject({
      revenue: { kind: 'estimate' },
      returnOnSpending: { code: 'spending-too-small' },
    });
    expect(effect({ currency: 'EUR' }).returnOnSpending).toMatchObject({ code: 'currencies-differ' });
  });

  test('gives no number at all while the comparison gives none', () => {
    const blocked = noEstimate('window-open');
    const found = armEffect(
      {
        ...compared(treated, reference),
        repurchase: blocked,
        orders: blocked,
        revenue: blocked,
        margin: blocked,
      },
      {
        summaryOf: (name) => (name === 'coupon' ? treated : reference),
        messageCostOf: () => 100,
        costs: { currency: 'USD', mail: 0.1, push: 0 },
        currency: 'USD',
      },
    );
    for (const value of [found.buyers, found.orders, found.revenue, found.margin, found.returnOnSpending]) {
      expect(value).toMatchObject({ kind: 'no-estimate', code: 'window-open' });
    }
    expect(found.cannibalisation).toMatchObject({ code: 'window-open' });
  });
});

import { describe, expect, it } from 'vitest';
import { createMarket, type Learner, type Market } from '../../local/market/market.ts';
import { couponShare, orderProbability, simulateWindow, trueEffect } from '../../local/market/window.ts';

const endMs = Date.UTC(2026, 0, 31);
const dayMs = 86_400_000;
const market = createMarket(1, { endMs });
const buyers = market.learners.filter(({ hasBought }) => hasBought).map(({ customerId }) => customerId);

/** One learner, many times over, with these properties. */
const crowd = (change: Partial<Learner>, size: number): Market => {
  const [first] = market.learners.filter(({ membership, hasBought }) => !membership && hasBought);
  const learners = Array.from({ length: size }, (_, index) => ({
    ...first,
    ...change,
    customerId: `${first.customerId}/${index}`,
  }));
  return { ...market, learners, learnersById: new Map(learners.map((one) => [one.customerId, one])) };
};

const shareBuying = (of: Market, action: 'none' | 'coupon' | 'reminder', seed: string): number => {
  const assignments = new Map(of.learners.map(({ customerId }) => [customerId, action] as const));
  const orders = [...simulateWindow(of, assignments, endMs, 30, seed).values()];
  return orders.filter((made) => made.length > 0).length / orders.length;
};

describe('the truth of a campaign window', () => {
  it('has a base rate of 10 to 15%, a coupon effect of 3.5 to 5 points and a reminder effect of 1 to 2 for any seed', () => {
    for (const seed of [1, 2, 3, 4]) {
      const one = createMarket(seed, { endMs });
      const ids = one.learners.filter(({ hasBought }) => hasBought).map(({ customerId }) => customerId);
      const base =
        ids.reduce((sum, id) => {
          const learner = one.learnersById.get(id);
          return sum + (learner ? orderProbability(one, learner, 30, 'none') : 0);
        }, 0) / ids.length;
      expect(base).toBeGreaterThan(0.1);
      expect(base).toBeLessThan(0.15);
      const coupon = trueEffect(one, ids, 30, 'coupon');
      expect(coupon).toBeGreaterThan(0.035);
      expect(coupon).toBeLessThan(0.05);
      const reminder = trueEffect(one, ids, 30, 'reminder');
      expect(reminder).toBeGreaterThan(0.01);
      expect(reminder).toBeLessThan(0.02);
    }
  });

  it('is the closed form: openers gain the effect, others nothing', () => {
    const base = 1 - Math.exp(-30 * 0.004);
    const one = crowd(
      { ordersPerDay: 0.004, openProbability: 0.5, effects: { coupon: 0.1, reminder: -0.02 } },
      1,
    );
    const [learner] = one.learners;
    expect(orderProbability(one, learner, 30, 'none')).toBeCloseTo(base, 12);
    expect(orderProbability(one, learner, 30, 'coupon')).toBeCloseTo(base + 0.5 * 0.1, 12);
    expect(orderProbability(one, learner, 30, 'reminder')).toBeCloseTo(base - 0.5 * 0.02, 12);
  });

  it('adds a renewal that falls due in the window and is paid', () => {
    const renewal = { dueMs: endMs + 10 * dayMs, probability: 0.8 };
    const item = market.items.find(({ kind }) => kind === 'membership');
    const one = crowd(
      {
        ordersPerDay: 0.004,
        membership: { itemId: item?.itemId ?? '', startMs: endMs - 20 * dayMs, days: 30, renewal },
      },
      1,
    );
    const noOrder = Math.exp(-30 * 0.004);
    expect(orderProbability(one, one.learners[0], 30, 'none')).toBeCloseTo(1 - noOrder * 0.2, 12);
    expect(orderProbability(one, one.learners[0], 10, 'none')).toBeCloseTo(1 - Math.exp(-10 * 0.004), 12);
  });

  it('is what the simulated learners do, within four standard errors, for each action', () => {
    for (const action of ['none', 'coupon', 'reminder'] as const) {
      const one = crowd(
        { ordersPerDay: 0.005, openProbability: 0.7, effects: { coupon: 0.15, reminder: 0.05 } },
        20_000,
      );
      const expected = orderProbability(one, one.learners[0], 30, action);
      const standardError = Math.sqrt((expected * (1 - expected)) / 20_000);
      expect(Math.abs(shareBuying(one, action, action) - expected)).toBeLessThan(4 * standardError);
    }
  });

  it('is zero for learners who never open a mail', () => {
    const one = crowd({ openProbability: 0, effects: { coupon: 0.2, reminder: 0.2 } }, 10);
    const ids = one.learners.map(({ customerId }) => customerId);
    expect(trueEffect(one, ids, 30, 'coupon')).toBe(0);
  });

  it('is an average, so it needs at least one customer', () => {
    expect(() => trueEffect(market, [], 30, 'coupon')).toThrow('no customers');
  });
});

describe('a simulated window', () => {
  const assignments = new Map(
    buyers.map((id, index) => [id, index % 2 === 0 ? ('coupon' as const) : ('none' as const)]),
  );

  it('is the same for the same seed, and puts every order inside the window', () => {
    const first = simulateWindow(market, assignments, endMs, 30, 'a');
    expect(simulateWindow(market, assignments, endMs, 30, 'a')).toEqual(first);
    const orders = [...first.values()].flat();
    expect(orders.every(({ at }) => at >= endMs && at < endMs + 30 * dayMs)).toBe(true);
    expect(orders.length).toBeGreaterThan(200);
  });

  it('does not change one customer’s orders when another customer is treated', () => {
    const [first, second] = buyers;
    const alone = simulateWindow(market, new Map([[first, 'none']]), endMs, 30, 'a');
    const beside = simulateWindow(
      market,
      new Map([
        [second, 'coupon'],
        [first, 'none'],
      ]),
      endMs,
      30,
      'a',
    );
    expect(beside.get(first)).toEqual(alone.get(first));
  });

  it('takes the coupon’s share off exactly one order of a customer who opened the mail', () => {
    const one = crowd({ ordersPerDay: 0.3, openProbability: 1, effects: { coupon: 0, reminder: 0 } }, 1);
    const [{ customerId }] = one.learners;
    const listed = simulateWindow(one, new Map([[customerId, 'none']]), endMs, 10, 'b').get(customerId) ?? [];
    const treated =
      simulateWindow(one, new Map([[customerId, 'coupon']]), endMs, 10, 'b').get(customerId) ?? [];
    expect(listed.length).toBeGreaterThan(1);
    const whole = treated.filter(({ value }) => Number.isInteger(value));
    const reduced = treated.filter(({ value }) => !Number.isInteger(value));
    expect(whole.length).toBe(treated.length - 1);
    expect(Number.isInteger(Math.round((reduced[0].value / (1 - couponShare)) * 1e6) / 1e6)).toBe(true);
  });
});

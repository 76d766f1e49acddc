import { describe, expect, test } from 'vitest';
import { loopEvents } from '../../lib/events/event.ts';
import { collectOutcomes } from '../../lib/outcomes/collect.ts';
import { collectFunnel } from '../../lib/outcomes/funnel.ts';
import { foldRedemptions } from '../../lib/outcomes/redemptions.ts';
import { campaign as sample, templates } from '../campaigns/sample.ts';
import { assigned, at, dayMs, decision, id, loop, order, settled, t0 } from './sample.ts';

const windowDays = 30;
const assignments = [assigned('ann', 'A'), assigned('bob', 'A'), assigned('dan', 'holdout')];
const use = (user: string, decisionId: string, orderId: string, day = 2) => ({
  redeemed: loop(user, loopEvents.couponRedeemed, at(day), {
    code: 'SPRING-24',
    decisionId,
    orderId,
    discountAmount: 8,
  }),
  refunded: (discountGivenBack: number, whole: boolean, refundDay = 5) =>
    loop(user, loopEvents.couponRefunded, at(refundDay), {
      code: 'SPRING-24',
      decisionId,
      orderId,
      discountAmount: 8,
      discountGivenBack,
      whole,
    }),
});
const fold = (...events: Parameters<typeof foldRedemptions>[0][]) =>
  foldRedemptions(
    events.flatMap((some) => [...some]),
    assignments,
    windowDays,
  );

describe('to whom a redemption belongs', () => {
  test('a code of one’s own to the decision that issued it', () => {
    const { redeemed } = use('ann', decision('ann'), 'o1');
    expect(fold([redeemed, redeemed])).toEqual([
      { customerId: 'ann', decisionId: decision('ann'), code: 'SPR1NG24', orderId: 'o1', discount: 8 },
    ]);
  });

  test('a code for everybody to the redeemer’s own assignment, also one held out', () => {
    const shared = `shared-${id}`;
    const found = fold([use('bob', shared, 'o1').redeemed, use('dan', shared, 'o2').redeemed]);
    expect(found.map(({ decisionId }) => decisionId)).toEqual([decision('bob'), decision('dan')]);
  });

  test('a code for everybody used before the assignment, after its window or by a stranger to nobody', () => {
    const shared = `shared-${id}`;
    const uses = [use('bob', shared, 'o1', -1), use('bob', shared, 'o2', 30), use('eve', shared, 'o3')];
    expect(fold(uses.map(({ redeemed }) => redeemed))).toEqual([]);
  });

  test('a friend’s use of a code to the friend, and to nobody where the friend was not assigned', () => {
    const found = fold([
      use('bob', decision('ann'), 'o1').redeemed,
      use('eve', decision('ann'), 'o2').redeemed,
    ]);
    expect(found.map(({ customerId, decisionId }) => [customerId, decisionId])).toEqual([
      ['bob', decision('bob')],
    ]);
  });

  test('a code of a rollout to none of the test’s assignments', () => {
    expect(fold([use('ann', 'rollout-ann', 'o1').redeemed])).toEqual([]);
  });
});

describe('what was given back', () => {
  const { redeemed, refunded } = use('ann', decision('ann'), 'o1');

  test('whole is no redemption any more, in whatever order the events come', () => {
    expect(fold([redeemed, refunded(8, true)])).toEqual([]);
    expect(fold([refunded(8, true), redeemed])).toEqual([]);
  });

  test('in part leaves the rest of the discount, each refund told twice counting once', () => {
    const parts = [refunded(2, false), refunded(3, false, 6)];
    expect(fold([redeemed, ...parts, ...parts])[0].discount).toBe(3);
  });

  test('leaves the figures of the result and of the funnel', () => {
    const events = [
      settled('ann', 'sent', at(0.1), { couponCode: 'SPRING-24' }),
      order('ann', 'o1', at(2), 40),
      redeemed,
    ];
    const scope = { windowDays, asOfMs: t0 + 40 * dayMs };
    const campaign = sample({
      variants: [{ name: 'A', weight: 1, action: { kind: 'reminder', templates } }],
      windowDays,
    });
    const runs = assignments.map((one) => ({ ...one, runId: 'run-1', phase: 'test' as const }));
    const figures = (...more: typeof events) => {
      const arm = collectOutcomes(assignments, [...events, ...more], scope).arms.get('A');
      const funnel = collectFunnel(campaign, runs, [...events, ...more], {
        runIds: ['run-1'],
        asOfMs: scope.asOfMs,
      });
      return {
        redemptions: arm?.redemptions,
        redeemers: arm?.redeemers,
        discountSum: arm?.discountSum,
        redeemed: funnel.customers.find((cell) => cell.arm === 'A')?.counts.redeemed,
        messages: funnel.messages[0].counts.redeemed,
      };
    };
    expect(figures()).toEqual({ redemptions: 1, redeemers: 1, discountSum: 8, redeemed: 1, messages: 1 });
    expect(figures(refunded(2, false))).toMatchObject({ redemptions: 1, discountSum: 6, redeemed: 1 });
    expect(figures(refunded(8, true))).toEqual({
      redemptions: 0,
      redeemers: 0,
      discountSum: 0,
      redeemed: 0,
      messages: 0,
    });
  });
});

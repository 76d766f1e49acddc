import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import type { Assignment } from '../../lib/outcomes/assignment.ts';
import { addCounts } from '../../lib/outcomes/counts.ts';
import { collectFunnel, type Funnel } from '../../lib/outcomes/funnel.ts';
import { customerGaps, messageGaps } from '../../lib/outcomes/funnel-counts.ts';
import { sumFunnels } from '../../lib/outcomes/funnel-sums.ts';
import { campaign as sample, templates } from '../campaigns/sample.ts';
import { assigned, at, decision, loop, order, refund, t0 } from './sample.ts';

const campaign = sample({
  variants: [
    { name: 'A', weight: 0.5, action: { kind: 'reminder', templates } },
    { name: 'nothing', weight: 0.5, action: { kind: 'none' } },
  ],
  holdoutShare: 0.2,
  windowDays: 30,
});
const scope = { runIds: ['run-1', 'run-2'], asOfMs: t0 + 90 * 86_400_000 };

const assignment = (user: string, arm: string, run = 'run-1', day = 0, phase: 'test' | 'rollout' = 'test') =>
  ({ ...assigned(user, arm, run, day), runId: run, phase }) satisfies Assignment;

const settledAs = (
  user: string,
  status: string,
  day: number,
  more: Record<string, string> = {},
  run = 'run-1',
) =>
  loop(user, loopEvents.deliverySettled, at(day), {
    decisionId: decision(user, run),
    deliveryId: `${run}-delivery-${user}`,
    channel: 'email',
    status,
    ...more,
  });
const reportOf = (
  user: string,
  kind: string,
  day: number,
  more: Record<string, string | boolean> = {},
  run = 'run-1',
) =>
  loop(user, loopEvents.deliveryReported, at(day), { deliveryId: `${run}-delivery-${user}`, kind, ...more });

describe('a campaign of six customers', () => {
  const assignments = [
    assignment('ann', 'A'),
    assignment('bob', 'A'),
    assignment('cat', 'A'),
    assignment('dan', 'holdout'),
    assignment('eve', 'global-holdout'),
    assignment('fay', 'nothing'),
  ];
  const events = [
    settledAs('ann', 'sent', 0.1, { couponCode: 'ABCD-ABCD-ABCD' }),
    reportOf('ann', 'delivery', 0.1),
    reportOf('ann', 'click', 0.1, { link: 'a', userAgent: 'curl/8' }),
    reportOf('ann', 'click', 1, { link: 'a', userAgent: 'Firefox' }),
    loop('ann', loopEvents.couponRedeemed, at(2), {
      decisionId: decision('ann'),
      code: 'abcdabcdabcd',
      orderId: 'o1',
    }),
    order('ann', 'o1', at(2), 40),
    settledAs('bob', 'suppressed', 0.1, { reason: 'capped' }),
    order('bob', 'o2', at(3), 10),
    refund('bob', 'o2', at(4)),
    order('dan', 'o3', at(5), 30),
  ];
  const { customers, messages } = collectFunnel(campaign, assignments, events, scope);
  const of = (arm: string) => customers.find((cell) => cell.arm === arm);

  test('says where each of them went', () => {
    expect(of('A')).toMatchObject({
      role: 'treated',
      counts: {
        customers: 3,
        sent: 1,
        suppressed: { capped: 1 },
        waiting: 1,
        clicked: 1,
        redeemed: 1,
        ordered: 1,
        revenue: 40,
      },
    });
    expect(of('holdout')).toMatchObject({ counts: { customers: 1, heldOut: 1, ordered: 1, revenue: 30 } });
    expect(of('global-holdout')?.counts).toMatchObject({ customers: 1, heldOut: 1, ordered: 0 });
    expect(of('nothing')).toMatchObject({ role: 'untreated', counts: { untreated: 1, heldOut: 0 } });
  });

  test('and what became of the messages', () => {
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      arm: 'A',
      channel: 'email',
      stepId: '',
      counts: {
        messages: 2,
        sent: 1,
        delivered: 1,
        clicks: 2,
        humanClicks: 1,
        programClicks: { agent: 1 },
        redeemed: 1,
      },
    });
  });
});

test('a customer whose links a program alone followed did not click', () => {
  const { customers, messages } = collectFunnel(
    campaign,
    [assignment('ann', 'A')],
    [settledAs('ann', 'sent', 0.1), reportOf('ann', 'click', 1, { link: 'a', userAgent: 'curl/8' })],
    scope,
  );
  expect(customers[0].counts).toMatchObject({ sent: 1, clicked: 0 });
  expect(messages[0].counts).toMatchObject({
    clicked: 0,
    clickedByProgramsOnly: 1,
    clicks: 1,
    humanClicks: 0,
  });
});

test('an order in the windows of two runs counts in the later one alone', () => {
  const { customers } = collectFunnel(
    campaign,
    [assignment('ann', 'A', 'run-1', 0), assignment('ann', 'A', 'run-2', 10)],
    [order('ann', 'before', at(9), 5), order('ann', 'both', at(12), 7), order('ann', 'late', at(41), 9)],
    scope,
  );
  expect(customers.map(({ runId, counts: { orders, revenue } }) => [runId, orders, revenue])).toEqual([
    ['run-1', 1, 5],
    ['run-2', 1, 7],
  ]);
});

test('a customer of several steps counts once, by the furthest, and each step’s message by itself', () => {
  const step = (stepId: string, status: string, day: number) =>
    settledAs('ann', status, day, {
      stepId,
      deliveryId: `delivery-${stepId}`,
      reason: `${status}-${stepId}`,
    });
  const { customers, messages } = collectFunnel(
    campaign,
    [assignment('ann', 'A')],
    [step('first', 'suppressed', 0), step('second', 'sent', 1), step('third', 'failed', 2)],
    scope,
  );
  expect(customers[0].counts).toMatchObject({ customers: 1, sent: 1, failed: 0, suppressed: {} });
  expect(messages.map(({ stepId, counts }) => [stepId, counts.sent, counts.failed])).toEqual([
    ['first', 0, 0],
    ['second', 1, 0],
    ['third', 0, 1],
  ]);
});

// ---- whatever happens --------------------------------------------------------------------------------

const users = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'];
const arms = ['A', 'nothing', 'holdout', 'global-holdout'];
const anyAssignment = fc
  .record({
    user: fc.constantFrom(...users),
    arm: fc.constantFrom(...arms),
    run: fc.constantFrom('run-1', 'run-2'),
    day: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ user, arm, run, day }) => assignment(user, arm, run, day));
const anyEvent: fc.Arbitrary<StoredEvent> = fc
  .record({
    user: fc.constantFrom(...users),
    run: fc.constantFrom('run-1', 'run-2'),
    day: fc.integer({ min: 0, max: 80 }),
    what: fc.constantFrom(
      'sent',
      'suppressed',
      'failed',
      'unknown',
      'delivery',
      'bounce',
      'complaint',
      'open',
      'click',
      'redeem',
      'order',
      'refund',
    ),
    detail: fc.constantFrom('a', 'b', ''),
    userAgent: fc.constantFrom('Firefox', 'curl/8'),
    permanent: fc.boolean(),
  })
  .map(({ user, run, day, what, detail, userAgent, permanent }) => {
    switch (what) {
      case 'sent':
      case 'suppressed':
      case 'failed':
      case 'unknown':
        return settledAs(
          user,
          what,
          day,
          { reason: detail, stepId: detail, couponCode: `code-${user}` },
          run,
        );
      case 'redeem':
        return loop(user, loopEvents.couponRedeemed, at(day), {
          decisionId: decision(user, run),
          code: `code-${user}`,
          orderId: `o-${detail}`,
        });
      case 'order':
        return order(user, `o-${detail}`, at(day), 10);
      case 'refund':
        return refund(user, `o-${detail}`, at(day));
      default:
        return reportOf(user, what, day, { link: detail, userAgent, permanent }, run);
    }
  });
const world = fc.record({
  assignments: fc.array(anyAssignment, { maxLength: 15 }),
  events: fc.array(anyEvent, { maxLength: 60 }),
});

test('audience = held out + untreated + suppressed + sent + failed + unknown + waiting, and so on for every cell', () => {
  fc.assert(
    fc.property(world, ({ assignments, events }) => {
      const funnel = collectFunnel(campaign, assignments, events, scope);
      expect(funnel.customers.flatMap(({ counts }) => customerGaps(counts))).toEqual([]);
      expect(funnel.messages.flatMap(({ counts }) => messageGaps(counts))).toEqual([]);
      const total = sumFunnels([funnel], 'all');
      expect(total.customers.flatMap(({ counts }) => customerGaps(counts))).toEqual([]);
      expect(total.messages.flatMap(({ counts }) => messageGaps(counts))).toEqual([]);
      const decisions = new Set(assignments.map(({ decisionId }) => decisionId));
      expect(total.customers.reduce((sum, { counts }) => sum + counts.customers, 0)).toBe(decisions.size);
    }),
    { numRuns: 300 },
  );
});

test('order and repetition of the events change nothing', () => {
  const shuffled = world.chain(({ assignments, events }) =>
    fc.record({
      assignments: fc.constant(assignments),
      events: fc.constant(events),
      again: fc.shuffledSubarray([...events, ...events], {
        minLength: events.length * 2,
        maxLength: events.length * 2,
      }),
      order: fc.shuffledSubarray(assignments, {
        minLength: assignments.length,
        maxLength: assignments.length,
      }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ assignments, events, again, order: reordered }) => {
      expect(collectFunnel(campaign, reordered, again, scope)).toEqual(
        collectFunnel(campaign, assignments, events, scope),
      );
    }),
  );
});

test('the parts of the runs add up to the whole', () => {
  const part = (funnel: Funnel) => ({
    customers: funnel.customers.map(({ counts }) => counts).reduce((a, b) => addCounts(a, b)),
    messages: funnel.messages.length,
  });
  fc.assert(
    fc.property(world, ({ assignments, events }) => {
      fc.pre(new Set(assignments.map(({ runId }) => runId)).size === 2);
      const whole = collectFunnel(campaign, assignments, events, scope);
      const runs = scope.runIds.map((runId) =>
        collectFunnel(campaign, assignments, events, { ...scope, runIds: [runId] }),
      );
      expect(part(sumFunnels(runs, 'all'))).toEqual(part(sumFunnels([whole], 'all')));
    }),
  );
});

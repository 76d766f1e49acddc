// An offer policy, other shares of a campaign's variants, judged from the campaign's assignments: propensities are the
// weights with which each customer was assigned, a bandit's of their batch included. The global holdout is no part of
// either policy and left out; propensities are then divided by what it leaves.
// Model of the doubly robust estimate: the mean of the arm among every second customer, for the others.

import { globalHoldoutArm } from '../../assignment/assign.ts';
import type { CustomerId } from '../../base/ids.ts';
import { dayMs } from '../../base/time.ts';
import { loopEvents, type StoredEvent } from '../../events/event.ts';
import { idText, numberOf } from '../../events/meaning.ts';
import type { AssignedCustomer } from '../../outcomes/collect.ts';
import { foldOrders } from '../../outcomes/orders.ts';
import { collectTouches } from '../../outcomes/touches.ts';
import { noEstimate } from '../no-estimate.ts';
import { type LoggedRow, offPolicy, replay, supportRefusal } from '../off-policy.ts';
import type { EvaluationRequest, EvaluationResult, OfferPolicy } from './evaluation.ts';
import { notesOnOffers, sentenceOn } from './evaluation-words.ts';
import { refusedWith } from './judge-pages.ts';

interface Draw extends AssignedCustomer {
  readonly propensity: number;
}

export interface OfferLogs {
  readonly assigned: readonly StoredEvent[];
  /** Orders, refunds and loop events of those customers; user ids resolved. */
  readonly events: readonly StoredEvent[];
  /** Arms that a customer could be given, the campaign's holdout included. */
  readonly armsCount: number;
}

export const judgeOffers = (
  logs: OfferLogs,
  request: EvaluationRequest & { readonly policy: OfferPolicy },
  asOfMs: number,
): EvaluationResult => {
  const { draws, heldOut } = drawsOf(logs.assigned);
  const rows = rowsOf(draws, outcomesOf(draws, logs.events, request), request.policy);
  const { variantShares } = request.policy;
  const plain = offPolicy(rows);
  const refused = rows.some(({ reward }) => reward > 0)
    ? supportRefusal(plain.weights)
    : noEstimate('outcomes-missing');
  const found =
    refused !== undefined && plain.ips.kind === 'off-policy' ? refusedWith(plain, refused) : plain;
  const only = Object.entries(variantShares).find(([, share]) => share === 1)?.[0];
  return {
    ...found,
    asOf: new Date(asOfMs).toISOString(),
    unit: 'customer',
    logs: {
      decisions: draws.length,
      customers: new Set(draws.map(({ customerId }) => customerId)).size,
      customersShare: 1,
      leftOut: heldOut > 0 ? { 'held-out': heldOut } : {},
    },
    ...(only === undefined
      ? {}
      : {
          replay: replay(
            rows.map(({ reward, propensity, cluster }, i) => ({
              reward,
              propensity,
              ...(cluster === undefined ? {} : { cluster }),
              agrees: draws[i].arm === only,
              actions: logs.armsCount,
            })),
          ),
        }),
    sentence: sentenceOn(found, request),
    notes: notesOnOffers(request.policy),
  };
};

/** Each decision once, without the global holdout, whose share is what its own events say. */
const drawsOf = (
  assigned: readonly StoredEvent[],
): { readonly draws: readonly Draw[]; readonly heldOut: number } => {
  const decisions = new Map<string, Draw>();
  for (const { userId, timestamp, properties } of assigned) {
    const propensity = numberOf(properties.propensity);
    const [decisionId, arm] = [idText(properties.decisionId), idText(properties.variant)];
    if (userId === undefined || propensity === undefined || decisionId === undefined || arm === undefined) {
      continue;
    }
    decisions.set(decisionId, {
      customerId: userId,
      arm,
      assignedAtMs: Date.parse(timestamp),
      decisionId,
      propensity,
    });
  }
  const all = [...decisions.values()];
  const held = all.filter(({ arm }) => arm === globalHoldoutArm);
  const left = 1 - (held.at(0)?.propensity ?? 0);
  const draws = all
    .filter(({ arm }) => arm !== globalHoldoutArm)
    .map((draw) => ({ ...draw, propensity: Math.min(1, draw.propensity / left) }));
  return { draws, heldOut: held.length };
};

const outcomesOf = (
  draws: readonly Draw[],
  events: readonly StoredEvent[],
  { outcome, windowDays }: EvaluationRequest,
): ((draw: Draw) => boolean) => {
  const windowMs = windowDays * dayMs;
  const isWithin = ({ assignedAtMs }: Draw, ms: number): boolean =>
    ms >= assignedAtMs && ms < assignedAtMs + windowMs;
  if (outcome === 'order') {
    const bought = Map.groupBy(
      foldOrders(events).orders.filter(({ kept }) => kept),
      ({ customerId }) => customerId,
    );
    return (draw) => (bought.get(draw.customerId) ?? []).some(({ atMs }) => isWithin(draw, atMs));
  }
  const names: ReadonlySet<string> = new Set(Object.values(loopEvents));
  const loop = events.filter(({ event }) => names.has(event));
  const touches = collectTouches(loop, new Map(draws.map((draw) => [draw.decisionId, draw])), windowDays);
  return (draw) => isWithin(draw, touches.get(draw.customerId)?.firstClickMs ?? Number.NaN);
};

const rowsOf = (
  draws: readonly Draw[],
  isReached: (draw: Draw) => boolean,
  { variantShares }: OfferPolicy,
): LoggedRow[] => {
  const rewards = draws.map((draw) => (isReached(draw) ? 1 : 0));
  const halves = halvesOf(draws);
  const means = [0, 1].map((half) => armMeans(draws, rewards, (draw) => halves(draw) !== half));
  return draws.map((draw, i) => {
    const meanOf = means[halves(draw)];
    return {
      reward: rewards[i],
      propensity: draw.propensity,
      target: variantShares[draw.arm] ?? 0,
      model: {
        logged: meanOf(draw.arm),
        target: Object.entries(variantShares).reduce((sum, [arm, share]) => sum + share * meanOf(arm), 0),
      },
      cluster: draw.customerId,
    };
  });
};

const halvesOf = (draws: readonly Draw[]): ((draw: Draw) => number) => {
  const numbers = new Map<CustomerId, number>();
  for (const { customerId } of draws) {
    if (!numbers.has(customerId)) numbers.set(customerId, numbers.size % 2);
  }
  return ({ customerId }) => numbers.get(customerId) ?? 0;
};

/** Drawn towards the mean of all arms by 20 customers. */
const armMeans = (
  draws: readonly Draw[],
  rewards: readonly number[],
  isOf: (draw: Draw) => boolean,
): ((arm: string) => number) => {
  const sums = new Map<string, { reward: number; count: number }>();
  let [total, count] = [0, 0];
  for (const [i, draw] of draws.entries()) {
    if (!isOf(draw)) continue;
    const known = sums.get(draw.arm) ?? { reward: 0, count: 0 };
    sums.set(draw.arm, { reward: known.reward + rewards[i], count: known.count + 1 });
    total += rewards[i];
    count += 1;
  }
  const mean = count === 0 ? 0 : total / count;
  return (arm) => {
    const known = sums.get(arm) ?? { reward: 0, count: 0 };
    return (known.reward + 20 * mean) / (known.count + 20);
  };
};

// Which coupons stayed redeemed, for how much, and to which assignment each belongs, from loop events in any order and
// repeated. A redemption refunded whole is none; a refund of a part takes its part of the discount off.
// It belongs to the decision the code was issued by, where the redeemer is that decision's customer. A code for
// everybody, or one that another customer passed on, belongs to the redeemer's own latest assignment before it, within
// its window; who was not assigned belongs to none, and is passed over. Money in the order's currency.

import { type CustomerId, campaignId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { sharedDecisionId } from '../campaigns/shared-codes.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText, numberOf } from '../events/meaning.ts';
import { normalizeCode } from '../offers/code.ts';

export interface Redemption {
  readonly customerId: CustomerId;
  /** Of the assignment it belongs to. */
  readonly decisionId: string;
  /** Normalized. */
  readonly code: string;
  readonly orderId: string;
  /** What stayed off the order. */
  readonly discount: number;
}

export interface Assigned {
  readonly customerId: CustomerId;
  readonly decisionId: string;
  readonly assignedAtMs: number;
}

export const foldRedemptions = (
  events: Iterable<StoredEvent>,
  assignments: Iterable<Assigned>,
  windowDays: number,
): readonly Redemption[] => {
  const { redeemed, refunds } = byUse(events);
  const byDecision = new Map<string, Assigned>();
  for (const assignment of assignments) {
    byDecision.set(assignment.decisionId, assignment);
  }
  const byCustomer = Map.groupBy(byDecision.values(), ({ customerId }) => customerId);
  return [...redeemed].flatMap(([key, event]) => {
    const decisionId = decisionOf(event, byDecision, byCustomer, windowDays);
    const back = [...(refunds.get(key)?.values() ?? [])];
    const { userId, properties } = event;
    if (decisionId === undefined || userId === undefined || back.some(({ whole }) => whole === true)) {
      return [];
    }
    const given = back.reduce((sum, { discountGivenBack }) => sum + (numberOf(discountGivenBack) ?? 0), 0);
    const discount = Math.max(0, (numberOf(properties.discountAmount) ?? 0) - given);
    const [code, orderId] = useOf(event);
    return [{ customerId: userId, decisionId, code, orderId, discount }];
  });
};

type Properties = StoredEvent['properties'];

/** Code and order: a code works once on an order. */
const useOf = ({ properties }: StoredEvent): readonly [code: string, orderId: string] => {
  const code = idText(properties.code) ?? '';
  return [normalizeCode(code) ?? code, idText(properties.orderId) ?? ''];
};

const byUse = (events: Iterable<StoredEvent>) => {
  const redeemed = new Map<string, StoredEvent>();
  const refunds = new Map<string, Map<string, Properties>>();
  for (const event of events) {
    const key = JSON.stringify([event.userId, idText(event.properties.decisionId), ...useOf(event)]);
    if (event.event === loopEvents.couponRedeemed) {
      const known = redeemed.get(key);
      redeemed.set(key, known !== undefined && known.timestamp <= event.timestamp ? known : event);
    } else if (event.event === loopEvents.couponRefunded) {
      refunds.set(key, (refunds.get(key) ?? new Map()).set(event.messageId, event.properties));
    }
  }
  return { redeemed, refunds };
};

const decisionOf = (
  { userId, timestamp, properties }: StoredEvent,
  byDecision: ReadonlyMap<string, Assigned>,
  byCustomer: ReadonlyMap<CustomerId, readonly Assigned[]>,
  windowDays: number,
): string | undefined => {
  const named = idText(properties.decisionId) ?? '';
  const owner = byDecision.get(named)?.customerId;
  if (userId === undefined || owner === userId) {
    return userId === undefined ? undefined : named;
  }
  // Of a decision that is not among these (another run's, a rollout's) it is theirs and not ours.
  if (owner === undefined && named !== sharedDecisionId(campaignId(idText(properties.campaignId) ?? ''))) {
    return undefined;
  }
  const atMs = Date.parse(timestamp);
  const latest = (byCustomer.get(userId) ?? [])
    .filter(({ assignedAtMs }) => assignedAtMs <= atMs)
    .toSorted((a, b) => a.assignedAtMs - b.assignedAtMs || (a.decisionId < b.decisionId ? -1 : 1))
    .at(-1);
  return latest !== undefined && atMs < latest.assignedAtMs + windowDays * dayMs
    ? latest.decisionId
    : undefined;
};

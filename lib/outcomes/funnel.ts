// The funnel of a campaign in cells that add up. Customers by run, phase and arm: what became of everyone assigned.
// Messages by run, phase, arm, step and channel: what became of each delivery. Cells of disjoint parts add to the
// whole, so a total over any dimension is a sum; `funnel-counts.ts` states the identities that always hold.
// A customer with several messages counts once, by the furthest: sent, unknown, failed, suppressed, waiting (nothing
// settled yet: quiet hours, throttling, a queue; or, when the campaign is over, never reached).
// Ordered: kept orders within the window, each credited to the latest assignment before it, so that none counts twice
// where the windows of runs overlap. An assignment repeated counts once, by the earliest.

import type { Phase } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { StoredEvent } from '../events/event.ts';
import { type Assignment, type Role, roleOf } from './assignment.ts';
import { addCounts } from './counts.ts';
import { type Credited, creditOrders } from './credit.ts';
import { type CustomerCounts, customerCounts, type MessageCounts, messageCounts } from './funnel-counts.ts';
import { foldMessages, type Message } from './messages.ts';
import { foldRedemptions } from './redemptions.ts';

export interface CustomerCell {
  readonly runId: string;
  readonly phase: Phase;
  readonly arm: string;
  readonly role: Role;
  readonly counts: CustomerCounts;
}

export interface MessageCell {
  readonly runId: string;
  readonly phase: Phase;
  readonly arm: string;
  /** '' outside of journeys. */
  readonly stepId: string;
  readonly channel: string;
  readonly counts: MessageCounts;
}

export interface Funnel {
  readonly customers: readonly CustomerCell[];
  readonly messages: readonly MessageCell[];
}

export interface FunnelScope {
  readonly runIds: readonly string[];
  readonly asOfMs: number;
}

/** `assignments`: those of the runs in question, and others of the same customers, which orders may be credited to. */
export const collectFunnel = (
  campaign: Pick<Campaign, 'variants' | 'windowDays'>,
  assignments: Iterable<Assignment>,
  events: readonly StoredEvent[],
  { runIds, asOfMs }: FunnelScope,
): Funnel => {
  const byDecision = firstByDecision(assignments);
  const past = events.filter(
    ({ userId, timestamp }) => userId !== undefined && Date.parse(timestamp) < asOfMs,
  );
  const messages = Map.groupBy(foldMessages(past, byDecision).values(), ({ decisionId }) => decisionId);
  const redeemed = Map.groupBy(
    foldRedemptions(past, byDecision.values(), campaign.windowDays),
    ({ decisionId }) => decisionId,
  );
  const orders = creditOrders([...byDecision.values()], past, campaign.windowDays);
  const cells = { customers: new Map<string, CustomerCell>(), messages: new Map<string, MessageCell>() };
  for (const assignment of byDecision.values()) {
    if (runIds.includes(assignment.runId)) {
      const { decisionId } = assignment;
      const codes = new Set((redeemed.get(decisionId) ?? []).map(({ code }) => code));
      const found = { messages: messages.get(decisionId) ?? [], codes };
      addCustomer(
        cells.customers,
        roleOf(campaign, assignment.arm),
        assignment,
        found,
        orders.get(decisionId),
      );
      for (const message of found.messages) {
        addMessage(cells.messages, assignment, message, found.codes);
      }
    }
  }
  return { customers: sorted(cells.customers), messages: sorted(cells.messages) };
};

const firstByDecision = (assignments: Iterable<Assignment>): ReadonlyMap<string, Assignment> => {
  const first = new Map<string, Assignment>();
  for (const assignment of assignments) {
    const kept = first.get(assignment.decisionId);
    const isEarlier =
      kept === undefined ||
      assignment.assignedAtMs < kept.assignedAtMs ||
      (assignment.assignedAtMs === kept.assignedAtMs && assignment.arm < kept.arm);
    if (isEarlier) {
      first.set(assignment.decisionId, assignment);
    }
  }
  return first;
};

interface Found {
  readonly messages: readonly Message[];
  readonly codes: ReadonlySet<string>;
}

const addCustomer = (
  cells: Map<string, CustomerCell>,
  role: Role,
  { runId, phase, arm }: Assignment,
  { messages, codes }: Found,
  orders: Credited | undefined,
): void => {
  const key = JSON.stringify([runId, phase, arm]);
  const counts = customerCounts(role, messages, codes.size > 0, orders);
  const cell = cells.get(key);
  cells.set(key, { runId, phase, arm, role, counts: cell ? addCounts(cell.counts, counts) : counts });
};

const addMessage = (
  cells: Map<string, MessageCell>,
  { runId, phase, arm }: Assignment,
  message: Message,
  codes: ReadonlySet<string>,
): void => {
  const { stepId, channel } = message;
  const key = JSON.stringify([runId, phase, arm, stepId, channel]);
  const counts = messageCounts(message, message.couponCode !== undefined && codes.has(message.couponCode));
  const cell = cells.get(key);
  cells.set(key, {
    runId,
    phase,
    arm,
    stepId,
    channel,
    counts: cell ? addCounts(cell.counts, counts) : counts,
  });
};

const sorted = <C>(cells: ReadonlyMap<string, C>): readonly C[] =>
  [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);

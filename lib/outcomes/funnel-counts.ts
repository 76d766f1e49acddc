// What one customer and one message add to the funnel, and the identities that hold for every cell and every sum.
// Opens are kept and stated as unreliable: Apple's Mail Privacy Protection fetches images whether anyone looks or not,
// and others show none. Clicks: raw = by programs + by people (clicks.ts).

import type { Role } from './assignment.ts';
import { type Counts, totalOf } from './counts.ts';
import type { Credited } from './credit.ts';
import { type Ending, humanClicks, type Message } from './messages.ts';

type ByName = { readonly [name: string]: number };

export type CustomerCounts = Counts & {
  /** Assigned; the same customer again in every run. */
  readonly customers: number;
  readonly heldOut: number;
  readonly untreated: number;
  readonly suppressed: ByName;
  readonly sent: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waiting: number;
  /** By a person, of those it was sent to. */
  readonly clicked: number;
  readonly redeemed: number;
  readonly ordered: number;
  readonly orders: number;
  readonly revenue: number;
};

export type MessageCounts = Counts & {
  readonly messages: number;
  readonly suppressed: ByName;
  readonly failed: number;
  readonly unknown: number;
  readonly sent: number;
  /** Of SMS that were handed over: sent, or of unknown fate. */
  readonly segments: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly unreported: number;
  readonly complained: number;
  /** Unreliable. */
  readonly opened: number;
  readonly clicked: number;
  /** Clicked by programs and by nobody else. */
  readonly clickedByProgramsOnly: number;
  readonly clicks: number;
  readonly programClicks: ByName;
  readonly humanClicks: number;
  readonly redeemed: number;
};

const furthest: readonly Ending[] = ['sent', 'unknown', 'failed', 'suppressed'];

export const customerCounts = (
  role: Role,
  messages: readonly Message[],
  isRedeemed: boolean,
  orders: Credited | undefined,
): CustomerCounts => {
  const isTreated = role === 'treated';
  const ending = furthest.find((each) => messages.some((message) => message.ending === each));
  const is = (wanted: Ending): number => (isTreated && ending === wanted ? 1 : 0);
  const last = messages
    .filter((message) => message.ending === 'suppressed')
    .toSorted((a, b) => a.settledAtMs - b.settledAtMs || (a.deliveryId < b.deliveryId ? -1 : 1))
    .at(-1);
  return {
    customers: 1,
    heldOut: role === 'holdout' || role === 'global-holdout' ? 1 : 0,
    untreated: role === 'untreated' ? 1 : 0,
    suppressed: is('suppressed') === 1 ? { [last?.reason || 'not stated']: 1 } : {},
    sent: is('sent'),
    failed: is('failed'),
    unknown: is('unknown'),
    waiting: isTreated && ending === undefined ? 1 : 0,
    clicked: is('sent') === 1 && messages.some((message) => humanClicks(message).length > 0) ? 1 : 0,
    redeemed: isRedeemed ? 1 : 0,
    ordered: orders === undefined ? 0 : 1,
    orders: orders?.orders ?? 0,
    revenue: orders?.revenue ?? 0,
  };
};

export const messageCounts = (message: Message, isRedeemed: boolean): MessageCounts => {
  const { ending, receipt, clicks, reason } = message;
  const isSent = ending === 'sent';
  const programs = clicks.filter(({ rule }) => rule !== undefined);
  const byRule = Map.groupBy(programs, ({ rule }) => rule ?? '');
  const ifSent = (is: boolean): number => (isSent && is ? 1 : 0);
  const counted = (count: number): number => (isSent ? count : 0);
  const people = clicks.length - programs.length;
  return {
    messages: 1,
    suppressed: ending === 'suppressed' ? { [reason || 'not stated']: 1 } : {},
    failed: ending === 'failed' ? 1 : 0,
    unknown: ending === 'unknown' ? 1 : 0,
    sent: ifSent(true),
    segments: isSent || ending === 'unknown' ? message.segments : 0,
    delivered: ifSent(receipt === 'delivered'),
    bounced: ifSent(receipt === 'bounced'),
    unreported: ifSent(receipt === 'unreported'),
    complained: ifSent(message.isComplaint),
    opened: ifSent(message.isOpened),
    clicked: ifSent(people > 0),
    clickedByProgramsOnly: ifSent(people === 0 && programs.length > 0),
    clicks: counted(clicks.length),
    programClicks: isSent ? Object.fromEntries([...byRule].map(([rule, some]) => [rule, some.length])) : {},
    humanClicks: counted(people),
    redeemed: isRedeemed ? 1 : 0,
  };
};

/** What does not add up, as a sentence each; empty as long as this program is right. */
export const customerGaps = (counts: CustomerCounts): readonly string[] => {
  const { customers, heldOut, untreated, suppressed, sent, failed, unknown, waiting } = counts;
  const parts = heldOut + untreated + totalOf(suppressed) + sent + failed + unknown + waiting;
  return [
    ...(parts === customers ? [] : [`customers: ${customers} assigned, ${parts} accounted for`]),
    ...(counts.clicked <= sent ? [] : [`clicked: ${counts.clicked} of ${sent} sent to`]),
    ...(counts.ordered <= customers ? [] : [`ordered: ${counts.ordered} of ${customers}`]),
  ];
};

export const messageGaps = (counts: MessageCounts): readonly string[] => {
  const { messages, suppressed, failed, unknown, sent, delivered, bounced, unreported } = counts;
  const endings = totalOf(suppressed) + failed + unknown + sent;
  const receipts = delivered + bounced + unreported;
  const clicks = totalOf(counts.programClicks) + counts.humanClicks;
  return [
    ...(endings === messages ? [] : [`messages: ${messages} settled, ${endings} accounted for`]),
    ...(receipts === sent ? [] : [`receipts: ${sent} sent, ${receipts} accounted for`]),
    ...(clicks === counts.clicks ? [] : [`clicks: ${counts.clicks} in all, ${clicks} accounted for`]),
    ...(counts.clicked + counts.clickedByProgramsOnly <= sent ? [] : ['more clicked than sent']),
  ];
};

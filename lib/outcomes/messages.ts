// What became of each message of a run, from Reprise's own events: how its delivery ended, what was reported of it, who
// clicked. One record a delivery, the same whatever order the events come in and however often each of them comes.
// How it ended: of several endings the one that can follow the others stands (a report resolves `unknown`; SES may
// reject what it took). Bounced: for good, or a bounce of what nobody says was delivered; else delivered, else nothing
// is known, so that sent = delivered + bounced + unreported. Times in ms since 1970.

import type { CustomerId } from '../base/ids.ts';
import { type Click, type JudgedClick, judgeClicks } from '../events/clicks.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText, numberOf } from '../events/meaning.ts';
import { normalizeCode } from '../offers/code.ts';

/** From the weakest: what comes later in this list overrides what comes before. */
export const endings = ['unknown', 'suppressed', 'sent', 'failed'] as const;
export type Ending = (typeof endings)[number];

export interface Message {
  readonly deliveryId: string;
  readonly decisionId: string;
  readonly customerId: CustomerId;
  readonly ending: Ending;
  /** Why it was suppressed or failed; '' where none was given. */
  readonly reason: string;
  readonly channel: string;
  /** '' outside of journeys. */
  readonly stepId: string;
  /** Normalized; absent where it carried no coupon. */
  readonly couponCode?: string;
  readonly settledAtMs: number;
  /** The same where it was sent; absent where it was not. */
  readonly sentAtMs?: number;
  /** Of an SMS, each charged; 1 where nothing is said (sent before it was counted), and on other channels. */
  readonly segments: number;
  readonly receipt: 'delivered' | 'bounced' | 'unreported';
  readonly isComplaint: boolean;
  readonly isOpened: boolean;
  /** Programs' clicks among them carry the rule that says so. */
  readonly clicks: readonly JudgedClick[];
}

/** `loop`: loop events with user ids; deliveries of other decisions are passed over. */
export const foldMessages = (
  loop: readonly StoredEvent[],
  decisions: { has(decisionId: string): boolean },
): ReadonlyMap<string, Message> => {
  const settled = new Map<string, StoredEvent>();
  for (const event of loop) {
    if (isSettled(event) && decisions.has(idText(event.properties.decisionId) ?? '')) {
      const id = idText(event.properties.deliveryId) ?? '';
      const kept = settled.get(id);
      settled.set(id, kept !== undefined && outranks(kept, event) ? kept : event);
    }
  }
  const reports = new Map<string, StoredEvent[]>();
  for (const event of loop) {
    const id = event.event === loopEvents.deliveryReported ? idText(event.properties.deliveryId) : undefined;
    if (id !== undefined && settled.has(id)) {
      reports.set(id, [...(reports.get(id) ?? []), event]);
    }
  }
  return new Map([...settled].map(([id, event]) => [id, messageOf(id, event, reports.get(id) ?? [])]));
};

const endingOf = ({ properties }: StoredEvent): Ending | undefined =>
  endings.find((ending) => ending === properties.status);

const isSettled = (event: StoredEvent): boolean =>
  event.event === loopEvents.deliverySettled && endingOf(event) !== undefined && event.userId !== undefined;

const outranks = (a: StoredEvent, b: StoredEvent): boolean => {
  const [rankA, rankB] = [a, b].map((event) => endings.indexOf(endingOf(event) ?? 'unknown'));
  if (rankA !== rankB) {
    return rankA > rankB;
  }
  return a.timestamp === b.timestamp ? a.messageId <= b.messageId : a.timestamp < b.timestamp;
};

const messageOf = (deliveryId: string, settled: StoredEvent, reports: readonly StoredEvent[]): Message => {
  const { properties, userId, timestamp } = settled;
  const ending = endingOf(settled);
  if (ending === undefined || userId === undefined) {
    throw new Error(`delivery ${deliveryId} was folded from an event that settles nothing`);
  }
  const timesOf = (kind: string): number[] =>
    reports.flatMap((event) => (event.properties.kind === kind ? [Date.parse(event.timestamp)] : []));
  const deliveredMs = timesOf('delivery');
  const bounces = reports.filter(({ properties: { kind } }) => kind === 'bounce');
  const isBounced =
    bounces.some((event) => event.properties.permanent === true) ||
    (bounces.length > 0 && deliveredMs.length === 0);
  const sentAtMs = ending === 'sent' ? Date.parse(timestamp) : undefined;
  const takenAtMs = deliveredMs.length > 0 ? Math.min(...deliveredMs) : sentAtMs;
  const code = idText(properties.couponCode);
  return {
    deliveryId,
    decisionId: idText(properties.decisionId) ?? '',
    customerId: userId,
    ending,
    reason: idText(properties.reason) ?? '',
    channel: idText(properties.channel) ?? '',
    stepId: idText(properties.stepId) ?? '',
    ...(code !== undefined && { couponCode: normalizeCode(code) ?? code }),
    settledAtMs: Date.parse(timestamp),
    ...(sentAtMs !== undefined && { sentAtMs }),
    segments: numberOf(properties.segments) ?? 1,
    receipt: isBounced ? 'bounced' : deliveredMs.length > 0 ? 'delivered' : 'unreported',
    isComplaint: timesOf('complaint').length > 0,
    isOpened: timesOf('open').length > 0,
    clicks: judgeClicks(reports.flatMap(clickOf), takenAtMs),
  };
};

const clickOf = ({ properties, timestamp }: StoredEvent): Click[] => {
  const { kind, userAgent, network } = properties;
  return kind === 'click'
    ? [
        {
          atMs: Date.parse(timestamp),
          link: idText(properties.link) ?? '',
          ...(typeof userAgent === 'string' && { userAgent }),
          ...(typeof network === 'string' && { network }),
        },
      ]
    : [];
};

export const humanClicks = ({ clicks }: Pick<Message, 'clicks'>): readonly JudgedClick[] =>
  clicks.filter(({ rule }) => rule === undefined);

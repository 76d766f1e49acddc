// Queue messages → the archive (one object for each date of receipt) → customers' state and profiles → triggers.
// Everything may be delivered twice, late and regrouped: every step gives the same result again.
//   identify with both ids links the anonymous id (the first link stays) and folds its state and traits into the
//   user's; events of a linked anonymous id are the user's. Of Reprise's own events what became of messages (channel-record.ts)
//   and the words of the preference page and the owner enter the profile.
// Answer: the queue messages that must come again: unreadable ones (they end in the dead-letter queue) and those
// whose customers or triggers could not be written. When an object cannot be put, all of them.

import type { CustomerId, MessageId } from '../base/ids.ts';
import { campaignId, customerId } from '../base/ids.ts';
import type {
  CampaignTrigger,
  CustomerStore,
  EventCampaign,
  ObjectStore,
  OrderRefund,
  RefundQueue,
  TriggerQueue,
} from '../ports.ts';
import { anonymousCustomer, isAnonymous } from './anonymous.ts';
import { archiveContentType, archiveObjects } from './archive-object.ts';
import { messageOfEvent } from './channel-record.ts';
import { choicesOfEvent } from './consent.ts';
import { loopEvents, type StoredEvent } from './event.ts';
import { loopSource } from './loop-event.ts';
import { idText, orderLineOf } from './meaning.ts';
import { ownerWordsOfEvent } from './owner-words.ts';
import { decodeMessage } from './queue-message.ts';
import { writeCustomers } from './write-customers.ts';

export interface QueuedMessage {
  readonly queueId: string;
  readonly body: string;
}

export interface ArchivePorts {
  readonly objects: ObjectStore;
  readonly customers: CustomerStore;
  readonly triggers: TriggerQueue & RefundQueue;
  /** Campaigns that run or are paused: who triggers one during a pause waits for its end (lib/campaigns/trigger.ts). */
  readonly awaitingEvents: () => Promise<readonly EventCampaign[]>;
  /** What apps' events report of Reprise's own messages (lib/deliveries/app-reports.ts); archived with them. */
  readonly reportsOf: (events: readonly StoredEvent[]) => Promise<readonly StoredEvent[]>;
  readonly report: (message: string, detail: object) => void;
}

/** Returns the queue ids of the messages that must be delivered again. */
export const archiveMessages = async (
  messages: readonly QueuedMessage[],
  ports: ArchivePorts,
): Promise<readonly string[]> => {
  const { read, failed } = readMessages(messages, ports);
  const sent = uniqueEvents([...read.values()].flat());
  try {
    const events = [...sent, ...(await ports.reportsOf(sent))];
    await Promise.all(
      archiveObjects(events).map(({ key, bytes }) => ports.objects.put(key, bytes, archiveContentType)),
    );
    const failedEvents = await foldIntoCustomers(events, ports);
    for (const [queueId, ofMessage] of read) {
      if (ofMessage.some((event) => failedEvents.has(event.messageId))) {
        failed.push(queueId);
      }
    }
    return failed;
  } catch (error) {
    ports.report('archive failed, all messages come again', { error: String(error) });
    return messages.map((message) => message.queueId);
  }
};

const readMessages = (messages: readonly QueuedMessage[], { report }: ArchivePorts) => {
  const read = new Map<string, readonly StoredEvent[]>();
  const failed: string[] = [];
  for (const { queueId, body } of messages) {
    try {
      read.set(queueId, decodeMessage(body));
    } catch (error) {
      report('queue message unreadable, goes to the dead-letter queue', { queueId, error: String(error) });
      failed.push(queueId);
    }
  }
  return { read, failed };
};

/** The first of each message id. */
const uniqueEvents = (events: readonly StoredEvent[]): StoredEvent[] => {
  const unique = new Map<MessageId, StoredEvent>();
  for (const event of events) {
    if (!unique.has(event.messageId)) {
      unique.set(event.messageId, event);
    }
  }
  return [...unique.values()];
};

const ownNames = new Set<string>(Object.values(loopEvents));

const foldIntoCustomers = async (
  events: readonly StoredEvent[],
  ports: ArchivePorts,
): Promise<ReadonlySet<MessageId>> => {
  const fromApps = events.filter((event) => !ownNames.has(event.event));
  const joined = await linkIdentified(fromApps, ports.customers);
  const anonymousIds = fromApps.flatMap((event) =>
    event.userId === undefined ? [event.anonymousId ?? ''] : [],
  );
  const links = new Map([...(await ports.customers.linkedUsers([...new Set(anonymousIds)])), ...joined]);
  const told = events.filter((event) => messageOfEvent(event) !== undefined || isWord(event));
  const byCustomer = Map.groupBy([...fromApps, ...told], (event) => customerOf(event, links));
  const failedCustomers = await writeCustomers(byCustomer, joined, ports.customers, ports.report);
  const failed = [...failedCustomers].flatMap((id) => byCustomer.get(id) ?? []);
  const written = [...byCustomer].filter(([id]) => !failedCustomers.has(id));
  const rewards = events.flatMap(rewardTriggerOf);
  const untriggered = await sendTriggers(written, rewards, ports);
  return new Set([...failed, ...untriggered].map((event) => event.messageId));
};

/** What the preference page and the owner said: sent before or in place of the profile's own write. */
const isWord = (event: StoredEvent): boolean =>
  ownerWordsOfEvent(event).length > 0 ||
  (event.source === loopSource && event.properties.via === 'preferences' && choicesOfEvent(event).length > 0);

/** Links every anonymous id that an identify names together with a user; the user in force of each. */
const linkIdentified = async (
  events: readonly StoredEvent[],
  customers: CustomerStore,
): Promise<ReadonlyMap<string, CustomerId>> => {
  const wanted = new Map<string, StoredEvent>();
  for (const event of events) {
    if (event.type !== 'identify' || event.userId === undefined || event.anonymousId === undefined) {
      continue;
    }
    const first = wanted.get(event.anonymousId);
    if (first === undefined || byReceipt(event, first) < 0) {
      wanted.set(event.anonymousId, event);
    }
  }
  const known = await customers.linkedUsers([...wanted.keys()]);
  const inForce = await Promise.all(
    [...wanted].map(
      async ([anonymousId, { userId = customerId('') }]): Promise<[string, CustomerId]> => [
        anonymousId,
        known.get(anonymousId) ?? (await customers.linkAnonymous(anonymousId, userId)),
      ],
    ),
  );
  return new Map(inForce);
};

/** The dataset goes by the same order: the first link received stays. */
const byReceipt = (a: StoredEvent, b: StoredEvent): number =>
  Date.parse(a.receivedAt) - Date.parse(b.receivedAt) || Date.parse(a.timestamp) - Date.parse(b.timestamp);

const customerOf = (event: StoredEvent, links: ReadonlyMap<string, CustomerId>): CustomerId =>
  event.userId ?? links.get(event.anonymousId ?? '') ?? anonymousCustomer(event.anonymousId ?? '');

/** Told to the advocate by a message of its own (lib/deliveries/reward.ts). */
const rewardTriggerOf = (event: StoredEvent): readonly (readonly [StoredEvent, CampaignTrigger])[] => {
  const { campaignId: campaign, code } = event.properties;
  const reward = idText(code);
  const isReward =
    event.event === loopEvents.rewardGiven && event.source === loopSource && event.userId !== undefined;
  return isReward && event.userId && reward !== undefined
    ? [
        [
          event,
          {
            campaignId: campaignId(idText(campaign) ?? ''),
            customerId: event.userId,
            messageId: event.messageId,
            at: event.timestamp,
            reward,
          },
        ],
      ]
    : [];
};

/** Of a server's event only: with an app's public key a customer could give their used coupon back to themselves. */
const refundOf = (id: CustomerId, event: StoredEvent): readonly OrderRefund[] => {
  const line = event.fromServer ? orderLineOf(event) : undefined;
  const currency = idText(event.properties.currency)?.toUpperCase();
  return line?.kind === 'refund'
    ? [
        {
          refund: 'order',
          customerId: id,
          orderId: line.orderId,
          key: line.part,
          value: line.value,
          ...(currency !== undefined && { currency }),
        },
      ]
    : [];
};

/** Anonymous visitors trigger nothing: there is nobody to write to. Returns the events whose triggers failed. */
const sendTriggers = async (
  written: readonly (readonly [CustomerId, readonly StoredEvent[]])[],
  rewards: ReturnType<typeof rewardTriggerOf>,
  { triggers, awaitingEvents, report }: ArchivePorts,
): Promise<readonly StoredEvent[]> => {
  const identified = written
    .filter(([id]) => !isAnonymous(id))
    .map(([id, events]) => [id, events.filter((event) => !ownNames.has(event.event))] as const);
  try {
    const campaigns = await awaitingEvents();
    const entries = identified.flatMap(([id, events]) =>
      events.flatMap((event) =>
        campaigns
          .filter((campaign) => isAwaited(event, campaign))
          .map((campaign) => triggerOf(campaign, id, event)),
      ),
    );
    const sent = [...entries, ...rewards.map(([, trigger]) => trigger)];
    const refunds = identified.flatMap(([id, events]) => events.flatMap((event) => refundOf(id, event)));
    if (sent.length > 0) {
      await triggers.send(sent);
    }
    if (refunds.length > 0) {
      await triggers.sendRefunds(refunds);
    }
    return [];
  } catch (error) {
    report('triggers and refunds not sent, their messages come again', { error: String(error) });
    return [...identified.flatMap(([, events]) => events), ...rewards.map(([event]) => event)];
  }
};

const isAwaited = (event: StoredEvent, campaign: EventCampaign): boolean =>
  event.type === 'track' &&
  event.event === campaign.event &&
  Date.parse(campaign.startsAt) <= Date.parse(event.timestamp) &&
  Date.parse(event.timestamp) < Date.parse(campaign.endsAt);

/** The same campaign and event give the same trigger, however often the event comes. */
const triggerOf = (campaign: EventCampaign, id: CustomerId, event: StoredEvent): CampaignTrigger => ({
  campaignId: campaign.campaignId,
  customerId: id,
  messageId: event.messageId,
  at: event.timestamp,
  ...(campaign.wakes && { journey: { event: campaign.event } }),
});

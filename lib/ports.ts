// Interfaces to the outside. Types only: lib takes these as arguments, lib/adapters implements them,
// functions/runtime.ts puts them together. Every method may throw Failure('unavailable') when the outside fails.

import type { CampaignId, CustomerId, DeliveryId, ItemId, MessageId, ModelVersion } from './base/ids.ts';
import type { BatchStore } from './campaigns/allocation.ts';
import type { RunPhaseId } from './campaigns/assigned.ts';
import type { AudienceMember, Phase } from './campaigns/audience.ts';
import type { Campaign, CampaignStatus, CampaignSummary } from './campaigns/campaign.ts';
import type { JourneyState, WaitingMember } from './campaigns/journey-state.ts';
import type { CampaignRun } from './campaigns/run.ts';
import type { InAppOffer, OutgoingMessage, SendResult, Throttled } from './deliveries/message.ts';
import type {
  Channel,
  CustomerProfile,
  CustomerRecord,
  CustomerState,
  PublishedList,
} from './events/customer.ts';
import type { StoredEvent } from './events/event.ts';
import type { CatalogItem } from './events/item.ts';
import type { CampaignResult } from './experiments/result.ts';
import type { CouponLedger } from './offers/ledger.ts';
import type { IssuedTerms } from './offers/offer.ts';
import type { OrderRefund } from './offers/refund-order.ts';
import type { Assignment } from './outcomes/assignment.ts';
import type { OutcomeScope, RunOutcomes } from './outcomes/collect.ts';
import type { Feed } from './outcomes/feed.ts';
import type { ItemCost } from './outcomes/item-cost.ts';
import type { Served } from './recommendations/serve.ts';

export type {
  InAppOffer,
  OutgoingMail,
  OutgoingMessage,
  OutgoingOffer,
  OutgoingPush,
  OutgoingSms,
  PushPlatform,
  SendResult,
  Throttled,
} from './deliveries/message.ts';
export type { OrderRefund } from './offers/refund-order.ts';

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
}

/** Cryptographic randomness, for salts, tokens and coupon codes. */
export interface RandomBytes {
  bytes(count: number): Uint8Array;
}

// ---- events ------------------------------------------------------------------------------------------

export interface EventQueue {
  /** Resolves only when the queue has accepted every event; otherwise throws and the caller sends all again. */
  send(events: readonly StoredEvent[]): Promise<void>;
}

export interface ObjectStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** In key order. */
  list(prefix: string): Promise<readonly StoredObject[]>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

// ---- customers and catalogue -------------------------------------------------------------------------

export interface CustomerStore {
  /** One read. `version` selects the published list to return with it; undefined: no list. */
  read(customerId: CustomerId, version?: ModelVersion): Promise<CustomerRecord>;
  readMany(
    customerIds: readonly CustomerId[],
    version?: ModelVersion,
  ): Promise<ReadonlyMap<CustomerId, CustomerRecord>>;
  /** Writes when the stored revision is `state.revision - 1`; false when another writer was first. */
  writeState(customerId: CustomerId, state: CustomerState): Promise<boolean>;
  /** Writes when the stored profile's traitTimes/suppressed are as `previous` says; false otherwise. */
  writeProfile(profile: CustomerProfile, previous: CustomerProfile | undefined): Promise<boolean>;
  writeLists(lists: ReadonlyMap<CustomerId, PublishedList>): Promise<void>;
  /** anonymousId → user id; the first link stays. Returns the user id in force. */
  linkAnonymous(anonymousId: string, userId: CustomerId): Promise<CustomerId>;
  linkedUsers(anonymousIds: readonly string[]): Promise<ReadonlyMap<string, CustomerId>>;
  /** Every customer with profile or state, in pages; the order is the store's. */
  scan(): AsyncIterable<readonly (CustomerRecord & { readonly customerId: CustomerId })[]>;
}

export interface CatalogStore {
  get(itemIds: readonly ItemId[]): Promise<ReadonlyMap<ItemId, CatalogItem>>;
  /** Full replacement of each item; createdAt of an existing item is kept. */
  put(items: readonly CatalogItem[]): Promise<void>;
  delete(itemId: ItemId): Promise<void>;
  all(): Promise<readonly CatalogItem[]>;
  /** At most `limit` items after this one in the store's own order; `next` is what to give as `after` then. */
  page(
    limit: number,
    after?: ItemId,
  ): Promise<{ readonly items: readonly CatalogItem[]; readonly next?: ItemId }>;
  /** Items created at or after this, newest first, at most 200; reaches back 13 months at the most. */
  createdSince(atMs: number): Promise<readonly CatalogItem[]>;
  /** Items hidden or deleted at or after this (13 months at the most) and still so. */
  withdrawnSince(atMs: number): Promise<ReadonlySet<ItemId>>;
}

// ---- analytics ---------------------------------------------------------------------------------------

/** A private, disposable SQL database (DuckDB's dialect), bounded in memory and disk; gone when closed. */
export interface Analytics {
  /**
   * Copies objects beside the database; answers with a glob of the copies for its file functions, whose * stands for an
   * object's place among them.
   */
  fetch(store: ObjectStore, objects: readonly StoredObject[], suffix: string): Promise<string>;
  /** Deletes the copies of a fetch, by its glob, before the end: what they held stands in tables by now. */
  discard(glob: string): Promise<void>;
  /** One or several statements. */
  run(sql: string): Promise<void>;
  /** Small results. Cast whole numbers to double: 64-bit integers have no place in JSON. */
  rows(sql: string): Promise<readonly { readonly [column: string]: unknown }[]>;
  /** Every column as numbers; cast to double, nulls become NaN. */
  numbers(sql: string): Promise<readonly Float64Array[]>;
  /** The query's result as a Parquet file. */
  parquet(sql: string): Promise<Uint8Array>;
}

/** Opens an Analytics, runs `use`, and closes it whatever happens. */
export type WithAnalytics = <T>(use: (analytics: Analytics) => Promise<T>) => Promise<T>;

// ---- models ------------------------------------------------------------------------------------------

export interface ModelPointer {
  readonly version: ModelVersion;
  readonly promotedAt: string;
  /** The version that served before; what rollback goes back to. */
  readonly previous?: ModelVersion;
}

export interface TrainingRecord {
  readonly trainingId: string;
  readonly status: 'running' | 'promoted' | 'refused' | 'failed';
  readonly startedAt: string;
  /** Named by who asked for it; absent: all. */
  readonly candidates?: readonly string[];
  /** The budget of each candidate's tuning; absent: recipes were taken as they are. */
  readonly tune?: { readonly trials: number; readonly seconds: number };
  readonly endedAt?: string;
  readonly version?: ModelVersion;
  /** Why refused or failed, in a sentence. */
  readonly reason?: string;
}

export interface ModelRegistry {
  current(): Promise<ModelPointer | undefined>;
  /** Flips the pointer if it still is at `expected`; throws conflict otherwise. */
  promote(pointer: ModelPointer, expected: ModelVersion | undefined): Promise<void>;
  recordTraining(record: TrainingRecord): Promise<void>;
  trainings(): Promise<readonly TrainingRecord[]>;
}

export interface Workflows {
  /** Idempotent by name: starting the same name with the same input again changes nothing. */
  startTraining(
    name: string,
    input: {
      readonly trainingId: string;
      readonly candidates?: readonly string[];
      readonly tune?: { readonly trials: number; readonly seconds: number };
    },
  ): Promise<void>;
  /** With `phase` and `lookAt` it goes on with a run that an earlier execution froze. */
  startCampaign(
    name: string,
    input: {
      readonly campaignId: CampaignId;
      readonly runId: string;
      readonly startsAt: string;
      readonly phase?: Phase;
      readonly lookAt?: string;
    },
  ): Promise<void>;
}

export interface ReportWorkflow {
  /** Idempotent by name, like the others. */
  startReport(name: string, input: { readonly campaignId: CampaignId }): Promise<void>;
}

// ---- campaigns ---------------------------------------------------------------------------------------

export interface CampaignStore extends BatchStore {
  get(id: CampaignId): Promise<Campaign | undefined>;
  /** Every campaign, newest first. */
  list(): Promise<readonly CampaignSummary[]>;
  /** Event campaigns that run or are paused; one that was started is here as soon as the start is answered. */
  awaitingEvents(): Promise<readonly EventCampaign[]>;
  /** Writes when the stored revision is `campaign.revision - 1` (absent for 1); throws conflict otherwise. */
  write(campaign: Campaign): Promise<void>;
  status(id: CampaignId): Promise<CampaignStatus | undefined>;
  writeRun(run: CampaignRun): Promise<void>;
  run(id: CampaignId, runId: string): Promise<CampaignRun | undefined>;
  /** In order of their numbers. */
  runs(id: CampaignId): Promise<readonly CampaignRun[]>;
  /** Event campaigns: keeps a customer's first assignment of a run and returns it, however often it is tried. */
  claimAssignment(id: CampaignId, runId: string, member: AudienceMember): Promise<AudienceMember>;
  /** What was claimed; undefined: nothing. */
  assignment(id: CampaignId, runId: string, customerId: CustomerId): Promise<AudienceMember | undefined>;
}

export interface JourneyStore {
  /** Where the customer stands in each journey of this campaign, ended ones included. */
  of(campaignId: CampaignId, customerId: CustomerId): Promise<readonly JourneyState[]>;
  get(run: RunPhaseId, customerId: CustomerId): Promise<JourneyState | undefined>;
  /**
   * One transaction: the state (revision 1 where there is none, else one more than `previous`, which stands in the
   * table) and its place in the index of those who wait. False when another writer was first.
   */
  write(next: JourneyState, previous: JourneyState | undefined): Promise<boolean>;
  /** Who is due at `nowMs`, at most `limit`; the longest due first within each part of the index. */
  due(run: RunPhaseId, nowMs: number, limit: number): Promise<readonly WaitingMember[]>;
  /** When the next of those who wait is due (ISO 8601); undefined: nobody waits. */
  nextDueAt(run: RunPhaseId): Promise<string | undefined>;
}

export interface WorkspaceSecrets {
  /** Salts the global holdout; never changes. */
  readonly holdoutSalt: string;
  /** Signs unsubscribe links (HMAC-SHA-256), hex. */
  readonly linkSecret: string;
}

export interface SecretStore {
  /** Made once from secure randomness by a conditional write; the same ever after. */
  secrets(): Promise<WorkspaceSecrets>;
  /** The same without making them; undefined while nobody has. */
  made(): Promise<WorkspaceSecrets | undefined>;
}

/**
 * prepared: claimed, coupon issued, nothing sent; safe to go on.  sending: handed to SES or about to be;
 * after a crash here it is unknown and never sent again.  suppressed: decided not to send, with a reason.
 */
export type DeliveryStatus = 'prepared' | 'sending' | 'sent' | 'suppressed' | 'failed' | 'unknown';

/** Why a delivery went to its channel: lib/deliveries/channel-choice.ts; `fallback`: others did not take it. */
export type ChannelReason = 'only' | 'preference' | 'response' | 'campaign-order' | 'fallback';

export interface DeliveryTry {
  readonly channel: Channel;
  readonly at: string;
  readonly reason: string;
  /** The address was of no use any more, so the channel may be tried again with another. */
  readonly isAddressDead?: boolean;
}

export interface Delivery {
  readonly deliveryId: DeliveryId;
  readonly campaignId: CampaignId;
  readonly runId: string;
  readonly customerId: CustomerId;
  readonly decisionId: string;
  readonly variant: string;
  /** The step of a journey that sends it. */
  readonly stepId?: string;
  /** The channel it goes out on; after a fallback the one that was tried last. */
  readonly channel: Channel;
  readonly channelReason?: ChannelReason;
  /** Channels that were possible when it was prepared; absent: there was no choice. */
  readonly channelsCount?: number;
  /** Tries that did not send, in order; the one that did, or the last, is not among them. */
  readonly attempts?: readonly DeliveryTry[];
  readonly status: DeliveryStatus;
  readonly preparedAt: string;
  readonly settledAt?: string;
  readonly reason?: string;
  readonly couponCode?: string;
  /** Of an SMS handed over: each is charged. */
  readonly segments?: number;
  /** Keys of the cap counters it raised; removed when it gave its places back. */
  readonly counted?: readonly string[];
  /** The id that SES or SNS gave it, by which their reports name it. */
  readonly messageId?: string;
  /** When the step to `sending` was won; an attempt older than limits.sendingAttemptMs is over. */
  readonly sendingAt?: string;
  /** What its message recommends, written with the step to `sending`: its event can be written again after a crash. */
  readonly served?: Served;
  /** The attempt that won it, by a random mark: how it knows its own step when the answer to the write was lost. */
  readonly sendingBy?: string;
}

export interface Coupon {
  readonly code: string;
  readonly campaignId: CampaignId;
  readonly variant: string;
  readonly decisionId: string;
  /** Whose it is; absent: a shared code, which anyone may redeem, or a referral code. */
  readonly customerId?: CustomerId;
  /** Of a referral code: who gives it to friends. */
  readonly advocateId?: CustomerId;
  /** Of an advocate's reward: the code that their friend used. */
  readonly rewardFor?: string;
  readonly issuedAt: string;
  /** Cannot be used before; ISO 8601. */
  readonly validFrom?: string;
  readonly expiresAt: string;
  /** Absent: the terms' other limits alone. */
  readonly redemptionsMax?: number;
  /** Reserved or redeemed and not given back; not counted where there is no redemptionsMax. */
  readonly redemptionsCount: number;
  /** Taken back; ISO 8601. */
  readonly revokedAt?: string;
  /** Copied when it was issued: a redemption reads nothing else. */
  readonly terms: IssuedTerms;
}

/** Counters that a transaction raises only while they stay within `max`. */
export interface CounterClaim {
  readonly key: string;
  readonly max: number;
  /** Epoch seconds after which the row may be deleted; absent: kept. */
  readonly expiresAtS?: number;
}

/** A counter that must still stand at `count` when the transaction is written. */
export interface CounterCheck {
  readonly key: string;
  readonly count: number;
  readonly expiresAtS: number;
}

export interface DeliveryStore {
  get(id: DeliveryId): Promise<Delivery | undefined>;
  /**
   * One transaction: the delivery (if not there yet), its coupon and its caps.
   * `exists`: the delivery was claimed before (returned).  `capped`: a counter is at its maximum, nothing written.
   * `changed`: a counter no longer stands as `checks` says, nothing written; read the counters again.
   */
  prepare(
    delivery: Delivery,
    coupon: Coupon | undefined,
    caps: readonly CounterClaim[],
    checks?: readonly CounterCheck[],
  ): Promise<
    | { readonly kind: 'prepared' }
    | { readonly kind: 'exists'; readonly delivery: Delivery }
    | { readonly kind: 'capped' }
    | { readonly kind: 'changed' }
  >;
  /**
   * Gives back the places of a delivery that is settled as not sent (suppressed, failed): lowers its `counted` counters
   * and forgets them, in one transaction, so that repeats change nothing.
   */
  release(delivery: Pick<Delivery, 'deliveryId' | 'counted'>): Promise<void>;
  /** Raises a counter by up to `wanted` places, never above its maximum; answers how many it got. */
  lease(claim: CounterClaim, wanted: number): Promise<number>;
  /** Lowers it again by places of a lease that nobody used. */
  giveBack(key: string, count: number): Promise<void>;
  /**
   * Conditional step from one status to another; false when the stored status is not `from`, or when `sendingBy` is
   * given and the row has another: a repeated write must not undo what a later attempt did. Fields of `change` that are
   * undefined are removed.
   */
  advance(
    id: DeliveryId,
    from: DeliveryStatus,
    to: DeliveryStatus,
    change?: Partial<Delivery>,
    sendingBy?: string,
  ): Promise<boolean>;
  /** By the id that SES or SNS gave the message, once the delivery is `sent`. */
  findByMessageId(messageId: string): Promise<Delivery | undefined>;
  /** Values of counters; those never raised are absent. */
  counts(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface CouponStore extends CouponLedger {
  /** However the code is typed. */
  get(code: string): Promise<Coupon | undefined>;
  /** A customer's coupons that have not expired, the next to expire first: their own, and those for friends. */
  liveOf(customerId: CustomerId, nowMs: number): Promise<readonly Coupon[]>;
  /** Stores it outside a delivery, unless there is one with its code; `coupon` is the one stored. */
  issue(coupon: Coupon): Promise<{ readonly kind: 'issued' | 'exists'; readonly coupon: Coupon }>;
}

export interface Transport {
  /** Those that are set up in this workspace. */
  readonly channels: readonly Channel[];
  /**
   * Resolves when the channel's rate has room for one more message. Asked before the delivery is claimed for sending.
   * Throttled: there is no room for longer than it is worth waiting, or the day's quota is used up.
   */
  turn(channel: Channel): Promise<Throttled | undefined>;
  /** Throws when nobody can say whether the message went out; it must then never be sent again. */
  send(message: OutgoingMessage): Promise<SendResult>;
}

/** Offers that wait for a customer's app to ask for them. */
export interface Inbox {
  /** Keeps an offer; putting it again changes nothing. */
  put(offer: InAppOffer): Promise<void>;
  /** Those that expire after this, the next to expire first, at most inboxOffersCountMax. */
  live(customerId: CustomerId, nowMs: number): Promise<readonly InAppOffer[]>;
}

/** What the archive needs to know of a campaign that waits for an event. */
export interface EventCampaign {
  readonly campaignId: CampaignId;
  readonly event: string;
  /** ISO 8601; startsAt ≤ event's time < endsAt. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** Journeys under way wait for it; absent: it enters customers into an event campaign. */
  readonly wakes?: boolean;
}

/** A trigger of an event campaign: one customer sent the event it waits for. */
export interface CampaignTrigger {
  readonly campaignId: CampaignId;
  readonly customerId: CustomerId;
  readonly messageId: MessageId;
  readonly at: string;
  /** Put back until then (quiet hours, a pause); ISO 8601. */
  readonly notBefore?: string;
  /** Not an entry: the code of a reward that the customer earned, of which they are told. */
  readonly reward?: string;
  /** Not an entry: the customer's journeys in this campaign go on; with `event`, those that wait for it. */
  readonly journey?: { readonly event?: string };
}

export interface RefundQueue {
  /** Resolves when the queue has accepted all. */
  sendRefunds(refunds: readonly OrderRefund[]): Promise<void>;
}

export interface TriggerQueue {
  /** Resolves when the queue has accepted all. `delayS` hides them for so long, 0 (default) to 900 seconds. */
  send(triggers: readonly CampaignTrigger[], delayS?: number): Promise<void>;
}

// ---- results -----------------------------------------------------------------------------------------

/** What one analysis reads from the archive. */
export interface OutcomeQuery {
  readonly campaignId: CampaignId;
  /** Test phases of these runs. */
  readonly runIds: readonly string[];
  /** When the first of them was assigned. */
  readonly fromMs: number;
  /** Orders received so many days before that are read too, for what was known of the customers; nothing older. */
  readonly historyDays: number;
  /** Names of events that the plan of metrics counts, beside orders. */
  readonly ownEvents: readonly string[];
  /** Until when events were received. */
  readonly toMs: number;
}

/** How outcomes are summed where the archive is: OutcomeScope without what the archive itself says. */
export interface CollectScope extends Omit<OutcomeScope, 'costOf' | 'feed'> {
  /** Of those among the items whose cost is known. */
  readonly costsOf: (itemIds: readonly ItemId[]) => Promise<ReadonlyMap<ItemId, ItemCost>>;
}

export interface OutcomeSource {
  /**
   * Of the customers assigned in the runs' test phases, as collectOutcomes tells it from their assignments, orders, refunds
   * and loop events; user ids are resolved. For any number of customers.
   */
  collect(query: OutcomeQuery, scope: CollectScope): Promise<RunOutcomes>;
}

export interface ReportSource {
  /**
   * What a report of runs is made from: every assignment of their customers by this campaign, rollouts and other runs
   * included, and the orders, refunds and loop events of those customers; user ids are resolved.
   */
  history(query: OutcomeQuery): Promise<{
    readonly assignments: readonly Assignment[];
    readonly events: readonly StoredEvent[];
    readonly feed: Feed;
  }>;
}

export interface ResultStore {
  /** Keeps the first result of a look and returns the one kept, so that repeating an analysis changes nothing. */
  write(result: CampaignResult): Promise<CampaignResult>;
  /** Of one look; undefined when it was not analysed yet. */
  get(campaignId: CampaignId, runId: string, look: number): Promise<CampaignResult | undefined>;
  /** The newest by asOf; of several at the same time, the one over all runs. */
  latest(campaignId: CampaignId): Promise<CampaignResult | undefined>;
  /** Oldest first. */
  list(campaignId: CampaignId): Promise<readonly CampaignResult[]>;
}

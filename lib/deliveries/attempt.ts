// One attempt to deliver one message to one customer: what is known when it begins, and what can come of it.

import type { WorkspaceSettings } from '../base/settings.ts';
import type { AudienceMember, Phase } from '../campaigns/audience.ts';
import type { Campaign, MessageAction } from '../campaigns/campaign.ts';
import type { StepId } from '../campaigns/journey.ts';
import type { CustomerProfile, CustomerRecord } from '../events/customer.ts';
import type {
  Clock,
  Coupon,
  CouponStore,
  CustomerStore,
  DeliveryStore,
  EventQueue,
  RandomBytes,
  Transport,
} from '../ports.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import type { DailyAllowance } from './allowance.ts';
import type { Rivals } from './yielding.ts';

export interface DeliveryOutcome {
  /** `already`: sent by an earlier attempt. `failed`: refused for ever. `deferred`: nothing lost, try at `untilMs`. */
  readonly kind: 'sent' | 'suppressed' | 'deferred' | 'failed' | 'unknown' | 'already';
  readonly reason?: string;
  readonly untilMs?: number;
}

export interface DeliverContext {
  readonly runId: string;
  readonly phase: Phase;
  readonly deliveries: DeliveryStore;
  readonly coupons: Pick<CouponStore, 'get'>;
  readonly transport: Transport;
  /** Where an address that turned out dead is struck off. */
  readonly customers: Pick<CustomerStore, 'read' | 'writeProfile'>;
  readonly events: EventQueue;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly settings: Pick<
    WorkspaceSettings,
    | 'consentRequired'
    | 'quietHours'
    | 'caps'
    | 'timeZone'
    | 'shopHosts'
    | 'explorationDepth'
    | 'explorationShare'
    | 'reranking'
    | 'eligibilityRules'
    | 'sms'
    | 'push'
  >;
  readonly linkSecret: string;
  readonly apiUrl: string;
  readonly fromAddress: string;
  /** When campaigns that go before this one will write to the customer; absent: none does. */
  readonly rivals?: Rivals;
  /** E-mails that may still go out today; absent: any number. */
  readonly allowance?: DailyAllowance;
  /** Shares of the 24 local hours in the activity of customers like these; absent: all hours alike. */
  readonly activity?: readonly number[];
  /** What can be recommended now; asked only for messages with items in them. */
  readonly assortment: () => Promise<Assortment>;
}

export interface Attempt {
  readonly campaign: Campaign;
  readonly member: AudienceMember;
  /** The step of a journey that sends it; absent where the variant's action is one message. */
  readonly stepId?: StepId;
  /** The coupon of an advocate's reward, which this message tells of; absent: `action` says what is issued. */
  readonly reward?: Coupon;
  readonly action: MessageAction;
  readonly profile: CustomerProfile | undefined;
  readonly record: CustomerRecord;
  readonly context: DeliverContext;
}

export const nowIso = ({ clock }: Pick<DeliverContext, 'clock'>): string =>
  new Date(clock.nowMs()).toISOString();

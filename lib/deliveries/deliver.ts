// Delivers to one customer, exactly one mail: reachable? → quiet hours → cap → items, coupon, letter → `prepare` in
// one transaction → `sending`, which only one attempt wins → SES → settled.
// After a crash the stored status says how to go on: `prepared` continues with the stored coupon; `sending` whose
// attempt is over becomes `unknown` and is never sent again (SES's reports may still show that it was).
// Whatever settles is written as an event, again on every repeat: its message id makes the repeats one.

import { recommendationId } from '../base/ids.ts';
import { deliveryRetryMs, sendingAttemptMs } from '../base/limits.ts';
import { seededRandom } from '../base/random.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import type { AudienceMember, Phase } from '../campaigns/audience.ts';
import type { Campaign, Cap } from '../campaigns/campaign.ts';
import { quietUntilMs, usableTimeZone } from '../campaigns/schedule.ts';
import type { CustomerProfile, CustomerRecord } from '../events/customer.ts';
import { issueCoupon } from '../offers/issue.ts';
import type {
  Clock,
  Coupon,
  CouponStore,
  Delivery,
  DeliveryStore,
  EventQueue,
  Mailer,
  OutgoingMail,
  RandomBytes,
} from '../ports.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import { type Recommendation, recommend } from '../recommendations/recommend.ts';
import { servedEvent } from '../recommendations/serve.ts';
import { capClaim } from './caps.ts';
import { addressed, type MailAction, renderLetter } from './compose.ts';
import { deliveryIdOf } from './identity.ts';
import { settledEvent } from './settled-event.ts';

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
  readonly mailer: Mailer;
  readonly events: EventQueue;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly settings: Pick<
    WorkspaceSettings,
    'quietHours' | 'cap' | 'timeZone' | 'explorationShare' | 'reranking' | 'eligibilityRules'
  >;
  readonly linkSecret: string;
  readonly apiUrl: string;
  readonly fromAddress: string;
  /** What can be recommended now; asked only when the campaign puts items into its mails. */
  readonly assortment: () => Promise<Assortment>;
}

interface Attempt {
  readonly campaign: Campaign;
  readonly member: AudienceMember;
  readonly action: MailAction;
  readonly profile: CustomerProfile | undefined;
  readonly record: CustomerRecord;
  readonly context: DeliverContext;
}

export const deliverOne = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  context: DeliverContext,
): Promise<DeliveryOutcome> => {
  const action = campaign.variants.find(({ name }) => name === member.arm)?.action;
  if (action === undefined || action.kind === 'none') {
    return { kind: 'suppressed', reason: 'no-action' };
  }
  const attempt = { campaign, member, action, profile: record.profile, record, context };
  const id = deliveryIdOf(campaign, context.runId, context.phase, member.customerId);
  const stored = await context.deliveries.get(id);
  return stored === undefined ? begin(newDelivery(attempt, id), attempt) : goOn(stored, attempt);
};

const newDelivery = (
  { campaign, member, context }: Attempt,
  deliveryId: Delivery['deliveryId'],
): Delivery => ({
  deliveryId,
  campaignId: campaign.campaignId,
  runId: context.runId,
  customerId: member.customerId,
  decisionId: member.decisionId,
  variant: member.arm,
  channel: 'email',
  status: 'prepared',
  preparedAt: now(context),
});

/** The first attempt: nothing is stored yet. */
const begin = async (delivery: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const { campaign, member, action, context } = attempt;
  const unreachable = unreachableReason(attempt.profile);
  if (unreachable !== undefined) {
    return record({ ...delivery, status: 'suppressed', reason: unreachable }, attempt);
  }
  const quietMs = quietUntil(attempt);
  if (quietMs !== undefined) {
    return { kind: 'deferred', reason: 'quiet-hours', untilMs: quietMs };
  }
  const claim = await capClaim(member.customerId, context.clock.nowMs(), capsOf(attempt), context.deliveries);
  if (claim === undefined) {
    return record({ ...delivery, status: 'suppressed', reason: 'capped' }, attempt);
  }
  const coupon =
    action.kind === 'coupon'
      ? issueCoupon(
          { ...member, campaignId: campaign.campaignId, variant: member.arm },
          action.offer,
          context.clock.nowMs(),
          context.random,
        )
      : undefined;
  const written = await write(delivery, coupon, attempt);
  if ('problem' in written) {
    return record({ ...delivery, status: 'failed', reason: written.problem }, attempt);
  }
  const claimed = { ...delivery, ...(coupon && { couponCode: coupon.code }) };
  const prepared = await context.deliveries.prepare(claimed, coupon, [claim]);
  switch (prepared.kind) {
    case 'prepared':
      return send(claimed, written, attempt);
    case 'exists':
      return goOn(prepared.delivery, attempt);
    case 'capped':
      return record({ ...delivery, status: 'suppressed', reason: 'capped' }, attempt);
  }
};

/** A later attempt: what is stored decides. */
const goOn = async (stored: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const { context } = attempt;
  if (stored.status === 'prepared') {
    return continuePrepared(stored, attempt);
  }
  if (stored.status !== 'sending') {
    return settled(stored, attempt, 'already');
  }
  const overMs = Date.parse(stored.sendingAt ?? stored.preparedAt) + sendingAttemptMs;
  if (context.clock.nowMs() < overMs) {
    return { kind: 'deferred', reason: 'being-sent', untilMs: overMs };
  }
  return settle(stored, 'unknown', { reason: 'interrupted' }, attempt);
};

const continuePrepared = async (stored: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const { context } = attempt;
  const unreachable = unreachableReason(attempt.profile);
  if (unreachable !== undefined) {
    return settle(stored, 'suppressed', { reason: unreachable }, attempt);
  }
  const quietMs = quietUntil(attempt);
  if (quietMs !== undefined) {
    return { kind: 'deferred', reason: 'quiet-hours', untilMs: quietMs };
  }
  const coupon = stored.couponCode === undefined ? undefined : await context.coupons.get(stored.couponCode);
  if (coupon !== undefined && Date.parse(coupon.expiresAt) <= context.clock.nowMs()) {
    return settle(stored, 'suppressed', { reason: 'offer-expired' }, attempt);
  }
  const written = await write(stored, coupon, attempt);
  return 'problem' in written
    ? settle(stored, 'failed', { reason: written.problem }, attempt)
    : send(stored, written, attempt);
};

const send = async (
  delivery: Delivery,
  { mail, recommendation }: Written,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const { deliveries, mailer, clock } = attempt.context;
  const sendingAt = now(attempt.context);
  if (!(await deliveries.advance(delivery.deliveryId, 'prepared', 'sending', { sendingAt }))) {
    return lookAgain(delivery, attempt);
  }
  const sending: Delivery = { ...delivery, status: 'sending', sendingAt };
  const result = await mailer.send(mail).catch((error: unknown) => ({ kind: 'lost' as const, error }));
  switch (result.kind) {
    case 'sent':
      return settleSent(sending, result.sesMessageId, recommendation, attempt);
    case 'rejected':
      return settle(sending, 'failed', { reason: result.message }, attempt);
    case 'lost':
      // The request may have reached SES: sending again could be a second mail.
      return settle(sending, 'unknown', { reason: String(result.error) }, attempt);
    case 'throttled':
      await deliveries.advance(delivery.deliveryId, 'sending', 'prepared');
      return { kind: 'deferred', reason: 'throttled', untilMs: clock.nowMs() + deliveryRetryMs };
  }
};

const settleSent = async (
  sending: Delivery,
  sesMessageId: string,
  recommendation: Recommendation | undefined,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const outcome = await settle(sending, 'sent', { sesMessageId, reason: undefined }, attempt);
  if (recommendation !== undefined && recommendation.items.length > 0) {
    await attempt.context.events.send([servedEvent(recommendation, attempt.context.clock.nowMs())]);
  }
  return outcome;
};

/** Another attempt was faster: its result is ours; while it is under way, come back later. */
const lookAgain = async (delivery: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const stored = await attempt.context.deliveries.get(delivery.deliveryId);
  if (stored === undefined || stored.status === 'prepared' || stored.status === 'sending') {
    return {
      kind: 'deferred',
      reason: 'being-sent',
      untilMs: attempt.context.clock.nowMs() + deliveryRetryMs,
    };
  }
  return settled(stored, attempt, 'already');
};

type SettledStatus = 'sent' | 'suppressed' | 'failed' | 'unknown';

const settle = async (
  delivery: Delivery,
  status: SettledStatus,
  change: Pick<Delivery, 'reason' | 'sesMessageId'>,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const { deliveries } = attempt.context;
  const full = { ...change, settledAt: now(attempt.context) };
  const { deliveryId } = delivery;
  const won =
    (await deliveries.advance(deliveryId, delivery.status, status, full)) ||
    // The attempt was taken for over while it was not: the mail did go out.
    (status === 'sent' && (await deliveries.advance(deliveryId, 'unknown', status, full)));
  return won ? settled({ ...delivery, ...full, status }, attempt, 'sent') : lookAgain(delivery, attempt);
};

/** Stores a decision not to send, made before anything was prepared. */
const record = async (delivery: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const decided = { ...delivery, settledAt: now(attempt.context) };
  const stored = await attempt.context.deliveries.prepare(decided, undefined, []);
  return stored.kind === 'exists' ? goOn(stored.delivery, attempt) : settled(decided, attempt, 'sent');
};

const settled = async (
  delivery: Delivery,
  { context }: Attempt,
  whenSent: 'sent' | 'already',
): Promise<DeliveryOutcome> => {
  await context.events.send([settledEvent(delivery, context.clock.nowMs())]);
  const { status, reason } = delivery;
  if (status === 'prepared' || status === 'sending') {
    throw new Error(`delivery ${delivery.deliveryId} is ${status}, which settles nothing`);
  }
  return { kind: status === 'sent' ? whenSent : status, ...(reason !== undefined && { reason }) };
};

interface Written {
  readonly mail: OutgoingMail;
  readonly recommendation: Recommendation | undefined;
}

const write = async (
  delivery: Delivery,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<Written | { readonly problem: string }> => {
  const { campaign, member, action, profile, context } = attempt;
  const recommendation = campaign.recommendationsCount > 0 ? await choose(delivery, attempt) : undefined;
  const letter = {
    campaign,
    action,
    customerId: member.customerId,
    decisionId: delivery.decisionId,
    profile,
    coupon,
    items: recommendation?.items ?? [],
  };
  const letterContext = { ...context, timeZone: context.settings.timeZone };
  try {
    const rendered = renderLetter(letter, letterContext);
    const mail = addressed(rendered, delivery, profile?.email ?? '', context.fromAddress, letterContext);
    return { mail, recommendation };
  } catch (error) {
    // A template that passed validation can still fail on one customer's values; the others must get their mail.
    return { problem: `template: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** The same items as the API would answer now; the delivery seeds exploration, so that an attempt repeats it. */
const choose = async (
  { deliveryId }: Delivery,
  { campaign, member, record: of, context }: Attempt,
): Promise<Recommendation> =>
  recommend(
    {
      userId: member.customerId,
      limit: campaign.recommendationsCount,
      placement: 'mail',
      exclude: new Set(),
    },
    of,
    await context.assortment(),
    {
      recommendationId: recommendationId(deliveryId),
      nowMs: context.clock.nowMs(),
      random: seededRandom(deliveryId),
      explorationShare: context.settings.explorationShare,
      reranking: context.settings.reranking,
      eligibilityRules: context.settings.eligibilityRules,
    },
  );

/** One plain address: no display name, no list, nothing that could become a second recipient. */
const addressPattern = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;

const unreachableReason = (profile: CustomerProfile | undefined): string | undefined => {
  if (!profile?.email) {
    return 'no-email';
  }
  return (
    profile.suppressed.email?.reason ?? (addressPattern.test(profile.email) ? undefined : 'email-invalid')
  );
};

const quietUntil = ({ campaign, profile, context }: Attempt): number | undefined =>
  quietUntilMs(
    context.clock.nowMs(),
    campaign.quietHours ?? context.settings.quietHours,
    usableTimeZone(profile?.timeZone, context.settings.timeZone),
  );

const capsOf = ({ campaign, context }: Attempt): readonly Cap[] =>
  campaign.cap === undefined ? [context.settings.cap] : [context.settings.cap, campaign.cap];

const now = ({ clock }: DeliverContext): string => new Date(clock.nowMs()).toISOString();

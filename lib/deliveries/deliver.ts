// Delivers one message to one customer, exactly one: channel → may it go (gate) → caps → items, coupon, letter →
// `prepare` in one transaction → `sending`, which only one attempt wins → SES, SNS or the inbox → settled.
// What a channel definitely did not take goes to the next one under the same delivery (fallback.ts).
// After a crash the stored status says how to go on: `prepared` continues with the stored coupon; `sending` whose
// attempt is over becomes `unknown` and is never sent again (SES's reports may still show that it was). Only an in-app
// offer is written again: it is one row, however often it is put.
// Whatever settles is written as an event, again on every repeat: its message id makes the repeats one.

import { attemptMarkBytes, deliveryRetryMs, sendingAttemptMs } from '../base/limits.ts';
import { hex } from '../base/made-ids.ts';
import { dayMs } from '../base/time.ts';
import type { AudienceMember } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { Coupon, Delivery, OutgoingMessage, SendResult, Throttled } from '../ports.ts';
import { servedOf } from '../recommendations/serve.ts';
import { type Attempt, type DeliverContext, type DeliveryOutcome, nowIso } from './attempt.ts';
import { type ChannelChoice, refusalOf } from './channel-choice.ts';
import { offeredCoupon } from './coupon.ts';
import {
  choiceOf,
  firstChannel,
  nextChannel,
  onPossibleChannel,
  withoutAddress,
  writeOn,
} from './fallback.ts';
import { type Gate, gate, pressure, putTodaysPlaceBack, todaysPlace } from './gate.ts';
import { giveBackPlaces } from './give-back.ts';
import { deliveryIdOf, rewardDeliveryId } from './identity.ts';
import { settledEvents } from './settled-event.ts';
import { smsSize } from './sms-segments.ts';
import { tryAgainMs } from './timing.ts';
import { type Written, write } from './write.ts';

/** The message of a variant that has just one. */
export const deliverOne = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  context: DeliverContext,
): Promise<DeliveryOutcome> => {
  const action = campaign.variants.find(({ name }) => name === member.arm)?.action;
  return action === undefined || action.kind === 'none' || action.kind === 'journey'
    ? { kind: 'suppressed', reason: 'no-action' }
    : deliverMessage({ campaign, member, action, profile: record.profile, record, context });
};

export const deliverMessage = async (attempt: Attempt): Promise<DeliveryOutcome> => {
  const { context } = attempt;
  const id = idOf(attempt);
  const stored = await context.deliveries.get(id);
  if (stored !== undefined) {
    return goOn(stored, attempt);
  }
  const choice = choiceOf(attempt);
  const delivery = newDelivery(attempt, id, choice);
  return choice.order.length > 0
    ? begin(delivery, attempt)
    : record({ ...delivery, status: 'suppressed', reason: refusalOf(choice) }, attempt);
};

/** After a cancellation, for a variant that is one message; see closeMessage. */
export const closeOne = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  context: DeliverContext,
): Promise<DeliveryOutcome> => {
  const action = campaign.variants.find(({ name }) => name === member.arm)?.action;
  return action === undefined || action.kind === 'none' || action.kind === 'journey'
    ? notBegun
    : closeMessage({ campaign, member, action, profile: record.profile, record, context });
};

/** Sends nothing more, and settles what an earlier attempt began. Who was not begun stays so. */
export const closeMessage = async (attempt: Attempt, reason = 'cancelled'): Promise<DeliveryOutcome> => {
  const stored = await attempt.context.deliveries.get(idOf(attempt));
  if (stored === undefined) {
    return notBegun;
  }
  return stored.status === 'prepared'
    ? settle(stored, 'suppressed', { reason }, attempt)
    : goOn(stored, attempt);
};

const idOf = ({ campaign, member, stepId, reward, context }: Attempt): Delivery['deliveryId'] =>
  reward === undefined
    ? deliveryIdOf(campaign, context.runId, context.phase, member.customerId, stepId)
    : rewardDeliveryId(campaign.campaignId, reward.code);

/** Nothing to come back for. */
export const notBegun: DeliveryOutcome = { kind: 'deferred', reason: 'cancelled' };

const newDelivery = (
  attempt: Attempt,
  deliveryId: Delivery['deliveryId'],
  choice: ChannelChoice,
): Delivery => {
  const { campaign, member, stepId, context } = attempt;
  return {
    deliveryId,
    campaignId: campaign.campaignId,
    runId: context.runId,
    customerId: member.customerId,
    decisionId: member.decisionId,
    variant: member.arm,
    ...(stepId !== undefined && { stepId }),
    ...firstChannel(attempt, choice),
    status: 'prepared',
    preparedAt: nowIso(context),
  };
};

/** The first attempt: nothing is stored yet. */
const begin = async (delivery: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const { action, context } = attempt;
  const may = gate(attempt, delivery.channel, attempt.reward);
  if (may.kind !== 'go') {
    return notNow(may, delivery, attempt);
  }
  const room = await pressure(attempt, delivery.channel);
  if (room.kind !== 'go') {
    return attempt.reward !== undefined && room.kind === 'never'
      ? tomorrow(attempt)
      : notNow(room, delivery, attempt);
  }
  const offered = action.kind === 'coupon' ? await offeredCoupon(action.offer, attempt) : undefined;
  if (offered === 'not-suitable') {
    return record({ ...delivery, status: 'suppressed', reason: offered }, attempt);
  }
  const coupon = offered?.coupon;
  // A code that was there before (for everybody, for friends) has an end of its own, which may have come.
  const still = coupon !== undefined && !offered?.isNew ? gate(attempt, delivery.channel, coupon) : may;
  if (still.kind !== 'go') {
    return notNow(still, delivery, attempt);
  }
  const written = await write(delivery, coupon, attempt);
  if ('nothing' in written) {
    return record({ ...delivery, status: 'suppressed', reason: written.nothing }, attempt);
  }
  if ('problem' in written) {
    return beginNext(delivery, 'failed', written.problem, attempt);
  }
  const { claims, checks } = room.places;
  const claimed = {
    ...delivery,
    ...(coupon && { couponCode: coupon.code }),
    ...(claims.length > 0 && { counted: claims.map(({ key }) => key) }),
  };
  const today = await todaysPlace(attempt, delivery.channel, coupon);
  if (today.kind !== 'go') {
    return notNow(today, delivery, attempt);
  }
  const prepared = await context.deliveries.prepare(
    claimed,
    offered?.isNew ? coupon : undefined,
    claims,
    checks,
  );
  if (prepared.kind !== 'prepared') {
    putTodaysPlaceBack(attempt, delivery.channel);
  }
  switch (prepared.kind) {
    case 'prepared':
      return send(claimed, written, coupon, attempt);
    case 'exists':
      return goOn(prepared.delivery, attempt);
    case 'capped':
      return attempt.reward === undefined
        ? beginNext(delivery, 'suppressed', 'capped', attempt)
        : tomorrow(attempt);
    case 'changed':
      return begin(delivery, attempt);
  }
};

/** A reward was promised: it waits for the next day's places, until its own last moment. */
const tomorrow = ({ context }: Attempt): DeliveryOutcome => ({
  kind: 'deferred',
  reason: 'capped',
  untilMs: (Math.floor(context.clock.nowMs() / dayMs) + 1) * dayMs,
});

/** Nothing is stored yet: begins again on the next channel, or records why there is none. */
const beginNext = (
  delivery: Delivery,
  status: 'suppressed' | 'failed',
  reason: string,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const next = nextChannel(delivery, reason, attempt, { isCounted: false });
  return next.isLast ? record({ ...delivery, status, reason }, attempt) : begin(next.delivery, attempt);
};

const notNow = (
  may: Exclude<Gate, { readonly kind: 'go' }>,
  delivery: Delivery,
  attempt: Attempt,
): Promise<DeliveryOutcome> | DeliveryOutcome =>
  may.kind === 'later' ? deferred(may) : beginNext(delivery, 'suppressed', may.reason, attempt);

const deferred = ({ reason, untilMs }: Extract<Gate, { readonly kind: 'later' }>): DeliveryOutcome => ({
  kind: 'deferred',
  reason,
  untilMs,
});

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
  if (isRepeatable(stored) && (await takeBack(stored, attempt))) {
    return continuePrepared({ ...stored, status: 'prepared' }, attempt);
  }
  return settle(stored, 'unknown', { reason: 'interrupted' }, attempt);
};

/** Putting the same row twice is putting it once; a mail, an SMS or a push would be two. */
const isRepeatable = ({ channel }: Delivery): boolean => channel === 'in-app';

const continuePrepared = async (stored: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const coupon = stored.couponCode === undefined ? undefined : await couponOf(stored.couponCode, attempt);
  const possible = onPossibleChannel(stored, attempt);
  if (typeof possible === 'string') {
    return settle(stored, 'suppressed', { reason: possible }, attempt);
  }
  const ready = gate(attempt, possible.channel, coupon);
  const may = ready.kind === 'go' ? await todaysPlace(attempt, possible.channel, coupon) : ready;
  if (may.kind !== 'go') {
    return may.kind === 'later'
      ? deferred(may)
      : settle(stored, 'suppressed', { reason: may.reason }, attempt);
  }
  return writeAndSend(possible, coupon, attempt);
};

const writeAndSend = async (
  prepared: Delivery,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const on = await writeOn(prepared, coupon, attempt);
  return 'written' in on
    ? send(on.delivery, on.written, coupon, attempt)
    : settle(prepared, on.status, { reason: on.reason, attempts: on.attempts }, attempt);
};

/** It was written in one transaction with the delivery: without it the mail would promise a code that is none. */
const couponOf = async (code: string, { context }: Attempt): Promise<Coupon> => {
  const coupon = await context.coupons.get(code);
  if (coupon === undefined) {
    throw new Error(`coupon ${code} of a prepared delivery is gone`);
  }
  return coupon;
};

const send = async (
  delivery: Delivery,
  written: Written,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const { transport } = attempt.context;
  const { message } = written;
  // Before the claim: whoever dies while waiting for the rate leaves a message that is known not to be sent.
  const late = await transport.turn(message.channel);
  if (late !== undefined) {
    putTodaysPlaceBack(attempt, message.channel);
    return waitOrGiveUp(delivery, late, coupon, attempt);
  }
  const sending = await claimSending(delivery, written, attempt);
  if (sending === undefined) {
    putTodaysPlaceBack(attempt, message.channel);
    return lookAgain(delivery, attempt);
  }
  const result = await transport.send(message).catch((error: unknown) => ({ kind: 'lost' as const, error }));
  switch (result.kind) {
    case 'sent':
      return settle(sending, 'sent', { messageId: result.messageId, reason: undefined }, attempt);
    case 'rejected':
      putTodaysPlaceBack(attempt, message.channel);
      return afterRejection(sending, message, result, coupon, attempt);
    case 'lost':
      if (isRepeatable(sending)) {
        await takeBack(sending, attempt);
        return later('unavailable', undefined, attempt);
      }
      // The request may have reached SES: sending again could be a second mail.
      return settle(sending, 'unknown', { reason: String(result.error) }, attempt);
    case 'throttled':
      putTodaysPlaceBack(attempt, message.channel);
      await takeBack(sending, attempt);
      return waitOrGiveUp(unclaimed(sending), result, coupon, attempt);
  }
};

/** Not sent, and for a reason that passes: tried again while it makes sense, and else given up with that reason. */
const waitOrGiveUp = (
  prepared: Delivery,
  { reason, untilMs }: Throttled,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<DeliveryOutcome> | DeliveryOutcome => {
  const wantedMs = untilMs ?? attempt.context.clock.nowMs() + deliveryRetryMs;
  const againMs = reason === 'mail-quota' ? tryAgainMs(attempt, wantedMs, coupon) : wantedMs;
  return againMs === undefined
    ? settle(prepared, 'suppressed', { reason }, attempt)
    : later(reason ?? 'throttled', againMs, attempt);
};

const later = (reason: string, untilMs: number | undefined, { context }: Attempt): DeliveryOutcome => ({
  kind: 'deferred',
  reason,
  untilMs: untilMs ?? context.clock.nowMs() + deliveryRetryMs,
});

/** Definitely not sent on this channel, and never will be: on to the next. */
const afterRejection = async (
  sending: Delivery,
  message: OutgoingMessage,
  { message: reason, isAddressDead }: Extract<SendResult, { readonly kind: 'rejected' }>,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const left = isAddressDead ? await withoutAddress(message, attempt) : attempt;
  const next = nextChannel(sending, reason, left, { isCounted: true, isAddressDead });
  const { attempts, channel, channelReason } = next.delivery;
  if (next.isLast) {
    return settle(sending, 'failed', { reason, ...(sending.attempts && { attempts }) }, left);
  }
  if (!(await takeBack(sending, left, { attempts, channel, channelReason }))) {
    return lookAgain(sending, left);
  }
  const prepared = unclaimed(next.delivery);
  const today = await todaysPlace(left, channel, coupon);
  switch (today.kind) {
    case 'go':
      return writeAndSend(prepared, coupon, left);
    case 'later':
      return deferred(today);
    case 'never':
      return settle(prepared, 'suppressed', { reason: today.reason, attempts }, left);
  }
};

/**
 * The step to `sending`; undefined when another attempt has it. A write whose answer was lost is asked for by its mark:
 * the SDK's own second try finds the first one's row, and a step that nobody owns would end as `unknown` unsent.
 */
const claimSending = async (
  delivery: Delivery,
  { message, recommendation }: Written,
  { context }: Attempt,
): Promise<Delivery | undefined> => {
  const { deliveries, random } = context;
  const { channel, channelReason, attempts } = delivery;
  const mark = {
    // Another channel than the stored one, where that was lost or could not be written.
    channel,
    ...(channelReason && { channelReason }),
    ...(attempts && { attempts }),
    segments: message.channel === 'sms' ? smsSize(message.text).segments : undefined,
    served: recommendation?.items.length ? servedOf(recommendation) : undefined,
    sendingAt: nowIso(context),
    sendingBy: hex(random.bytes(attemptMarkBytes)),
  };
  let lost: unknown;
  const won = await deliveries
    .advance(delivery.deliveryId, 'prepared', 'sending', mark)
    .catch((error: unknown) => {
      lost = error;
      return false;
    });
  if (!won) {
    const stored = await deliveries.get(delivery.deliveryId);
    if (stored?.status !== 'sending' || stored.sendingBy !== mark.sendingBy) {
      if (lost !== undefined) {
        throw lost;
      }
      return undefined;
    }
  }
  return { ...delivery, status: 'sending', ...mark };
};

const unclaimed = (sending: Delivery): Delivery => ({
  ...sending,
  status: 'prepared',
  sendingAt: undefined,
  sendingBy: undefined,
});

/** SES did not take it. Also from `unknown`, where another attempt thought this one dead: only this one can have sent. */
const takeBack = async (
  { deliveryId, sendingBy }: Delivery,
  { context }: Attempt,
  change: Partial<Delivery> = {},
): Promise<boolean> => {
  const { deliveries } = context;
  const open = {
    segments: undefined,
    served: undefined,
    sendingAt: undefined,
    sendingBy: undefined,
    settledAt: undefined,
    reason: undefined,
  };
  const back = { ...change, ...open };
  return (
    (await deliveries.advance(deliveryId, 'sending', 'prepared', back, sendingBy)) ||
    deliveries.advance(deliveryId, 'unknown', 'prepared', back, sendingBy)
  );
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
  change: Pick<Delivery, 'reason' | 'messageId' | 'attempts'>,
  attempt: Attempt,
): Promise<DeliveryOutcome> => {
  const { deliveries } = attempt.context;
  const full = { ...change, settledAt: nowIso(attempt.context) };
  const { deliveryId, sendingBy } = delivery;
  const won =
    (await deliveries.advance(deliveryId, delivery.status, status, full, sendingBy)) ||
    // The attempt was taken for over while it was not, and knows what became of the mail.
    (delivery.status === 'sending' &&
      status !== 'unknown' &&
      (await deliveries.advance(deliveryId, 'unknown', status, full, sendingBy)));
  return won ? settled({ ...delivery, ...full, status }, attempt, 'sent') : lookAgain(delivery, attempt);
};

/** Stores a decision not to send, made before anything was prepared. */
const record = async (delivery: Delivery, attempt: Attempt): Promise<DeliveryOutcome> => {
  const decided = { ...delivery, settledAt: nowIso(attempt.context) };
  const stored = await attempt.context.deliveries.prepare(decided, undefined, []);
  return stored.kind === 'exists' ? goOn(stored.delivery, attempt) : settled(decided, attempt, 'sent');
};

const settled = async (
  delivery: Delivery,
  { context }: Attempt,
  whenSent: 'sent' | 'already',
): Promise<DeliveryOutcome> => {
  await giveBackPlaces(delivery, context);
  await context.events.send(settledEvents(delivery, context.clock.nowMs()));
  const { status, reason } = delivery;
  if (status === 'prepared' || status === 'sending') {
    throw new Error(`delivery ${delivery.deliveryId} is ${status}, which settles nothing`);
  }
  return { kind: status === 'sent' ? whenSent : status, ...(reason !== undefined && { reason }) };
};

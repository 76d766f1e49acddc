// One step of a coupon's life cycle, carried out once: look (one consistent view), judge, commit (one transaction).
// Where a condition no longer held, look again: whoever was too late is told so from what is stored by then, not by
// chance. The same Idempotency-Key answers the first time's answer for ever, whatever became of the coupon since.
// A limit that is used up is first freed of reservations that ended: nothing waits for the deletion of rows.

import type { CampaignId } from '../base/ids.ts';
import { couponAttemptsCountMax, sweptHoldsCountMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { sha256Hex } from '../events/canonical-json.ts';
import type { StoredEvent } from '../events/event.ts';
import type {
  CatalogStore,
  Clock,
  Coupon,
  CouponStore,
  CustomerStore,
  EventQueue,
  RandomBytes,
} from '../ports.ts';
import { normalizeCode } from './code.ts';
import { releasedEvent } from './coupon-events.ts';
import type { AnsweredRequest, CouponOperation, LedgerEntry, LedgerView } from './ledger.ts';
import * as refusal from './refusals.ts';
import { endHold } from './undo.ts';

export interface CouponContext {
  readonly coupons: CouponStore;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly settings: Pick<WorkspaceSettings, 'eligibilityRules'>;
  /** Asked only where a code brings friends, or gives an item while there are rules. */
  readonly customers: Pick<CustomerStore, 'readMany' | 'linkedUsers'>;
  readonly random: RandomBytes;
  readonly events: EventQueue;
  readonly clock: Clock;
}

export interface StepRequest {
  readonly code: string;
  readonly idempotencyKey: string;
  readonly orderId: string;
}

export interface Judged<Answer extends object> {
  readonly kind: 'entry';
  readonly entry: LedgerEntry;
  readonly answer: Answer;
  readonly events: readonly StoredEvent[];
}

export type Verdict<Answer extends object> =
  | Judged<Answer>
  | { readonly kind: 'exhausted'; readonly which: refusal.Exhausted };

/** `judge` throws what is refused; it is asked again whenever somebody else was faster. */
export const takeStep = async <Answer extends object>(
  operation: CouponOperation,
  request: StepRequest,
  context: CouponContext,
  judge: (view: LedgerView, nowMs: number) => Verdict<Answer> | Promise<Verdict<Answer>>,
): Promise<Answer> => {
  const coupon = await couponByCode(request.code, context.coupons);
  const fingerprint = sha256Hex(JSON.stringify({ ...request, code: coupon.code }));
  for (let attempt = 0; attempt < couponAttemptsCountMax; attempt++) {
    const view = await viewOf(coupon, operation, request, context.coupons);
    if (view.request !== undefined) {
      return repeated<Answer>(view.request, fingerprint, request, context);
    }
    const nowMs = context.clock.nowMs();
    const verdict = await judge(view, nowMs);
    if (verdict.kind === 'exhausted') {
      if ((await countOutHolds(coupon.campaignId, sweptHoldsCountMax, context)) === 0) {
        throw refusal.exhausted(verdict.which, coupon.code);
      }
      continue;
    }
    const { entry, answer, events } = verdict;
    const { idempotencyKey } = request;
    const answered: AnsweredRequest = {
      code: coupon.code,
      operation,
      idempotencyKey,
      at: new Date(nowMs).toISOString(),
      fingerprint,
      answer,
      events,
    };
    if ((await context.coupons.commit({ ...entry, request: answered }, attempt)) === 'done') {
      await context.events.send(events);
      return answer;
    }
  }
  throw refusal.tableBusy();
};

export const couponByCode = async (typed: string, coupons: CouponStore): Promise<Coupon> => {
  const coupon = normalizeCode(typed) === undefined ? undefined : await coupons.get(typed);
  if (coupon === undefined) {
    throw refusal.unknownCoupon(typed);
  }
  return coupon;
};

const viewOf = async (
  coupon: Coupon,
  operation: CouponOperation,
  request: StepRequest & { readonly customerId?: LedgerView['coupon']['customerId'] },
  coupons: CouponStore,
): Promise<LedgerView> => {
  const { idempotencyKey, orderId, customerId = coupon.customerId } = request;
  const view = await coupons.view(coupon, { operation, idempotencyKey, orderId, customerId });
  if (view === undefined) {
    throw refusal.unknownCoupon(coupon.code);
  }
  return view;
};

/** Also sends the events: the first try may have ended between the transaction and that. */
const repeated = async <Answer extends object>(
  { answer, events, fingerprint: first }: AnsweredRequest,
  fingerprint: string,
  request: StepRequest,
  { events: queue, clock }: CouponContext,
): Promise<Answer> => {
  if (first !== fingerprint) {
    throw refusal.keyReused(request);
  }
  const receivedAt = new Date(clock.nowMs()).toISOString();
  if (events.length > 0) {
    await queue.send(events.map((event) => ({ ...event, receivedAt })));
  }
  return answer as Answer;
};

/** Ends reservations whose time is over, the oldest first; how many there were. Another may be ending them as well. */
export const countOutHolds = async (
  campaignId: CampaignId,
  countMax: number,
  { coupons, events, clock }: Pick<CouponContext, 'coupons' | 'events' | 'clock'>,
): Promise<number> => {
  const holds = await coupons.expiredHolds(campaignId, clock.nowMs(), countMax);
  for (const { code, orderId, customerId } of holds) {
    const coupon = await coupons.get(code);
    const query = { operation: 'release', idempotencyKey: 'expired', orderId, customerId } as const;
    const view = coupon && (await coupons.view(coupon, query));
    const use = view?.use;
    const isOver = use?.status === 'held' && Date.parse(use.heldUntil ?? '') <= clock.nowMs();
    if (view && isOver && (await coupons.commit(endHold(view, use, 'expired'), 0)) === 'done') {
      await events.send([releasedEvent(use, view.coupon, 'expired', clock.nowMs())]);
    }
  }
  return holds.length;
};

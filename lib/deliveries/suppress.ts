// Stops or resumes mail to a customer in the profile, at once and idempotently, and writes the consent event.
// A stronger reason replaces a weaker one (complained > bounced > manual > unsubscribed) and keeps the earliest time.
// Only an own unsubscription can be taken back by link: after a bounce or complaint mail would harm the sender.

import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import { profileWriteAttemptsCountMax } from '../base/limits.ts';
import type { CustomerProfile, Suppression } from '../events/customer.ts';
import { loopEvents } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Clock, CustomerStore, EventQueue } from '../ports.ts';

export interface ConsentContext {
  readonly customers: Pick<CustomerStore, 'read' | 'writeProfile'>;
  readonly events: EventQueue;
  readonly clock: Clock;
}

export type WithdrawalVia = 'link' | 'one-click' | 'api' | 'bounce' | 'complaint';

const strength: readonly Suppression['reason'][] = ['unsubscribed', 'manual', 'bounced', 'complained'];

export const suppressEmail = async (
  customerId: CustomerId,
  suppression: Suppression,
  via: WithdrawalVia,
  context: ConsentContext,
): Promise<void> => {
  const inForce = await changeEmail(customerId, context, (current) => {
    if (current === undefined) {
      return suppression;
    }
    const isStronger = strength.indexOf(suppression.reason) > strength.indexOf(current.reason);
    return isStronger ? { ...suppression, atMs: Math.min(suppression.atMs, current.atMs) } : current;
  });
  const atMs = inForce?.atMs ?? suppression.atMs;
  await context.events.send([
    loopEvent({
      event: loopEvents.consentWithdrawn,
      identity: [customerId, 'email', String(atMs), suppression.reason],
      customerId,
      at: new Date(atMs).toISOString(),
      nowMs: context.clock.nowMs(),
      properties: { channel: 'email', purpose: 'marketing', via },
    }),
  ]);
};

/** True when mail is wanted again; false when it stays stopped for a reason the customer cannot lift by link. */
export const resumeEmail = async (customerId: CustomerId, context: ConsentContext): Promise<boolean> => {
  let lifted: Suppression | undefined;
  const inForce = await changeEmail(customerId, context, (current) => {
    lifted = current?.reason === 'unsubscribed' ? current : undefined;
    return lifted === undefined ? current : undefined;
  });
  if (lifted !== undefined) {
    const nowMs = context.clock.nowMs();
    await context.events.send([
      loopEvent({
        event: loopEvents.consentGiven,
        identity: [customerId, 'email', String(lifted.atMs)],
        customerId,
        at: new Date(nowMs).toISOString(),
        nowMs,
        properties: { channel: 'email', purpose: 'marketing', via: 'link' },
      }),
    ]);
  }
  return inForce === undefined;
};

/** Reads, changes and writes the profile until no other writer came between; returns what is in force then. */
const changeEmail = async (
  customerId: CustomerId,
  { customers, clock }: ConsentContext,
  change: (current: Suppression | undefined) => Suppression | undefined,
): Promise<Suppression | undefined> => {
  for (let attempt = 0; attempt < profileWriteAttemptsCountMax; attempt++) {
    const previous = (await customers.read(customerId)).profile;
    const current = previous?.suppressed.email;
    const wanted = change(current);
    if (wanted === current) {
      return current;
    }
    const { email: _, ...others } = previous?.suppressed ?? {};
    const profile: CustomerProfile = {
      ...(previous ?? { customerId, traits: {}, traitTimes: {}, createdAtMs: clock.nowMs() }),
      suppressed: wanted === undefined ? others : { ...others, email: wanted },
    };
    if (await customers.writeProfile(profile, previous)) {
      return wanted;
    }
  }
  throw new Failure('unavailable', {
    code: 'profile-busy',
    message: "The customer's profile was being changed by others all the time.",
    action: 'Send the request again.',
  });
};

// Changes a customer's profile whatever others do to it at the same time: reads, changes and writes until no other
// writer came between.

import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import { profileWriteAttemptsCountMax } from '../base/limits.ts';
import type { CustomerProfile } from '../events/customer.ts';
import type { Clock, CustomerStore, EventQueue } from '../ports.ts';

export interface ConsentContext {
  readonly customers: Pick<CustomerStore, 'read' | 'writeProfile'>;
  readonly events: EventQueue;
  readonly clock: Clock;
}

/** `change` returns the profile it was given when there is nothing to change; nothing is written then. */
export const changeProfile = async (
  customerId: CustomerId,
  { customers, clock }: ConsentContext,
  change: (profile: CustomerProfile) => CustomerProfile,
): Promise<CustomerProfile> => {
  for (let attempt = 0; attempt < profileWriteAttemptsCountMax; attempt++) {
    const previous = (await customers.read(customerId)).profile;
    const current = previous ?? {
      customerId,
      traits: {},
      traitTimes: {},
      suppressed: {},
      createdAtMs: clock.nowMs(),
    };
    const wanted = change(current);
    if (wanted === current || (await customers.writeProfile(wanted, previous))) {
      return wanted;
    }
  }
  throw new Failure('unavailable', {
    code: 'profile-busy',
    message: "The customer's profile was being changed by others all the time.",
    action: 'Send the request again.',
  });
};

// Who met another arm than their own within their window, by what Reprise itself sent or took: a message of another
// variant that went out to them, or a coupon of another variant that they redeemed (a friend's code, a second account).
// What comes after the window, as the roll-out to the holdout does, is no crossing.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText } from '../events/meaning.ts';
import type { AssignedCustomer } from './collect.ts';

/** `loop`: the campaign's own events, with user ids. */
export const crossedCustomers = (
  customers: ReadonlyMap<CustomerId, AssignedCustomer>,
  loop: readonly StoredEvent[],
  windowDays: number,
): ReadonlySet<CustomerId> => {
  const crossed = new Set<CustomerId>();
  for (const { event, userId, timestamp, properties } of loop) {
    const own = userId === undefined ? undefined : customers.get(userId);
    const variant = idText(properties.variant);
    const isMet =
      event === loopEvents.couponRedeemed ||
      (event === loopEvents.deliverySettled && properties.status === 'sent');
    if (own !== undefined && isMet && variant !== undefined && variant !== own.arm) {
      const sinceMs = Date.parse(timestamp) - own.assignedAtMs;
      if (sinceMs >= 0 && sinceMs < windowDays * dayMs) {
        crossed.add(own.customerId);
      }
    }
  }
  return crossed;
};

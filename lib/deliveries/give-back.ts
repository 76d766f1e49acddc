// A prepared message that is definitely not sent (suppressed, or refused by the mail service) leaves its places under the
// caps to others. Never one that may have been sent: `sending` and `unknown` keep theirs. Once: the row forgets what it
// counted in the same transaction. After a crash before it the next attempt does it, or the place stays taken, which
// errs to the side of fewer messages. Counters older than any cap are left alone: their rows may be gone.

import { capDaysMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { Delivery } from '../ports.ts';
import type { DeliverContext } from './attempt.ts';

export const giveBackPlaces = async (
  delivery: Delivery,
  { deliveries, clock }: Pick<DeliverContext, 'deliveries' | 'clock'>,
): Promise<void> => {
  const isUnsent = delivery.status === 'suppressed' || delivery.status === 'failed';
  const isRecent = clock.nowMs() - Date.parse(delivery.preparedAt) < capDaysMax * dayMs;
  if (isUnsent && isRecent && delivery.counted !== undefined) {
    await deliveries.release(delivery);
  }
};

// Views at given hours (UTC) of the days before an instant, newest first, for tests of send times.

import { itemId, messageId } from '../../lib/base/ids.ts';
import type { FreshEvent } from '../../lib/events/customer.ts';

const dayMs = 86_400_000;

export const activeAt = (hours: readonly number[], beforeMs: number): FreshEvent[] =>
  hours.map((hour, index) => ({
    messageId: messageId(`m${index}`),
    type: 'view' as const,
    itemId: itemId('a'),
    atMs: (Math.floor(beforeMs / dayMs) - 1 - index) * dayMs + hour * 3_600_000 + 1_800_000,
  }));

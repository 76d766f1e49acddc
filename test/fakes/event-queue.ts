// EventQueue in memory: what was sent stays in `sent`; `refuse()` makes the next sends fail as an outage would.

import { Failure } from '../../lib/base/errors.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { EventQueue } from '../../lib/ports.ts';

export interface FakeEventQueue extends EventQueue {
  readonly sent: StoredEvent[];
  refuse(times: number): void;
}

export const createFakeEventQueue = (): FakeEventQueue => {
  const sent: StoredEvent[] = [];
  let refusals = 0;
  return {
    sent,
    refuse: (times) => {
      refusals = times;
    },
    send: async (events) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new Failure('unavailable', {
          code: 'queue-unavailable',
          message: 'The event queue did not accept the events.',
          action: 'Send the request again.',
        });
      }
      sent.push(...events);
    },
  };
};

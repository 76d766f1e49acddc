// PolicyLogs' pages over events in memory, all customers in one part; kept true by test/experiments/policy-evaluation.test.ts.
// Takes identified customers only.

import type { CustomerId } from '../../lib/base/ids.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import type { PolicyLogs } from '../../lib/experiments/policy/evaluation.ts';

export const memoryPolicyLogs = (events: readonly StoredEvent[]): Pick<PolicyLogs, 'pages'> => ({
  pages: async ({ fromMs, toMs, untilMs }, use) => {
    const isServed = ({ event }: StoredEvent): boolean => event === loopEvents.recommendationServed;
    const served = events.filter((event) => {
      const atMs = Date.parse(event.timestamp);
      return isServed(event) && fromMs <= atMs && atMs < toMs;
    });
    const done = new Map<CustomerId, StoredEvent[]>();
    const told = events
      .filter((event) => !isServed(event) && Date.parse(event.receivedAt) < untilMs)
      .toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
    for (const event of told) {
      if (event.userId === undefined) continue;
      const known = done.get(event.userId);
      if (known) known.push(event);
      else done.set(event.userId, [event]);
    }
    await use({ served, events: done });
    return { customersShare: 1 };
  },
});

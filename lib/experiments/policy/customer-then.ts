// A customer as serving knew them at a moment, rebuilt from the archive: state and profile folded from the events received
// by then, with the list that the model version published for them. What the customer did afterwards is not in it, so a
// policy that is tried out on a page cannot know what came of the page.
// Limits: serving reads what the archive function has written, some seconds behind receipt; a visitor's events count from
// their receipt, although serving knew of them only from the identify on.

import type { CustomerId } from '../../base/ids.ts';
import type { CustomerProfile, CustomerRecord, PublishedList } from '../../events/customer.ts';
import type { StoredEvent } from '../../events/event.ts';
import { foldProfile } from '../../events/profile.ts';
import { emptyState, foldEvents } from '../../events/state.ts';

/** `events` oldest first by receipt. The moments asked for may not go back. */
export const customerThen = (
  customerId: CustomerId,
  events: readonly StoredEvent[],
  list: PublishedList | undefined,
): ((atMs: number) => CustomerRecord) => {
  let [read, state] = [0, emptyState];
  let profile: CustomerProfile | undefined;
  return (atMs) => {
    const from = read;
    while (read < events.length && Date.parse(events[read].receivedAt) < atMs) read++;
    const news = events.slice(from, read);
    if (news.length > 0) {
      state = foldEvents(state, news);
      profile = foldProfile(profile, customerId, news);
    }
    return { state, ...(profile && { profile }), ...(list && { list }) };
  };
};

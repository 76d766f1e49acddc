// CustomerStore in memory, with the same conditional writes as DynamoDB's. The contract suite in
// test/archive/customer-store.test.ts holds it and the adapter to the same sentences.

import type { CustomerId, ModelVersion } from '../../lib/base/ids.ts';
import { canonicalJson } from '../../lib/events/canonical-json.ts';
import type {
  CustomerProfile,
  CustomerRecord,
  CustomerState,
  PublishedList,
} from '../../lib/events/customer.ts';
import type { CustomerStore } from '../../lib/ports.ts';

/** Customers in one page of scan(); small, so that tests see several pages. */
const pageCustomersCount = 50;

interface Stored {
  profile?: CustomerProfile;
  state?: CustomerState;
  readonly lists: Map<ModelVersion, PublishedList>;
}

/** A copy as a store would give it: no shared references, no undefined fields. */
const copied = <T>(value: T): T => structuredClone(value);

const recordOf = (stored: Stored | undefined, version: ModelVersion | undefined): CustomerRecord => {
  const list = version === undefined ? undefined : stored?.lists.get(version);
  return copied({
    ...(stored?.profile && { profile: stored.profile }),
    ...(stored?.state && { state: stored.state }),
    ...(list && { list }),
  });
};

export const createFakeCustomerStore = (): CustomerStore => {
  const customers = new Map<CustomerId, Stored>();
  const links = new Map<string, CustomerId>();
  const storedOf = (customerId: CustomerId): Stored => {
    const found = customers.get(customerId) ?? { lists: new Map() };
    customers.set(customerId, found);
    return found;
  };
  return {
    read: async (customerId, version) => recordOf(customers.get(customerId), version),
    readMany: async (customerIds, version) =>
      new Map(customerIds.map((customerId) => [customerId, recordOf(customers.get(customerId), version)])),
    writeState: async (customerId, state) => {
      const stored = storedOf(customerId);
      if ((stored.state?.revision ?? 0) !== state.revision - 1) {
        return false;
      }
      stored.state = copied(state);
      return true;
    },
    writeProfile: async (profile, previous) => {
      const stored = storedOf(profile.customerId);
      if (canonicalJson(stored.profile ?? null) !== canonicalJson(previous ?? null)) {
        return false;
      }
      stored.profile = copied(profile);
      return true;
    },
    writeLists: async (lists) => {
      for (const [customerId, list] of lists) {
        storedOf(customerId).lists.set(list.modelVersion, copied(list));
      }
    },
    linkAnonymous: async (anonymousId, userId) => {
      const inForce = links.get(anonymousId) ?? userId;
      links.set(anonymousId, inForce);
      return inForce;
    },
    linkedUsers: async (anonymousIds) =>
      new Map(
        anonymousIds.flatMap((anonymousId) => {
          const userId = links.get(anonymousId);
          return userId === undefined ? [] : [[anonymousId, userId] as const];
        }),
      ),
    scan: async function* () {
      const known = [...customers].filter(([, stored]) => stored.profile ?? stored.state);
      for (let from = 0; from < known.length; from += pageCustomersCount) {
        yield known
          .slice(from, from + pageCustomersCount)
          .map(([customerId, stored]) => ({ customerId, ...recordOf(stored, undefined) }));
      }
    },
  };
};

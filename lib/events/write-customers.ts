// Writes the events of many customers into their state and profiles: read all, fold, write where something changed,
// under the store's optimistic locks; who lost a race is read and folded again. A customer who cannot be written
// is reported and does not stop the others.
// Races at linking: whoever writes an anonymous state looks at the link afterwards, whoever links reads the
// anonymous state afterwards; so one of the two sees the other.

import type { CustomerId } from '../base/ids.ts';
import { storeAttemptsMax, storeConcurrencyMax } from '../base/limits.ts';
import type { CustomerStore } from '../ports.ts';
import { anonymousCustomer, anonymousPrefix, isAnonymous } from './anonymous.ts';
import type { CustomerRecord } from './customer.ts';
import type { StoredEvent } from './event.ts';
import { foldProfile, mergeProfiles } from './profile.ts';
import { emptyState, foldEvents, mergeStates } from './state.ts';
import { packState } from './state-text.ts';

type EventsByCustomer = ReadonlyMap<CustomerId, readonly StoredEvent[]>;

/** `joined`: anonymous id → user, for the pairs whose identify is among the events. Returns who could not be written. */
export const writeCustomers = async (
  byCustomer: EventsByCustomer,
  joined: ReadonlyMap<string, CustomerId>,
  customers: CustomerStore,
  report: (message: string, detail: object) => void,
): Promise<ReadonlySet<CustomerId>> => {
  const failed = await writeAll(byCustomer, anonymousOf(joined), customers, report);
  const anonymousIds = [...byCustomer.keys()]
    .filter(isAnonymous)
    .map((id) => id.slice(anonymousPrefix.length));
  const linkedSince = await customers.linkedUsers(anonymousIds);
  if (linkedSince.size === 0) {
    return failed;
  }
  const nothingNew = new Map([...linkedSince.values()].map((userId) => [userId, []] as const));
  const failedLater = await writeAll(nothingNew, anonymousOf(linkedSince), customers, report);
  const failedAnonymous = [...linkedSince]
    .filter(([, userId]) => failedLater.has(userId))
    .map(([id]) => `${anonymousPrefix}${id}`);
  return new Set([...failed, ...[...byCustomer.keys()].filter((id) => failedAnonymous.includes(id))]);
};

/** User → the anonymous customers that are theirs. */
const anonymousOf = (
  links: ReadonlyMap<string, CustomerId>,
): ReadonlyMap<CustomerId, readonly CustomerId[]> => {
  const byUser = new Map<CustomerId, CustomerId[]>();
  for (const [anonymousId, userId] of links) {
    byUser.set(userId, [...(byUser.get(userId) ?? []), anonymousCustomer(anonymousId)]);
  }
  return byUser;
};

const writeAll = async (
  byCustomer: EventsByCustomer,
  anonymous: ReadonlyMap<CustomerId, readonly CustomerId[]>,
  customers: CustomerStore,
  report: (message: string, detail: object) => void,
): Promise<Set<CustomerId>> => {
  const ids = [...new Set([...byCustomer.keys(), ...anonymous.keys()])];
  const records = await customers.readMany([...ids, ...[...anonymous.values()].flat()]);
  const failed = new Set<CustomerId>();
  const waiting = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of waiting) {
      try {
        const others = (anonymous.get(id) ?? []).map((other) => records.get(other) ?? {});
        await writeOne(id, byCustomer.get(id) ?? [], others, records.get(id) ?? {}, customers);
      } catch (error) {
        report('customer not written, their messages come again', { customerId: id, error: String(error) });
        failed.add(id);
      }
    }
  };
  await Promise.all(Array.from({ length: storeConcurrencyMax }, worker));
  return failed;
};

const writeOne = async (
  id: CustomerId,
  events: readonly StoredEvent[],
  others: readonly CustomerRecord[],
  firstRead: CustomerRecord,
  customers: CustomerStore,
): Promise<void> => {
  let record = firstRead;
  for (let attempt = 1; attempt <= storeAttemptsMax; attempt++) {
    const [isStateWritten, isProfileWritten] = await Promise.all([
      writeState(id, events, others, record, customers),
      writeProfile(id, events, others, record, customers),
    ]);
    if (isStateWritten && isProfileWritten) {
      return;
    }
    record = await customers.read(id);
  }
  throw new Error(`lost ${storeAttemptsMax} races for one customer`);
};

const writeState = async (
  id: CustomerId,
  events: readonly StoredEvent[],
  others: readonly CustomerRecord[],
  { state = emptyState }: CustomerRecord,
  customers: CustomerStore,
): Promise<boolean> => {
  const folded = others.reduce(
    (sum, other) => (other.state ? mergeStates(sum, other.state) : sum),
    foldEvents(state, events),
  );
  return (
    packState(folded) === packState(state) ||
    customers.writeState(id, { ...folded, revision: state.revision + 1 })
  );
};

const writeProfile = async (
  id: CustomerId,
  events: readonly StoredEvent[],
  others: readonly CustomerRecord[],
  { profile }: CustomerRecord,
  customers: CustomerStore,
): Promise<boolean> => {
  const folded = others.reduce(
    (sum, other) => mergeProfiles(sum, id, other.profile),
    foldProfile(profile, id, events),
  );
  return folded === undefined || folded === profile || customers.writeProfile(folded, profile);
};

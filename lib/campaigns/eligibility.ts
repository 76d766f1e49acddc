// Who belongs to a campaign's audience now: in its slice of an exclusion group where it has one, reachable with consent on
// one of its channels, matching the audience condition and, before an expiry, with an item that becomes due. The same rule for every arm and before assignment, so that arms stay comparable;
// what is decided later for one delivery (quiet hours, caps) never takes anyone out of an arm.

import { inSlice } from '../assignment/exclusion.ts';
import { type ConsentSettings, reachable } from '../events/consent.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Campaign } from './campaign.ts';
import { evaluateCondition } from './evaluate.ts';
import { customerFacts } from './facts.ts';
import { becomesDue } from './holdings.ts';

export interface EligibilityContext {
  readonly items: ReadonlyMap<string, CatalogItem>;
  readonly nowMs: number;
  readonly settings: ConsentSettings;
  /** The workspace's, which cuts exclusion groups into slices. */
  readonly salt: string;
  /** Freeze of the run before this one; undefined for the first. */
  readonly previousMs?: number;
}

/** Undefined: in the audience. */
export type Exclusion = 'other-slice' | 'not-reachable' | 'condition' | 'nothing-due';

export const exclusion = (
  {
    audience,
    trigger,
    channels,
    purpose,
    exclusion: slice,
  }: Pick<Campaign, 'audience' | 'trigger' | 'channels' | 'purpose' | 'exclusion'>,
  record: CustomerRecord,
  { items, nowMs, settings, salt, previousMs }: EligibilityContext,
): Exclusion | undefined => {
  if (record.profile !== undefined && !inSlice(record.profile.customerId, slice, salt)) {
    return 'other-slice';
  }
  if (channels.every((channel) => reachable(record.profile, channel, purpose, settings) !== undefined)) {
    return 'not-reachable';
  }
  if (trigger.kind === 'before-expiry' && !becomesDue(record.state, items, trigger.days, nowMs, previousMs)) {
    return 'nothing-due';
  }
  return evaluateCondition(audience, customerFacts(record, items, nowMs)) ? undefined : 'condition';
};

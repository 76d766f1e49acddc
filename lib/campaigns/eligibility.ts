// Who belongs to a campaign's audience now: reachable with consent on one of its channels, matching the audience condition and, before an expiry,
// with an item that becomes due. The same rule for every arm and before assignment, so that arms stay comparable;
// what is decided later for one delivery (quiet hours, caps) never takes anyone out of an arm.

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
  /** Freeze of the run before this one; undefined for the first. */
  readonly previousMs?: number;
}

/** Undefined: in the audience. */
export type Exclusion = 'not-reachable' | 'condition' | 'nothing-due';

export const exclusion = (
  { audience, trigger, channels, purpose }: Pick<Campaign, 'audience' | 'trigger' | 'channels' | 'purpose'>,
  record: CustomerRecord,
  { items, nowMs, settings, previousMs }: EligibilityContext,
): Exclusion | undefined => {
  if (channels.every((channel) => reachable(record.profile, channel, purpose, settings) !== undefined)) {
    return 'not-reachable';
  }
  if (trigger.kind === 'before-expiry' && !becomesDue(record.state, items, trigger.days, nowMs, previousMs)) {
    return 'nothing-due';
  }
  return evaluateCondition(audience, customerFacts(record, items, nowMs)) ? undefined : 'condition';
};

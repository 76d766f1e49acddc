// What a campaign would do for one customer now, without doing it: whether they are in the audience and why, and which
// arm the hash gives them. Also an estimate of the audience's size from the first customers of a scan.

import type { CustomerId } from '../base/ids.ts';
import { audienceEstimateCustomersCountMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { addressableChannels, type ConsentSettings } from '../events/consent.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CatalogStore, CustomerStore, SecretStore, WorkspaceSecrets } from '../ports.ts';
import { assignMember } from './assigned.ts';
import type { AudienceMember } from './audience.ts';
import type { Campaign } from './campaign.ts';
import { type Exclusion, exclusion } from './eligibility.ts';
import { type ComparisonOutcome, explainCondition } from './evaluate.ts';
import { type FactItemPorts, factItems } from './fact-items.ts';
import { customerFacts } from './facts.ts';
import { firstRun } from './schedule.ts';

export interface AudiencePreview {
  readonly inAudience: boolean;
  /** Why not; null when in the audience. */
  readonly exclusion: Exclusion | null;
  readonly reachableChannels: readonly string[];
  readonly conditions: readonly ComparisonOutcome[];
  /** What the hash says, were the customer in the audience. */
  readonly member: AudienceMember;
}

export const previewAudience = async (
  campaign: Campaign,
  customerId: CustomerId,
  record: CustomerRecord,
  nowMs: number,
  {
    secrets,
    settings,
    ...sources
  }: FactItemPorts & {
    readonly secrets: WorkspaceSecrets;
    readonly settings: WorkspaceSettings;
  },
): Promise<AudiencePreview> => {
  const items = await factItems([campaign.audience], record, sources);
  const excluded = exclusion(campaign, record, { items, nowMs, settings, salt: secrets.holdoutSalt });
  const { runId } = firstRun(campaign);
  return {
    inAudience: excluded === undefined,
    exclusion: excluded ?? null,
    reachableChannels: addressableChannels(record.profile),
    conditions: explainCondition(campaign.audience, customerFacts(record, items, nowMs)),
    member: assignMember(campaign, runId, customerId, new Date(nowMs).toISOString(), secrets, settings),
  };
};

export interface AudienceEstimate {
  readonly customersScanned: number;
  readonly customersMatching: number;
  /** False when there are more customers than were scanned: the share is then of a sample. */
  readonly complete: boolean;
}

export const estimateAudience = async (
  campaign: Campaign,
  nowMs: number,
  {
    customers,
    catalog,
    secrets,
    settings,
  }: {
    readonly customers: CustomerStore;
    readonly catalog: CatalogStore;
    readonly secrets: SecretStore;
    readonly settings: ConsentSettings;
  },
): Promise<AudienceEstimate> => {
  const items = new Map((await catalog.all()).map((item) => [item.itemId as string, item]));
  const { holdoutSalt: salt } = await secrets.secrets();
  const context = { items, nowMs, settings, salt };
  let [scanned, matching] = [0, 0];
  for await (const page of customers.scan()) {
    if (scanned >= audienceEstimateCustomersCountMax) {
      return { customersScanned: scanned, customersMatching: matching, complete: false };
    }
    scanned += page.length;
    matching += page.filter((record) => exclusion(campaign, record, context) === undefined).length;
  }
  return { customersScanned: scanned, customersMatching: matching, complete: true };
};

// The assignment that a customer has in a run, or would have if they came into it now. What was assigned stays: an event
// campaign kept it, and a frozen run drew everybody at its freeze, whichever holdout period it is today.

import type { HoldoutSettings } from '../assignment/holdout-period.ts';
import type { CustomerId } from '../base/ids.ts';
import type { CampaignStore, WorkspaceSecrets } from '../ports.ts';
import { batchInForce } from './allocation.ts';
import { assignMember } from './assigned.ts';
import type { AudienceMember } from './audience.ts';
import type { Campaign } from './campaign.ts';

export interface MemberPorts {
  readonly campaigns: Pick<CampaignStore, 'run' | 'assignment' | 'latestBatch'>;
  readonly settings: HoldoutSettings;
}

export const memberOfRun = async (
  campaign: Campaign,
  runId: string,
  customerId: CustomerId,
  nowMs: number,
  secrets: Pick<WorkspaceSecrets, 'holdoutSalt'>,
  { campaigns, settings }: MemberPorts,
): Promise<AudienceMember> => {
  const { campaignId } = campaign;
  if (campaign.trigger.kind === 'event') {
    const kept = await campaigns.assignment(campaignId, runId, customerId);
    if (kept !== undefined) return kept;
  }
  const run = campaign.trigger.kind === 'event' ? undefined : await campaigns.run(campaignId, runId);
  const at = run?.frozenAt ?? new Date(nowMs).toISOString();
  const batch = run?.allocation ?? (await batchInForce(campaign, nowMs, campaigns));
  return assignMember(campaign, runId, customerId, at, secrets, settings, batch);
};

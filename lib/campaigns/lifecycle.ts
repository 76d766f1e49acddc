// A campaign's life: draft → running ⇄ paused → finished, and cancelled from any of the first three.
// Pure: the next revision of the campaign, or a conflict that says what is possible instead. Once started, its
// definition never changes (PlanOut: a running variant cannot be edited, only stopped).

import { Failure, type Problem } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { startDaysAheadMax } from '../base/workflow-limits.ts';
import type { Campaign, CampaignStatus } from './campaign.ts';
import type { CampaignDefinition } from './definition.ts';
import { endedOffers } from './messages-in.ts';

export type LifecycleAction = 'start' | 'pause' | 'resume' | 'cancel' | 'finish';

const transitions: {
  readonly [action in LifecycleAction]: {
    readonly from: readonly CampaignStatus[];
    readonly to: CampaignStatus;
  };
} = {
  start: { from: ['draft'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['draft', 'running', 'paused'], to: 'cancelled' },
  finish: { from: ['running', 'paused'], to: 'finished' },
};

/** The campaign after the action, as revision + 1; throws conflict where the action is not possible. */
export const transition = (
  campaign: Campaign,
  action: LifecycleAction,
  nowIso: string,
  reason?: string,
): Campaign => {
  const { from, to } = transitions[action];
  if (!from.includes(campaign.status)) {
    throw new Failure('conflict', {
      code: 'campaign-status',
      message: `A campaign that is ${campaign.status} cannot ${action}; it must be ${from.join(' or ')}.`,
      received: campaign.status,
      action: `Possible now: ${possible(campaign.status).join(', ') || 'nothing, this is its end'}.`,
    });
  }
  const { pausedAt: _, ...rest } = campaign;
  return {
    ...rest,
    status: to,
    ...(action === 'start' ? { startedAt: nowIso } : {}),
    ...(action === 'pause' ? { pausedAt: nowIso } : {}),
    ...(to === 'cancelled' || to === 'finished' ? { endedAt: nowIso } : {}),
    ...(reason === undefined ? {} : { endedReason: reason }),
    revision: campaign.revision + 1,
  };
};

const possible = (status: CampaignStatus): readonly string[] =>
  Object.entries(transitions).flatMap(([action, { from }]) =>
    from.includes(status) && action !== 'finish' ? [action] : [],
  );

export const draftCampaign = (
  definition: CampaignDefinition,
  id: CampaignId,
  salt: string,
  nowIso: string,
): Campaign => ({ campaignId: id, status: 'draft', salt, createdAt: nowIso, revision: 1, ...definition });

/** Replaces a draft's definition; throws conflict once it was started. */
export const redefine = (campaign: Campaign, definition: CampaignDefinition): Campaign => {
  if (campaign.status !== 'draft') {
    throw new Failure('conflict', {
      code: 'campaign-not-draft',
      message: `The campaign is ${campaign.status}: what runs is not edited, for its arms would no longer be comparable.`,
      received: campaign.status,
      action: 'Cancel it and create a new campaign, or let it finish.',
    });
  }
  const { campaignId, status, salt, createdAt, revision } = campaign;
  return { campaignId, status, salt, createdAt, revision: revision + 1, ...definition };
};

/** What stands against starting now, although the definition is valid. */
export const startProblems = ({ trigger, variants }: Campaign, nowMs: number): readonly Problem[] => {
  const [field, at] =
    trigger.kind === 'at' ? ['trigger.at', trigger.at] : ['trigger.startsAt', trigger.startsAt];
  return [
    ...endedOffers(variants, nowMs, 'by now'),
    ...(trigger.kind !== 'at' && Date.parse(trigger.endsAt) <= nowMs
      ? [{ path: 'trigger.endsAt', message: `is in the past (${trigger.endsAt}); nobody could be addressed` }]
      : []),
    ...(Date.parse(at) > nowMs + startDaysAheadMax * dayMs
      ? [
          {
            path: field,
            message: `is more than ${startDaysAheadMax} days ahead; start the campaign nearer to it`,
          },
        ]
      : []),
  ];
};

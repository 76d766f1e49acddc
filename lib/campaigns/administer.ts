// What a marketer does to a campaign through the API: create, replace while a draft, start, pause, resume, cancel.
// Each change is one conditional write of the next revision. Starting writes `running` before the workflow starts;
// should the call break off in between, starting again finds it running and starts the workflow under the same name,
// which Step Functions takes once.

import { Failure, shown } from '../base/errors.ts';
import { type CampaignId, campaignId as campaignIdOf } from '../base/ids.ts';
import { hex, namedId } from '../base/made-ids.ts';
import type { CampaignStore, CatalogStore, Clock, CouponStore, RandomBytes, Workflows } from '../ports.ts';
import type { Campaign } from './campaign.ts';
import { completeTemplates, type TemplateMaker } from './complete-templates.ts';
import { isObject } from './condition-check.ts';
import { type CheckedDefinition, checkDefinition, type TemplateRules } from './definition.ts';
import { effectOf } from './effect.ts';
import { executionName } from './freeze.ts';
import { type JourneyExtent, journeyExtent } from './journey-check.ts';
import { draftCampaign, type LifecycleAction, redefine, startProblems, transition } from './lifecycle.ts';
import { firstRun } from './schedule.ts';
import { storeSharedCodes } from './shared-codes.ts';

export interface AdministerPorts {
  readonly campaigns: CampaignStore;
  readonly coupons: Pick<CouponStore, 'issue'>;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly workflows: Workflows;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly templates: TemplateRules & TemplateMaker;
}

/** A campaign as an answer: with what was not given and got its default, and how long its journeys may take. */
export type DefinedCampaign = Campaign &
  Pick<CheckedDefinition, 'defaults'> & {
    readonly journeys?: { readonly [variant: string]: JourneyExtent };
  };

export const createCampaign = async (
  input: unknown,
  { campaigns, clock, random, templates }: AdministerPorts,
): Promise<DefinedCampaign> => {
  const completed = await completeTemplates(input, templates);
  const { definition, defaults } = checkDefinition(completed.input, templates, completed.problems);
  const salt = hex(random.bytes(16));
  const id = campaignIdOf(namedId(definition.name, 'campaign', random.bytes(4)));
  const campaign = draftCampaign(definition, id, salt, nowIso(clock));
  await campaigns.write(campaign);
  return { ...campaign, defaults, ...extents(campaign) };
};

const extents = ({ variants }: Campaign): Pick<DefinedCampaign, 'journeys'> => {
  const found = variants.flatMap(({ name, action }) =>
    action.kind === 'journey' ? [[name, journeyExtent(action)] as const] : [],
  );
  return found.length === 0 ? {} : { journeys: Object.fromEntries(found) };
};

export const replaceCampaign = async (
  id: CampaignId,
  input: unknown,
  { campaigns, templates }: AdministerPorts,
): Promise<DefinedCampaign> => {
  const stored = await existingCampaign(id, campaigns);
  if (isObject(input) && input.revision !== undefined && input.revision !== stored.revision) {
    throw new Failure('conflict', {
      code: 'campaign-changed',
      message: `The campaign is at revision ${stored.revision} by now; someone else changed it.`,
      received: shown(input.revision),
      action: 'Read the campaign again and repeat the change.',
    });
  }
  // Refused before the definition is looked at: its problems would be beside the point.
  redefine(stored, stored);
  const completed = await completeTemplates(withoutServerFields(input), templates);
  const { definition, defaults } = checkDefinition(completed.input, templates, completed.problems);
  const campaign = redefine(stored, definition);
  await campaigns.write(campaign);
  return { ...campaign, defaults, ...extents(campaign) };
};

export const actOnCampaign = async (
  id: CampaignId,
  action: Exclude<LifecycleAction, 'finish'>,
  { campaigns, coupons, catalog, workflows, clock, templates }: AdministerPorts,
): Promise<Campaign & { readonly effect: string }> => {
  const stored = await existingCampaign(id, campaigns);
  const isRepeatedStart = action === 'start' && stored.status === 'running';
  const next = isRepeatedStart ? stored : transition(stored, action, nowIso(clock));
  if (action === 'start' && !isRepeatedStart) {
    refuseUnstartable(stored, templates, clock);
    await storeSharedCodes(stored, { coupons, catalog }, clock.nowMs());
  }
  if (!isRepeatedStart) {
    await campaigns.write(next);
  }
  if (action === 'start') {
    const run = firstRun(next);
    await workflows.startCampaign(executionName(id, run.runId), { campaignId: id, ...run });
  }
  return { ...next, effect: effectOf(next, action) };
};

export const existingCampaign = async (
  id: CampaignId,
  campaigns: Pick<CampaignStore, 'get'>,
): Promise<Campaign> => {
  const campaign = await campaigns.get(id);
  if (campaign === undefined) {
    throw new Failure('not-found', {
      code: 'campaign-unknown',
      message: 'There is no campaign with this id.',
      received: shown(id),
      action: 'List the campaigns by GET /v1/admin/campaigns.',
    });
  }
  return campaign;
};

const refuseUnstartable = (campaign: Campaign, templates: TemplateRules, clock: Clock): void => {
  checkDefinition(withoutServerFields(campaign), templates);
  const problems = startProblems(campaign, clock.nowMs());
  if (problems.length > 0) {
    throw new Failure('invalid', {
      code: 'campaign-not-startable',
      message: 'The campaign cannot start as it is; it stays a draft.',
      action: 'Correct what is named under problems by PUT, then start it.',
      problems,
    });
  }
};

/** What the server gave; sending a campaign back as it was read is no mistake. */
const serverFields: ReadonlySet<string> = new Set([
  'campaignId',
  'status',
  'salt',
  'createdAt',
  'startedAt',
  'pausedAt',
  'endedAt',
  'endedReason',
  'revision',
  'defaults',
  'journeys',
  'effect',
  'runs',
]);

const withoutServerFields = (input: unknown): unknown =>
  isObject(input)
    ? Object.fromEntries(Object.entries(input).filter(([field]) => !serverFields.has(field)))
    : input;

const nowIso = (clock: Clock): string => new Date(clock.nowMs()).toISOString();

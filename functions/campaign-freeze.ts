// Workflow task: freezes the audience of a run, or tells how far its deliveries are (step). Keys travel, never data.
// Input and output: ARCHITECTURE.md, campaign state machine, steps 2 and 4.

import { campaignId } from '../lib/base/ids.ts';
import type { Phase } from '../lib/campaigns/audience.ts';
import { freeze } from '../lib/campaigns/freeze.ts';
import { checkProgress, type ProgressRequest } from '../lib/campaigns/progress.ts';
import {
  archiveBucket,
  archiveStore,
  campaignStore,
  catalogStore,
  clock,
  customerStore,
  journeyStore,
  log,
  resultStore,
  secretStore,
  settings,
  workflows,
} from './runtime.ts';

interface Step {
  readonly campaignId: string;
  readonly runId: string;
  readonly phase: Phase;
}

export const handler = async (
  input:
    | (Step & { readonly step: 'freeze' })
    | (Step & { readonly step: 'progress' } & Pick<ProgressRequest, 'lookAt' | 'execution'>),
) => {
  const run = { campaignId: campaignId(input.campaignId), runId: input.runId, phase: input.phase };
  const ports = {
    campaigns: campaignStore(),
    archive: archiveStore(),
    clock: clock(),
    workflows: workflows(),
  };
  const answer =
    input.step === 'progress'
      ? await checkProgress(
          { ...run, lookAt: input.lookAt, execution: input.execution },
          { ...ports, journeys: journeyStore() },
        )
      : await freeze(run, {
          ...ports,
          customers: customerStore(),
          catalog: catalogStore(),
          secrets: secretStore(),
          results: resultStore(),
          settings: settings(),
        });
  log('info', `campaign ${input.step}`, answer);
  return { ...answer, batchesBucket: archiveBucket() };
};

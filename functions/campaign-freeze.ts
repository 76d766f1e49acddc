// Workflow task: freezes the audience of a run, or tells how far its deliveries are (step). Keys travel, never data.
// Input and output: ARCHITECTURE.md, campaign state machine, steps 2 and 4.

import { campaignId } from '../lib/base/ids.ts';
import type { Phase } from '../lib/campaigns/audience.ts';
import { freeze } from '../lib/campaigns/freeze.ts';
import { checkProgress } from '../lib/campaigns/progress.ts';
import {
  archiveBucket,
  archiveStore,
  campaignStore,
  catalogStore,
  clock,
  customerStore,
  log,
  resultStore,
  secretStore,
  settings,
  workflows,
} from './runtime.ts';

export const handler = async (input: {
  readonly step: 'freeze' | 'progress';
  readonly campaignId: string;
  readonly runId: string;
  readonly phase: Phase;
}) => {
  const run = { campaignId: campaignId(input.campaignId), runId: input.runId, phase: input.phase };
  const ports = { campaigns: campaignStore(), archive: archiveStore(), clock: clock() };
  const answer =
    input.step === 'progress'
      ? await checkProgress(run, ports)
      : await freeze(run, {
          ...ports,
          customers: customerStore(),
          catalog: catalogStore(),
          secrets: secretStore(),
          results: resultStore(),
          workflows: workflows(),
          settings: settings(),
        });
  log('info', `campaign ${input.step}`, answer);
  return { ...answer, batchesBucket: archiveBucket() };
};

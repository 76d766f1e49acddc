// Workflow task: one look at a run of a campaign. Input and output: ARCHITECTURE.md, campaign state machine, step 6.

import { campaignId } from '../lib/base/ids.ts';
import { type AfterLook, runLook } from '../lib/experiments/run-look.ts';
import { campaignStore, clock, log, outcomeSource, resultStore } from './runtime.ts';

export const handler = async (input: {
  readonly campaignId: string;
  readonly runId: string;
}): Promise<AfterLook> => {
  const after = await runLook(
    { campaignId: campaignId(input.campaignId), runId: input.runId },
    { campaigns: campaignStore(), results: resultStore(), outcomes: outcomeSource(), clock: clock() },
  );
  log('info', 'looked at a run', after);
  return after;
};

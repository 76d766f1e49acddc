// Workflow task: one look at a run of a campaign with the report that goes with it, the report alone, or the weights of a
// bandit's batch before a run freezes (nothing to do under fixed weights).
// Input and output: ARCHITECTURE.md, campaign state machine, step 6, and report state machine.

import { campaignId } from '../lib/base/ids.ts';
import { allocateBatch } from '../lib/experiments/allocate-batch.ts';
import { lookAndReport } from '../lib/experiments/look-and-report.ts';
import { type ReportPorts, refreshReport } from '../lib/experiments/refresh-report.ts';
import type { AfterLook, LookPorts, RunId } from '../lib/experiments/run-look.ts';
import {
  archiveStore,
  campaignStore,
  catalogStore,
  clock,
  log,
  outcomeSource,
  resultStore,
  settings,
} from './runtime.ts';

type Input =
  | { readonly step?: 'look'; readonly campaignId: string; readonly runId: string }
  | { readonly step: 'allocate'; readonly campaignId: string; readonly runId: string }
  | { readonly step: 'report'; readonly campaignId: string };

const ports = (): LookPorts & ReportPorts => ({
  campaigns: campaignStore(),
  results: resultStore(),
  outcomes: outcomeSource(),
  catalog: catalogStore(),
  archive: archiveStore(),
  clock: clock(),
  costs: settings().costs,
});

export const handler = async (
  input: Input,
): Promise<AfterLook | RunId | { readonly campaignId: string; readonly asOf: string }> => {
  const id = campaignId(input.campaignId);
  if (input.step === 'report') {
    const { asOf } = await refreshReport(id, ports());
    return { campaignId: id, asOf };
  }
  if (input.step === 'allocate') {
    const batch = await allocateBatch(id, ports());
    log('info', 'weights of a batch', batch ?? { campaignId: id, allocation: 'fixed' });
    return { campaignId: id, runId: input.runId };
  }
  const after = await lookAndReport({ campaignId: id, runId: input.runId }, ports(), (message, detail) =>
    log('warn', message, detail),
  );
  log('info', 'looked at a run', after);
  return after;
};

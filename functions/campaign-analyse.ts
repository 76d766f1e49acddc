// Workflow task: one look at a run of a campaign with the report that goes with it, or the report alone.
// Input and output: ARCHITECTURE.md, campaign state machine, step 6, and report state machine.

import { campaignId } from '../lib/base/ids.ts';
import { lookAndReport } from '../lib/experiments/look-and-report.ts';
import { type ReportPorts, refreshReport } from '../lib/experiments/refresh-report.ts';
import type { AfterLook, LookPorts } from '../lib/experiments/run-look.ts';
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
): Promise<AfterLook | { readonly campaignId: string; readonly asOf: string }> => {
  const id = campaignId(input.campaignId);
  if (input.step === 'report') {
    const { asOf } = await refreshReport(id, ports());
    return { campaignId: id, asOf };
  }
  const after = await lookAndReport({ campaignId: id, runId: input.runId }, ports(), (message, detail) =>
    log('warn', message, detail),
  );
  log('info', 'looked at a run', after);
  return after;
};

// What the workflow does when a look is due: the look, then the report with it. A report that fails must not keep a look
// from counting or a campaign from ending: it is told, and made with the next look or on demand.

import { outcomeDelayMs } from '../base/limits.ts';
import { type ReportPorts, refreshReport } from './refresh-report.ts';
import { type AfterLook, type LookPorts, type RunId, runLook } from './run-look.ts';

export const lookAndReport = async (
  run: RunId,
  ports: LookPorts & ReportPorts,
  warn: (message: string, detail: object) => void,
): Promise<AfterLook> => {
  const after = await runLook(run, ports);
  // Asked while late orders were still to come, it looked at nothing.
  const isEarly = after.next === 'look' && Date.parse(after.lookAt) <= ports.clock.nowMs() + outcomeDelayMs;
  if (!isEarly) {
    try {
      await refreshReport(run.campaignId, ports);
    } catch (error) {
      warn('the report could not be made', { ...run, error: String(error) });
    }
  }
  return after;
};

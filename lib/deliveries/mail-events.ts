// A batch of SES's reports from the queue, one after the other: two reports of one mail then never meet.
// What cannot be read will not become readable: it goes back to the queue and ends in the dead-letter queue.

import { applyMailReport, type ReportContext } from './report.ts';
import { parseSesEvent } from './ses-event.ts';

export interface QueuedReport {
  readonly queueId: string;
  readonly body: string;
}

export interface MailEventsContext extends ReportContext {
  readonly warn: (message: string, detail: object) => void;
}

/** Queue ids of the messages that failed. */
export const applyMailEvents = async (
  messages: readonly QueuedReport[],
  context: MailEventsContext,
): Promise<readonly string[]> => {
  const failed: string[] = [];
  for (const { queueId, body } of messages) {
    try {
      const report = parseSesEvent(body);
      if (report !== undefined && !(await applyMailReport(report, context))) {
        context.warn('a report about a mail that no campaign sent', report);
      }
    } catch (error) {
      context.warn('a report of SES was not applied', { queueId, error: String(error) });
      failed.push(queueId);
    }
  }
  return failed;
};

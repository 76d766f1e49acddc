// A batch of SES's reports from the queue: those of one mail one after the other, so that they never meet, those of
// different mails at the same time; what they lead to goes to the archive together.
// What cannot be read will not become readable: it goes back to the queue and ends in the dead-letter queue.

import type { StoredEvent } from '../events/event.ts';
import { applyMailReport, type ReportContext } from './report.ts';
import { type MailReport, parseSesEvent } from './ses-event.ts';

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
  const waiting: StoredEvent[] = [];
  /** Whose events are waiting. */
  const applied: string[] = [];
  const apply = async ({ queueId, read }: Read): Promise<void> => {
    try {
      const report = read();
      const events: StoredEvent[] = [];
      const collecting = {
        ...context,
        events: { send: async (some: readonly StoredEvent[]) => void events.push(...some) },
      };
      if (report !== undefined && !(await applyMailReport(report, collecting))) {
        context.warn('a report about a mail that no campaign sent', report);
      }
      if (events.length > 0) {
        waiting.push(...events);
        applied.push(queueId);
      }
    } catch (error) {
      context.warn('a report of SES was not applied', { queueId, error: String(error) });
      failed.push(queueId);
    }
  };
  const byMail = Map.groupBy(messages.map(readable), ({ mailId }) => mailId);
  await Promise.all(
    [...byMail.values()].map(async (ofMail) => {
      for (const one of ofMail) await apply(one);
    }),
  );
  return [...failed, ...(await sendAll(waiting, applied, context))];
};

interface Read {
  readonly queueId: string;
  /** The mail it is about; of what cannot be read, its own id. */
  readonly mailId: string;
  readonly read: () => MailReport | undefined;
}

const readable = ({ queueId, body }: QueuedReport): Read => {
  try {
    const report = parseSesEvent(body);
    return { queueId, mailId: report?.sesMessageId ?? queueId, read: () => report };
  } catch (error) {
    return {
      queueId,
      mailId: queueId,
      read: () => {
        throw error;
      },
    };
  }
};

/** What they led to is stored; without its event a report comes again, and leads to the same event. */
const sendAll = async (
  events: readonly StoredEvent[],
  queueIds: readonly string[],
  context: MailEventsContext,
): Promise<readonly string[]> => {
  if (events.length === 0) {
    return [];
  }
  try {
    await context.events.send(events);
    return [];
  } catch (error) {
    context.warn('events of reports were not taken', { queueIds, error: String(error) });
    return queueIds;
  }
};

// NDJSON of Segment messages (an export, a replay, a warehouse): each line goes to capture as it is. Lines that are
// no JSON object or exceed an event's limit are rejected here, everything else is judged by capture itself.
// Messages without messageId get one from capture, a hash of their content. --contact and --shift-days do not apply; --since and
// --until go by `timestamp`, and a message without one is sent.

import { eventBytesMax } from '../../lib/base/limits.ts';
import { type Format, type ImportMessage, periodOf } from './format.ts';
import { textLines } from './lines.ts';

export const segment: Format = {
  name: 'segment',
  hasCatalogue: false,
  async *read(path, options, report) {
    for await (const { line, text } of textLines(path)) {
      report.lines++;
      const message = parsed(text);
      if (message === undefined) {
        report.reject(line, 'not a JSON object', text);
      } else if (Buffer.byteLength(JSON.stringify(message)) > eventBytesMax) {
        report.reject(line, `larger than ${eventBytesMax} bytes`, text);
      } else if (
        periodOf(Date.parse(message.timestamp ?? ''), { ...options, shiftMs: 0 }, report) === 'within'
      ) {
        if (message.userId !== undefined) report.customers.add(String(message.userId));
        if (message.event === 'Order Completed') report.orders++;
        if (message.event === 'Order Refunded') report.refunds++;
        yield message;
      }
    }
  },
};

const parsed = (text: string): ImportMessage | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as ImportMessage)
      : undefined;
  } catch {
    return undefined;
  }
};

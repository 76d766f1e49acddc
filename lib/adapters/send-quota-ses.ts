// What the SES account allows: its rate, and what is left of its 24 hours, by GetSendQuota. Asked once a minute and kept
// by the sandbox; between two answers what this sandbox sends is counted off. SES says -1 where there is no daily limit.
// When SES does not answer, the last answer holds, and before the first one none of its limits is known.

import { GetSendQuotaCommand, type SESClient } from '@aws-sdk/client-ses';
import { quotaCacheMs } from '../base/limits.ts';

export interface SendQuota {
  /** Infinite while unknown. */
  readonly perSecond: () => Promise<number>;
  /** Mails left of the 24 hours, as far as is known; infinite while unknown, or without a limit. */
  readonly left: () => Promise<number>;
  /** One was sent. */
  readonly count: () => void;
  /** SES said that it is spent. */
  readonly spend: () => void;
}

export const createSendQuota = (
  client: Pick<SESClient, 'send'>,
  nowMs: () => number = () => performance.now(),
): SendQuota => {
  let known = { perSecond: Number.POSITIVE_INFINITY, left: Number.POSITIVE_INFINITY };
  let askedMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    try {
      const {
        Max24HourSend = -1,
        MaxSendRate,
        SentLast24Hours = 0,
      } = await client.send(new GetSendQuotaCommand({}));
      known = {
        perSecond: MaxSendRate && MaxSendRate > 0 ? MaxSendRate : Number.POSITIVE_INFINITY,
        left: Max24HourSend < 0 ? Number.POSITIVE_INFINITY : Max24HourSend - SentLast24Hours,
      };
    } catch {
      // Sending itself tells what SES does not take.
    }
  };
  const fresh = async (): Promise<typeof known> => {
    if (nowMs() - askedMs >= quotaCacheMs) {
      askedMs = nowMs();
      asking = ask();
    }
    await asking;
    return known;
  };
  return {
    perSecond: async () => (await fresh()).perSecond,
    left: async () => (await fresh()).left,
    count: () => {
      known = { ...known, left: known.left - 1 };
    },
    spend: () => {
      known = { ...known, left: 0 };
    },
  };
};

// What the messages of an arm cost, from the counts of the funnel and the workspace's prices. In-app offers cost nothing.
// Charged is what was handed over: sent, and unknown too, since the service may have taken it.

import type { MessageCosts } from '../base/settings.ts';
import type { MessageCell } from './funnel.ts';

/** In `costs.currency`; undefined where an SMS was sent and its price is not known. */
export const messageSpending = (
  cells: readonly Pick<MessageCell, 'channel' | 'counts'>[],
  costs: MessageCosts,
): number | undefined => {
  const spent = cells.map(({ channel, counts }) => {
    const { sent, unknown, segments } = counts;
    switch (channel) {
      case 'email':
        return (sent + unknown) * costs.mail;
      case 'sms':
        return sent + unknown === 0 ? 0 : segments * (costs.smsSegment ?? Number.NaN);
      case 'push':
        return (sent + unknown) * costs.push;
      default:
        return 0;
    }
  });
  const sum = spent.reduce((total, each) => total + each, 0);
  return Number.isNaN(sum) ? undefined : sum;
};

// The links at the end of a message: the way out of its channel, and the page of preferences.

import { z } from 'zod';
import { type CustomerId, customerId } from '../base/ids.ts';
import type { Channel } from '../events/customer.ts';
import { readSignedToken, signedToken } from './signed-token.ts';

export interface UnsubscribeGrant {
  readonly customerId: CustomerId;
  /** The channel that the message came on. */
  readonly channel: Channel;
}

/** The second part is the purpose that first mails stated; it stays, so that links of every age read alike. */
export const unsubscribeToken = (grant: UnsubscribeGrant, linkSecret: string): string => {
  const content = [grant.customerId, 'marketing', ...(grant.channel === 'email' ? [] : [grant.channel])];
  return signedToken('unsubscribe', content, linkSecret);
};

export const unsubscribeUrl = (apiUrl: string, grant: UnsubscribeGrant, linkSecret: string): string =>
  `${apiUrl}/v1/unsubscribe/${unsubscribeToken(grant, linkSecret)}`;

/** Undefined for everything that was not signed here. */
export const readUnsubscribeToken = (token: string, linkSecret: string): UnsubscribeGrant | undefined => {
  const content = readSignedToken('unsubscribe', token, linkSecret);
  if (content === undefined) {
    return undefined;
  }
  const [customer, , channel = 'email'] = unsubscribeContent.parse(content);
  return { customerId: customerId(customer), channel };
};

const channel = z.enum(['email', 'sms', 'push', 'in-app']);
const unsubscribeContent = z.union([
  z.tuple([z.string(), z.literal('marketing'), channel]),
  z.tuple([z.string(), z.literal('marketing')]),
]);

export const preferenceToken = (customer: CustomerId, linkSecret: string): string =>
  signedToken('preferences', [customer], linkSecret);

export const preferenceUrl = (apiUrl: string, customer: CustomerId, linkSecret: string): string =>
  `${apiUrl}/v1/preferences/${preferenceToken(customer, linkSecret)}`;

export const readPreferenceToken = (token: string, linkSecret: string): CustomerId | undefined => {
  const content = readSignedToken('preferences', token, linkSecret);
  return content === undefined ? undefined : customerId(z.tuple([z.string()]).parse(content)[0]);
};

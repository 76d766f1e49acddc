// Unsubscribe links: base64url(JSON of customer and purpose) + '.' + base64url(HMAC-SHA-256 over it).
// They do not expire: a mail is opened years later, and the way out must still work.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type CustomerId, customerId } from '../base/ids.ts';

/** Consent is kept for one purpose today; the link says which, so that links stay true when there are more. */
export type Purpose = 'marketing';

export interface UnsubscribeGrant {
  readonly customerId: CustomerId;
  readonly purpose: Purpose;
}

export const unsubscribeToken = (grant: UnsubscribeGrant, linkSecret: string): string => {
  const payload = Buffer.from(JSON.stringify([grant.customerId, grant.purpose])).toString('base64url');
  return `${payload}.${signature(payload, linkSecret).toString('base64url')}`;
};

export const unsubscribeUrl = (apiUrl: string, grant: UnsubscribeGrant, linkSecret: string): string =>
  `${apiUrl}/v1/unsubscribe/${unsubscribeToken(grant, linkSecret)}`;

/** Undefined for everything that was not signed here. */
export const readUnsubscribeToken = (token: string, linkSecret: string): UnsubscribeGrant | undefined => {
  const [payload, signed, ...more] = token.split('.');
  const given = Buffer.from(signed ?? '', 'base64url');
  const expected = signature(payload, linkSecret);
  if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return undefined;
  }
  const [customer, purpose] = grant.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  return { customerId: customerId(customer), purpose };
};

const grant = z.tuple([z.string(), z.literal('marketing')]);

const signature = (payload: string, linkSecret: string): Buffer =>
  createHmac('sha256', Buffer.from(linkSecret, 'hex')).update(`unsubscribe\n${payload}`).digest();

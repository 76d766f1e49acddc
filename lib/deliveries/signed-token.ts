// Tokens in links: base64url(JSON) + '.' + base64url(HMAC-SHA-256 over use and JSON). The use keeps a token of one
// kind of link from being taken for another. They do not expire: a mail is opened years later, and the way out must
// still work.

import { createHmac, timingSafeEqual } from 'node:crypto';

export type TokenUse = 'unsubscribe' | 'preferences';

export const signedToken = (use: TokenUse, content: readonly string[], linkSecret: string): string => {
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${payload}.${signature(use, payload, linkSecret).toString('base64url')}`;
};

/** The content as JSON gives it back; undefined for everything that was not signed here for this use. */
export const readSignedToken = (use: TokenUse, token: string, linkSecret: string): unknown => {
  const [payload, signed, ...more] = token.split('.');
  const given = Buffer.from(signed ?? '', 'base64url');
  const expected = signature(use, payload, linkSecret);
  return more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)
    ? undefined
    : (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown);
};

const signature = (use: TokenUse, payload: string, linkSecret: string): Buffer =>
  createHmac('sha256', Buffer.from(linkSecret, 'hex')).update(`${use}\n${payload}`).digest();

// Answers the unsubscribe link: GET shows the state and a button, POST changes it. A POST unsubscribes unless it
// says `action=resubscribe`: mail programs post One-Click as a form of either encoding, and leaving must never fail
// over a body. Idempotent. RFC 8058: no redirect, no login, no second question.

import { suppressionOf } from '../events/suppressions.ts';
import type { ConsentContext } from './change-profile.ts';
import { languageOf } from './compose.ts';
import { acceptedLanguage, invalidLinkPage } from './html-page.ts';
import { resumeChannel, suppressChannel } from './suppress.ts';
import { preferenceToken, readUnsubscribeToken } from './unsubscribe-link.ts';
import { unsubscribePage } from './unsubscribe-page.ts';

/** Of both pages behind a message's links. */
export interface LinkRequest {
  readonly method: 'GET' | 'POST';
  readonly token: string;
  readonly body: string;
  /** Used only where the token does not say whose language to speak. */
  readonly acceptLanguage: string | undefined;
}

export interface HtmlAnswer {
  readonly statusCode: number;
  readonly html: string;
}

export const answerUnsubscribe = async (
  request: LinkRequest,
  linkSecret: string,
  context: ConsentContext,
): Promise<HtmlAnswer> => {
  const grant = readUnsubscribeToken(request.token, linkSecret);
  if (grant === undefined) {
    return { statusCode: 404, html: invalidLinkPage(acceptedLanguage(request.acceptLanguage)) };
  }
  const { customerId, channel } = grant;
  if (request.method === 'POST') {
    if (new URLSearchParams(request.body).get('action') === 'resubscribe') {
      await resumeChannel(customerId, channel, context);
    } else {
      const via = request.body.includes('One-Click') ? 'one-click' : 'link';
      const atMs = context.clock.nowMs();
      await suppressChannel(customerId, channel, { reason: 'unsubscribed', atMs }, via, context);
    }
  }
  const { profile } = await context.customers.read(customerId);
  const html = unsubscribePage({
    language: languageOf(profile),
    channel,
    suppression: suppressionOf(profile, channel),
    changed: request.method === 'POST',
    email: profile?.email,
    preferences: preferenceToken(customerId, linkSecret),
  });
  return { statusCode: 200, html };
};

// Answers the unsubscribe link: GET shows the state and a button, POST changes it. A POST unsubscribes unless it
// says `action=resubscribe`: mail programs post One-Click as a form of either encoding, and leaving must never fail
// over a body. Idempotent. RFC 8058: no redirect, no login, no second question.

import type { Language } from '../events/customer.ts';
import { languageOf } from './compose.ts';
import { type ConsentContext, resumeEmail, suppressEmail } from './suppress.ts';
import { readUnsubscribeToken } from './unsubscribe-link.ts';
import { invalidLinkPage, unsubscribePage } from './unsubscribe-page.ts';

export interface UnsubscribeRequest {
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
  request: UnsubscribeRequest,
  linkSecret: string,
  context: ConsentContext,
): Promise<HtmlAnswer> => {
  const grant = readUnsubscribeToken(request.token, linkSecret);
  if (grant === undefined) {
    return { statusCode: 404, html: invalidLinkPage(preferred(request.acceptLanguage)) };
  }
  const { customerId } = grant;
  if (request.method === 'POST') {
    if (new URLSearchParams(request.body).get('action') === 'resubscribe') {
      await resumeEmail(customerId, context);
    } else {
      const via = request.body.includes('One-Click') ? 'one-click' : 'link';
      const atMs = context.clock.nowMs();
      await suppressEmail(customerId, { reason: 'unsubscribed', atMs }, via, context);
    }
  }
  const { profile } = await context.customers.read(customerId);
  const html = unsubscribePage({
    language: languageOf(profile),
    suppression: profile?.suppressed.email,
    changed: request.method === 'POST',
    email: profile?.email,
  });
  return { statusCode: 200, html };
};

const preferred = (acceptLanguage: string | undefined): Language =>
  acceptLanguage?.trim().toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

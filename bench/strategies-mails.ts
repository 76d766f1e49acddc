// The mails that reached the simulated mailboxes, as their readers and their headers tell: of which campaign and
// delivery they are, in which language, with which code.

import type { LocalHost } from '../local/host.ts';
import { findPart } from '../local/mail-message.ts';

export interface StrategyMail {
  readonly strategy: string;
  readonly deliveryId: string;
  readonly email: string;
  readonly subject: string;
  readonly code?: string;
  readonly html: string;
}

/** As the built-in messages show it: three groups of four. */
const codePattern = /\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b/;

/** Mails that were not there at the call before. `strategyOf`: by campaign id. */
export const mailReader = (host: LocalHost, strategyOf: ReadonlyMap<string, string>) => {
  const known = new Set<string>();
  return async (): Promise<readonly StrategyMail[]> =>
    (await host.mails()).flatMap((mail) => {
      if (known.has(mail.sesMessageId)) return [];
      known.add(mail.sesMessageId);
      const raw = Buffer.from(mail.raw, 'utf8');
      const { tags, subject } = mail;
      const text = findPart(raw, 'text/plain') ?? '';
      const strategy = strategyOf.get(tags['reprise-campaign'] ?? '');
      const deliveryId = tags['reprise-delivery'];
      if (strategy === undefined || deliveryId === undefined) {
        throw new Error(`mail ${mail.sesMessageId} names no campaign of ours: ${JSON.stringify(tags)}`);
      }
      const [to = ''] = mail.to;
      const code = codePattern.exec(text)?.[0];
      return [
        {
          strategy,
          deliveryId,
          email: /<([^>]+)>/.exec(to)?.[1] ?? to,
          subject,
          html: findPart(raw, 'text/html') ?? '',
          ...(code !== undefined && { code }),
        },
      ];
    });
};

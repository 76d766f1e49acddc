// What to know of a text message before it goes out. Links of SMS are left as they are written, because a decision id
// takes some forty characters of the segments that are paid for; the filter `link` adds it where the marketer wants it.

import { type LinkRules, withLinksOfText } from './decision-links.ts';
import type { MailWarning } from './mail-warnings.ts';

export const smsWarnings = (text: string, rules: LinkRules): readonly MailWarning[] =>
  withLinksOfText(text, rules) === text
    ? []
    : [
        {
          code: 'sms-link-untracked',
          message:
            'A link to the shop in the SMS carries no decision id, so that a visit by it cannot be told to come from this message. Write {{ address | link }}; it takes about 42 characters.',
        },
      ];

// One layout for every built-in mail: `layout(words, blocks)` writes the HTML and the text part from the same words,
// so that the two never say different things. Words are Liquid sources without markup; the layout sets markup,
// punctuation and direction by language (BCP 47).
// HTML for mail readers: one table of 600 px that shrinks on phones, styles inline, system fonts, no pictures (many
// readers block them), dark text on light ground with a contrast of at least 7:1.

import type { MailTemplate, Template } from './campaign.ts';
import { blockHtml, directionOf, footerHtml, isolated } from './mail-layout-html.ts';
import { blockText, footerText } from './mail-layout-text.ts';

/** Liquid sources, shown where the name says. */
export interface LayoutWords {
  /** BCP 47, of the words themselves: `en`, `zh-CN`, `ar`. */
  readonly language: string;
  readonly subject: string;
  /** The line shown beside the subject in the list of mails. */
  readonly preview: string;
  readonly heading: string;
  /** Why they get this mail, at its end. */
  readonly why: string;
  readonly unsubscribe: string;
  readonly preferences: string;
  /** The same message on other channels; absent: the template has none for it. */
  readonly sms?: string;
  readonly push?: Template['push'];
  readonly inApp?: Template['inApp'];
}

/** What stands between heading and footer, in order. A block leaves itself out when what it shows is not there. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  /** The code with what it gives and how long it holds; `minimum` is shown where the offer has one. */
  | { readonly kind: 'coupon'; readonly label: string; readonly terms: string; readonly minimum: string }
  /** A box that stands out. `{{ coupon.deadlineText }}` is the true end, with its time and zone. */
  | { readonly kind: 'deadline'; readonly text: string }
  /** `items`: what the campaign is about (its focus). `recommendations`: what the model picked. */
  | { readonly kind: 'items'; readonly from: 'items' | 'recommendations'; readonly heading: string }
  /** `url` is a Liquid expression without braces: `items[0].url`. */
  | { readonly kind: 'button'; readonly label: string; readonly url: string }
  /** The customer's own code for friends. */
  | { readonly kind: 'referral'; readonly label: string; readonly note: string };

export const layout = (words: LayoutWords, blocks: readonly Block[]): MailTemplate => ({
  subject: words.subject,
  html: htmlOf(words, blocks),
  text: textOf(words, blocks),
  ...(words.sms !== undefined && { sms: words.sms }),
  ...(words.push !== undefined && { push: words.push }),
  ...(words.inApp !== undefined && { inApp: words.inApp }),
});

/** System fonts of phones and desktops, with those of Chinese: nothing is fetched to read a mail. */
export const mailFonts =
  "-apple-system,'Segoe UI',Roboto,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif";

const htmlOf = (words: LayoutWords, blocks: readonly Block[]): string => {
  const { language, heading, preview } = words;
  const direction = directionOf(language);
  return `<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${heading}</title>
</head>
<body style="margin:0;padding:0;background:#f3f5f9;font-family:${mailFonts}">
<div style="display:none;max-height:0;overflow:hidden">${preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" dir="${direction}" style="background:#f3f5f9">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;border-radius:16px;overflow-wrap:anywhere">
<tr><td style="padding:32px 32px 8px;font-size:26px;line-height:34px;font-weight:700;color:#161b26">${isolated(heading, direction)}</td></tr>
${blocks.map((block) => blockHtml(block, direction)).join('\n')}
${footerHtml(words)}
</table>
</td></tr>
</table>
</body>
</html>
`;
};

const textOf = (words: LayoutWords, blocks: readonly Block[]): string =>
  `${words.heading}\n${blocks.map((block) => blockText(block, words.language)).join('')}${footerText(words)}`;

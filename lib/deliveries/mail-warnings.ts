// What could go wrong with a mail where it is read, though it can be sent: clipped, without its pictures, its links
// distrusted, taken for spam, or written in the wrong direction. Each warning says what to do.
// Sources: Gmail clips HTML from 102 KB (measured as 105 KB by Al Iverson, spamresource.com, 2022-01-12); the rules named
// are SpamAssassin's; Google's "Email sender guidelines" ask for visible links and no hidden content; WCAG 2.2, 1.1.1.

import { gmailClipBytes, subjectShownLength } from '../base/limits.ts';
import type { RenderedMail } from './template.ts';

export interface MailWarning {
  /** A stable name that a program can branch on. */
  readonly code: string;
  readonly message: string;
}

export const mailWarnings = (mail: RenderedMail): readonly MailWarning[] => [
  ...sizeWarnings(mail),
  ...subjectWarnings(mail.subject),
  ...pictureWarnings(mail.html),
  ...linkWarnings(mail.html),
  ...contentWarnings(mail.html),
  ...writingWarnings(mail.html),
];

const warning = (code: string, message: string): MailWarning => ({ code, message });

const sizeWarnings = ({ html }: RenderedMail): readonly MailWarning[] => {
  const bytes = Buffer.byteLength(html);
  return bytes > gmailClipBytes
    ? [
        warning(
          'size-clipped',
          `The HTML has ${Math.ceil(bytes / 1024)} KB; Gmail cuts a mail off at about 102 KB, its unsubscribe link with it. Shorten it, or recommend fewer items.`,
        ),
      ]
    : [];
};

const subjectWarnings = (subject: string): readonly MailWarning[] => {
  const capitals = subject.replace(/[^\p{Lu}]/gu, '').length;
  const small = subject.replace(/[^\p{Ll}]/gu, '').length;
  return [
    ...([...new Intl.Segmenter().segment(subject)].length > subjectShownLength
      ? [
          warning(
            'subject-long',
            `The subject is longer than ${subjectShownLength} characters; phones show about half of that. Put what matters first.`,
          ),
        ]
      : []),
    ...(capitals >= 10 && small === 0
      ? [
          warning(
            'subject-capitals',
            'The subject is all capitals, which spam filters count against it (SUBJ_ALL_CAPS).',
          ),
        ]
      : []),
    ...(/[!！]\s*[!！]|[?？]\s*[?？]/.test(subject)
      ? [
          warning(
            'subject-marks',
            'The subject repeats exclamation or question marks, as spam does. One is enough.',
          ),
        ]
      : []),
  ];
};

const tags = (html: string, name: string): readonly string[] =>
  withoutComments(html).match(new RegExp(`<${name}\\b[^>]*>`, 'gi')) ?? [];

const attribute = (tag: string, name: string): string | undefined => {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return match === null ? undefined : (match[1] ?? match[2] ?? match[3] ?? '');
};

const withoutComments = (html: string): string => html.replace(/<!--[\s\S]*?-->/g, '');

const shownText = (html: string): string =>
  withoutComments(html)
    .replace(/<(style|head|title|script)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&[^;\s]{1,10};|\s+/g, ' ')
    .trim();

const pictureWarnings = (html: string): readonly MailWarning[] => {
  const pictures = tags(html, 'img').filter((tag) => attribute(tag, 'width') !== '1');
  const silent = pictures.filter((tag) => attribute(tag, 'alt') === undefined);
  const insecure = pictures.filter((tag) => attribute(tag, 'src')?.startsWith('http:'));
  return [
    ...(silent.length > 0
      ? [
          warning(
            'picture-without-alt',
            `${silent.length} of ${pictures.length} pictures have no alt text; many readers block pictures, and some people cannot see them. Write alt="" where one only decorates.`,
          ),
        ]
      : []),
    ...(insecure.length > 0
      ? [
          warning(
            'picture-insecure',
            `${insecure.length} pictures come by http, and readers that load by https alone leave them out. Use https.`,
          ),
        ]
      : []),
    ...(pictures.length > 0 && shownText(html).length < 200
      ? [
          warning(
            'mostly-pictures',
            'There is little text beside the pictures, which spam filters count against it (HTML_IMAGE_ONLY_…) and which nobody can read before the pictures are loaded.',
          ),
        ]
      : []),
  ];
};

/** Services that hide where a link leads; filters distrust them all for what some of their users do. */
const shorteners = new Set(
  'bit.ly tinyurl.com t.co goo.gl ow.ly is.gd buff.ly t.cn dwz.cn url.cn'.split(' '),
);

interface Link {
  readonly address: string;
  readonly url: URL | undefined;
  readonly text: string;
}

const linksOf = (html: string): readonly Link[] =>
  [...withoutComments(html).matchAll(/(<a\b[^>]*>)([\s\S]*?)<\/a>/gi)].flatMap(([, tag, inside]) => {
    const address = attribute(tag, 'href')?.replaceAll('&amp;', '&').trim();
    return address === undefined
      ? []
      : [{ address, url: URL.parse(address) ?? undefined, text: shownText(inside) }];
  });

const linkWarnings = (html: string): readonly MailWarning[] => {
  const links = linksOf(html).filter((link) => !isOurs(link));
  const hosts = (wanted: (link: Link) => boolean): string => {
    const found = new Set(links.filter(wanted).map(({ address, url }) => url?.host ?? address));
    return found.size === 0 ? '' : `Links to ${[...found].join(', ')}`;
  };
  const found: readonly (readonly [code: string, which: string, message: string])[] = [
    [
      'link-insecure',
      hosts(({ url }) => url?.protocol === 'http:'),
      'go by http, which browsers warn of. Use https.',
    ],
    [
      'link-untracked',
      hosts(isUntracked),
      'get no decision id, so that a visit by them cannot be told to come from this mail. If it is the shop, name the host in the setting shopHosts, or write {{ address | link }}.',
    ],
    [
      'link-empty',
      links.some(({ address }) => address === '' || address === '#') ? 'Some links' : '',
      'lead nowhere. Give them an address, or leave them out where the item has none.',
    ],
    [
      'link-shortened',
      hosts(({ url }) => url !== undefined && shorteners.has(url.hostname)),
      'hide where they lead, which filters and readers distrust. Link to your own domain.',
    ],
    [
      'link-by-number',
      hosts(({ url }) => url !== undefined && /^(\d+\.){3}\d+$|^\[/.test(url.hostname)),
      'lead to a number and not a name, which spam filters count against a mail (NUMERIC_HTTP_ADDR).',
    ],
    [
      'link-misleading',
      hosts(misleads),
      'stand behind the text of another address, as in phishing. Show words instead of an address.',
    ],
  ];
  return found.flatMap(([code, which, message]) =>
    which === '' ? [] : [warning(code, `${which} ${message}`)],
  );
};

/** The two behind every mail: their address is the workspace's, not the template's. */
const isOurs = ({ url }: Link): boolean =>
  url !== undefined && /\/v1\/(?:unsubscribe|preferences)\//.test(url.pathname);

/** To a page of the web. */
const isUntracked = ({ url }: Link): boolean =>
  (url?.protocol === 'https:' || url?.protocol === 'http:') && !url.searchParams.has('reprise');

/** The text is an address itself, on another host. */
const misleads = ({ url, text }: Link): boolean => {
  const shown = /^(?:https?:\/\/)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$/i.exec(text)?.[1]?.toLowerCase();
  const bare = (host: string): string => host.replace(/^www\./, '');
  return shown !== undefined && url !== undefined && bare(shown) !== bare(url.hostname);
};

const contentWarnings = (html: string): readonly MailWarning[] => {
  const dropped = ['script', 'form', 'iframe', 'video', 'object', 'embed'].filter(
    (name) => tags(html, name).length > 0,
  );
  const fetched =
    tags(html, 'link').some((tag) => attribute(tag, 'rel') === 'stylesheet') || /@import/i.test(html);
  return [
    ...(dropped.length > 0
      ? [
          warning(
            'content-dropped',
            `Mail readers remove ${dropped.map((name) => `<${name}>`).join(', ')}. Link to a page instead.`,
          ),
        ]
      : []),
    ...(fetched
      ? [
          warning(
            'style-fetched',
            'Styles or fonts are fetched from elsewhere: most readers ignore them, the others tell that server who reads. Write styles into the mail.',
          ),
        ]
      : []),
  ];
};

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu;
const joined = /[\p{Script=Arabic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

const writingWarnings = (html: string): readonly MailWarning[] => {
  const text = shownText(html);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const [root = ''] = tags(html, 'html');
  const isRightToLeft = (text.match(rightToLeft)?.length ?? 0) > letters / 2;
  const isDirected = /\bdir\s*=\s*["']?(rtl|auto)/i.test(html);
  return [
    ...(attribute(root, 'lang') === undefined
      ? [
          warning(
            'language-missing',
            'The HTML does not say its language, which screen readers and fonts go by. Write <html lang="…">.',
          ),
        ]
      : []),
    ...(isRightToLeft && !isDirected
      ? [
          warning(
            'direction-missing',
            'The text is written from right to left, the HTML is not. Write dir="rtl" on <html> and on the outermost table.',
          ),
        ]
      : []),
    ...(/letter-spacing\s*:\s*(?!0|normal)/i.test(html) && joined.test(text)
      ? [
          warning(
            'letters-spaced',
            'letter-spacing tears Arabic letters apart and loosens Chinese, Japanese and Korean. Leave it out.',
          ),
        ]
      : []),
  ];
};

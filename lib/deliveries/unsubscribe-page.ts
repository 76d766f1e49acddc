// The page behind the unsubscribe link, in the customer's language. Opening it changes nothing (mail scanners open
// every link); its button does, by POST to the same address. No script, nothing loaded from elsewhere.

import type { Language, Suppression } from '../events/customer.ts';

export interface UnsubscribePage {
  readonly language: Language;
  readonly suppression: Suppression | undefined;
  /** A button was just pressed. */
  readonly changed: boolean;
  /** Shown so that people with several accounts see which one; masked. */
  readonly email: string | undefined;
}

export const unsubscribePage = ({ language, suppression, changed, email }: UnsubscribePage): string => {
  const words = wordsOf[language];
  const isOff = suppression !== undefined;
  const heading = isOff ? (changed ? words.done : words.off) : changed ? words.resumed : words.question;
  const button = isOff
    ? suppression.reason === 'unsubscribed'
      ? form('resubscribe', words.resubscribe, 'quiet')
      : ''
    : form('unsubscribe', words.unsubscribe, 'strong');
  const address = email === undefined ? '' : `<p class="address">${escapeHtml(masked(email))}</p>`;
  return page(
    language,
    `<h1>${heading}</h1>
${address}
<p>${isOff ? words.offNote : words.onNote}</p>
${button}`,
  );
};

/** For a link that was cut off or made up. */
export const invalidLinkPage = (language: Language): string =>
  page(language, `<h1>${wordsOf[language].invalid}</h1>\n<p>${wordsOf[language].invalidNote}</p>`);

const page = (language: Language, content: string): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${wordsOf[language].title}</title>
<style>
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f3f5f9;color:#161b26;font:17px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif}
main{background:#fff;border-radius:16px;padding:40px;max-width:440px;margin:16px;text-align:center}
h1{font-size:24px;line-height:1.35;margin:0 0 8px}
p{margin:8px 0;color:#3c4657}.address{font-weight:600;color:#161b26}
button{font:inherit;margin-top:20px;padding:12px 28px;border-radius:10px;border:1px solid #173a8f;cursor:pointer}
.strong{background:#173a8f;color:#fff}.quiet{background:#fff;color:#173a8f}
button:focus-visible{outline:3px solid #f0b429;outline-offset:2px}
</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;

const wordsOf = {
  en: {
    title: 'Mail preferences',
    question: 'Stop marketing mail?',
    done: 'You are unsubscribed',
    off: 'You do not get marketing mail',
    resumed: 'Welcome back',
    onNote: 'Mail about your orders is not affected.',
    offNote: 'We no longer send marketing mail to you. Mail about your orders is not affected.',
    unsubscribe: 'Unsubscribe',
    resubscribe: 'Subscribe again',
    invalid: 'This link is not valid',
    invalidNote: 'It may have been cut off. Open it from the mail again, or copy it whole.',
  },
  'zh-CN': {
    title: '邮件偏好',
    question: '不再接收营销邮件？',
    done: '您已退订',
    off: '您目前不会收到营销邮件',
    resumed: '欢迎回来',
    onNote: '与订单相关的邮件不受影响。',
    offNote: '我们不会再向您发送营销邮件。与订单相关的邮件不受影响。',
    unsubscribe: '退订',
    resubscribe: '重新订阅',
    invalid: '链接无效',
    invalidNote: '链接可能不完整。请从邮件中重新打开，或完整复制链接。',
  },
} as const;

/** An empty action posts to the page's own address, whatever stands in front of the API. */
const form = (action: string, label: string, style: string): string =>
  `<form method="post" action=""><input type="hidden" name="action" value="${action}"><button class="${style}">${label}</button></form>`;

/** "ada@example.com" → "a•••@example.com": the link may be forwarded. */
const masked = (email: string): string => email.replace(/^(.)[^@]*/u, '$1•••');

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

// The frame of the pages behind a message's links: no script, nothing loaded from elsewhere, readable on any screen,
// light or dark as the reader's device is (contrast at least 4.5:1, WCAG 2.2, 1.4.3).

import type { Language } from '../events/customer.ts';

export const htmlPage = (language: Language, title: string, content: string): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
:root{color-scheme:light dark;--ground:#f3f5f9;--sheet:#fff;--ink:#161b26;--soft:#3c4657;--line:#d5dbe6;--edge:#9aa5b8;--link:#173a8f;--strong:#173a8f;--done:#edf8f1;--done-ink:#0f5c33}
@media (prefers-color-scheme:dark){:root{--ground:#10131a;--sheet:#1b202b;--ink:#f0f3f9;--soft:#c3cbd9;--line:#3b4456;--edge:#7c889d;--link:#a9c1ff;--strong:#2f55b8;--done:#14352a;--done-ink:#a8e6c4}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:17px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{box-sizing:border-box;background:var(--sheet);border-radius:16px;padding:40px;max-width:520px;margin:16px;text-align:center;overflow-wrap:anywhere}
@media (max-width:480px){main{padding:28px 20px}}
h1{font-size:24px;line-height:1.35;margin:0 0 8px}
p{margin:8px 0;color:var(--soft)}.address{font-weight:600;color:var(--ink)}
.done{background:var(--done);color:var(--done-ink);border-radius:10px;padding:10px 16px}
fieldset{border:1px solid var(--line);border-radius:12px;margin:16px 0;padding:8px 16px 12px;text-align:start}
legend{font-weight:600;padding:0 6px}
label{display:flex;gap:10px;align-items:start;padding:6px 0}
input{flex:none;width:20px;height:20px;margin:4px 0 0;accent-color:var(--link)}
select{font:inherit;width:100%;box-sizing:border-box;padding:8px 10px;border:1px solid var(--edge);border-radius:8px;background:var(--sheet);color:inherit}
.note{font-size:14px;margin:4px 0}
a{color:var(--link)}
button{font:inherit;margin-top:20px;padding:12px 28px;border-radius:10px;border:1px solid var(--link);cursor:pointer}
.strong{background:var(--strong);color:#fff;border-color:var(--strong)}.quiet{background:var(--sheet);color:var(--link)}
:focus-visible{outline:3px solid #f0b429;outline-offset:2px}
</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;

/** For a link that was cut off or made up. */
export const invalidLinkPage = (language: Language): string => {
  const { title, heading, note } = invalidWords[language];
  return htmlPage(language, title, `<h1>${heading}</h1>\n<p>${note}</p>`);
};

const invalidWords = {
  en: {
    title: 'Preferences',
    heading: 'This link is not valid',
    note: 'It may have been cut off. Open it from the message again, or copy it whole.',
  },
  'zh-CN': {
    title: '偏好设置',
    heading: '链接无效',
    note: '链接可能不完整。请从消息中重新打开，或完整复制链接。',
  },
} as const;

/** "ada@example.com" → "a•••@example.com": the link may be forwarded. */
export const maskedAddress = (email: string): string => escapeHtml(email.replace(/^(.)[^@]*/u, '$1•••'));

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Of a browser that asks for a page whose customer is not known. */
export const acceptedLanguage = (acceptLanguage: string | undefined): Language =>
  acceptLanguage?.trim().toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

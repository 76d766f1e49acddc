// A report as an HTML document: without script and without anything loaded from elsewhere, so it can be kept and mailed.

import type { Language } from '../events/customer.ts';
import { escaped, type Format } from './report-format.ts';
import { pageStyle } from './report-style.ts';
import type { Text } from './result.ts';

/** `parts`: HTML; empty ones are left out. */
export const documentOf = (title: string, language: Language, parts: readonly string[]): string =>
  `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;

export interface Head {
  readonly name: string;
  readonly meta: Text;
  /** The result in one sentence; null before there is one. */
  readonly sentence: Text | null;
  readonly downloads: readonly { readonly href: string; readonly label: Text }[];
}

export const headOf = (
  { name, meta, sentence, downloads }: Head,
  { text, language }: Format,
  isBelievable: boolean,
): string => {
  const other = language === 'en' ? (['zh-CN', '中文'] as const) : (['en', 'English'] as const);
  const links = [
    ...downloads.map(({ href, label }) => `<a href="${escaped(href)}">${text(label)}</a>`),
    `<a href="?format=html&amp;language=${other[0]}" lang="${other[0]}">${other[1]}</a>`,
  ];
  return `<header><h1>${escaped(name)}</h1>
<p class="meta">${text(meta)}</p>
${sentence === null ? '' : `<p class="result${isBelievable ? '' : ' finding'}">${text(sentence)}</p>`}
<p class="meta links">${links.join(' ')}</p></header>`;
};

export const resultLink = { href: 'result', label: { en: 'Result (JSON)', 'zh-CN': '结果（JSON）' } };
export const metricsLink = {
  href: '?format=csv&table=metrics',
  label: { en: 'Data behind the estimates (CSV)', 'zh-CN': '估计所用数据（CSV）' },
};

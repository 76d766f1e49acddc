// The layout's blocks as plain text with Liquid inside: links are written out, lists have dashes, and punctuation is
// full-width in Chinese.

import type { Block, LayoutWords } from './mail-layout.ts';

export const blockText = (block: Block, language: string): string => {
  const marks = marksOf(language);
  switch (block.kind) {
    case 'text':
    case 'deadline':
      return `\n${block.text}\n`;
    case 'coupon':
      return `\n${block.label}${marks.colon}{{ coupon.code }}\n${block.terms}{% if coupon.minimumSpendText != "" %}${marks.space}${block.minimum}{% endif %}\n`;
    case 'items':
      return itemsText(block, marks);
    case 'button':
      return `{% assign buttonUrl = ${block.url} | default: "" %}{% if buttonUrl != "" %}\n${block.label}${marks.colon}{{ buttonUrl | link }}\n{% endif %}`;
    case 'referral':
      return `{% if referral %}\n${block.label}${marks.colon}{{ referral.code }}\n${block.note}\n{% endif %}`;
  }
};

export const footerText = ({ language, why, unsubscribe, preferences }: LayoutWords): string => {
  const { colon } = marksOf(language);
  return `
--
${why}
${unsubscribe}${colon}{{ unsubscribeUrl }}
${preferences}${colon}{{ preferenceUrl }}
`;
};

interface Marks {
  readonly colon: string;
  readonly beforePrice: string;
  readonly afterPrice: string;
  /** Between two sentences. */
  readonly space: string;
}

const marksOf = (language: string): Marks =>
  language.startsWith('zh')
    ? { colon: '：', beforePrice: '，', afterPrice: '', space: '' }
    : { colon: ': ', beforePrice: ' (', afterPrice: ')', space: ' ' };

const itemsText = ({ from, heading }: Extract<Block, { kind: 'items' }>, marks: Marks): string =>
  `{%- if ${from}.size > 0 %}

${heading}
{%- for item in ${from} %}
- {{ item.title }}{% if item.price != "" %}${marks.beforePrice}{{ item.price }}${marks.afterPrice}{% endif %}
{%- if item.reason != "" %}
  {{ item.reason }}
{%- endif %}
{%- if item.url != "" %}
  {{ item.url | link }}
{%- endif %}
{%- endfor %}
{% endif %}`;

// The layout's blocks as rows of its table: HTML with Liquid inside, for any direction of writing.
// `align` is physical in HTML, so it is chosen by direction; titles, names and codes of unknown script stand in <bdi>.
// No letter-spacing anywhere: it tears Arabic letters apart and loosens Chinese.

import type { Block, LayoutWords } from './mail-layout.ts';

export type Direction = 'ltr' | 'rtl';

/** Languages written from right to left by their usual script (Unicode CLDR, layout data). */
const rightToLeft = new Set('ar arc ckb dv fa he iw ks ku-arab nqo ps sd ug ur yi'.split(' '));

export const directionOf = (language: string): Direction =>
  rightToLeft.has(language.toLowerCase().split('-')[0]) ? 'rtl' : 'ltr';

/** In text from right to left each value stands by itself: a Latin name would mix its marks with the words around it. */
export const isolated = (text: string, direction: Direction): string =>
  direction === 'rtl' ? text.replace(/\{\{[\s\S]*?\}\}/g, '<bdi>$&</bdi>') : text;

export const blockHtml = (given: Block, direction: Direction): string => {
  const block = 'text' in given ? { ...given, text: isolated(given.text, direction) } : given;
  switch (block.kind) {
    case 'text':
      return `<tr><td style="padding:8px 32px 16px;font-size:16px;line-height:26px;color:#2b3342">${block.text}</td></tr>`;
    case 'coupon':
      return box(couponInside(block), couponColours);
    case 'deadline':
      return `<tr><td style="padding:0 32px 16px"><div style="padding:12px 16px;background:#fff4d6;border-radius:10px;font-size:15px;line-height:22px;font-weight:600;color:#5a3b00">${block.text}</div></td></tr>`;
    case 'items':
      return itemsHtml(block, direction);
    case 'button':
      return buttonHtml(block);
    case 'referral':
      return `{%- if referral %}\n${box(referralInside(block), referralColours)}\n{%- endif %}`;
  }
};

export const footerHtml = ({ why, unsubscribe, preferences }: LayoutWords): string => {
  const link = (url: string, label: string): string =>
    `<a href="{{ ${url} }}" style="color:#4a5568;text-decoration:underline">${label}</a>`;
  return `<tr><td style="padding:24px 32px 32px;font-size:12px;line-height:20px;color:#4a5568;border-top:1px solid #e6e9f0">${why}<br>${link('unsubscribeUrl', unsubscribe)} &nbsp;·&nbsp; ${link('preferenceUrl', preferences)}</td></tr>`;
};

interface Colours {
  readonly ground: string;
  readonly border: string;
}

const couponColours: Colours = { ground: '#eef4ff', border: '#2f5fd0' };
const referralColours: Colours = { ground: '#edf8f1', border: '#1d7a46' };

const box = (inside: string, { ground, border }: Colours): string => `<tr><td style="padding:12px 32px 24px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:${ground};border:1px dashed ${border};border-radius:12px">
<tr><td align="center" style="padding:20px 16px">${inside}</td></tr>
</table>
</td></tr>`;

const small = (inside: string): string =>
  `<div style="font-size:13px;line-height:20px;color:#3c4657">${inside}</div>`;

const codeLine = (code: string, colour: string): string =>
  `<div dir="ltr" style="font-family:ui-monospace,Menlo,Consolas,monospace;font-size:22px;line-height:30px;font-weight:700;color:${colour};padding:8px 0">{{ ${code} }}</div>`;

const couponInside = ({ label, terms, minimum }: Extract<Block, { kind: 'coupon' }>): string =>
  small(label) +
  codeLine('coupon.code', '#173a8f') +
  small(`${terms}{% if coupon.minimumSpendText != "" %}<br>${minimum}{% endif %}`);

const referralInside = ({ label, note }: Extract<Block, { kind: 'referral' }>): string =>
  small(label) + codeLine('referral.code', '#0f5c33') + small(note);

const itemsHtml = (
  { from, heading }: Extract<Block, { kind: 'items' }>,
  direction: Direction,
): string => `{%- if ${from}.size > 0 %}
<tr><td style="padding:8px 32px;font-size:16px;font-weight:700;color:#161b26">${heading}</td></tr>
{%- for item in ${from} %}
<tr><td style="padding:12px 32px;border-top:1px solid #e6e9f0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>
<td style="font-size:15px;line-height:22px;color:#161b26">
{%- if item.url != "" %}<a href="{{ item.url | link }}" style="color:#173a8f;font-weight:600;text-decoration:none"><bdi>{{ item.title }}</bdi></a>{% else %}<strong><bdi>{{ item.title }}</bdi></strong>{% endif %}
{%- if item.reason != "" %}<div style="font-size:13px;color:#4a5568">{{ item.reason }}</div>{% endif %}</td>
<td align="${direction === 'rtl' ? 'left' : 'right'}" valign="top" style="font-size:15px;line-height:22px;color:#161b26;white-space:nowrap;padding-${direction === 'rtl' ? 'right' : 'left'}:16px">{{ item.price }}</td>
</tr></table>
</td></tr>
{%- endfor %}
{%- endif %}`;

/** Without an address there is no button: one that leads nowhere is worse than none. */
const buttonHtml = ({ label, url }: Extract<Block, { kind: 'button' }>): string =>
  `{%- assign buttonUrl = ${url} | default: "" %}
{%- if buttonUrl != "" %}
<tr><td align="center" style="padding:8px 32px 24px"><a href="{{ buttonUrl | link }}" style="display:inline-block;padding:13px 28px;border-radius:10px;background:#173a8f;font-size:16px;line-height:22px;font-weight:600;color:#ffffff;text-decoration:none">${label}</a></td></tr>
{%- endif %}`;

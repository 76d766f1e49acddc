// Templates to start from, in both languages: a coupon, and a reminder with recommendations. The words suit any shop:
// courses, books, memberships, goods.
// HTML for mail readers: one table of 600 px that shrinks on phones, styles inline, system fonts, no pictures
// (many readers block them), dark text on light ground with a contrast of at least 7:1.

import type { Template, Templates } from '../campaigns/campaign.ts';
import type { Language } from '../events/customer.ts';

interface Words {
  readonly language: Language;
  readonly subject: string;
  /** The line shown beside the subject in the list of mails. */
  readonly preview: string;
  readonly heading: string;
  readonly intro: string;
  readonly couponLabel: string;
  readonly couponTerms: string;
  /** Shown where the offer has a minimum. */
  readonly couponMinimum: string;
  readonly itemsHeading: string;
  readonly why: string;
  readonly unsubscribe: string;
  /** Punctuation that the layout sets: full-width in Chinese. */
  readonly marks: {
    readonly colon: string;
    readonly beforePrice: string;
    readonly afterPrice: string;
    /** Between two sentences. */
    readonly space: string;
  };
}

const couponEn: Words = {
  language: 'en',
  subject: '{{ coupon.discountText }} your next order',
  preview: 'Your own code, valid until {{ coupon.expiresText }}.',
  heading: '{{ coupon.discountText }}, just for you',
  intro:
    'Hello{% if customer.name != "" %} {{ customer.name }}{% endif %}, thank you for being our customer. Here is a code for whatever you choose next.',
  couponLabel: 'Your code',
  couponTerms: 'Valid until {{ coupon.expiresText }}.',
  couponMinimum: 'For orders from {{ coupon.minimumSpendText }}.',
  itemsHeading: 'Picked for you',
  why: 'You get this mail because you are a customer and have not opted out.',
  unsubscribe: 'Unsubscribe',
  marks: { colon: ': ', beforePrice: ' (', afterPrice: ')', space: ' ' },
};

const couponZh: Words = {
  language: 'zh-CN',
  subject: '送您一张{{ coupon.discountText }}优惠券',
  preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
  heading: '专属优惠：{{ coupon.discountText }}',
  intro:
    '{% if customer.name != "" %}{{ customer.name }}，{% endif %}您好！感谢您一直以来的支持。送您一个优惠码，下次选购时可用。',
  couponLabel: '您的优惠码',
  couponTerms: '有效期至{{ coupon.expiresText }}。',
  couponMinimum: '订单满{{ coupon.minimumSpendText }}可用。',
  itemsHeading: '为您推荐',
  why: '您收到此邮件，是因为您是我们的客户，且尚未退订。',
  unsubscribe: '退订',
  marks: { colon: '：', beforePrice: '，', afterPrice: '', space: '' },
};

const reminderEn: Words = {
  ...couponEn,
  subject: 'What would you like next?',
  preview: 'A few suggestions, based on what you chose before.',
  heading: 'What would you like next?',
  intro:
    'Hello{% if customer.name != "" %} {{ customer.name }}{% endif %}, thank you for being our customer.{% if recommendations.size > 0 %} These go well with what you chose before.{% endif %} We would be glad to see you again.',
};

const reminderZh: Words = {
  ...couponZh,
  subject: '接下来想选点什么？',
  preview: '根据您以往的选择，为您准备了几个建议。',
  heading: '接下来想选点什么？',
  intro:
    '{% if customer.name != "" %}{{ customer.name }}，{% endif %}您好！感谢您一直以来的支持。{% if recommendations.size > 0 %}根据您以往的选择，我们为您推荐以下内容。{% endif %}期待您再次光临。',
};

const ifMinimum = (text: string): string => `{% if coupon.minimumSpendText != "" %}${text}{% endif %}`;

const couponHtml = ({ couponLabel, couponTerms, couponMinimum }: Words): string => `
          <tr><td style="padding:0 32px 24px">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#eef4ff;border:1px dashed #2f5fd0;border-radius:12px">
              <tr><td align="center" style="padding:20px 16px">
                <div style="font-size:13px;color:#3c4657">${couponLabel}</div>
                <div style="font-family:ui-monospace,Menlo,Consolas,monospace;font-size:22px;line-height:30px;font-weight:700;letter-spacing:1px;color:#173a8f;padding:8px 0">{{ coupon.code }}</div>
                <div style="font-size:13px;line-height:20px;color:#3c4657">${couponTerms}${ifMinimum(`<br>${couponMinimum}`)}</div>
              </td></tr>
            </table>
          </td></tr>`;

const itemsHtml = ({ itemsHeading }: Words): string => `
          {%- if recommendations.size > 0 %}
          <tr><td style="padding:0 32px 8px;font-size:16px;font-weight:700;color:#161b26">${itemsHeading}</td></tr>
          {%- for item in recommendations %}
          <tr><td style="padding:12px 32px;border-top:1px solid #e6e9f0">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>
              <td style="font-size:15px;line-height:22px;color:#161b26">
                {%- if item.url != "" %}<a href="{{ item.url | link }}" style="color:#173a8f;font-weight:600;text-decoration:none">{{ item.title }}</a>{% else %}<strong>{{ item.title }}</strong>{% endif %}
                {%- if item.reason != "" %}<div style="font-size:13px;color:#4a5568">{{ item.reason }}</div>{% endif %}
              </td>
              <td align="right" valign="top" style="font-size:15px;line-height:22px;color:#161b26;white-space:nowrap;padding-left:16px">{{ item.price }}</td>
            </tr></table>
          </td></tr>
          {%- endfor %}
          {%- endif %}`;

const htmlOf = (words: Words, hasCoupon: boolean): string => `<!doctype html>
<html lang="${words.language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light">
  <title>${words.heading}</title>
</head>
<body style="margin:0;padding:0;background:#f3f5f9;font-family:-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',Arial,sans-serif">
  <div style="display:none;max-height:0;overflow:hidden">${words.preview}</div>
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f9">
    <tr><td align="center" style="padding:24px 12px">
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;border-radius:16px">
          <tr><td style="padding:32px 32px 8px;font-size:26px;line-height:34px;font-weight:700;color:#161b26">${words.heading}</td></tr>
          <tr><td style="padding:8px 32px 24px;font-size:16px;line-height:26px;color:#2b3342">${words.intro}</td></tr>${hasCoupon ? couponHtml(words) : ''}${itemsHtml(words)}
          <tr><td style="padding:24px 32px 32px;font-size:12px;line-height:18px;color:#4a5568;border-top:1px solid #e6e9f0">
            ${words.why}${words.marks.space}<a href="{{ unsubscribeUrl }}" style="color:#4a5568;text-decoration:underline;white-space:nowrap">${words.unsubscribe}</a>
          </td></tr>
      </table>
    </td></tr>
  </table>
</body>
</html>
`;

const textOf = (words: Words, hasCoupon: boolean): string => `${words.heading}

${words.intro}
${hasCoupon ? `\n${words.couponLabel}${words.marks.colon}{{ coupon.code }}\n${words.couponTerms}${ifMinimum(words.marks.space + words.couponMinimum)}\n` : ''}
{%- if recommendations.size > 0 %}

${words.itemsHeading}
{%- for item in recommendations %}
- {{ item.title }}{% if item.price != "" %}${words.marks.beforePrice}{{ item.price }}${words.marks.afterPrice}{% endif %}
{%- if item.reason != "" %}
  {{ item.reason }}
{%- endif %}
{%- if item.url != "" %}
  {{ item.url | link }}
{%- endif %}
{%- endfor %}
{%- endif %}

--
${words.why}
${words.unsubscribe}${words.marks.colon}{{ unsubscribeUrl }}
`;

const templateOf = (words: Words, hasCoupon: boolean): Template => ({
  subject: words.subject,
  html: htmlOf(words, hasCoupon),
  text: textOf(words, hasCoupon),
});

export const defaultTemplates: { readonly coupon: Templates; readonly reminder: Templates } = {
  coupon: { en: templateOf(couponEn, true), 'zh-CN': templateOf(couponZh, true) },
  reminder: { en: templateOf(reminderEn, false), 'zh-CN': templateOf(reminderZh, false) },
};

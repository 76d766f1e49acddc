// Templates to start from, in both languages: a coupon, and a reminder with recommendations. The words suit any shop:
// courses, books, memberships, goods. Layout: lib/campaigns/mail-layout.ts.

import type { MailTemplate, Templates } from '../campaigns/campaign.ts';
import { footerWords, greeting } from '../campaigns/mail-footer.ts';
import { type Block, type LayoutWords, layout } from '../campaigns/mail-layout.ts';
import { rewardTemplates } from '../campaigns/reward-templates.ts';

/** Where a card in the app leads; nowhere without recommendations. */
const firstLink = '{{ recommendations[0].url | default: "" | link }}';
/** A gift, a trial or a bundle is not off an order. */
const onOrder = "{% if coupon.kind == 'percent' or coupon.kind == 'amount' %} your next order{% endif %}";

const couponEn: LayoutWords = {
  ...footerWords.en,
  subject: `{{ coupon.discountText }}${onOrder}`,
  preview: 'Your own code, valid until {{ coupon.expiresText }}.',
  heading: '{{ coupon.discountText }}, just for you',
  sms: `{{ coupon.discountText }}${onOrder} with code {{ coupon.code }}, until {{ coupon.expiresText }}. Stop: {{ unsubscribeUrl }}`,
  push: {
    title: '{{ coupon.discountText }}, just for you',
    body: 'Code {{ coupon.code }}, valid until {{ coupon.expiresText }}.',
  },
  inApp: {
    title: '{{ coupon.discountText }}, just for you',
    body: 'Your code {{ coupon.code }} is valid until {{ coupon.expiresText }}.',
    url: firstLink,
  },
};

const couponZh: LayoutWords = {
  ...footerWords['zh-CN'],
  subject: '送您一张{{ coupon.discountText }}优惠券',
  preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
  heading: '专属优惠：{{ coupon.discountText }}',
  sms: '送您{{ coupon.discountText }}优惠，优惠码{{ coupon.code }}，{{ coupon.expiresText }}前有效。退订：{{ unsubscribeUrl }}',
  push: {
    title: '专属优惠：{{ coupon.discountText }}',
    body: '优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
  inApp: {
    title: '专属优惠：{{ coupon.discountText }}',
    body: '您的优惠码{{ coupon.code }}有效期至{{ coupon.expiresText }}。',
    url: firstLink,
  },
};

const couponBlocksEn: readonly Block[] = [
  {
    kind: 'text',
    text: `${greeting.en}thank you for being our customer. Here is a code for whatever you choose next.`,
  },
  {
    kind: 'coupon',
    label: 'Your code',
    terms: 'Valid until {{ coupon.expiresText }}.',
    minimum: 'For orders from {{ coupon.minimumSpendText }}.',
  },
  { kind: 'items', from: 'recommendations', heading: 'Picked for you' },
];

const couponBlocksZh: readonly Block[] = [
  { kind: 'text', text: `${greeting['zh-CN']}感谢您一直以来的支持。送您一个优惠码，下次选购时可用。` },
  {
    kind: 'coupon',
    label: '您的优惠码',
    terms: '有效期至{{ coupon.expiresText }}。',
    minimum: '订单满{{ coupon.minimumSpendText }}可用。',
  },
  { kind: 'items', from: 'recommendations', heading: '为您推荐' },
];

const reminderEn: LayoutWords = {
  ...footerWords.en,
  subject: 'What would you like next?',
  preview: 'A few suggestions, based on what you chose before.',
  heading: 'What would you like next?',
  sms: 'What would you like next? We have a few suggestions for you. Stop: {{ unsubscribeUrl }}',
  push: { title: 'What would you like next?', body: 'A few suggestions, based on what you chose before.' },
  inApp: {
    title: 'What would you like next?',
    body: 'A few suggestions, based on what you chose before.',
    url: firstLink,
  },
};

const reminderZh: LayoutWords = {
  ...footerWords['zh-CN'],
  subject: '接下来想选点什么？',
  preview: '根据您以往的选择，为您准备了几个建议。',
  heading: '接下来想选点什么？',
  sms: '接下来想选点什么？我们为您准备了几个建议。退订：{{ unsubscribeUrl }}',
  push: { title: '接下来想选点什么？', body: '根据您以往的选择，为您准备了几个建议。' },
  inApp: { title: '接下来想选点什么？', body: '根据您以往的选择，为您准备了几个建议。', url: firstLink },
};

const reminderBlocksEn: readonly Block[] = [
  {
    kind: 'text',
    text: `${greeting.en}thank you for being our customer.{% if recommendations.size > 0 %} These go well with what you chose before.{% endif %} We would be glad to see you again.`,
  },
  { kind: 'items', from: 'recommendations', heading: 'Picked for you' },
];

const reminderBlocksZh: readonly Block[] = [
  {
    kind: 'text',
    text: `${greeting['zh-CN']}感谢您一直以来的支持。{% if recommendations.size > 0 %}根据您以往的选择，我们为您推荐以下内容。{% endif %}期待您再次光临。`,
  },
  { kind: 'items', from: 'recommendations', heading: '为您推荐' },
];

type MailTemplates = Templates & { readonly en: MailTemplate };

export const defaultTemplates: {
  readonly coupon: MailTemplates;
  readonly reminder: MailTemplates;
  readonly reward: Templates;
} = {
  coupon: { en: layout(couponEn, couponBlocksEn), 'zh-CN': layout(couponZh, couponBlocksZh) },
  reminder: { en: layout(reminderEn, reminderBlocksEn), 'zh-CN': layout(reminderZh, reminderBlocksZh) },
  reward: rewardTemplates,
};

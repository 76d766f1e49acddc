// The words that tell an advocate of the reward they earned, in both languages and for every channel. Sent as soon as
// the friend has ordered, so they say from when the code works, and that it goes where the order is given back.

import type { Templates } from './campaign.ts';
import { greeting } from './mail-footer.ts';
import { type MessageWords, templatesOf } from './strategies/messages.ts';

const words: MessageWords = {
  parts: ['text', 'coupon', 'note'],
  en: {
    subject: 'A friend used your code: {{ coupon.discountText }} for you',
    preview: 'A code of your own, as a thank-you.',
    heading: 'Thank you for telling a friend',
    text: `${greeting.en}somebody you told about us has placed a first order. This code is for you, to say thank you.`,
    note: '{% if coupon.validFromText != "" %}The code works from {{ coupon.validFromText }} on. {% endif %}If your friend’s order is given back in full before you have used the code, it is no longer valid.',
    short:
      'A friend used your code. Yours is {{ coupon.code }}: {{ coupon.discountText }}{% if coupon.validFromText != "" %}, from {{ coupon.validFromText }}{% endif %} until {{ coupon.deadlineText }}.',
  },
  'zh-CN': {
    subject: '好友用了您的邀请码，送您{{ coupon.discountText }}',
    preview: '送您一个专属优惠码，聊表谢意。',
    heading: '谢谢您的推荐',
    text: `${greeting['zh-CN']}您推荐的好友已下首单，这个优惠码送给您，聊表谢意。`,
    note: '{% if coupon.validFromText != "" %}优惠码自{{ coupon.validFromText }}起可用。{% endif %}若在您使用之前，好友的订单全额退款，优惠码将随之失效。',
    short:
      '好友用了您的邀请码，送您优惠码{{ coupon.code }}：{{ coupon.discountText }}，{% if coupon.validFromText != "" %}{{ coupon.validFromText }}起可用，{% endif %}有效期至{{ coupon.deadlineText }}。',
  },
};

export const rewardTemplates: Templates = templatesOf(words);

// A strategy's message in both languages and for every channel, from its words and the parts of the mail in order.
// Labels that all share stand here. Words are Liquid sources (lib/deliveries/mail-variables.ts). A code is always shown
// with its true end, time and zone; nothing counts down and nothing is said to be scarce that is not.

import type { Language } from '../../events/customer.ts';
import type { MessageAction, Template, Templates } from '../campaign.ts';
import type { JourneyStep } from '../journey.ts';
import { footerWords } from '../mail-footer.ts';
import { type Block, layout } from '../mail-layout.ts';

/** `own`: the items of the message's focus. */
export type Part =
  | 'text'
  | 'own'
  | 'coupon'
  | 'recommendations'
  | 'button'
  | 'note'
  | 'deadline'
  | 'referral';

export interface Words {
  readonly subject: string;
  /** The line beside the subject in the list of mails. */
  readonly preview: string;
  readonly heading: string;
  readonly text: string;
  /** Above the items of the focus. */
  readonly own?: string;
  /** Above the recommendations; absent: "Picked for you". */
  readonly recommendations?: string;
  readonly button?: string;
  /** A second paragraph, where the part `note` stands. */
  readonly note?: string;
  /** One sentence or two for an SMS, a push and an in-app card; the SMS gets its way out from here. */
  readonly short: string;
}

export interface MessageWords {
  readonly parts: readonly Part[];
  readonly en: Words;
  readonly 'zh-CN': Words;
  /** Where the button leads, a Liquid expression. Absent: the first item. */
  readonly url?: string;
}

export const templatesOf = (words: MessageWords): Templates => ({
  en: templateOf(words, 'en'),
  'zh-CN': templateOf(words, 'zh-CN'),
});

const templateOf = (message: MessageWords, language: Language): Template => {
  const words = message[language];
  const url = message.url ?? (message.parts.includes('own') ? 'items[0].url' : 'recommendations[0].url');
  return layout(
    {
      ...footerWords[language],
      subject: words.subject,
      preview: words.preview,
      heading: words.heading,
      sms: `${words.short}${wayOut[language]}`,
      push: { title: words.heading, body: words.short },
      inApp: { title: words.heading, body: words.short },
    },
    message.parts.map((part) => blockOf(part, words, labels[language], url)),
  );
};

interface Labels {
  readonly code: string;
  readonly terms: string;
  readonly minimum: string;
  readonly deadline: string;
  readonly recommendations: string;
  readonly look: string;
  readonly referral: string;
  readonly referralNote: string;
}

const labels: { readonly [language in Language]: Labels } = {
  en: {
    code: 'Your code',
    terms: '{{ coupon.discountText }}, valid until {{ coupon.deadlineText }}',
    minimum: 'For orders from {{ coupon.minimumSpendText }}',
    deadline: 'Ends on {{ coupon.deadlineText }}',
    recommendations: 'Picked for you',
    look: 'Take a look',
    referral: 'Your code for friends',
    referralNote:
      'Friends get {{ referral.friendRewardText }} their first order. For each of them you get {{ referral.rewardText }} your next one.',
  },
  'zh-CN': {
    code: '您的优惠码',
    terms: '{{ coupon.discountText }}，有效期至{{ coupon.deadlineText }}',
    minimum: '订单满{{ coupon.minimumSpendText }}可用',
    deadline: '截止时间：{{ coupon.deadlineText }}',
    recommendations: '为您推荐',
    look: '去看看',
    referral: '您的专属邀请码',
    referralNote:
      '好友首单可享{{ referral.friendRewardText }}；每邀请成功一位，您的下一单可享{{ referral.rewardText }}。',
  },
};

const wayOut: { readonly [language in Language]: string } = {
  en: ' Stop: {{ unsubscribeUrl }}',
  'zh-CN': '退订：{{ unsubscribeUrl }}',
};

const blockOf = (part: Part, words: Words, label: Labels, url: string): Block => {
  switch (part) {
    case 'text':
      return { kind: 'text', text: words.text };
    case 'note':
      return { kind: 'text', text: words.note ?? '' };
    case 'own':
      return { kind: 'items', from: 'items', heading: words.own ?? '' };
    case 'recommendations':
      return {
        kind: 'items',
        from: 'recommendations',
        heading: words.recommendations ?? label.recommendations,
      };
    case 'coupon':
      return { kind: 'coupon', label: label.code, terms: label.terms, minimum: label.minimum };
    case 'deadline':
      return { kind: 'deadline', text: label.deadline };
    case 'button':
      return { kind: 'button', label: words.button ?? label.look, url };
    case 'referral':
      return { kind: 'referral', label: label.referral, note: label.referralNote };
  }
};

/** "Statistics" or "Statistics and 2 more", of the message's own items. */
export const ownTitles = {
  en: '{{ items[0].title }}{% if items.size > 1 %} and {{ items.size | minus: 1 }} more{% endif %}',
  'zh-CN': '“{{ items[0].title }}”{% if items.size > 1 %}等{{ items.size }}件{% endif %}',
} as const;

// ---- steps of a journey --------------------------------------------------------------------------------

export const send = (stepId: string, message: MessageAction): JourneyStep => ({
  stepId,
  kind: 'send',
  message,
});

export const wait = (stepId: string, hours: number): JourneyStep => ({ stepId, kind: 'wait', hours });

/** Who orders in between leaves: what they were to be asked for has happened. */
export const journey = (...steps: readonly JourneyStep[]) =>
  ({ kind: 'journey', steps, exitOnPurchase: true }) as const;

/** A code of the customer's own with its own end, good once; `entriesCount`: how many such codes one may redeem. */
export const percentOff = (percent: number, expiresAfterDays: number, entriesCount = 1) => ({
  discount: { kind: 'percent', percent } as const,
  expiresAfterDays,
  redemptionsPerCodeMax: 1,
  redemptionsPerCustomerMax: entriesCount,
});

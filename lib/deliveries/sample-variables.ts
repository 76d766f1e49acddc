// Variables for checking templates and for looking at them without a customer: every variable is there, and the
// values hold what breaks careless templates (markup, quotes, an ampersand).

import type { Language } from '../events/customer.ts';
import type { MailVariables } from './mail-variables.ts';

/** `referral`: a coupon message whose code brings friends. */
export type SampleKind = 'coupon' | 'reminder' | 'referral';

export const sampleVariables = (language: Language, kind: SampleKind): MailVariables => {
  const chinese = language === 'zh-CN';
  return {
    customer: {
      id: 'customer-1',
      name: chinese ? '李雷 & “韩梅梅”' : 'Ada <Lovelace> & "Co"',
      language,
      traits: {},
    },
    campaign: { id: 'campaign-1', name: chinese ? '新学期' : 'New term' },
    ...(kind === 'referral' && {
      referral: {
        code: '7K2M-9QXA-4TNB',
        rewardText: chinese ? '8.5折' : '15% off',
        friendRewardText: chinese ? '8.5折' : '15% off',
        waitDays: 14,
        rewardsMax: 5,
      },
    }),
    ...(kind !== 'reminder' && {
      coupon: {
        code: '7K2M-9QXA-4TNB',
        kind: 'percent',
        discountText: chinese ? '8.5折' : '15% off',
        expiresAt: '2030-01-31T12:00:00.000Z',
        expiresText: chinese ? '2030年1月31日' : 'January 31, 2030',
        deadlineText: chinese ? '2030年1月31日 20:00（GMT+8）' : 'January 31, 2030 at 12:00 PM UTC',
        validFromText: '',
        daysLeft: 3,
        minimumSpendText: '',
        eligibleItemsText: '',
      },
    }),
    items: [
      {
        id: 'course-probability',
        title: chinese ? '概率论（上）' : 'Probability, part 1',
        reason: '',
        price: chinese ? '¥39' : '€39',
        url: 'https://shop.example/courses/probability',
        endsText: chinese ? '2030年1月31日' : 'January 31, 2030',
      },
    ],
    recommendations: [
      {
        id: 'course-statistics',
        title: chinese ? '统计学入门' : 'Statistics from the start',
        reason: chinese ? '因为您学过《概率论》' : 'Because you took Probability',
        price: chinese ? '¥49' : '€49',
        url: 'https://shop.example/courses/statistics',
        endsText: '',
      },
    ],
    unsubscribeUrl: 'https://api.example/v1/unsubscribe/sample-token',
    preferenceUrl: 'https://api.example/v1/preferences/sample-token',
    decisionId: 'decision-1',
  };
};

// Renewal and expiry: before the date, on its last day, and after it, against the first mail alone. The customer's own
// date stands in each mail. Who renews in between is left alone: the item then ends far ahead, and nothing is due.

import { z } from 'zod';
import type { Journey, JourneyStep } from '../journey.ts';
import { greeting } from '../mail-footer.ts';
import { type MessageWords, send, templatesOf, wait } from './messages.ts';
import { continuing, meaning, periodOf, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const before: MessageWords = {
  parts: ['text', 'own', 'button'],
  en: {
    subject: '{{ items[0].title }} ends on {{ items[0].endsText }}',
    preview: 'What you can do until then.',
    heading: 'Your access ends on {{ items[0].endsText }}',
    text: `${greeting.en}a note in good time: {{ items[0].title }} ends on {{ items[0].endsText }}. If you renew before then, everything goes on without a break. If not, you need to do nothing.`,
    own: 'What ends',
    button: 'Renew',
    short:
      '{{ items[0].title }} ends on {{ items[0].endsText }}. Renew before then to go on without a break.',
  },
  'zh-CN': {
    subject: '“{{ items[0].title }}”将于{{ items[0].endsText }}到期',
    preview: '到期之前，您可以这样做。',
    heading: '您的权益将于{{ items[0].endsText }}到期',
    text: `${greeting['zh-CN']}提前提醒您：“{{ items[0].title }}”将于{{ items[0].endsText }}到期。在此之前续期，使用不会中断；如不续期，无需任何操作。`,
    own: '即将到期',
    button: '立即续期',
    short: '“{{ items[0].title }}”将于{{ items[0].endsText }}到期，提前续期，使用不中断。',
  },
};

const lastDay: MessageWords = {
  parts: ['text', 'own', 'button'],
  en: {
    subject: 'About to end: {{ items[0].title }}',
    preview: 'It ends on {{ items[0].endsText }}.',
    heading: 'Your access is about to end',
    text: `${greeting.en}{{ items[0].title }} ends on {{ items[0].endsText }}. This is the last note before that date.`,
    own: 'What ends',
    button: 'Renew',
    short: '{{ items[0].title }} ends on {{ items[0].endsText }}.',
  },
  'zh-CN': {
    subject: '“{{ items[0].title }}”即将到期',
    preview: '到期日：{{ items[0].endsText }}。',
    heading: '您的权益即将到期',
    text: `${greeting['zh-CN']}“{{ items[0].title }}”将于{{ items[0].endsText }}到期。这是到期前的最后一次提醒。`,
    own: '即将到期',
    button: '立即续期',
    short: '“{{ items[0].title }}”将于{{ items[0].endsText }}到期。',
  },
};

const after: MessageWords = {
  parts: ['text', 'own', 'button'],
  en: {
    subject: '{{ items[0].title }} has ended',
    preview: 'You can come back whenever you like.',
    heading: 'Your access has ended',
    text: `${greeting.en}{{ items[0].title }} ended on {{ items[0].endsText }}. Should you want to go on, you can begin again whenever you like. We will not write about it again.`,
    own: 'What ended',
    button: 'Begin again',
    short: '{{ items[0].title }} ended on {{ items[0].endsText }}. You can begin again whenever you like.',
  },
  'zh-CN': {
    subject: '“{{ items[0].title }}”已到期',
    preview: '想回来时，随时可以重新开通。',
    heading: '您的权益已到期',
    text: `${greeting['zh-CN']}“{{ items[0].title }}”已于{{ items[0].endsText }}到期。如果想继续，随时可以重新开通。此事我们不再打扰。`,
    own: '已到期',
    button: '重新开通',
    short: '“{{ items[0].title }}”已于{{ items[0].endsText }}到期，随时可以重新开通。',
  },
};

const about = (words: MessageWords) =>
  ({ kind: 'reminder', focus: 'expiring', templates: templatesOf(words) }) as const;

/**
 * Branches look at the customer's own date, so that who entered with fewer days left (in the first run) is reminded on
 * the last day, too: waits of 16, 8, 4, 2 and 1 days, each where more is left, come to any number of days less one.
 */
const three = (days: number): Journey => ({
  kind: 'journey',
  // A book bought meanwhile is no renewal.
  exitOnPurchase: false,
  steps: [
    send('before', about(before)),
    more('is-ahead', 1, 'days-after'),
    ...[16, 8, 4, 2, 1].filter((wide) => wide < days).flatMap(waitIfMore),
    {
      stepId: 'is-last-day',
      kind: 'branch',
      condition: { fact: 'expiresInDays', op: 'lte', value: 1 },
      otherwise: 'days-after',
    },
    send('last-day', about(lastDay)),
    // At most four days after the date, and within the days that the message looks back.
    wait('days-after', Math.min(4, days - 1) * 24),
    {
      stepId: 'has-ended',
      kind: 'branch',
      condition: { fact: 'daysSinceExpiry', op: 'lte', value: days },
      otherwise: 'end',
    },
    send('after', about(after)),
    { stepId: 'end', kind: 'exit' },
  ],
});

const more = (stepId: string, days: number, otherwise: string): JourneyStep => ({
  stepId,
  kind: 'branch',
  condition: { fact: 'expiresInDays', op: 'gt', value: days },
  otherwise,
});

const waitIfMore = (days: number): readonly JourneyStep[] => [
  more(`more-than-${days}`, days, days === 1 ? 'is-last-day' : `more-than-${days / 2}`),
  wait(`wait-${days}`, days * 24),
];

export const renewalReminder = strategy({
  name: 'renewal-reminder',
  title: said('Expiry and renewal reminder', '到期与续期提醒'),
  purpose: said(
    'Reminds of what ends: before the date, on the last day, and after it; tested against the first mail alone.',
    '在到期前、最后一天和到期后提醒，并与只提醒一次对比。',
  ),
  when: said(
    'For memberships, plans and access that end. Needs items with repurchase renews or expires. Sent as a reminder: it reaches those who refused marketing but not reminders.',
    '适合会员、套餐与限期权益。商品需设置 repurchase 为 renews 或 expires。按“提醒”发送：拒收营销但未拒收提醒的客户也能收到。',
  ),
  parameters: z.strictObject({
    ...continuing,
    days: z
      .int()
      .min(2)
      .max(30)
      .default(7)
      .meta(meaning('How many days before the date the first mail goes out.', '到期前多少天发送第一封。')),
  }),
  build: (parameters, nowMs) => ({
    ...usual(parameters),
    name: 'Expiry and renewal reminder',
    audience: { fact: 'expiresInDays', op: 'lte', value: parameters.days },
    trigger: { kind: 'before-expiry', days: parameters.days, ...periodOf(parameters, nowMs) },
    variants: [
      { name: 'three-reminders', weight: 0.5, action: three(parameters.days) },
      { name: 'one-reminder', weight: 0.5, action: about(before) },
    ],
    purpose: 'reminder',
    priority: 30,
    recommendationsCount: 0,
    windowDays: parameters.days + 14,
  }),
});

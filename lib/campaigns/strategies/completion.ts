// Strategies for customers who have just completed something: the next part of its series where there is one, and
// otherwise what to learn next. The two share the event and divide its customers, so that nobody gets both.

import { z } from 'zod';
import type { Focus } from '../campaign.ts';
import type { Condition } from '../condition.ts';
import type { CampaignDefinition } from '../definition.ts';
import { greeting } from '../mail-footer.ts';
import { journey, type MessageWords, percentOff, send, templatesOf, wait } from './messages.ts';
import { daysOf, entriesOf, hoursOf, meaning, onEvent, percentOf, repeating, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const nextPart: MessageWords = {
  parts: ['text', 'own', 'button'],
  en: {
    subject: 'Next: {{ items[0].title }}',
    preview: 'The next part of what you completed.',
    heading: 'On to the next part',
    text: `${greeting.en}well done! This is the part that follows, while everything is still fresh in your mind.`,
    own: 'Next in your series',
    short: 'Well done! Next in your series: {{ items[0].title }}.',
  },
  'zh-CN': {
    subject: '下一站：{{ items[0].title }}',
    preview: '您完成的内容有了续篇。',
    heading: '继续下一部分',
    text: `${greeting['zh-CN']}恭喜完成！趁热打铁，接下来的这一部分正好衔接。`,
    own: '系列的下一部分',
    short: '恭喜完成！系列的下一部分：{{ items[0].title }}。',
  },
};

const nextPartCoupon: MessageWords = {
  parts: ['text', 'own', 'coupon', 'button'],
  en: {
    subject: '{{ coupon.discountText }} the next part: {{ items[0].title }}',
    preview: 'For having completed the last one: a code until {{ coupon.expiresText }}.',
    heading: '{{ coupon.discountText }} the next part',
    text: `${greeting.en}well done! For having completed the last part, here is something towards the next.`,
    own: 'Next in your series',
    short:
      'Well done! {{ coupon.discountText }} the next part with code {{ coupon.code }}, until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '{{ items[0].title }}，{{ coupon.discountText }}',
    preview: '恭喜完成上一部分，优惠码有效期至{{ coupon.expiresText }}。',
    heading: '下一部分，{{ coupon.discountText }}',
    text: `${greeting['zh-CN']}恭喜完成！送您一个优惠码，助您继续下一部分。`,
    own: '系列的下一部分',
    short:
      '恭喜完成！下一部分可享{{ coupon.discountText }}，优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
};

const completed = '{% if items.size > 0 %}{{ items[0].title }}{% endif %}';

const learnNext: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  url: 'recommendations[0].url',
  en: {
    subject: `You completed ${completed}. What next?`,
    preview: 'A few ways to go on from there.',
    heading: 'Well done! What next?',
    text: `${greeting.en}you completed “${completed}”. From there it can go on in more than one direction.`,
    recommendations: 'Ways to go on',
    short: `You completed ${completed}. We have a few ideas how to go on.`,
  },
  'zh-CN': {
    subject: `您已完成《${completed}》，接下来呢？`,
    preview: '从这里出发，有几个方向可选。',
    heading: '恭喜完成！接下来呢？',
    text: `${greeting['zh-CN']}您已经完成了《${completed}》。从这里出发，可以走向不止一个方向。`,
    recommendations: '可选的方向',
    short: `您已完成《${completed}》。接下来怎么走，我们有几个建议。`,
  },
};

const learnNextCoupon: MessageWords = {
  parts: ['text', 'coupon', 'recommendations', 'button'],
  url: 'recommendations[0].url',
  en: {
    subject: `${completed} completed: {{ coupon.discountText }} what comes next`,
    preview: 'Your own code, valid until {{ coupon.expiresText }}.',
    heading: '{{ coupon.discountText }} what comes next',
    text: `${greeting.en}you completed “${completed}”. That deserves something towards what comes next, whatever you choose.`,
    recommendations: 'Ways to go on',
    short:
      'Well done! {{ coupon.discountText }} what comes next with code {{ coupon.code }}, until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: `《${completed}》已完成，下一步{{ coupon.discountText }}`,
    preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
    heading: '下一步，{{ coupon.discountText }}',
    text: `${greeting['zh-CN']}您已经完成了《${completed}》。送您一个优惠码，下一步学什么都能用。`,
    recommendations: '可选的方向',
    short:
      '恭喜完成！下一步可享{{ coupon.discountText }}，优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
};

const parameters = z.strictObject({
  ...repeating,
  event: z
    .enum(['Course Completed', 'Content Completed'])
    .default('Course Completed')
    .meta(meaning('The event that completes something.', '表示“完成”的事件。')),
  delayHours: hoursOf(20, 'Hours between the completion and the message.', '完成后多少小时发送。'),
  percent: percentOf(
    10,
    'Discount of the coupon in the arm that gets one, in percent.',
    '送券的一组中，优惠券的折扣百分比。',
  ),
  couponDays: daysOf(14, 'For how many days the code is valid.', '优惠码有效天数。'),
});

interface Ways {
  readonly name: string;
  readonly audience: Condition;
  readonly focus: Focus;
  readonly plain: MessageWords;
  readonly coupon: MessageWords;
}

const afterCompletion = (
  { name, audience, focus, plain, coupon }: Ways,
  given: z.output<typeof parameters>,
  nowMs: number,
): CampaignDefinition => ({
  ...usual(given),
  name,
  audience,
  trigger: onEvent(given.event, given, nowMs),
  variants: [
    {
      name: 'reminder',
      weight: 0.5,
      action: journey(
        wait('let-it-settle', given.delayHours),
        send('reminder', { kind: 'reminder', focus, templates: templatesOf(plain) }),
      ),
    },
    {
      name: 'coupon',
      weight: 0.5,
      action: journey(
        wait('let-it-settle', given.delayHours),
        send('coupon', {
          kind: 'coupon',
          focus,
          offer: percentOff(given.percent, given.couponDays, entriesOf(given)),
          templates: templatesOf(coupon),
        }),
      ),
    },
  ],
  priority: 15,
});

export const nextInSeries = strategy({
  name: 'next-in-series',
  title: said('Next course in the series', '系列下一课'),
  purpose: said(
    'Offers the next part of a series to those who have completed one, plain or with a coupon.',
    '客户完成系列中的一部分后，推荐下一部分，并比较送券与不送券。',
  ),
  when: said(
    'For catalogues with series. Needs completion events, and items with series and position.',
    '适合有系列内容的目录。需要“完成”事件，且商品标明系列与序号。',
  ),
  parameters,
  build: (given, nowMs) =>
    afterCompletion(
      {
        name: 'Next course in the series',
        audience: { fact: 'nextInSeries', op: 'present' },
        focus: 'series',
        plain: nextPart,
        coupon: nextPartCoupon,
      },
      given,
      nowMs,
    ),
});

export const whatToLearnNext = strategy({
  name: 'what-to-learn-next',
  title: said('What to learn next', '学完之后学什么'),
  purpose: said(
    'Recommends ways to go on after a completion that has no next part, plain or with a coupon.',
    '客户完成且没有后续部分时，推荐接下来的方向，并比较送券与不送券。',
  ),
  when: said(
    'Beside "Next course in the series": it takes those for whom there is no next part. Needs completion events.',
    '与“系列下一课”配合使用：负责没有下一部分的客户。需要“完成”事件。',
  ),
  parameters,
  build: (given, nowMs) =>
    afterCompletion(
      {
        name: 'What to learn next',
        audience: { fact: 'nextInSeries', op: 'absent' },
        focus: 'completed',
        plain: learnNext,
        coupon: learnNextCoupon,
      },
      given,
      nowMs,
    ),
});

// Strategies for the weeks after a first purchase, when most customers decide whether there will be a second one.
// Both compare with and without a coupon: a discount that was not needed is only a cost.

import { z } from 'zod';
import { greeting } from '../mail-footer.ts';
import { journey, type MessageWords, percentOff, send, templatesOf, wait } from './messages.ts';
import { continuing, daysOf, hoursOf, onEvent, percentOf, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const firstOrder = { fact: 'orders', op: 'eq', value: 1 } as const;

const firstSteps: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  en: {
    subject: 'Making the most of your first order',
    preview: 'A good start, and where it can lead.',
    heading: 'A good start',
    text: `${greeting.en}thank you for your first order. Twenty quiet minutes this week are enough to begin. And when you are ready for more, here are a few ways to go on.`,
    recommendations: 'Where it can lead',
    short: 'Thank you for your first order. Twenty minutes this week are enough to begin.',
  },
  'zh-CN': {
    subject: '好的开始：让您的第一份选择发挥价值',
    preview: '从哪里开始，接下来可以去哪里。',
    heading: '好的开始',
    text: `${greeting['zh-CN']}感谢您的首次购买。本周抽出安静的二十分钟，就可以开始了。等您准备好继续，不妨看看下面这些方向。`,
    recommendations: '接下来的方向',
    short: '感谢您的首次购买。本周抽出二十分钟，就可以开始了。',
  },
};

const nextStep: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  en: {
    subject: 'Your next step, whenever you like',
    preview: 'A few things that go well with what you chose.',
    heading: 'What goes well with your choice',
    text: `${greeting.en}you have had a few days with your first order. These follow on from it, and each says why it is here.`,
    short: 'A few things that go well with your first order are waiting for you.',
  },
  'zh-CN': {
    subject: '下一步，随时可以开始',
    preview: '几样与您的选择相得益彰的内容。',
    heading: '与您的选择相得益彰',
    text: `${greeting['zh-CN']}距您首次购买已有几天。下面这些可以与之衔接，每一项都写明了推荐的理由。`,
    short: '我们挑选了几样与您首次购买相得益彰的内容，欢迎来看看。',
  },
};

const secondOrderCoupon: MessageWords = {
  parts: ['text', 'coupon', 'recommendations', 'button'],
  en: {
    subject: '{{ coupon.discountText }} your second order',
    preview: 'Your own code, valid until {{ coupon.expiresText }}.',
    heading: '{{ coupon.discountText }} for your second order',
    text: `${greeting.en}the second step is easier than the first. If something below is for you, this code is yours to use.`,
    short:
      '{{ coupon.discountText }} your second order with code {{ coupon.code }}, until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '第二次选购，{{ coupon.discountText }}',
    preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
    heading: '第二次选购，{{ coupon.discountText }}',
    text: `${greeting['zh-CN']}有了第一步，第二步会更轻松。如果下面有您中意的，这个优惠码请收好。`,
    short:
      '第二次选购可享{{ coupon.discountText }}，优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
};

const thanks: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  en: {
    subject: 'Thank you for your first order',
    preview: 'And a few ideas for later.',
    heading: 'Thank you',
    text: `${greeting.en}it is good to have you with us. Should you want to go on, here are a few ideas for later.`,
    short: 'Thank you for your first order. We have a few ideas for later.',
  },
  'zh-CN': {
    subject: '感谢您的首次购买',
    preview: '顺便为您准备了几个后续建议。',
    heading: '谢谢您',
    text: `${greeting['zh-CN']}很高兴您选择了我们。如果以后想继续，这里有几个建议供您参考。`,
    short: '感谢您的首次购买。我们为您准备了几个后续建议。',
  },
};

const welcomeParameters = z.strictObject({
  ...continuing,
  percent: percentOf(
    10,
    'Discount of the coupon at the end of one of the two series, in percent.',
    '两组系列中，其中一组末尾优惠券的折扣百分比。',
  ),
  couponDays: daysOf(7, 'For how many days that code is valid.', '优惠码有效天数。'),
});

export const welcomeToSecondPurchase = strategy({
  name: 'welcome-second-purchase',
  title: said('Welcome to second purchase', '从新客到复购'),
  purpose: said(
    'Leads first-time buyers to a second order by a short series of useful mails, with or without a coupon at its end.',
    '用一组有用的邮件引导首购客户完成第二次购买，并比较末尾送券与不送券的差别。',
  ),
  when: said(
    'Start here when many customers buy once and never again. Needs Order Completed events.',
    '适合“买过一次就不再来”的客户较多时使用，建议最先启用。需要 Order Completed 事件。',
  ),
  parameters: welcomeParameters,
  build: (parameters, nowMs) => {
    const { percent, couponDays } = parameters;
    const steps = [
      wait('settle-in', 24),
      send('first-steps', { kind: 'reminder', templates: templatesOf(firstSteps) }),
      wait('time-to-use', 9 * 24),
      send('next-step', { kind: 'reminder', templates: templatesOf(nextStep) }),
    ];
    const coupon = send('coupon', {
      kind: 'coupon',
      offer: percentOff(percent, couponDays),
      templates: templatesOf(secondOrderCoupon),
    });
    return {
      ...usual(parameters),
      name: 'Welcome to second purchase',
      audience: firstOrder,
      trigger: onEvent('Order Completed', parameters, nowMs),
      variants: [
        { name: 'series', weight: 0.5, action: journey(...steps) },
        {
          name: 'series-and-coupon',
          weight: 0.5,
          action: journey(...steps, wait('before-coupon', 11 * 24), coupon),
        },
      ],
      windowDays: 45,
      priority: 10,
    };
  },
});

const couponParameters = z.strictObject({
  ...continuing,
  percent: percentOf(15, 'Discount of the coupon, in percent.', '优惠券折扣百分比。'),
  couponDays: daysOf(14, 'For how many days the code is valid.', '优惠码有效天数。'),
  delayHours: hoursOf(72, 'Hours between the first order and the message.', '首次购买后多少小时发送。'),
});

export const couponAfterFirstPurchase = strategy({
  name: 'coupon-after-first-purchase',
  title: said('Coupon after first purchase', '首购后送券'),
  purpose: said(
    'Gives first-time buyers a code for their second order, and tests it against a plain thank-you.',
    '向首购客户赠送第二次购买的优惠码，并与单纯的感谢信对比。',
  ),
  when: said(
    'Use it to learn what a discount adds to a thank-you. Choose this or the welcome series, not both. Needs Order Completed events.',
    '用于了解折扣相比感谢信多带来多少复购。与“从新客到复购”二选一即可。需要 Order Completed 事件。',
  ),
  parameters: couponParameters,
  build: (parameters, nowMs) => {
    const { percent, couponDays, delayHours } = parameters;
    return {
      ...usual(parameters),
      name: 'Coupon after first purchase',
      audience: firstOrder,
      trigger: onEvent('Order Completed', parameters, nowMs),
      variants: [
        {
          name: 'coupon',
          weight: 0.5,
          action: journey(
            wait('settle-in', delayHours),
            send('coupon', {
              kind: 'coupon',
              offer: percentOff(percent, couponDays),
              templates: templatesOf(secondOrderCoupon),
            }),
          ),
        },
        {
          name: 'thanks',
          weight: 0.5,
          action: journey(
            wait('settle-in', delayHours),
            send('thanks', { kind: 'reminder', templates: templatesOf(thanks) }),
          ),
        },
      ],
    };
  },
});

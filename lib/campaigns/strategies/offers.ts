// Coupons that begin on a date: win-back of the lapsed, and a limited-time offer with its true deadline. What is offered
// is compared with news or with nothing: customers come back by themselves, too.

import { z } from 'zod';
import { dayMs } from '../../base/time.ts';
import { greeting } from '../mail-footer.ts';
import { type MessageWords, percentOff, templatesOf } from './messages.ts';
import {
  continuing,
  daysOf,
  instantOf,
  meaning,
  percentOf,
  periodOf,
  shared,
  startOf,
  usual,
} from './parameters.ts';
import { said, strategy } from './strategy.ts';

const buyers = { fact: 'orders', op: 'gte', value: 1 } as const;

const winBackCoupon: MessageWords = {
  parts: ['text', 'coupon', 'recommendations', 'button'],
  en: {
    subject: '{{ coupon.discountText }}, if you feel like coming back',
    preview: 'Your own code, valid until {{ coupon.expiresText }}.',
    heading: 'It has been a while',
    text: `${greeting.en}we have not seen you for some time. If you feel like going on, this code is for you, and these are what we would suggest today.`,
    short:
      '{{ coupon.discountText }} with code {{ coupon.code }}, if you feel like coming back. Until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '好久不见，{{ coupon.discountText }}等您回来',
    preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
    heading: '好久不见',
    text: `${greeting['zh-CN']}有一段时间没有见到您了。如果想重新开始，这个优惠码送给您，下面是我们现在想推荐给您的。`,
    short:
      '好久不见！优惠码{{ coupon.code }}可享{{ coupon.discountText }}，有效期至{{ coupon.expiresText }}。',
  },
};

const winBackNews: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  en: {
    subject: 'What we would suggest to you today',
    preview: 'It has been a while, and there is much that is new.',
    heading: 'It has been a while',
    text: `${greeting.en}we have not seen you for some time, and there is much that you do not know yet. This is what we would suggest today.`,
    short: 'It has been a while. Have a look at what we would suggest to you today.',
  },
  'zh-CN': {
    subject: '好久不见，这些可能适合现在的您',
    preview: '这段时间多了不少新内容。',
    heading: '好久不见',
    text: `${greeting['zh-CN']}有一段时间没有见到您了，这期间多了不少您还没看过的内容。下面是我们现在想推荐给您的。`,
    short: '好久不见！来看看我们现在想推荐给您的内容。',
  },
};

export const winBack = strategy({
  name: 'win-back',
  title: said('Win back the lapsed', '唤回流失客户'),
  purpose: said(
    'Writes to buyers who have not ordered for long: a coupon, or only what we would suggest today.',
    '联系长时间未购买的客户：一组送券，另一组只做推荐。',
  ),
  when: said(
    'Once for all who lapsed, or every month for those who lapsed since. Choose the days by how long customers usually take until they order again.',
    '可一次性覆盖全部流失客户，也可每月覆盖新近流失者。天数请按客户通常的复购间隔来定。',
  ),
  parameters: z.strictObject({
    ...continuing,
    lapsedDays: daysOf(
      180,
      'Days without an order after which a customer counts as lapsed.',
      '多少天未购买视为流失。',
    ),
    repeats: z
      .boolean()
      .default(false)
      .meta(
        meaning(
          'true: every 30 days, those who lapsed in the 30 days before, each once. false: once, everybody who lapsed.',
          'true：每 30 天覆盖此前 30 天内新流失的客户，每人一次；false：一次性覆盖所有流失客户。',
        ),
      ),
    percent: percentOf(20, 'Discount of the coupon, in percent.', '优惠券折扣百分比。'),
    couponDays: daysOf(14, 'For how many days the code is valid.', '优惠码有效天数。'),
  }),
  build: (parameters, nowMs) => {
    const { lapsedDays, repeats, percent, couponDays } = parameters;
    const everyDays = 30;
    const since = { fact: 'daysSinceLastOrder', op: 'gte', value: lapsedDays } as const;
    const lately = { fact: 'daysSinceLastOrder', op: 'lt', value: lapsedDays + everyDays } as const;
    return {
      ...usual(parameters),
      name: 'Win back the lapsed',
      audience: { all: repeats ? [buyers, since, lately] : [buyers, since] },
      trigger: repeats
        ? { kind: 'recurring', everyDays, ...periodOf(parameters, nowMs) }
        : { kind: 'at', at: startOf(parameters, nowMs) },
      variants: [
        {
          name: 'coupon',
          weight: 0.5,
          action: {
            kind: 'coupon',
            offer: percentOff(
              percent,
              couponDays,
              repeats ? Math.ceil(parameters.runsForDays / everyDays) : 1,
            ),
            templates: templatesOf(winBackCoupon),
          },
        },
        { name: 'news', weight: 0.5, action: { kind: 'reminder', templates: templatesOf(winBackNews) } },
      ],
    };
  },
});

const limited: MessageWords = {
  parts: ['text', 'deadline', 'coupon', 'recommendations', 'button'],
  en: {
    subject: '{{ coupon.discountText }} until {{ coupon.expiresText }}',
    preview: 'One code for whatever you choose, until {{ coupon.deadlineText }}.',
    heading: '{{ coupon.discountText }} whatever you choose',
    text: `${greeting.en}for a few days your next order costs less. The code is yours and works once. The end below is its real end: the code stops working then, for everybody.`,
    short: '{{ coupon.discountText }} with code {{ coupon.code }}, until {{ coupon.deadlineText }}.',
  },
  'zh-CN': {
    subject: '限时{{ coupon.discountText }}，{{ coupon.expiresText }}截止',
    preview: '一个优惠码，任选可用，截止{{ coupon.deadlineText }}。',
    heading: '限时{{ coupon.discountText }}，任您选择',
    text: `${greeting['zh-CN']}这几天下单更优惠。优惠码为您专属，可使用一次。下面的截止时间以此为准：届时所有优惠码同时失效。`,
    short: '限时{{ coupon.discountText }}，优惠码{{ coupon.code }}，{{ coupon.deadlineText }}截止。',
  },
};

export const limitedTimeOffer = strategy({
  name: 'limited-time-offer',
  title: said('Limited-time offer', '限时优惠'),
  purpose: said(
    'A code for every earlier buyer that ends for all at the same instant, which the mail shows.',
    '向老客户发放同一时刻截止的优惠码，邮件如实显示截止时间。',
  ),
  when: said(
    'For an occasion. Rarely: who waits for the next one buys less in between, and the holdout shows it.',
    '适合特定时机，宜少用：习惯等活动的客户平时会少买，对照组能看出这一点。',
  ),
  parameters: z.strictObject({
    ...shared,
    percent: percentOf(20, 'Discount, in percent.', '折扣百分比。'),
    endsAt: instantOf(
      'When the codes end, for all at the same instant. Default: five days after the start.',
      '优惠码统一的截止时间。默认：开始后五天。',
    ).optional(),
  }),
  build: (parameters, nowMs) => {
    const at = startOf(parameters, nowMs);
    const expiresAt = new Date(parameters.endsAt ?? Date.parse(at) + 5 * dayMs).toISOString();
    const { expiresAfterDays: _, ...offer } = percentOff(parameters.percent, 1);
    return {
      ...usual(parameters),
      name: 'Limited-time offer',
      audience: buyers,
      trigger: { kind: 'at', at },
      variants: [
        {
          name: 'offer',
          weight: 1,
          action: { kind: 'coupon', offer: { ...offer, expiresAt }, templates: templatesOf(limited) },
        },
      ],
    };
  },
});

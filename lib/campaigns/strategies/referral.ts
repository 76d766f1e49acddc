// Referral: satisfied customers get a code for friends. The friend's first order costs less, and the customer is sent a
// code too, which works once that order has stood for some days. Own codes and rings are refused at redemption (lib/offers).

import { z } from 'zod';
import { greeting } from '../mail-footer.ts';
import { rewardTemplates } from '../reward-templates.ts';
import { type MessageWords, percentOff, templatesOf } from './messages.ts';
import { daysOf, meaning, percentOf, shared, startOf, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const invitation: MessageWords = {
  parts: ['text', 'referral', 'note'],
  en: {
    subject: 'A code for your friends, and one for you',
    preview: 'Your friends pay less, and so do you.',
    heading: 'Good things are for sharing',
    text: `${greeting.en}you know by now whether we are any good. If you think of somebody whom it would suit, give them this code.`,
    note: 'Several friends can use it, each for a first order, until {{ coupon.deadlineText }}. For {% if referral.rewardsMax == 1 %}the first of them{% else %}up to {{ referral.rewardsMax }} of them{% endif %} we send you a code of your own as soon as they have ordered{% if referral.waitDays > 0 %}; it works once the order has stood for {{ referral.waitDays }} days{% endif %}.',
    short:
      'A code for your friends: {{ coupon.code }}. They pay less, and so do you. Until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '送好友一份优惠，也送您一份',
    preview: '好友下单更省，您也有份。',
    heading: '好东西，值得分享',
    text: `${greeting['zh-CN']}我们做得怎么样，您最清楚。如果想到有谁也适合，就把这个邀请码告诉 TA 吧。`,
    note: '可邀请多位好友，限好友首单使用，有效期至{{ coupon.deadlineText }}。好友下单后，我们即向您发送一个优惠码，最多{{ referral.rewardsMax }}个{% if referral.waitDays > 0 %}；该订单满{{ referral.waitDays }}天未退款，优惠码即可使用{% endif %}。',
    short: '您的好友邀请码：{{ coupon.code }}。好友下单更省，您也有份，有效期至{{ coupon.expiresText }}。',
  },
};

export const referral = strategy({
  name: 'referral',
  title: said('Referral programme', '好友推荐'),
  purpose: said(
    'Gives satisfied customers a code for friends; friend and customer are both rewarded.',
    '向满意的客户发放好友邀请码，好友与客户双方都有奖励。',
  ),
  when: said(
    'When customers come back by themselves: those who ordered twice have shown that they are content. The effect measured is on the orders of those who invite; what friends order is in the report of redemptions.',
    '适合客户会主动回购的业务：买过两次即表示满意。活动效果统计的是邀请人自己的订单；好友的订单见核销报告。',
  ),
  parameters: z.strictObject({
    ...shared,
    ordersMin: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .meta(meaning('Orders from which a customer counts as satisfied.', '下单多少次视为满意客户。')),
    friendPercent: percentOf(20, "Discount on the friend's order, in percent.", '好友订单的折扣百分比。'),
    rewardPercent: percentOf(
      20,
      "Discount on the customer's own next order, for each friend, in percent.",
      '每邀请一位好友，客户自己下一单的折扣百分比。',
    ),
    codeDays: daysOf(60, 'For how many days friends can use the code.', '邀请码有效天数。'),
    waitDays: z
      .int()
      .min(0)
      .max(90)
      .default(14)
      .meta(
        meaning(
          "Days the friend's order must have stood, so that refunded orders earn nothing.",
          '好友订单须满多少天未退款，才发放奖励。',
        ),
      ),
    rewardsMax: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .meta(meaning('Rewards for one customer at most.', '每位客户最多获得的奖励次数。')),
  }),
  build: (parameters, nowMs) => {
    const { ordersMin, friendPercent, rewardPercent, codeDays, waitDays, rewardsMax } = parameters;
    return {
      ...usual(parameters),
      name: 'Referral programme',
      audience: { fact: 'orders', op: 'gte', value: ordersMin },
      trigger: { kind: 'at', at: startOf(parameters, nowMs) },
      variants: [
        {
          name: 'invitation',
          weight: 1,
          action: {
            kind: 'coupon',
            offer: {
              ...percentOff(friendPercent, codeDays),
              referral: { reward: percentOff(rewardPercent, 60), waitDays, rewardsMax },
            },
            templates: templatesOf(invitation),
            rewardMessage: { templates: rewardTemplates },
          },
        },
      ],
      recommendationsCount: 0,
    };
  },
});

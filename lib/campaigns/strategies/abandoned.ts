// Strategies for what was nearly bought: left in the cart, or looked at. Who buys meanwhile leaves the journey, and a
// message about nothing is not sent (lib/campaigns/focus.ts). Coupons come late and to one arm only: customers learn to
// wait for a code that comes at once.

import { z } from 'zod';
import { greeting } from '../mail-footer.ts';
import { journey, type MessageWords, ownTitles, percentOff, send, templatesOf, wait } from './messages.ts';
import { daysOf, entriesOf, hoursOf, meaning, onEvent, percentOf, repeating, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const cartWords: MessageWords = {
  parts: ['text', 'own', 'button', 'recommendations'],
  en: {
    subject: `Still in your cart: ${ownTitles.en}`,
    preview: 'Everything is where you left it.',
    heading: 'Everything is where you left it',
    text: `${greeting.en}you put this into your cart and have not got round to ordering it. It is still there, should you want to go on.`,
    own: 'In your cart',
    button: 'Back to the cart',
    recommendations: 'Or rather one of these?',
    short: `${ownTitles.en}: still in your cart, should you want to go on.`,
  },
  'zh-CN': {
    subject: `购物车里还有${ownTitles['zh-CN']}`,
    preview: '都为您留着，随时可以继续。',
    heading: '都为您留着',
    text: `${greeting['zh-CN']}您把下面的内容加入了购物车，还没有来得及下单。它们都还在，随时可以继续。`,
    own: '您的购物车',
    button: '回到购物车',
    recommendations: '或者看看这些',
    short: `${ownTitles['zh-CN']}还在您的购物车里，随时可以继续。`,
  },
};

const cartCoupon: MessageWords = {
  parts: ['text', 'own', 'coupon', 'button'],
  en: {
    subject: '{{ coupon.discountText }} what is in your cart',
    preview: 'Your own code, valid until {{ coupon.expiresText }}.',
    heading: '{{ coupon.discountText }} your cart',
    text: `${greeting.en}if the price made you hesitate, perhaps this helps. The code holds for your whole order.`,
    own: 'In your cart',
    button: 'Back to the cart',
    short: '{{ coupon.discountText }} your cart with code {{ coupon.code }}, until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '您购物车里的内容，{{ coupon.discountText }}',
    preview: '您的专属优惠码，有效期至{{ coupon.expiresText }}。',
    heading: '您的购物车，{{ coupon.discountText }}',
    text: `${greeting['zh-CN']}如果是价格让您犹豫，希望这个优惠码能帮上忙。整单可用。`,
    own: '您的购物车',
    button: '回到购物车',
    short:
      '您的购物车可享{{ coupon.discountText }}，优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
};

/** The button leads to the cart where its address is known; else to the first item, and says no more than that. */
const withCart = (words: MessageWords, cartUrl: string | undefined): MessageWords => {
  if (cartUrl !== undefined) {
    return { ...words, url: JSON.stringify(cartUrl) };
  }
  const [{ button: _en, ...en }, { button: _zh, ...zh }] = [words.en, words['zh-CN']];
  return { ...words, en, 'zh-CN': zh };
};

const viewWords: MessageWords = {
  parts: ['text', 'own', 'button', 'recommendations'],
  en: {
    subject: 'About {{ items[0].title }}',
    preview: 'What you looked at, and what is close to it.',
    heading: 'Still thinking it over?',
    text: `${greeting.en}you had a look at this lately. Here it is once more, beside a few that are close to it, so that you can compare at leisure.`,
    own: 'You looked at',
    recommendations: 'Close to it',
    short: 'Still thinking about {{ items[0].title }}? Compare at leisure.',
  },
  'zh-CN': {
    subject: '关于“{{ items[0].title }}”',
    preview: '您看过的，以及与之相近的选择。',
    heading: '还在考虑吗？',
    text: `${greeting['zh-CN']}您最近看过下面的内容。我们把它和几个相近的选择放在一起，方便您从容比较。`,
    own: '您看过',
    recommendations: '相近的选择',
    short: '还在考虑“{{ items[0].title }}”吗？欢迎从容比较。',
  },
};

export const abandonedCart = strategy({
  name: 'abandoned-cart',
  title: said('Abandoned cart', '购物车挽回'),
  purpose: said(
    'Reminds of what was left in the cart after some hours; one arm adds a coupon two days later.',
    '加入购物车数小时后仍未下单的，发送提醒；其中一组两天后再送优惠券。',
  ),
  when: said(
    'For shops with a cart. Needs Product Added and, where the cart can be emptied, Product Removed events. The arms show whether the coupon earns its cost.',
    '适合有购物车的商店，需要 Product Added 事件，可移出购物车的还需 Product Removed 事件。两组对比可看出优惠券是否值得。',
  ),
  parameters: z.strictObject({
    ...repeating,
    delayHours: hoursOf(4, 'Hours between the cart and the reminder.', '加入购物车后多少小时提醒。'),
    couponDelayHours: hoursOf(
      44,
      'Hours between the reminder and the coupon, in the arm that gets one.',
      '在送券的一组中，提醒之后多少小时送券。',
    ),
    cartUrl: z
      .url({ protocol: /^https$/, error: 'must be an address that begins with https://' })
      .optional()
      .meta(
        meaning(
          'Where the button leads: the page of the cart. Default: the first item in it.',
          '按钮指向的购物车页面地址。默认指向购物车中的第一件。',
        ),
      ),
    percent: percentOf(10, 'Discount of that coupon, in percent.', '优惠券折扣百分比。'),
    couponDays: daysOf(3, 'For how many days the code is valid.', '优惠码有效天数。'),
  }),
  build: (parameters, nowMs) => {
    const { delayHours, couponDelayHours, percent, couponDays, cartUrl } = parameters;
    const reminder = [
      wait('time-to-order', delayHours),
      send('reminder', {
        kind: 'reminder',
        focus: 'cart',
        templates: templatesOf(withCart(cartWords, cartUrl)),
      }),
    ];
    const coupon = send('coupon', {
      kind: 'coupon',
      focus: 'cart',
      offer: percentOff(percent, couponDays, entriesOf(parameters)),
      templates: templatesOf(withCart(cartCoupon, cartUrl)),
    });
    return {
      ...usual(parameters),
      name: 'Abandoned cart',
      audience: { fact: 'cart', op: 'present' },
      trigger: onEvent('Product Added', parameters, nowMs),
      variants: [
        { name: 'reminder', weight: 0.5, action: journey(...reminder) },
        {
          name: 'reminder-and-coupon',
          weight: 0.5,
          action: journey(...reminder, wait('time-to-decide', couponDelayHours), coupon),
        },
      ],
      windowDays: 14,
      priority: 20,
      recommendationsCount: 2,
    };
  },
});

export const abandonedView = strategy({
  name: 'abandoned-view',
  title: said('Abandoned view', '浏览挽回'),
  purpose: said(
    'Takes up what a customer looked at and did not buy, a day later, beside what is close to it.',
    '客户浏览后未购买的，一天后连同相近的选择一并发送。',
  ),
  when: said(
    'For catalogues where people compare before they buy. Needs Product Viewed events. Who has something in the cart is left to that strategy.',
    '适合购买前常作比较的商品，需要 Product Viewed 事件。购物车中已有商品的客户由“购物车挽回”负责。',
  ),
  parameters: z.strictObject({
    ...repeating,
    delayHours: hoursOf(24, 'Hours between the visit and the message.', '浏览后多少小时发送。'),
  }),
  build: (parameters, nowMs) => ({
    ...usual(parameters),
    name: 'Abandoned view',
    audience: {
      all: [
        { fact: 'viewedNotBought', op: 'present' },
        { fact: 'cart', op: 'absent' },
      ],
    },
    trigger: onEvent('Product Viewed', parameters, nowMs),
    variants: [
      {
        name: 'reminder',
        weight: 1,
        action: journey(
          wait('time-to-decide', parameters.delayHours),
          send('reminder', { kind: 'reminder', focus: 'viewed', templates: templatesOf(viewWords) }),
        ),
      },
    ],
    windowDays: 14,
    priority: -10,
  }),
});

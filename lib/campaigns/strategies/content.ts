// Offers of content instead of a lower price: a free chapter, tested against suggestions, and a bundle that raises the
// order.

import { z } from 'zod';
import { itemId } from '../../base/ids.ts';
import { greeting } from '../mail-footer.ts';
import { type MessageWords, percentOff, templatesOf } from './messages.ts';
import { daysOf, meaning, percentOf, shared, startOf, usual } from './parameters.ts';
import { said, strategy } from './strategy.ts';

const buyers = { fact: 'orders', op: 'gte', value: 1 } as const;

/** A parameter's text stands in Liquid sources: it must show as it is and never be read as code. */
const literal = (text: string): string => `{{ ${JSON.stringify(text)} }}`;

const chapterWords = (title: string, url: string): MessageWords => ({
  parts: ['text', 'button', 'recommendations'],
  url: JSON.stringify(url),
  en: {
    subject: `Free for you: ${title}`,
    preview: 'To read or watch at once, without an order.',
    heading: title,
    text: `${greeting.en}this one is free for you: no order, no account beside the one you have. See for yourself whether it is what you are looking for.`,
    button: 'Open it now',
    recommendations: 'If you want more of it',
    short: `Free for you: ${title}. Open it at once, without an order.`,
  },
  'zh-CN': {
    subject: `免费送您：${title}`,
    preview: '无需下单，马上就能看。',
    heading: title,
    text: `${greeting['zh-CN']}这份内容免费送给您，无需下单，也不用另外注册。先看看，再决定它是不是您要找的。`,
    button: '立即打开',
    recommendations: '如果想继续',
    short: `免费送您：${title}。无需下单，马上就能看。`,
  },
});

const suggestions: MessageWords = {
  parts: ['text', 'recommendations', 'button'],
  en: {
    subject: 'A few suggestions for you',
    preview: 'Chosen by what you liked before.',
    heading: 'A few suggestions for you',
    text: `${greeting.en}these go well with what you chose before; each says why it is here.`,
    short: 'We have a few suggestions for you, chosen by what you liked before.',
  },
  'zh-CN': {
    subject: '为您挑选的几个建议',
    preview: '根据您以往的喜好挑选。',
    heading: '为您挑选的几个建议',
    text: `${greeting['zh-CN']}下面这些与您以往的选择相配，每一项都写明了推荐的理由。`,
    short: '根据您以往的喜好，我们为您挑选了几个建议。',
  },
};

export const freeChapter = strategy({
  name: 'free-chapter',
  title: said('Free chapter', '免费试读'),
  purpose: said(
    'Gives quiet customers a chapter, a lesson or a sample for nothing, and tests it against suggestions.',
    '向近期安静的客户赠送一章、一课或样品，并与普通推荐对比。',
  ),
  when: said(
    'When the content convinces by itself and a discount would only cost margin.',
    '适合内容本身足够有说服力、不必靠打折的情况。',
  ),
  parameters: z.strictObject({
    ...shared,
    contentTitle: z
      .string()
      .trim()
      .min(1)
      .max(120)
      .meta(meaning('Title of what is free, as readers should see it.', '免费内容的标题，将原样显示。')),
    contentUrl: z
      .url({ protocol: /^https$/, error: 'must be an address that begins with https://' })
      .meta(meaning('Where it opens.', '打开地址。')),
    quietDays: daysOf(30, 'Buyers without an order for so many days.', '多少天未下单的老客户。'),
  }),
  build: (parameters, nowMs) => ({
    ...usual(parameters),
    name: 'Free chapter',
    audience: {
      all: [buyers, { fact: 'daysSinceLastOrder', op: 'gte', value: parameters.quietDays }],
    },
    trigger: { kind: 'at', at: startOf(parameters, nowMs) },
    variants: [
      {
        name: 'free-chapter',
        weight: 0.5,
        action: {
          kind: 'reminder',
          templates: templatesOf(chapterWords(literal(parameters.contentTitle), parameters.contentUrl)),
        },
      },
      {
        name: 'suggestions',
        weight: 0.5,
        action: { kind: 'reminder', templates: templatesOf(suggestions) },
      },
    ],
  }),
});

const bundleWords: MessageWords = {
  parts: ['text', 'coupon'],
  en: {
    subject: 'Better together: {{ coupon.discountText }}',
    preview: 'One code for the set, valid until {{ coupon.expiresText }}.',
    heading: 'Better together',
    text: `${greeting.en}these belong together, and together they cost less. Put all of them into one order and use your code.`,
    short: '{{ coupon.discountText }}. Code {{ coupon.code }}, until {{ coupon.expiresText }}.',
  },
  'zh-CN': {
    subject: '组合更划算：{{ coupon.discountText }}',
    preview: '一个优惠码，整套可用，有效期至{{ coupon.expiresText }}。',
    heading: '组合更划算',
    text: `${greeting['zh-CN']}这几样搭配在一起更完整，也更划算。一次下单买齐，使用您的优惠码即可。`,
    short: '{{ coupon.discountText }}。优惠码{{ coupon.code }}，有效期至{{ coupon.expiresText }}。',
  },
};

export const bundle = strategy({
  name: 'bundle',
  title: said('Bundle', '组合优惠'),
  purpose: said(
    'Offers a set of items for less when all of them are on one order, to buyers who have none of them.',
    '向尚未拥有其中任何一件的老客户提供整套组合优惠，须同单购买。',
  ),
  when: said(
    'For items that complete one another. It raises the order instead of lowering its price.',
    '适合相互补充的商品：提高客单价，而不是单纯降价。',
  ),
  parameters: z.strictObject({
    ...shared,
    itemIds: z
      .array(z.string().min(1))
      .min(2)
      .max(5)
      .meta(meaning('The items of the set, by id.', '组合中各商品的 id。')),
    percent: percentOf(15, 'Discount on the complete set, in percent.', '整套的折扣百分比。'),
    couponDays: daysOf(14, 'For how many days the code is valid.', '优惠码有效天数。'),
  }),
  build: (parameters, nowMs) => {
    const { itemIds, percent, couponDays } = parameters;
    return {
      ...usual(parameters),
      name: 'Bundle',
      audience: { all: [buyers, { not: { fact: 'owns', op: 'in', value: itemIds } }] },
      trigger: { kind: 'at', at: startOf(parameters, nowMs) },
      variants: [
        {
          name: 'bundle',
          weight: 1,
          action: {
            kind: 'coupon',
            offer: {
              ...percentOff(percent, couponDays),
              discount: { kind: 'bundle', itemIds: itemIds.map(itemId), off: { kind: 'percent', percent } },
            },
            templates: templatesOf(bundleWords),
          },
        },
      ],
      recommendationsCount: 0,
    };
  },
});

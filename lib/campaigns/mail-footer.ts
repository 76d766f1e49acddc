// What every built-in mail says at its end and how it greets, in both languages; spread into the words of a layout.

import type { LayoutWords } from './mail-layout.ts';

type FooterWords = Pick<LayoutWords, 'language' | 'why' | 'unsubscribe' | 'preferences'>;

export const footerWords: { readonly en: FooterWords; readonly 'zh-CN': FooterWords } = {
  en: {
    language: 'en',
    why: 'You get this mail because you are a customer and have not opted out.',
    unsubscribe: 'Unsubscribe',
    preferences: 'Preferences',
  },
  'zh-CN': {
    language: 'zh-CN',
    why: '您收到此邮件，是因为您是我们的客户，且尚未退订。',
    unsubscribe: '退订',
    preferences: '偏好设置',
  },
};

/** Liquid sources: "Hello Ada, " and "李雷，您好！"; whole sentences without a name too. */
export const greeting: { readonly en: string; readonly 'zh-CN': string } = {
  en: 'Hello{% if customer.name != "" %} {{ customer.name }}{% endif %}, ',
  'zh-CN': '{% if customer.name != "" %}{{ customer.name }}，{% endif %}您好！',
};

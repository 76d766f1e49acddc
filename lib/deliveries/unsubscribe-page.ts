// The page behind the unsubscribe link, in the customer's language. Opening it changes nothing (mail scanners open
// every link); its button does, by POST to the same address.

import type { Channel, Language, Suppression } from '../events/customer.ts';
import { htmlPage, maskedAddress } from './html-page.ts';

export interface UnsubscribePage {
  readonly language: Language;
  readonly channel: Channel;
  readonly suppression: Suppression | undefined;
  /** A button was just pressed. */
  readonly changed: boolean;
  /** Shown so that people with several accounts see which one; masked. */
  readonly email: string | undefined;
  /** Token of the preference page, which stands beside this one. */
  readonly preferences: string;
}

export const unsubscribePage = ({
  language,
  channel,
  suppression,
  changed,
  email,
  preferences,
}: UnsubscribePage): string => {
  const words = wordsOf[language](channelNames[language][channel]);
  const isOff = suppression !== undefined;
  const heading = isOff ? (changed ? words.done : words.off) : changed ? words.resumed : words.question;
  const button = isOff
    ? suppression.reason === 'unsubscribed'
      ? form('resubscribe', words.resubscribe, 'quiet')
      : ''
    : form('unsubscribe', words.unsubscribe, 'strong');
  const address = email === undefined ? '' : `<p class="address">${maskedAddress(email)}</p>`;
  return htmlPage(
    language,
    words.title,
    `<h1>${heading}</h1>
${address}
<p>${isOff ? words.offNote : words.onNote}</p>
${button}
<p class="note"><a href="../preferences/${preferences}">${words.preferences}</a></p>`,
  );
};

const channelNames: { readonly [language in Language]: { readonly [channel in Channel]: string } } = {
  en: { email: 'mail', sms: 'text messages', push: 'notifications', 'in-app': 'messages in the app' },
  'zh-CN': { email: '邮件', sms: '短信', push: '通知', 'in-app': '应用内消息' },
};

const wordsOf = {
  en: (messages: string) => ({
    title: 'Preferences',
    question: `Stop marketing ${messages}?`,
    done: 'You are unsubscribed',
    off: `You do not get marketing ${messages}`,
    resumed: 'Welcome back',
    onNote: 'Mail about your orders is not affected.',
    offNote: `We no longer send marketing ${messages} to you. Mail about your orders is not affected.`,
    unsubscribe: 'Unsubscribe',
    resubscribe: 'Subscribe again',
    preferences: 'Choose what you get, and where',
  }),
  'zh-CN': (messages: string) => ({
    title: '偏好设置',
    question: `不再接收营销${messages}？`,
    done: '您已退订',
    off: `您目前不会收到营销${messages}`,
    resumed: '欢迎回来',
    onNote: '与订单相关的邮件不受影响。',
    offNote: `我们不会再向您发送营销${messages}。与订单相关的邮件不受影响。`,
    unsubscribe: '退订',
    resubscribe: '重新订阅',
    preferences: '选择接收哪些内容与方式',
  }),
} as const;

/** An empty action posts to the page's own address, whatever stands in front of the API. */
const form = (action: string, label: string, style: string): string =>
  `<form method="post" action=""><input type="hidden" name="action" value="${action}"><button class="${style}">${label}</button></form>`;

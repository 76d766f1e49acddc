// The preference page: a form with a box for each channel and purpose, the channel and the language liked best. It
// names what it showed (`shown`), since a box that is not ticked sends nothing.

import type { Channel, Language, Purpose, Suppression } from '../events/customer.ts';
import { htmlPage, maskedAddress } from './html-page.ts';

export interface ChannelPreference {
  readonly channel: Channel;
  /** Why nothing comes on it at all; undefined: it is open. */
  readonly stopped: Suppression['reason'] | undefined;
  readonly purposes: readonly { readonly purpose: Purpose; readonly wanted: boolean }[];
}

export interface PreferencePage {
  readonly language: Language;
  readonly email: string | undefined;
  /** The form was just stored. */
  readonly saved: boolean;
  readonly channels: readonly ChannelPreference[];
  readonly preferredChannel: Channel | undefined;
  /** Absent: not chosen here, so apps and devices tell it. */
  readonly chosenLanguage: Language | undefined;
}

export const preferencePage = (page: PreferencePage): string => {
  const { language, email, saved, channels } = page;
  const words = wordsOf[language];
  return htmlPage(
    language,
    words.title,
    `<h1>${words.title}</h1>
${email === undefined ? '' : `<p class="address">${maskedAddress(email)}</p>`}
${saved ? `<p class="done" role="status">${words.saved}</p>` : ''}
<form method="post" action="">
${channels.map((one) => channelFields(one, language)).join('\n')}
<fieldset><legend>${words.preferred}</legend>
${select('preferredChannel', words.preferred, page.preferredChannel, [
  ['none', words.noPreference],
  ...channels.map(({ channel }): Option => [channel, words.channels[channel]]),
])}</fieldset>
<fieldset><legend>${words.language}</legend>
${select('language', words.language, page.chosenLanguage, [['none', words.asInApp], ...languages])}</fieldset>
<button class="strong">${words.save}</button>
</form>
<p class="note">${words.orders}</p>`,
  );
};

const channelFields = ({ channel, stopped, purposes }: ChannelPreference, language: Language): string => {
  const words = wordsOf[language];
  // What a click here cannot lift is not offered.
  const isFixed = stopped !== undefined && stopped !== 'unsubscribed';
  const boxes = purposes.map(({ purpose, wanted }) => {
    const name = `${channel}:${purpose}`;
    const shown = isFixed ? '' : `<input type="hidden" name="shown" value="${name}">`;
    const state = `${wanted ? ' checked' : ''}${isFixed ? ' disabled' : ''}`;
    return `${shown}<label><input type="checkbox" name="want" value="${name}"${state}><span>${words.purposes[purpose]}</span></label>`;
  });
  const note = stopped === undefined ? '' : `<p class="note">${words.stopped[stopped]}</p>`;
  return `<fieldset><legend>${words.channels[channel]}</legend>\n${boxes.join('\n')}\n${note}</fieldset>`;
};

type Option = readonly [value: string, label: string];

const select = (
  name: string,
  label: string,
  chosen: string | undefined,
  options: readonly Option[],
): string =>
  `<select name="${name}" aria-label="${label}">${options
    .map(
      ([value, text]) =>
        `<option value="${value}"${value === (chosen ?? 'none') ? ' selected' : ''}>${text}</option>`,
    )
    .join('')}</select>`;

/** Each in itself, so that everyone finds their own. */
const languages: readonly Option[] = [
  ['en', 'English'],
  ['zh-CN', '简体中文'],
];

const wordsOf = {
  en: {
    title: 'What would you like to get?',
    saved: 'Saved.',
    save: 'Save',
    channels: { email: 'Mail', sms: 'Text messages', push: 'Notifications', 'in-app': 'Messages in the app' },
    purposes: {
      marketing: 'News and offers',
      reminder: 'Reminders about what I have: renewals, progress, what comes next',
    },
    stopped: {
      unsubscribed: 'You unsubscribed from all of these. Tick what you would like again.',
      bounced: 'Stopped: what we sent came back. Give us a working address in your account.',
      complained: 'Stopped: you reported a message of ours as unwanted.',
      manual: 'Stopped by us. Write to us if you would like these again.',
    },
    preferred: 'Preferred channel',
    noPreference: 'No preference',
    language: 'Language',
    asInApp: 'As in the app',
    orders: 'Messages about your orders are not affected.',
  },
  'zh-CN': {
    title: '您希望收到哪些内容？',
    saved: '已保存。',
    save: '保存',
    channels: { email: '邮件', sms: '短信', push: '通知', 'in-app': '应用内消息' },
    purposes: { marketing: '新品与优惠', reminder: '与已购内容相关的提醒：续期、进度、后续内容' },
    stopped: {
      unsubscribed: '您已退订此类全部内容。勾选即可重新接收。',
      bounced: '已停止：我们发送的内容被退回。请在账户中填写有效的地址。',
      complained: '已停止：您曾将我们的消息举报为垃圾信息。',
      manual: '已由我们停止。如需恢复，请与我们联系。',
    },
    preferred: '首选接收方式',
    noPreference: '无偏好',
    language: '语言',
    asInApp: '与应用一致',
    orders: '与订单相关的消息不受影响。',
  },
} as const;

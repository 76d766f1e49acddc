// The words of a delivery on its channel, addressed: mail, SMS, push to the device seen last, or an offer to be shown in
// the app. Throws when the template cannot be rendered for this customer, or what came out is too long for the channel.

import { type ItemId, itemId } from '../base/ids.ts';
import { smsLengthMax, smsSegmentsCountMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import type { Language } from '../events/customer.ts';
import { liveDevices } from '../events/devices.ts';
import type { Delivery, OutgoingMessage } from '../ports.ts';
import {
  addressed,
  type Letter,
  type LetterContext,
  languageOf,
  linkRules,
  renderLetter,
  variablesOf,
} from './compose.ts';
import { ownLink } from './decision-links.ts';
import type { MailVariables } from './mail-variables.ts';
import { smsSize } from './sms-segments.ts';
import { renderInApp, renderPush, renderSms } from './template.ts';

export interface MessageContext extends LetterContext {
  readonly fromAddress: string;
  readonly settings: Pick<WorkspaceSettings, 'sms' | 'push'>;
}

export const messageOf = (letter: Letter, delivery: Delivery, context: MessageContext): OutgoingMessage => {
  switch (delivery.channel) {
    case 'email': {
      const to = letter.profile?.email ?? '';
      return addressed(
        wordsOf(renderLetter(letter, context), 'email'),
        delivery,
        to,
        context.fromAddress,
        context,
      );
    }
    case 'sms':
      return smsOf(letter, context);
    case 'push':
      return pushOf(letter, delivery, context);
    case 'in-app':
      return offerOf(letter, delivery, context);
  }
};

const smsOf = (letter: Letter, context: MessageContext): OutgoingMessage => {
  const { action, profile, campaign } = letter;
  const language = languageOf(profile);
  const rendered = renderSms(action.templates, language, variablesOf(letter, 'sms', context));
  const optOut = campaign.purpose === 'marketing' ? context.settings.sms?.optOutText[language] : undefined;
  const text = withOptOut(wordsOf(rendered, 'sms'), optOut ?? '', language);
  const { segments } = smsSize(text);
  if (segments > smsSegmentsCountMax || text.length > smsLengthMax) {
    throw new Error(
      `the SMS takes ${segments} segments and ${text.length} characters; at most ${smsSegmentsCountMax} and ${smsLengthMax} are allowed`,
    );
  }
  // Checked to be E.164 but for the separators that people write.
  const to = (profile?.phone ?? '').replace(/[ .()-]/g, '');
  return { channel: 'sms', to, text, purpose: campaign.purpose };
};

/** Carriers ask for their keyword in marketing; a text that has it already stays as it is. */
const withOptOut = (text: string, optOut: string, language: Language): string =>
  optOut === '' || text.includes(optOut) ? text : `${text}${language === 'en' ? ' ' : ''}${optOut}`;

const pushOf = (letter: Letter, delivery: Delivery, context: MessageContext): OutgoingMessage => {
  const { action, profile, coupon } = letter;
  const { settings } = context;
  const device = liveDevices(profile).find(({ platform }) => settings.push?.[platform] !== undefined);
  if (device === undefined) {
    throw new Error('no device of this customer can be pushed to');
  }
  const variables = variablesOf(letter, 'push', context);
  const language = languageOf(profile);
  const { title, body } = wordsOf(renderPush(action.templates, language, variables), 'push');
  const bare = renderInApp(action.templates, language, variables)?.url;
  const url = bare && ownLink(bare, linkRules(variables, context));
  return {
    channel: 'push',
    platform: device.platform,
    token: device.token,
    title,
    body,
    data: {
      deliveryId: delivery.deliveryId,
      decisionId: delivery.decisionId,
      ...(coupon && { couponCode: coupon.code }),
      ...(url !== undefined && { url }),
    },
  };
};

const offerOf = (letter: Letter, delivery: Delivery, context: MessageContext): OutgoingMessage => {
  const { action, profile, coupon, campaign } = letter;
  const variables = variablesOf(letter, 'in-app', context);
  const rendered = renderInApp(action.templates, languageOf(profile), variables);
  const { title, body, url, placement } = wordsOf(rendered, 'in-app');
  const endMs = Date.parse(delivery.preparedAt) + campaign.windowDays * dayMs;
  const named = itemsNamed(`${title}\n${body}`, url ?? '', variables);
  return {
    channel: 'in-app',
    offer: {
      deliveryId: delivery.deliveryId,
      customerId: delivery.customerId,
      campaignId: delivery.campaignId,
      variant: delivery.variant,
      decisionId: delivery.decisionId,
      purpose: campaign.purpose,
      title,
      body,
      ...(url !== undefined && { url: ownLink(url, linkRules(variables, context)) }),
      ...(placement !== undefined && { placement }),
      ...(coupon && { couponCode: coupon.code }),
      ...(named.length > 0 && { itemIds: named }),
      priority: campaign.priority,
      createdAt: delivery.preparedAt,
      expiresAt: coupon?.expiresAt ?? new Date(endMs).toISOString(),
    },
  };
};

/** By title or address. Limit: a title that a template shortens is not found. */
const itemsNamed = (
  words: string,
  url: string,
  { items, recommendations }: Pick<MailVariables, 'items' | 'recommendations'>,
): readonly ItemId[] => [
  ...new Set(
    [...items, ...recommendations]
      .filter((item) => words.includes(item.title) || (item.url !== '' && url.startsWith(item.url)))
      .map(({ id }) => itemId(id)),
  ),
];

/** The choice of channels has seen to it that there are some. */
const wordsOf = <Words>(rendered: Words | undefined, channel: string): Words => {
  if (rendered === undefined) {
    throw new Error(`the templates have nothing for ${channel}`);
  }
  return rendered;
};

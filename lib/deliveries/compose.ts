// One customer's mail: variables from campaign, profile, coupon and picked items, rendered, with the headers of
// one-click unsubscription (RFC 8058) and the tags by which SES's reports find the delivery again.

import type { CustomerId } from '../base/ids.ts';
import type { Campaign, MessageAction } from '../campaigns/campaign.ts';
import { usableTimeZone } from '../campaigns/schedule.ts';
import type { CustomerProfile, Language } from '../events/customer.ts';
import { discountText, priceText } from '../offers/money.ts';
import type { CouponOffer } from '../offers/offer.ts';
import type { Coupon, Delivery, OutgoingMail } from '../ports.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import {
  type MailItem,
  type MailVariables,
  type RenderedMail,
  type RenderOptions,
  renderMail,
} from './template.ts';
import { unsubscribeUrl } from './unsubscribe-link.ts';

export interface Letter {
  readonly campaign: Campaign;
  readonly action: MessageAction;
  readonly customerId: CustomerId;
  readonly decisionId: string;
  readonly profile: CustomerProfile | undefined;
  readonly coupon: Coupon | undefined;
  readonly items: readonly RecommendedItem[];
}

export interface LetterContext {
  readonly apiUrl: string;
  readonly linkSecret: string;
  /** Used where the customer has not told one. */
  readonly timeZone: string;
}

export const languageOf = (profile: CustomerProfile | undefined): Language =>
  profile?.language?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

export const renderLetter = (letter: Letter, context: LetterContext, options?: RenderOptions): RenderedMail =>
  renderMail(letter.action.templates, languageOf(letter.profile), variablesOf(letter, context), options);

/** Names of the SES message tags; SES allows letters, digits, `-` and `_` in names and values. */
export const mailTags = {
  delivery: 'reprise-delivery',
  campaign: 'reprise-campaign',
  variant: 'reprise-variant',
} as const;

export const addressed = (
  rendered: RenderedMail,
  delivery: Delivery,
  to: string,
  from: string,
  context: LetterContext,
): OutgoingMail => ({
  channel: 'email',
  from,
  to,
  ...rendered,
  headers: {
    'List-Unsubscribe': `<${linkOf(delivery.customerId, context)}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'X-Reprise-Delivery': delivery.deliveryId,
  },
  tags: {
    [mailTags.delivery]: delivery.deliveryId,
    [mailTags.campaign]: tagValue(delivery.campaignId),
    [mailTags.variant]: tagValue(delivery.variant),
  },
});

const tagValue = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 255);

const linkOf = (customerId: CustomerId, { apiUrl, linkSecret }: LetterContext): string =>
  unsubscribeUrl(apiUrl, { customerId, purpose: 'marketing' }, linkSecret);

const variablesOf = (letter: Letter, context: LetterContext): MailVariables => {
  const { campaign, action, customerId, decisionId, profile, coupon } = letter;
  const language = languageOf(profile);
  const url = linkOf(customerId, context);
  return {
    customer: { id: customerId, name: profile?.name ?? '', language, traits: profile?.traits ?? {} },
    campaign: { id: campaign.campaignId, name: campaign.name },
    ...(action.kind === 'coupon' &&
      coupon !== undefined && {
        coupon: couponVariables(
          coupon,
          action.offer,
          language,
          usableTimeZone(profile?.timeZone, context.timeZone),
        ),
      }),
    recommendations: letter.items.map((item) => mailItem(item, language)),
    unsubscribeUrl: url,
    preferenceUrl: url,
    decisionId,
  };
};

const couponVariables = (coupon: Coupon, offer: CouponOffer, language: Language, timeZone: string) => ({
  code: coupon.code,
  discountText: discountText(offer.discount, language),
  expiresAt: coupon.expiresAt,
  expiresText: longDate(Date.parse(coupon.expiresAt), language, timeZone),
  minimumSpendText:
    offer.minimumSpend === undefined
      ? ''
      : priceText(
          offer.minimumSpend,
          offer.discount.kind === 'amount' ? offer.discount.currency : undefined,
          language,
        ),
});

/** Building one takes longer than rendering a mail; there are a few dozen zones in an audience. */
const dateFormats = new Map<string, Intl.DateTimeFormat>();

const longDate = (atMs: number, language: Language, timeZone: string): string => {
  const key = `${language} ${timeZone}`;
  const format = dateFormats.get(key) ?? new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone });
  dateFormats.set(key, format);
  return format.format(atMs);
};

const mailItem = (
  { title, price, currency, url, reason }: RecommendedItem,
  language: Language,
): MailItem => ({
  title,
  reason: reason.text[language],
  price: price === undefined ? '' : priceText(price, currency, language),
  // Only web addresses: a catalogue file must not put scripts behind a link in a mail.
  url: url !== undefined && /^https?:\/\//.test(url) ? url : '',
});

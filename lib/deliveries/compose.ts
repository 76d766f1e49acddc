// One customer's mail: variables from campaign, profile, coupon and picked items, rendered, with the headers of
// one-click unsubscription (RFC 8058) and the tags by which SES's reports find the delivery again.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { Campaign, MessageAction } from '../campaigns/campaign.ts';
import type { FocusItem } from '../campaigns/focus.ts';
import { usableTimeZone } from '../campaigns/schedule.ts';
import type { Channel, CustomerProfile, Language } from '../events/customer.ts';
import { offerTexts } from '../offers/texts.ts';
import type { Coupon, Delivery, OutgoingMail } from '../ports.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import { dateText, deadlineText } from './date-text.ts';
import { type LinkRules, withLinksOfHtml, withLinksOfText } from './decision-links.ts';
import { recommendedItem, subjectItem } from './mail-items.ts';
import type { MailVariables } from './mail-variables.ts';
import { type RenderedMail, type RenderOptions, renderMail } from './template.ts';
import { preferenceUrl, unsubscribeUrl } from './unsubscribe-link.ts';

export interface Letter {
  readonly campaign: Campaign;
  readonly action: MessageAction;
  readonly customerId: CustomerId;
  readonly decisionId: string;
  readonly profile: CustomerProfile | undefined;
  readonly coupon: Coupon | undefined;
  readonly items: readonly RecommendedItem[];
  /** What the message is about; empty where it has no focus. */
  readonly about: readonly FocusItem[];
}

export interface LetterContext {
  readonly apiUrl: string;
  readonly linkSecret: string;
  /** Used where the customer has not told one. */
  readonly timeZone: string;
  readonly nowMs: number;
  /** Links to them carry the decision (decision-links.ts). */
  readonly shopHosts: readonly string[];
}

export const languageOf = (profile: CustomerProfile | undefined): Language =>
  profile?.language?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

/** Undefined where the message has no words for a mail. */
export const renderLetter = (
  letter: Letter,
  context: LetterContext,
  options?: RenderOptions,
): RenderedMail | undefined => {
  const variables = variablesOf(letter, 'email', context);
  const mail = renderMail(letter.action.templates, languageOf(letter.profile), variables, options);
  if (mail === undefined) {
    return undefined;
  }
  const rules = linkRules(variables, context);
  return { ...mail, html: withLinksOfHtml(mail.html, rules), text: withLinksOfText(mail.text, rules) };
};

export const linkRules = (
  { decisionId, items, recommendations }: MailVariables,
  { shopHosts, apiUrl }: Pick<LetterContext, 'shopHosts' | 'apiUrl'>,
): LinkRules => ({
  decisionId,
  shopHosts,
  apiUrl,
  itemUrls: [...items, ...recommendations].flatMap(({ url }) => (url === '' ? [] : [url])),
});

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
    ...unsubscribeHeaders(delivery.customerId, context),
    'X-Reprise-Delivery': delivery.deliveryId,
  },
  tags: {
    [mailTags.delivery]: delivery.deliveryId,
    [mailTags.campaign]: tagValue(delivery.campaignId),
    [mailTags.variant]: tagValue(delivery.variant),
  },
});

/** RFC 8058. */
export const unsubscribeHeaders = (
  customerId: CustomerId,
  context: LetterContext,
): OutgoingMail['headers'] => ({
  'List-Unsubscribe': `<${linkOf(customerId, 'email', context)}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

const tagValue = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 255);

const linkOf = (customerId: CustomerId, channel: Channel, { apiUrl, linkSecret }: LetterContext): string =>
  unsubscribeUrl(apiUrl, { customerId, channel }, linkSecret);

/** `channel`: the one that the message goes out on, which its unsubscribe link stops. */
export const variablesOf = (letter: Letter, channel: Channel, context: LetterContext): MailVariables => {
  const { campaign, customerId, decisionId, profile, coupon } = letter;
  const language = languageOf(profile);
  const timeZone = usableTimeZone(profile?.timeZone, context.timeZone);
  const url = linkOf(customerId, channel, context);
  return {
    customer: { id: customerId, name: profile?.name ?? '', language, traits: profile?.traits ?? {} },
    campaign: { id: campaign.campaignId, name: campaign.name },
    ...(coupon !== undefined && { coupon: couponVariables(coupon, language, context.nowMs, timeZone) }),
    ...(coupon?.terms.referral !== undefined && { referral: referralVariables(coupon, language) }),
    items: letter.about.map((about) => subjectItem(about, language, timeZone)),
    recommendations: letter.items.map((item) => recommendedItem(item, language)),
    unsubscribeUrl: url,
    preferenceUrl: preferenceUrl(context.apiUrl, customerId, context.linkSecret),
    decisionId,
  };
};

const couponVariables = (coupon: Coupon, language: Language, nowMs: number, timeZone: string) => {
  const endsAtMs = Date.parse(coupon.expiresAt);
  const fromMs = Date.parse(coupon.validFrom ?? coupon.issuedAt);
  return {
    code: coupon.code,
    kind: coupon.terms.discount.kind,
    ...offerTexts(coupon.terms, language),
    expiresAt: coupon.expiresAt,
    expiresText: dateText(endsAtMs, language, timeZone),
    deadlineText: deadlineText(endsAtMs, language, timeZone),
    validFromText: fromMs > nowMs ? deadlineText(fromMs, language, timeZone) : '',
    daysLeft: Math.max(0, Math.floor((endsAtMs - nowMs) / dayMs)),
  };
};

const referralVariables = ({ code, terms }: Coupon, language: Language) => ({
  code,
  rewardText: terms.referral === undefined ? '' : offerTexts(terms.referral.reward, language).discountText,
  friendRewardText: offerTexts(terms, language).discountText,
  waitDays: terms.referral?.waitDays ?? 0,
  rewardsMax: terms.referral?.rewardsMax ?? 0,
});

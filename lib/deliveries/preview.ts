// Messages as one customer would get them, without preparing or sending anything: a code that is not valid, links that
// stop nothing, and missing variables as problems, so that the marketer sees them before customers would see a gap.

import { type CustomerId, decisionId } from '../base/ids.ts';
import type { Campaign, CouponOffer, Focus, MessageAction } from '../campaigns/campaign.ts';
import type { FocusItem } from '../campaigns/focus.ts';
import type { StepId } from '../campaigns/journey.ts';
import type { CustomerProfile, CustomerRecord, Language } from '../events/customer.ts';
import { issueCoupon } from '../offers/issue.ts';
import { namedItems } from '../offers/offer.ts';
import type { Coupon } from '../ports.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import { type Letter, type LetterContext, linkRules, renderLetter, variablesOf } from './compose.ts';
import { ownLink } from './decision-links.ts';
import { type MailWarning, mailWarnings } from './mail-warnings.ts';
import type { OfferedTerms } from './offered-terms.ts';
import { type SmsSize, smsSize } from './sms-segments.ts';
import { smsWarnings } from './sms-warnings.ts';
import {
  type RenderedInApp,
  type RenderedMail,
  type RenderedNotice,
  renderInApp,
  renderPush,
  renderSms,
} from './template.ts';

const previewCode = 'XXXX-XXXX-XXXX';

/** Links of a preview are signed with no secret of the workspace: a click on them must stop nobody's mail. */
export const previewLinkSecret = Buffer.from('preview').toString('hex');

export interface PreviewedMessage extends Partial<RenderedMail> {
  readonly variant: string;
  /** The step of a journey that sends it. */
  readonly stepId?: StepId;
  readonly language: Language;
  /** Why this customer would not get it now; nothing is rendered then. */
  readonly notSent?: string;
  /** Why it cannot be rendered, variable by variable; the mail would have a gap. */
  readonly problem?: string;
  readonly sms?: SmsSize & { readonly text: string };
  readonly push?: RenderedNotice;
  readonly inApp?: RenderedInApp;
  readonly warnings: readonly MailWarning[];
}

export interface Previewed {
  readonly campaign: Campaign;
  readonly customerId: CustomerId;
  readonly record: CustomerRecord;
  readonly items: readonly RecommendedItem[];
  readonly about: (focus: Focus) => readonly FocusItem[];
  /** What an offer comes to for this customer; undefined where the workspace's rules keep it from them. */
  readonly offered: (offer: CouponOffer) => OfferedTerms | undefined;
}

/** One entry a language and message: of a variant that is one, or of each sending step of its journey. */
export const previewMessages = (
  previewed: Previewed,
  languages: readonly Language[],
  context: LetterContext,
): readonly PreviewedMessage[] =>
  messagesOf(previewed.campaign).flatMap((message) =>
    languages.map((language) => previewMessage(message, previewed, language, context)),
  );

export interface VariantMessage {
  readonly variant: string;
  readonly stepId?: StepId;
  readonly action: MessageAction;
}

export const messagesOf = ({ variants }: Campaign): readonly VariantMessage[] =>
  variants.flatMap(({ name: variant, action }): readonly VariantMessage[] => {
    if (action.kind === 'none') {
      return [];
    }
    return action.kind === 'journey'
      ? action.steps.flatMap((step) =>
          step.kind === 'send' ? [{ variant, stepId: step.stepId, action: step.message }] : [],
        )
      : [{ variant, action }];
  });

export const previewMessage = (
  { variant, stepId, action }: VariantMessage,
  { campaign, customerId, record, items, about, offered }: Previewed,
  language: Language,
  context: LetterContext,
): PreviewedMessage => {
  const head = { variant, ...(stepId !== undefined && { stepId }), language, warnings: [] };
  const subject = action.focus === undefined ? [] : about(action.focus);
  if (action.focus !== undefined && subject.length === 0) {
    return { ...head, notSent: `nothing-${action.focus}` };
  }
  const terms = action.kind === 'coupon' ? offered(action.offer) : undefined;
  if (action.kind === 'coupon' && terms === undefined) {
    return { ...head, notSent: 'not-suitable' };
  }
  const letter: Letter = {
    campaign,
    action,
    customerId,
    decisionId: 'preview',
    profile: speaking(record.profile, customerId, language),
    coupon: terms && previewCoupon(campaign.campaignId, variant, customerId, terms, context),
    items: items.filter(({ itemId }) => !subject.some(({ item }) => item.itemId === itemId)),
    about: subject,
  };
  try {
    const mail = campaign.channels.includes('email')
      ? renderLetter(letter, context, { strict: true })
      : undefined;
    const other = otherChannels(letter, language, context);
    return {
      ...head,
      ...mail,
      ...other,
      warnings: [
        ...unknownItems(terms),
        ...(mail === undefined ? [] : mailWarnings(mail)),
        ...(other.sms === undefined
          ? []
          : smsWarnings(other.sms.text, linkRules(variablesOf(letter, 'sms', context), context))),
      ],
    };
  } catch (error) {
    return { ...head, problem: error instanceof Error ? error.message : String(error) };
  }
};

const otherChannels = (letter: Letter, language: Language, context: LetterContext) => {
  const { action, campaign } = letter;
  const strict = { strict: true };
  const uses = (channel: 'sms' | 'push' | 'in-app'): boolean => campaign.channels.includes(channel);
  const of = (channel: 'sms' | 'push' | 'in-app') => variablesOf(letter, channel, context);
  const sms = uses('sms') ? renderSms(action.templates, language, of('sms'), strict) : undefined;
  const push = uses('push') ? renderPush(action.templates, language, of('push'), strict) : undefined;
  const inApp = uses('in-app') ? renderInApp(action.templates, language, of('in-app'), strict) : undefined;
  return {
    ...(sms !== undefined && { sms: { text: sms, ...smsSize(sms) } }),
    ...(push !== undefined && { push }),
    ...(inApp !== undefined && {
      inApp: {
        ...inApp,
        ...(inApp.url !== undefined && { url: ownLink(inApp.url, linkRules(of('in-app'), context)) }),
      },
    }),
  };
};

const speaking = (
  profile: CustomerProfile | undefined,
  customerId: CustomerId,
  language: Language,
): CustomerProfile => ({
  ...(profile ?? { customerId, traits: {}, traitTimes: {}, suppressed: {}, createdAtMs: 0 }),
  language,
});

/** A mistyped id: the text does without its title, and customers without what they were promised. */
const unknownItems = (terms: OfferedTerms | undefined): readonly MailWarning[] => {
  const { offer, scene } = terms ?? {};
  const unknown = offer === undefined ? [] : namedItems(offer).filter((id) => !scene?.item(id));
  return unknown.length === 0
    ? []
    : [
        {
          code: 'offer-item-unknown',
          message: `The offer names items that the catalogue does not have: ${unknown.join(', ')}. Correct their ids, or put them into the catalogue.`,
        },
      ];
};

/** With a code that is not valid, unless everybody gets the same. */
const previewCoupon = (
  campaignId: Campaign['campaignId'],
  variant: string,
  customerId: CustomerId,
  { offer, scene }: OfferedTerms,
  { nowMs }: LetterContext,
): Coupon => {
  const issued = issueCoupon(
    { campaignId, variant, decisionId: decisionId('preview'), customerId },
    offer,
    nowMs,
    { bytes: (count) => new Uint8Array(count) },
    scene,
  );
  return {
    ...issued,
    ...(offer.sharedCode === undefined && { code: (offer.codePattern ?? previewCode).replaceAll('?', 'X') }),
  };
};

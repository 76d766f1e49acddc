// What a template may use. Everything is always there but `coupon` (coupon messages) and `referral` (where the
// campaign gives one); what has no value is '' or an empty list, so that conditions stay short.

import type { Language } from '../events/customer.ts';

export interface MailVariables {
  readonly customer: {
    readonly id: string;
    /** '' when not told. */
    readonly name: string;
    readonly language: Language;
    readonly traits: object;
  };
  readonly campaign: { readonly id: string; readonly name: string };
  readonly coupon?: MailCoupon;
  readonly referral?: MailReferral;
  /** What the message is about: the action's focus, most important first. */
  readonly items: readonly MailItem[];
  readonly recommendations: readonly MailItem[];
  /** Stops the channel that the message came on. */
  readonly unsubscribeUrl: string;
  readonly preferenceUrl: string;
  /** Not for display: the filter `link` adds it. */
  readonly decisionId: string;
}

export interface MailCoupon {
  readonly code: string;
  /** What the offer is: `percent`, `amount`, `bundle`, `gift`, `trial`. */
  readonly kind: string;
  /** "15% off" in the mail's language. */
  readonly discountText: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  /** A date for people, in the customer's language and zone. */
  readonly expiresText: string;
  /** The same with the time and its zone: the true end of a limited offer. */
  readonly deadlineText: string;
  /** From when it works, with the time and its zone; '' when it works already. */
  readonly validFromText: string;
  /** Whole days until then, rounded down; 0 on the last day. */
  readonly daysLeft: number;
  /** '' when there is no minimum. */
  readonly minimumSpendText: string;
  /** What it is for: "Data and Statistics"; '' when it is for everything. */
  readonly eligibleItemsText: string;
}

/** What brings friends: the customer's own code and both rewards, in the mail's language. */
export interface MailReferral {
  readonly code: string;
  readonly rewardText: string;
  readonly friendRewardText: string;
  /** Days that a friend's order must have stood before the reward can be used. */
  readonly waitDays: number;
  /** Friends for whom the customer is rewarded. */
  readonly rewardsMax: number;
}

export interface MailItem {
  readonly id: string;
  readonly title: string;
  /** Why it is shown, in the mail's language. */
  readonly reason: string;
  /** "€49", or '' when the catalogue has no price. */
  readonly price: string;
  /** '' when the catalogue has none. */
  readonly url: string;
  /** When what the customer has of it ends or renews, as a date for people; '' where it does neither. */
  readonly endsText: string;
}

// What the owner sets once for the workspace; infra/config.ts validates it and hands it to the functions as JSON.

/**
 * What happens to a ranking before it is shown (lib/recommendations/reranking.ts). Weights are against relevance, which
 * has the rest of 1; bounds go before weights and are given up only where nothing else could be shown.
 */
export interface Reranking {
  /** Of unlikeness among the items of an answer (1 − λ of maximal marginal relevance). */
  readonly diversityWeight: number;
  /** Of categories in the proportions of the customer's own history (λ of calibration). */
  readonly calibrationWeight: number;
  /** Of items that few know. */
  readonly noveltyWeight: number;
  /** Share of an answer that may be among the best-selling fifth of the catalogue. */
  readonly popularShareMax: number;
  /** Items of one author in an answer. */
  readonly authorCountMax: number;
  /** The same as a share of the answer; one is always allowed. */
  readonly authorShareMax: number;
  /** Items of one series in an answer. */
  readonly seriesCountMax: number;
}

export interface RerankingSettings extends Reranking {
  /** Other values for single placements, by the name that requests state ("mail" for mails). */
  readonly placements?: { readonly [placement: string]: Partial<Reranking> };
}

/** Who may be recommended what, by an item's attribute and a customer's trait (lib/recommendations/attribute-rules.ts). */
export interface EligibilityRule {
  readonly item: { readonly attribute: string; readonly equals?: string | number | boolean };
  readonly customer: {
    readonly trait: string;
    readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte';
    /** Default: the item's attribute. */
    readonly value?: string | number | boolean;
  };
}

/** At most `deliveriesMax` messages in any `days` calendar days (UTC); without `channel` on all channels but in-app. */
export interface CapSetting {
  readonly deliveriesMax: number;
  readonly days: number;
  readonly channel?: 'email' | 'sms' | 'push' | 'in-app';
}

export interface SmsSettings {
  /** Shown in place of a number where the country allows it: up to 11 letters and digits. Absent: SNS chooses. */
  readonly senderId?: string;
  /** A number or short code of the account. Absent: SNS chooses. */
  readonly originationNumber?: string;
  readonly messagesPerSecondMax: number;
  /** Put behind marketing messages, such as the carrier's keyword; '' for none. */
  readonly optOutText: { readonly en: string; readonly 'zh-CN': string };
}

export interface PushSettings {
  /** ARN of the SNS platform application (APNS or APNS_SANDBOX); absent: no push to iOS. */
  readonly ios?: string;
  /** ARN of the SNS platform application (GCM, with a key of FCM v1); absent: no push to Android. */
  readonly android?: string;
  readonly messagesPerSecondMax: number;
}

/** How many e-mails a new sending domain sends a day (UTC): so many on the first, `dailyGrowth` times as many each day. */
export interface RampUp {
  /** yyyy-mm-dd, UTC. */
  readonly startsOn: string;
  readonly firstDayCount: number;
  readonly dailyGrowth: number;
}

/** What a message costs, in major units of `currency` (ISO 4217); what customers pay may be in another. */
export interface MessageCosts {
  readonly currency: string;
  readonly mail: number;
  /** Depends on the country; absent: not known, and no cost is stated where SMS were sent. */
  readonly smsSegment?: number;
  readonly push: number;
}

/** How long a draw of the global holdout lasts, by the calendar (UTC). */
export type HoldoutPeriod = 'quarter' | 'half-year' | 'year' | 'for-ever';

export interface WorkspaceSettings {
  /** Share of customers whom no campaign treats and nothing is personalised for, in [0, 0.5]. */
  readonly globalHoldoutShare: number;
  readonly globalHoldoutPeriod: HoldoutPeriod;
  /** Share of recommendation slots given to exploration, in [0, 0.5]. */
  readonly explorationShare: number;
  /** Of the next ranked items, how many are explored beside the little known ones; 0: none. What other policies would show can only be judged by logs that showed it (ARCHITECTURE.md). */
  readonly explorationDepth: number;
  readonly reranking: RerankingSettings;
  readonly eligibilityRules: readonly EligibilityRule[];
  /** Channels on which silence is not consent: a message needs that the customer agreed to its purpose. */
  readonly consentRequired: {
    readonly email: boolean;
    readonly sms: boolean;
    readonly push: boolean;
    readonly 'in-app': boolean;
  };
  /** Local hours without sending, fromHour ≤ hour < toHour, over midnight when fromHour > toHour. */
  readonly quietHours: { readonly fromHour: number; readonly toHour: number };
  /** For reports. */
  readonly costs: MessageCosts;
  /** Messages to one customer over all campaigns; all caps hold together (lib/deliveries/caps.ts). */
  readonly caps: readonly CapSetting[];
  /** Absent: as many e-mails as the mail account allows. */
  readonly rampUp?: RampUp;
  /** Host names whose links in messages carry the decision, names below them too; lower case. */
  readonly shopHosts: readonly string[];
  /** Used where a customer has not told a time zone; IANA name. */
  readonly timeZone: string;
  /** Ceiling of our own; SES's account rate may be lower and is obeyed by waiting out its throttling. */
  readonly mailsPerSecondMax: number;
  /** Absent: nothing is sent by SMS. */
  readonly sms?: SmsSettings;
  /** Absent: nothing is pushed. */
  readonly push?: PushSettings;
}

/** What costs next to no relevance; what each costs and gives: bench/results/after-ranking.md. */
export const defaultReranking: Reranking = {
  diversityWeight: 0.05,
  calibrationWeight: 0.1,
  noveltyWeight: 0,
  popularShareMax: 1,
  authorCountMax: 100,
  authorShareMax: 1,
  seriesCountMax: 100,
};

export const defaultSettings: WorkspaceSettings = {
  globalHoldoutShare: 0.05,
  globalHoldoutPeriod: 'quarter',
  explorationShare: 0.05,
  explorationDepth: 0,
  reranking: defaultReranking,
  eligibilityRules: [],
  consentRequired: { email: false, sms: true, push: false, 'in-app': false },
  quietHours: { fromHour: 21, toHour: 8 },
  caps: [{ deliveriesMax: 1, days: 1 }],
  shopHosts: [],
  timeZone: 'UTC',
  mailsPerSecondMax: 10,
  // List prices: 0.10 USD for 1,000 mails (aws.amazon.com/ses/pricing), 0.50 USD for a million pushes (…/sns/pricing).
  costs: { currency: 'USD', mail: 0.0001, push: 0.0000005 },
};

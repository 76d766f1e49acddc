// A campaign as the marketer defines it, and its life.
// Once started, audience, variants, weights, holdout, salt and window never change (PlanOut: a running
// variant cannot be edited, only stopped). Units last: Days, Ms, Share (0 to 1).

import type { DecisionRule } from '../assignment/decision-rule.ts';
import type { ExclusionSlice } from '../assignment/experiment.ts';
import type { MetricPlan } from '../assignment/metric-plan.ts';
import type { CampaignId } from '../base/ids.ts';
import type { Channel, Purpose } from '../events/customer.ts';
import type { CouponOffer } from '../offers/offer.ts';
import type { Allocation } from './allocation.ts';
import type { Condition } from './condition.ts';
import type { Journey } from './journey.ts';

export type { CouponOffer, Discount } from '../offers/offer.ts';

export type CampaignStatus = 'draft' | 'running' | 'paused' | 'cancelled' | 'finished';

export type Trigger =
  /** Once. */
  | { readonly kind: 'at'; readonly at: string }
  /** A run every `everyDays`, from startsAt up to endsAt. */
  | {
      readonly kind: 'recurring';
      readonly everyDays: number;
      readonly startsAt: string;
      readonly endsAt: string;
    }
  /**
   * Each customer when they send this event, while startsAt ≤ its time < endsAt: once, or with `entersEveryDays` once in
   * each run of so many days, counted from startsAt (the last one may be shorter).
   */
  | {
      readonly kind: 'event';
      readonly event: string;
      readonly entersEveryDays?: number;
      readonly startsAt: string;
      readonly endsAt: string;
    }
  /**
   * A run every day: customers one of whose items expires or renews in `days` days or fewer; for 0 or less, ended so
   * many days ago and was not bought again. Each ending once.
   */
  | {
      readonly kind: 'before-expiry';
      readonly days: number;
      readonly startsAt: string;
      readonly endsAt: string;
    };

/** Liquid sources of a mail; a template has all of them or none. */
export interface MailParts {
  readonly subject: string;
  /** Compiled from `mjml` where that is given. */
  readonly html: string;
  readonly text: string;
}

/** By channel; what is absent is not sent there. `en` is the fallback and must be there. */
export interface Template extends Partial<MailParts> {
  /** `text` was not given but made from `html`, and is made anew whenever the template is saved. */
  readonly textIsMade?: boolean;
  /** The source of `html`, compiled when the campaign is saved. */
  readonly mjml?: string;
  readonly sms?: string;
  readonly push?: { readonly title: string; readonly body: string };
  readonly inApp?: {
    readonly title: string;
    readonly body: string;
    readonly url?: string;
    /** Where in the app it belongs ("home"), by the app's own names; absent: anywhere. No Liquid. */
    readonly placement?: string;
  };
}
export type MailTemplate = Template & MailParts;
export type Templates = { readonly en: Template; readonly 'zh-CN'?: Template };

/**
 * What a message is about, looked up for each customer when it is written (lib/campaigns/focus.ts): the items left in
 * the cart, viewed and not bought, about to end or just ended, next in a series, completed lately. Not sent without any.
 */
export type Focus = 'cart' | 'viewed' | 'expiring' | 'series' | 'completed';

interface Message {
  readonly templates: Templates;
  /** The template's `items`; absent: it is about nothing in particular and `items` is empty. */
  readonly focus?: Focus;
}

/** An action that is one message. */
export type MessageAction =
  | (Message & {
      readonly kind: 'coupon';
      readonly offer: CouponOffer;
      /** Of an offer that brings friends: what tells the customer of each reward earned. */
      readonly rewardMessage?: { readonly templates: Templates };
    })
  | (Message & { readonly kind: 'reminder' });

export type Action =
  | MessageAction
  /** Several messages, waits and branches. */
  | Journey
  /** Nothing is sent: an untreated arm inside the test. */
  | { readonly kind: 'none' };

/** When an assigned customer is written to; quiet hours are kept in any case. */
export type SendTime =
  | { readonly kind: 'at-once' }
  /** When the customer's clock shows this hour next. */
  | { readonly kind: 'local-hour'; readonly hour: number }
  /** The hour of the next 24 in which this customer is usually active (what they did, not what they opened). */
  | { readonly kind: 'active-hour' };

export interface Variant {
  readonly name: string;
  /** Weights over all variants sum to 1 (within 1e-9), or the campaign is refused. */
  readonly weight: number;
  readonly action: Action;
}

export interface Campaign {
  readonly campaignId: CampaignId;
  readonly name: string;
  readonly status: CampaignStatus;
  readonly audience: Condition;
  readonly trigger: Trigger;
  readonly variants: readonly Variant[];
  /** Absent: fixed. Under thompson the variants' weights hold until outcomes are known. */
  readonly allocation?: Allocation;
  /** Share of the audience that gets nothing and is compared against, besides the global holdout. */
  readonly holdoutShare: number;
  /** Only customers of this slice are in the audience: no other with a disjoint slice of the group meets them. */
  readonly exclusion?: ExclusionSlice;
  /** Set at creation from secure randomness; never changes. */
  readonly salt: string;
  /** Local hours without sending: from ≤ hour < to, over midnight when from > to; absent: workspace default. */
  readonly quietHours?: QuietHours;
  /** At most so many of this campaign's own messages to one customer, beside the workspace's caps over all campaigns. */
  readonly caps?: readonly Cap[];
  /** What consent is asked for; a customer may take back one and keep another. */
  readonly purpose: Purpose;
  /** Channels it may use, the preferred one first; which one a customer gets is decided for each. */
  readonly channels: readonly Channel[];
  /** Of two campaigns that want the same customer while a cap leaves room for one, the larger goes first. */
  readonly priority: number;
  readonly sendTime: SendTime;
  /** A message not sent within so many hours after the assignment is not sent any more. Absent: the window's days. */
  readonly deliverWithinHours?: number;
  /** Recommended items put into each mail. 0 for none. */
  readonly recommendationsCount: number;
  /** An order counts if it falls within this many days after the customer's assignment. */
  readonly windowDays: number;
  /** What is measured and what of it decides. */
  readonly metrics: MetricPlan;
  /**
   * Interim looks, as days after the freeze, each before the run's last window ends; a look can stop for harm, and decide
   * by a group-sequential rule.
   */
  readonly lookDays: readonly number[];
  /** When it may be decided; absent: at its end. Its looks are at lookDays, of a campaign that repeats at each run's end. */
  readonly decision?: DecisionRule;
  /** After the window: `automatic` sends the winning variant to the campaign's own holdout. Default manual. */
  readonly rollout: 'manual' | 'automatic';
  readonly createdAt: string;
  readonly startedAt?: string;
  /** Since when it is paused; absent while it is not. */
  readonly pausedAt?: string;
  readonly endedAt?: string;
  /** Why it ended early, when it did. */
  readonly endedReason?: string;
  readonly revision: number;
}

export interface QuietHours {
  readonly fromHour: number;
  readonly toHour: number;
}

/** At most `deliveriesMax` messages to one customer in any `days` calendar days (UTC). */
export interface Cap {
  readonly deliveriesMax: number;
  readonly days: number;
  /** Counts the messages on this channel only. Absent: on all but in-app. */
  readonly channel?: Channel;
}

/** A campaign in a list: without audience, templates and offers. */
export interface CampaignSummary
  extends Pick<
    Campaign,
    | 'campaignId'
    | 'name'
    | 'status'
    | 'trigger'
    | 'priority'
    | 'holdoutShare'
    | 'windowDays'
    | 'createdAt'
    | 'startedAt'
    | 'pausedAt'
    | 'endedAt'
    | 'endedReason'
    | 'revision'
  > {
  readonly variants: readonly {
    readonly name: string;
    readonly weight: number;
    readonly kind: Action['kind'];
  }[];
}

export const summaryOf = (campaign: Campaign): CampaignSummary => {
  const { audience: _a, salt: _s, quietHours: _q, caps: _c, exclusion: _e, ...rest } = campaign;
  const {
    recommendationsCount: _r,
    lookDays: _l,
    metrics: _m,
    rollout: _o,
    purpose: _p,
    decision: _d,
    ...others
  } = rest;
  const { channels: _ch, sendTime: _st, deliverWithinHours: _dw, ...kept } = others;
  return {
    ...kept,
    variants: campaign.variants.map(({ name, weight, action }) => ({ name, weight, kind: action.kind })),
  };
};

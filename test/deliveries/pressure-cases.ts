// Random cases for the property test of eligibility: one customer, up to four campaigns around a day on which clocks are
// put forward or back somewhere, and settings; and the simulation that attempts each message when it is due, as the
// workflow does. Nothing here judges; the oracle is in the test.

import fc from 'fast-check';
import { campaignId, customerId } from '../../lib/base/ids.ts';
import { type CapSetting, defaultSettings, type WorkspaceSettings } from '../../lib/base/settings.ts';
import { assignMember } from '../../lib/campaigns/assigned.ts';
import type { Campaign, SendTime } from '../../lib/campaigns/campaign.ts';
import type { DeliverContext, DeliveryOutcome } from '../../lib/deliveries/attempt.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { createRivals } from '../../lib/deliveries/yielding.ts';
import type {
  Channel,
  Consents,
  CustomerProfile,
  CustomerRecord,
  Purpose,
} from '../../lib/events/customer.ts';
import { emptyState } from '../../lib/events/state.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { activeAt } from './activity.ts';
import { couponCampaign, createStage } from './stage.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Half and quarter hours, both hemispheres, and a change of half an hour (Lord Howe). */
export const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Santiago',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
] as const;

/** Days (UTC) around which clocks change in some of them, and an ordinary one. */
const turningDays = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-04-24',
  '2026-09-06',
  '2026-10-04',
  '2026-10-25',
  '2026-11-01',
  '2026-06-10',
];

const templates = {
  en: { subject: 'Hello', html: '<p>{{ unsubscribeUrl }}</p>', text: '{{ unsubscribeUrl }}', sms: 'Hello' },
} as const;

export interface Case {
  readonly profile: CustomerProfile;
  readonly activeHours: readonly number[];
  /** The channel they stop by a withdrawal of marketing, and when; absent: they never do. */
  readonly withdrawal?: { readonly channel: Channel; readonly atMs: number };
  readonly campaigns: readonly Campaign[];
  readonly settings: WorkspaceSettings;
  /** How long after its start a campaign's first round comes, in minutes. */
  readonly firstAfter: number;
  /** How late a later round comes after it is due, in minutes; taken in turn. */
  readonly latenesses: readonly number[];
}

const hour = fc.integer({ min: 0, max: 23 });
const quietHours = fc.record({ fromHour: hour, toHour: hour });
const caps: fc.Arbitrary<CapSetting> = fc.record(
  {
    deliveriesMax: fc.integer({ min: 1, max: 2 }),
    days: fc.constantFrom(1, 2, 7, 30),
    channel: fc.constantFrom<Channel>('email', 'sms'),
  },
  { requiredKeys: ['deliveriesMax', 'days'] },
);
const consent = fc.record({ given: fc.boolean(), atMs: fc.constant(1) });
const ofPurposes = fc.record({ marketing: consent, reminder: consent }, { requiredKeys: [] });
const consents: fc.Arbitrary<Consents> = fc.record(
  { email: ofPurposes, sms: ofPurposes },
  { requiredKeys: [] },
);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>, freq = 3) => fc.option(arbitrary, { nil: undefined, freq });

const profile: fc.Arbitrary<CustomerProfile> = fc
  .record({
    email: fc.oneof(
      { arbitrary: fc.constant('ada@example.com'), weight: 8 },
      fc.constantFrom(undefined, 'a@b.c, d@e.f'),
    ),
    phone: fc.oneof(
      { arbitrary: fc.constant('+4915112345678'), weight: 6 },
      fc.constantFrom(undefined, '12'),
    ),
    timeZone: fc.constantFrom(...zones, undefined, 'Mars/Base'),
    consents: sometimes(consents),
    bounced: fc.integer({ min: 0, max: 7 }).map((drawn) => drawn === 0),
  })
  .map(({ email, phone, timeZone, consents: said, bounced }) => ({
    customerId: customerId('ada'),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(timeZone !== undefined && { timeZone }),
    ...(said !== undefined && { consents: said }),
    traits: {},
    traitTimes: {},
    suppressed: bounced ? { email: { reason: 'bounced' as const, atMs: 1 } } : {},
    createdAtMs: 0,
  }));

const sendTime: fc.Arbitrary<SendTime> = fc.oneof(
  fc.constant({ kind: 'at-once' as const }),
  hour.map((at) => ({ kind: 'local-hour' as const, hour: at })),
  fc.constant({ kind: 'active-hour' as const }),
);

const campaignAt = (aroundMs: number, index: number): fc.Arbitrary<Campaign> =>
  fc
    .record({
      startMinute: fc.integer({ min: -36 * 60, max: 36 * 60 }),
      quiet: sometimes(quietHours, 2),
      own: sometimes(fc.array(caps, { minLength: 1, maxLength: 2 }), 2),
      purpose: fc.constantFrom<Purpose>('marketing', 'reminder'),
      channels: fc.constantFrom<readonly Channel[]>(['email'], ['sms'], ['email', 'sms'], ['sms', 'email']),
      priority: fc.integer({ min: -1, max: 1 }),
      sendTime,
      withinHours: sometimes(fc.integer({ min: 1, max: 60 }), 2),
      endsAfterMinutes: sometimes(fc.integer({ min: 5, max: 50 * 60 }), 2),
    })
    .map(({ startMinute, quiet, own, withinHours, endsAfterMinutes, ...rest }) => {
      const startMs = aroundMs + startMinute * 60_000;
      const offer = {
        discount: { kind: 'percent' as const, percent: 10 },
        redemptionsPerCodeMax: 1,
        redemptionsPerCustomerMax: 1,
        ...(endsAfterMinutes === undefined
          ? { expiresAfterDays: 7 }
          : { expiresAt: new Date(startMs + endsAfterMinutes * 60_000).toISOString() }),
      };
      return {
        ...couponCampaign,
        ...rest,
        campaignId: campaignId(`campaign-${index}`),
        trigger: { kind: 'at' as const, at: new Date(startMs).toISOString() },
        variants: [{ name: 'coupon', weight: 1, action: { kind: 'coupon' as const, offer, templates } }],
        holdoutShare: 0,
        windowDays: 3,
        ...(quiet && { quietHours: quiet }),
        ...(own && { caps: own }),
        ...(withinHours !== undefined && { deliverWithinHours: withinHours }),
      };
    });

export const cases: fc.Arbitrary<Case> = fc.constantFrom(...turningDays).chain((day) => {
  const aroundMs = Date.parse(`${day}T12:00:00Z`);
  return fc
    .record({
      profile,
      activeHours: fc.array(hour, { maxLength: 4 }),
      withdrawn: sometimes(
        fc.record({
          channel: fc.constantFrom<Channel>('email', 'sms'),
          minute: fc.integer({ min: -36 * 60, max: 60 * 60 }),
        }),
        2,
      ),
      campaigns: fc
        .integer({ min: 1, max: 4 })
        .chain((count) =>
          fc.tuple(...Array.from({ length: count }, (_, index) => campaignAt(aroundMs, index))),
        ),
      globalCaps: fc.array(caps, { maxLength: 3 }),
      quiet: quietHours,
      timeZone: fc.constantFrom(...zones),
      smsNeedsConsent: fc.boolean(),
      emailNeedsConsent: fc.boolean(),
      firstAfter: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.integer({ min: 1, max: 70 * 60 })),
      latenesses: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 5 }),
    })
    .map(({ withdrawn, globalCaps, quiet, timeZone, smsNeedsConsent, emailNeedsConsent, ...rest }) => ({
      ...rest,
      ...(withdrawn && {
        withdrawal: { channel: withdrawn.channel, atMs: aroundMs + withdrawn.minute * 60_000 },
      }),
      settings: {
        ...defaultSettings,
        globalHoldoutShare: 0,
        consentRequired: {
          ...defaultSettings.consentRequired,
          sms: smsNeedsConsent,
          email: emailNeedsConsent,
        },
        caps: globalCaps,
        quietHours: quiet,
        timeZone,
      },
    }));
});

/** The customer as the workspace knows them at an instant. */
export const profileAt = ({ profile: before, withdrawal }: Case, atMs: number): CustomerProfile => {
  if (withdrawal === undefined || atMs < withdrawal.atMs) {
    return before;
  }
  const { channel } = withdrawal;
  const marketing = { given: false, atMs: withdrawal.atMs };
  return {
    ...before,
    consents: { ...before.consents, [channel]: { ...before.consents?.[channel], marketing } },
  };
};

export interface Ended {
  readonly campaign: Campaign;
  readonly startMs: number;
  readonly firstMs: number;
  readonly outcome: DeliveryOutcome;
  readonly atMs: number;
  readonly attempts: number;
}

export interface Sent {
  readonly campaign: Campaign;
  readonly channel: Channel;
  readonly atMs: number;
}

const attemptsMax = 400;

/** Attempts each campaign's message at its start, and again whenever it was deferred to. */
export const simulate = async (
  given: Case,
): Promise<{ readonly ended: Ended[]; readonly sent: Sent[]; readonly waits: string[] }> => {
  const { campaigns, settings, latenesses } = given;
  const stage = createStage();
  const store = memoryCampaignStore(campaigns);
  const secrets = fakeSecretStore();
  const { holdoutSalt } = await secrets.secrets();
  const sent: Sent[] = [];
  let current: Campaign = campaigns[0];
  const { clock, assortment } = stage.context;
  const context: DeliverContext = {
    ...stage.context,
    settings,
    transport: {
      ...stage.context.transport,
      channels: ['email', 'sms'],
      send: async (message) => {
        sent.push({ campaign: current, channel: message.channel, atMs: clock.nowMs() });
        return stage.context.transport.send(message);
      },
    },
    rivals: createRivals({
      campaigns: store,
      secrets,
      settings,
      clock,
      assortment,
      catalog: fakeCatalogStore(),
    }),
  };
  const ended: Ended[] = [];
  const waits: string[] = [];
  const due = campaigns.map((campaign) => {
    const startMs = Date.parse(campaign.trigger.kind === 'at' ? campaign.trigger.at : '');
    const firstMs = startMs + given.firstAfter * 60_000;
    return { campaign, startMs, firstMs, atMs: firstMs, attempts: 0 };
  });
  for (let turn = 0; due.length > 0; turn++) {
    due.sort((a, b) => a.atMs - b.atMs);
    const [next] = due;
    const atMs = next.atMs + (next.attempts === 0 ? 0 : latenesses[turn % latenesses.length] * 60_000);
    const nowMs = turn === 0 ? atMs : Math.max(atMs, clock.nowMs());
    stage.setNow(nowMs);
    current = next.campaign;
    const record: CustomerRecord = {
      profile: profileAt(given, nowMs),
      state: { ...emptyState, events: activeAt(given.activeHours, next.startMs) },
    };
    const at = new Date(next.startMs).toISOString();
    const member = assignMember(
      next.campaign,
      'run-1',
      given.profile.customerId,
      at,
      { holdoutSalt },
      settings,
    );
    const outcome = await deliverOne(next.campaign, member, record, context);
    next.attempts += 1;
    if (outcome.kind === 'deferred' && next.attempts < attemptsMax) {
      waits.push(outcome.reason ?? '');
      next.atMs = Math.max(outcome.untilMs ?? 0, nowMs + 1_000);
    } else {
      ended.push({ ...next, outcome, atMs: nowMs });
      due.shift();
    }
  }
  return { ended, sent, waits };
};

// What is delivered under faults (fault-world.ts): by one channel each, over all four with fallback from one to the
// next, as steps of a journey, and as the answer to an event. Six customers each; what the channels answer to whom is
// fixed, so that the number of messages without a fault follows by hand.

import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings, type WorkspaceSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { deliveryIdOf } from '../../lib/deliveries/identity.ts';
import type { Channel, CustomerProfile } from '../../lib/events/customer.ts';
import type { SendResult } from '../../lib/ports.ts';
import { couponCampaign, noonMs, profileOf } from './stage.ts';

export const sceneNames = ['email', 'sms', 'push', 'in-app', 'fallback', 'journey', 'event'] as const;
export type SceneName = (typeof sceneNames)[number];

/** The side effects of a delivery: assign and trigger are of events, step of journeys, profile strikes an address off. */
export const effects = [
  'assign',
  'claim',
  'sending',
  'send',
  'profile',
  'settle',
  'events',
  'step',
  'trigger',
  'progress',
] as const;
export type Effect = (typeof effects)[number];

export const ids = ['ada', 'bob', 'cid', 'dan', 'eva', 'fay'];

type Answer = 'throttled-once' | 'rejected' | 'dead';

export interface Scene {
  readonly campaign: Campaign;
  readonly armOf: (id: string) => string;
  readonly profileOf: (id: string) => CustomerProfile;
  /** What a channel does not take, by `<channel>/<id>`. */
  readonly answers: { readonly [channelAndId: string]: Answer };
  /** Messages when nothing fails, and codes stored. */
  readonly messagesCount: number;
  readonly codesCount: number;
  /** Of a journey; one message without steps otherwise. */
  readonly stepIds: readonly (string | undefined)[];
  /** Side effects that there are none of. */
  readonly without: readonly Effect[];
  /** Not assigned, so nothing is to be known of them. */
  readonly outsiders?: readonly string[];
}

const profile: readonly Effect[] = ['profile'];

/** E-mails are taken from four of six: dan's at the second try, eva's never; fay has no address. */
const single = (channel: Channel, without: Partial<CustomerProfile>): Scene => ({
  campaign: { ...couponCampaign, channels: [channel], recommendationsCount: 2 },
  armOf: (id) => (id === 'bob' ? 'reminder' : 'coupon'),
  profileOf: (id) => reachable(id, id === 'fay' ? without : {}),
  answers: {
    [`${channel}/dan`]: 'throttled-once',
    // An offer is kept, not sent: nothing refuses it.
    ...(channel !== 'in-app' && { [`${channel}/eva`]: channel === 'email' ? 'rejected' : 'dead' }),
  },
  messagesCount: channel === 'in-app' ? 5 : 4,
  // Eva's is stored with her delivery before the channel refuses it.
  codesCount: 4,
  stepIds: [undefined],
  without: ['assign', 'step', 'trigger', ...(channel === 'email' || channel === 'in-app' ? profile : [])],
});

const email = single('email', { email: undefined });

const scenes: { readonly [name in SceneName]: Scene } = {
  email,
  sms: single('sms', { phone: undefined }),
  push: single('push', { devices: [] }),
  'in-app': single('in-app', {
    consents: { 'in-app': { marketing: { given: false, atMs: noonMs } } },
  }),
  // ada: push; bob: the second device; cid: SMS; dan: push, late; eva: mail; fay: in the app.
  fallback: {
    campaign: { ...email.campaign, channels: ['push', 'sms', 'email', 'in-app'] },
    armOf: email.armOf,
    profileOf: (id) => reachable(id, id === 'bob' ? { devices: [deviceOf(id, 'old'), deviceOf(id)] } : {}),
    answers: {
      'push-old/bob': 'dead',
      'push/cid': 'dead',
      'push/dan': 'throttled-once',
      'push/eva': 'rejected',
      'sms/eva': 'dead',
      'push/fay': 'dead',
      'sms/fay': 'rejected',
      'email/fay': 'rejected',
    },
    messagesCount: 6,
    codesCount: 5,
    stepIds: [undefined],
    without: ['assign', 'step', 'trigger'],
  },
  journey: {
    ...email,
    campaign: {
      ...email.campaign,
      variants: [
        {
          name: 'journey',
          weight: 1,
          action: {
            kind: 'journey',
            exitOnPurchase: true,
            steps: [
              { stepId: 'first', kind: 'send', message: couponAction() },
              { stepId: 'hour', kind: 'wait', hours: 1 },
              {
                stepId: 'second',
                kind: 'send',
                message: { kind: 'reminder', templates: defaultTemplates.reminder },
              },
            ],
          },
        },
      ],
    },
    armOf: () => 'journey',
    // Two to each of the four who can be mailed; the code is in the first.
    messagesCount: 8,
    codesCount: 5,
    stepIds: ['first', 'second'],
    without: ['assign', 'trigger', 'profile'],
  },
  event: {
    ...email,
    campaign: {
      ...email.campaign,
      trigger: {
        kind: 'event',
        event: 'Cart Abandoned',
        startsAt: new Date(noonMs).toISOString(),
        endsAt: new Date(noonMs + 86_400_000).toISOString(),
      },
      variants: [{ name: 'coupon', weight: 1, action: couponAction() }],
      holdoutShare: 0,
    },
    armOf: () => 'coupon',
    codesCount: 5,
    without: ['step', 'profile', 'progress'],
    // Nothing to mail to: not of the audience.
    outsiders: ['fay'],
  },
};

export const sceneOf = (name: SceneName): Scene => scenes[name];

/** Of a scene with one message each: an SMS does not say whose delivery it is. */
export const onlyDelivery = ({ campaign }: Scene, id: string): string =>
  deliveryIdOf(campaign, 'run-1', 'test', customerId(id));

export const effectsOf = (name: SceneName): readonly Effect[] =>
  effects.filter((effect) => !scenes[name].without.includes(effect));

export const channelsSetUp: readonly Channel[] = ['email', 'sms', 'push', 'in-app'];

export const faultSettings: WorkspaceSettings = {
  ...defaultSettings,
  globalHoldoutShare: 0,
  consentRequired: { email: false, sms: false, push: false, 'in-app': false },
  caps: [{ deliveriesMax: 2, days: 1 }],
  sms: { messagesPerSecondMax: 10, optOutText: { en: 'STOP to end', 'zh-CN': '' } },
  push: { ios: 'arn:aws:sns:us-east-1:000000000000:app/APNS/shop', messagesPerSecondMax: 10 },
};

const phones = new Map(ids.map((id, index) => [`+49151000000${index}`, id]));

export const ownerOfPhone = (phone: string): string => phones.get(phone) ?? phone;

/** `old-` tokens were seen last, so they are tried first. */
export const ownerOfToken = (token: string): { readonly id: string; readonly channel: string } => {
  const [kind, id] = token.split('-');
  return { id, channel: kind === 'old' ? 'push-old' : 'push' };
};

/** Undefined: it is taken. `wasAsked`: this customer's message came to this channel before. */
export const refusalTo = (answer: Answer | undefined, wasAsked: boolean): SendResult | undefined => {
  switch (answer) {
    case 'rejected':
      return { kind: 'rejected', message: 'rejected' };
    case 'dead':
      return { kind: 'rejected', message: 'no such address', isAddressDead: true };
    case 'throttled-once':
      return wasAsked ? undefined : { kind: 'throttled', message: 'Throttling' };
    case undefined:
      return undefined;
  }
};

function couponAction() {
  const [{ action }] = couponCampaign.variants;
  if (action.kind !== 'coupon') throw new Error('the first variant gives a coupon');
  return action;
}

const deviceOf = (id: string, kind = 'new') => ({
  platform: 'ios' as const,
  token: `${kind}-${id}`,
  deviceId: `${kind}-${id}`,
  seenAtMs: noonMs - (kind === 'old' ? 1 : 2) * 1000,
});

const reachable = (id: string, change: Partial<CustomerProfile>): CustomerProfile =>
  profileOf(id, {
    phone: [...phones].find(([, owner]) => owner === id)?.[0],
    devices: [deviceOf(id)],
    ...change,
  });

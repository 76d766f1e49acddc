// Campaigns, customers and a moved clock for the tests of this folder. Plain data; nothing here asserts.

import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { type CustomerId, campaignId, customerId, itemId } from '../../lib/base/ids.ts';
import { defaultSettings, type WorkspaceSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { CustomerProfile, CustomerState } from '../../lib/events/customer.ts';
import type { CatalogItem, RepurchaseRule } from '../../lib/events/item.ts';
import type { Clock, CustomerStore } from '../../lib/ports.ts';

export const dayMs = 86_400_000;
export const t0 = Date.UTC(2026, 2, 1, 9);
export const iso = (ms: number): string => new Date(ms).toISOString();

export const templates = {
  en: { subject: 'Hello', html: '<p>{{ unsubscribeUrl }}</p>', text: '{{ unsubscribeUrl }}' },
} as const;

/** Accepts every template, and takes HTML for MJML and text. */
export const templateRules = {
  check: () => [],
  defaults: { coupon: templates, reminder: templates, reward: templates },
  compile: async (html: string) => ({ kind: 'compiled', html }) as const,
  textOf: (html: string) => html,
};

export const campaign = (change: Partial<Campaign> = {}): Campaign => ({
  campaignId: campaignId('welcome-back-1'),
  name: 'Welcome back',
  status: 'running',
  audience: { fact: 'orders', op: 'gte', value: 1 },
  trigger: { kind: 'at', at: iso(t0) },
  variants: [
    { name: 'reminder', weight: 0.5, action: { kind: 'reminder', templates } },
    { name: 'nothing', weight: 0.5, action: { kind: 'none' } },
  ],
  holdoutShare: 0.2,
  salt: 'salt-1',
  purpose: 'marketing',
  channels: ['email'],
  priority: 0,
  sendTime: { kind: 'at-once' },
  recommendationsCount: 0,
  windowDays: 30,
  metrics: defaultMetrics,
  lookDays: [14, 7],
  rollout: 'manual',
  createdAt: iso(t0 - dayMs),
  startedAt: iso(t0),
  revision: 2,
  ...change,
});

export const settings: WorkspaceSettings = { ...defaultSettings, globalHoldoutShare: 0.1 };

export const item = (
  id: string,
  repurchase: RepurchaseRule = { kind: 'once' },
  category: string[] = [],
): CatalogItem => ({
  itemId: itemId(id),
  title: id,
  kind: 'course',
  category,
  tags: [],
  repurchase,
  attributes: {},
  hidden: false,
  updatedAt: iso(t0),
  createdAt: iso(t0),
});

export const itemsOf = (...items: CatalogItem[]): ReadonlyMap<string, CatalogItem> =>
  new Map(items.map((one) => [one.itemId, one]));

export const profile = (id: string, change: Partial<CustomerProfile> = {}): CustomerProfile => ({
  customerId: customerId(id),
  email: `${id}@example.org`,
  traits: {},
  traitTimes: {},
  suppressed: {},
  createdAtMs: t0 - 90 * dayMs,
  ...change,
});

export const state = (change: Partial<CustomerState> = {}): CustomerState => ({
  events: [],
  owned: {},
  orders: {},
  revision: 1,
  ...change,
});

export const oneOrder = state({ orders: { o1: { atMs: t0 - 10 * dayMs, value: 50, refundedValue: 0 } } });

export const ids = (count: number): CustomerId[] =>
  Array.from({ length: count }, (_, index) => customerId(`c${index}`));

/** Customers c0 … with one order each and an address. */
export const fill = async (customers: CustomerStore, count: number): Promise<void> => {
  for (const id of ids(count)) {
    await customers.writeProfile(profile(id), undefined);
    await customers.writeState(id, oneOrder);
  }
};

export const movedClock = (): Clock & { nowIs(ms: number): void } => {
  let now = t0;
  return {
    nowMs: () => now,
    nowIs: (ms) => {
      now = ms;
    },
  };
};

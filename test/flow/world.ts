// A world small enough to count by hand: 300 learners in two groups of taste, twelve courses, three orders each.
// Even learners buy and look at c0 … c5, odd ones at c6 … c11; learner i starts at course (i / 2) mod 6 of the group.
// Events: 300 identifies + 900 orders + 300 views = 1,500.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { Api } from '../../local/demo/api.ts';

export const learnersCount = 300;
export const eventsCount = 5 * learnersCount;
const dayMs = 86_400_000;

export const learnerId = (index: number): string => `u${String(index).padStart(3, '0')}`;
export const indexOf = (learner: string): number => Number(learner.slice(1));
const email = (index: number): string =>
  index === bouncing ? 'bounce@simulator.amazonses.com' : `${learnerId(index)}@example.com`;
/** The learner whose mailbox refuses mail, by SES's mailbox simulator. */
export const bouncing = 7;

export const course = (index: number, step: number): string =>
  `c${(index % 2) * 6 + ((Math.floor(index / 2) + step) % 6)}`;
export const ownedAtStart = (index: number): string[] => [0, 1, 2].map((step) => course(index, step));
export const sameGroup = (index: number, item: string): boolean =>
  Math.floor(Number(item.slice(1)) / 6) === index % 2;

export const items = Array.from({ length: 12 }, (_, index) => ({
  itemId: `c${index}`,
  title: `Course ${index}`,
  kind: 'course',
  category: [index < 6 ? 'Data' : 'Music'],
  language: 'en',
  price: 50,
  currency: 'EUR',
  repurchase: { kind: 'once' },
}));

export interface Message {
  readonly type: 'track' | 'identify';
  readonly messageId: string;
  readonly userId: string;
  readonly timestamp: string;
  readonly event?: string;
  readonly properties?: object;
  readonly traits?: object;
}

export const orderMessage = (
  learner: string,
  item: string,
  orderId: string,
  atMs: number,
  coupon?: string,
): Message => ({
  type: 'track',
  messageId: `order-${orderId}`,
  userId: learner,
  timestamp: new Date(atMs).toISOString(),
  event: 'Order Completed',
  properties: {
    order_id: orderId,
    currency: 'EUR',
    ...(coupon !== undefined && { coupon }),
    products: [{ product_id: item, price: 50, quantity: 1 }],
  },
});

const messagesOf = (index: number, nowMs: number): Message[] => {
  const userId = learnerId(index);
  const at = (days: number): number => nowMs - days * dayMs + index * 60_000;
  return [
    {
      type: 'identify',
      messageId: `identify-${userId}`,
      userId,
      timestamp: new Date(at(100)).toISOString(),
      traits: { email: email(index), name: `Learner ${index}`, language: 'en', timezone: 'UTC' },
    },
    ...[0, 1, 2].map((step) =>
      orderMessage(userId, course(index, step), `${userId}-${step}`, at(90 - 30 * step)),
    ),
    {
      type: 'track',
      messageId: `view-${userId}`,
      userId,
      timestamp: new Date(at(10)).toISOString(),
      event: 'Product Viewed',
      properties: { product_id: course(index, 3) },
    },
  ];
};

export const historyMessages = (nowMs: number): Message[] =>
  Array.from({ length: learnersCount }, (_, index) => messagesOf(index, nowMs)).flat();

/** Sends through the real capture endpoint, 500 a batch; the answer to each must be success. */
export const capture = async (
  apiUrl: string,
  writeKey: string,
  messages: readonly Message[],
): Promise<void> => {
  for (let from = 0; from < messages.length; from += 500) {
    const response = await fetch(`${apiUrl}/v1/batch`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
      },
      body: JSON.stringify({ batch: messages.slice(from, from + 500) }),
    });
    const text = await response.text();
    if (text !== '{"success":true}')
      throw new Error(`capture answered ${response.status}: ${text.slice(0, 500)}`);
  }
};

export const importItems = async (apiUrl: string, adminKey: string): Promise<unknown> => {
  const response = await fetch(`${apiUrl}/v1/items/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${adminKey}` },
    body: items.map((item) => JSON.stringify(item)).join('\n'),
  });
  return response.json();
};

export const campaignOf = (name: string, atIso: string): object => ({
  name,
  audience: { fact: 'orders', op: 'gte', value: 1 },
  trigger: { kind: 'at', at: atIso },
  variants: [
    {
      name: 'coupon',
      weight: 0.5,
      action: { kind: 'coupon', offer: { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 } },
    },
    { name: 'reminder', weight: 0.5, action: { kind: 'reminder' } },
  ],
  holdoutShare: 0.4,
  recommendationsCount: 2,
  windowDays: 30,
});

export const startCampaign = async (api: Api, name: string, atIso: string): Promise<string> => {
  const { campaignId } = await api.post<{ readonly campaignId: string }>(
    '/v1/admin/campaigns',
    campaignOf(name, atIso),
  );
  await api.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  return campaignId;
};

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Every event that the archive holds on disk, duplicates included. */
export const archivedEvents = (directory: string): StoredEvent[] =>
  filesBelow(join(directory, 's3'))
    .filter(
      (path) =>
        decodeURIComponent(path).includes('/events/date=') &&
        path.includes('/objects/') &&
        path.endsWith('.ndjson.gz'),
    )
    .flatMap((path) => gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as StoredEvent);

/** Arm of each customer of a campaign, as the frozen audience was written into the archive. */
export const assignedArms = (directory: string, campaignId: string): Map<string, string> =>
  new Map(
    archivedEvents(directory)
      .filter(
        ({ event, properties }) =>
          event === 'Reprise Customer Assigned' && properties.campaignId === campaignId,
      )
      .map(({ userId, properties }) => [`${userId}`, JSON.stringify(properties.variant).slice(1, -1)]),
  );

export interface ReadMail {
  readonly to: string;
  readonly code?: string;
  readonly unsubscribeUrl: string;
}

/** What a person would find in the mail: the code in its text, the link its mail program unsubscribes by. */
export const readMail = (raw: string, to: string): ReadMail => {
  const unfolded = raw.replace(/=\r?\n/g, '').replace(/\r?\n[ \t]+/g, ' ');
  const unsubscribeUrl = /^List-Unsubscribe:\s*<([^>]+)>/im.exec(unfolded)?.[1];
  if (unsubscribeUrl === undefined) throw new Error(`no List-Unsubscribe header in the mail to ${to}`);
  // Not the middle of a UUID that happens to have digits only.
  const code = /(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])/.exec(unfolded)?.[0];
  return { to, code, unsubscribeUrl };
};

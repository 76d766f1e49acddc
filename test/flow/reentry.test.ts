// The strategy for abandoned carts over the real local host: the same customers leave a cart twice, 35 days apart, and are
// reminded of each, once. Synthesized state machine, bundled functions, local services; the clock is moved.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRuns } from '../../lib/experiments/result.ts';
import type { Api } from '../../local/demo/api.ts';
import type { LocalHost } from '../../local/host.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import { archivedEvents, capture, importItems, learnerId, type Message } from './world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const learners = Array.from({ length: 12 }, (_, index) => learnerId(index));
let flow: FlowHost;
let host: LocalHost;
let admin: Api;
let startMs: number;
let campaignId: string;

beforeAll(async () => {
  // Both carts lie in one quarter: the next one draws another global holdout, and arms may change to it.
  flow = await openFlowHost({ clockIso: '2026-04-10T12:00:00Z' });
  ({ host, admin } = flow);
  startMs = host.clock.nowMs();
  await importItems(host.apiUrl, host.keys.admin);
  await capture(
    host.apiUrl,
    host.keys.write,
    learners.map((userId) => ({
      type: 'identify',
      messageId: `identify-${userId}`,
      userId,
      timestamp: at(-1),
      traits: { email: `${userId}@example.com`, timezone: 'UTC' },
    })),
  );
  ({ campaignId } = await admin.post<{ readonly campaignId: string }>(
    '/v1/admin/strategies/abandoned-cart/campaigns',
    { parameters: { runsForDays: 60, holdoutShare: 0.02, couponDelayHours: 24 } },
  ));
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  await settled();
}, 180_000);
afterAll(() => flow?.close());

const at = (day: number): string => new Date(startMs + day * dayMs).toISOString();
const settled = async (): Promise<void> => {
  await host.drain();
  await host.settle();
  await host.drain();
};
const moveTo = async (day: number): Promise<void> => {
  await host.clock.advanceTo(startMs + day * dayMs);
  await settled();
};
const cartOf = (userId: string, item: string): Message => ({
  type: 'track',
  messageId: `cart-${userId}-${item}`,
  userId,
  timestamp: new Date(host.clock.nowMs()).toISOString(),
  event: 'Product Added',
  properties: { product_id: item, price: 50, quantity: 1 },
});
/** Everybody puts an item into the cart; the app sends it twice. */
const abandon = async (item: string): Promise<void> => {
  const carts = learners.map((learner) => cartOf(learner, item));
  await capture(host.apiUrl, host.keys.write, carts);
  await capture(host.apiUrl, host.keys.write, carts);
  await settled();
};
/** Customers by run and arm, as assigned. */
const assigned = (): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const runs = new Map<string, Map<string, string>>();
  for (const { event, userId, properties } of archivedEvents(flow.directory)) {
    if (event === 'Reprise Customer Assigned' && properties.campaignId === campaignId) {
      const [runId, arm] = [JSON.stringify(properties.runId), JSON.stringify(properties.variant)].map(
        (text) => text.slice(1, -1),
      );
      runs.set(runId, (runs.get(runId) ?? new Map()).set(String(userId), arm));
    }
  }
  return runs;
};
const remindersOf = (
  learner: string,
  messages: readonly { readonly stepId?: string; readonly runId: string }[],
) => messages.filter(({ stepId }) => stepId === 'reminder').map(({ runId }) => `${learner} ${runId}`);
const reminders = async (): Promise<readonly string[]> => {
  const all: string[] = [];
  for (const learner of learners) {
    const { campaigns } = await admin.get<{
      readonly campaigns: readonly {
        readonly deliveries: readonly {
          readonly stepId?: string;
          readonly runId: string;
          readonly status: string;
        }[];
      }[];
    }>(`/v1/admin/customers/${learner}/messages?campaignId=${campaignId}`);
    all.push(
      ...campaigns.flatMap(({ deliveries }) =>
        remindersOf(
          learner,
          deliveries.filter(({ status }) => status === 'sent'),
        ),
      ),
    );
  }
  return all.sort();
};
const mailsOf = async (): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>();
  for (const { to } of await host.mails()) {
    counts.set(to[0], (counts.get(to[0]) ?? 0) + 1);
  }
  return counts;
};

it('a cart abandoned again 35 days later is reminded of again, each cart exactly once', async () => {
  await moveTo(1);
  await abandon('c0');
  // Six hours later, before the quiet hours.
  await moveTo(1.25);
  const arms = assigned().get('run-1') ?? new Map<string, string>();
  expect([...arms.keys()].sort()).toEqual(learners);
  const treated = learners.filter((learner) => String(arms.get(learner)).startsWith('reminder'));
  expect(treated.length).toBeGreaterThan(6);
  expect(await reminders()).toEqual(treated.map((learner) => `${learner} run-1`));
  const mailed = await mailsOf();
  expect([...mailed].filter(([, count]) => count !== 1)).toEqual([]);

  await moveTo(2.3);
  await moveTo(36);
  await abandon('c1');
  await moveTo(36.25);
  // The same arm again, by the same hash.
  expect(assigned().get('run-2')).toEqual(arms);
  expect(await reminders()).toEqual(treated.flatMap((learner) => [`${learner} run-1`, `${learner} run-2`]));
  const again = await mailsOf();
  const withCoupon = new Set(treated.filter((learner) => arms.get(learner) === 'reminder-and-coupon'));
  for (const learner of treated) {
    // A reminder of each cart; the coupon of the first was sent on day 2.
    expect(again.get(`${learner}@example.com`), learner).toBe(withCoupon.has(learner) ? 3 : 2);
  }
  expect([...again.keys()].sort()).toEqual(treated.map((learner) => `${learner}@example.com`));
});

it('ends after its last window, with a result of each run and one over both that counts each customer once', async () => {
  // The first run ends on day 30, the second on day 60; each window has 14 days.
  await moveTo(45);
  await moveTo(75);
  const { runs } = await admin.get<{
    readonly runs: readonly { readonly runId: string; readonly skipped?: boolean }[];
  }>(`/v1/admin/campaigns/${campaignId}`);
  expect(runs.map(({ runId, skipped }) => [runId, skipped])).toEqual([
    ['run-1', undefined],
    ['run-2', undefined],
  ]);
  await moveTo(75.1);
  const { results } = await admin.get<{
    readonly results: readonly {
      readonly runId: string;
      readonly arms: readonly { readonly customers: number }[];
    }[];
  }>(`/v1/admin/campaigns/${campaignId}/result`);
  expect(
    results.map(({ runId, arms }) => [runId, arms.reduce((sum, { customers }) => sum + customers, 0)]),
  ).toEqual([
    ['run-1', learners.length],
    ['run-2', learners.length],
    [allRuns, learners.length],
  ]);
  expect((await admin.get<{ readonly status: string }>(`/v1/admin/campaigns/${campaignId}`)).status).toBe(
    'finished',
  );
});

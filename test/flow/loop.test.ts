// The whole loop over the real local host: synthesized template, bundled functions, real SDK clients, local services.
// Every expected number follows from test/flow/world.ts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignReport } from '../../lib/experiments/campaign-report.ts';
import { type CampaignResult, comparisonOf } from '../../lib/experiments/result.ts';
import type { Api } from '../../local/demo/api.ts';
import type { LocalHost } from '../../local/host.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import {
  archivedEvents,
  assignedArms,
  bouncing,
  capture,
  eventsCount,
  historyMessages,
  importItems,
  learnerId,
  learnersCount,
  orderMessage,
  ownedAtStart,
  type ReadMail,
  readMail,
  sameGroup,
  startCampaign,
} from './world.ts';

const dayMs = 86_400_000;
let flow: FlowHost;
let host: LocalHost;
let directory: string;
let admin: Api;
let read: Api;

beforeAll(async () => {
  flow = await openFlowHost();
  ({ host, directory, admin, read } = flow);
}, 180_000);
afterAll(() => flow?.close());

interface Answer {
  readonly recommendationId: string;
  readonly modelVersion: string;
  readonly items: readonly {
    readonly itemId: string;
    readonly source: string;
    readonly propensity: number;
  }[];
}
const recommend = (learner: string, query = ''): Promise<Answer> =>
  read.get<Answer>(`/v1/users/${learner}/recommendations${query}`);
const idsOf = ({ items }: Answer): string[] => items.map(({ itemId }) => itemId);

const trained = async (): Promise<{
  readonly trainingId: string;
  readonly status: string;
  readonly version: string;
}> => {
  const { trainingId } = await admin.post<{ readonly trainingId: string }>('/v1/admin/trainings');
  await host.settle();
  return admin.get(`/v1/admin/trainings/${trainingId}`);
};

const mails = async (): Promise<ReadMail[]> =>
  (await host.mails()).map(({ raw, to }) => readMail(raw, to[0]));

const resultOf = async (campaignId: string): Promise<CampaignResult> => {
  const { latest } = await admin.get<{ readonly latest: CampaignResult }>(
    `/v1/admin/campaigns/${campaignId}/result`,
  );
  return latest;
};

// One story in order: each part goes on from what the part before it left.
describe('the loop', () => {
  it('takes the catalogue and 1,500 events, of which 500 are sent twice', async () => {
    expect(await importItems(host.apiUrl, host.keys.admin)).toEqual({ imported: 12 });
    const messages = historyMessages(host.clock.nowMs());
    await capture(host.apiUrl, host.keys.write, messages);
    await capture(host.apiUrl, host.keys.write, messages.slice(0, 500));
    await host.drain();
    expect(new Set(archivedEvents(directory).map(({ messageId }) => messageId)).size).toBe(eventsCount);
  });

  it('keeps three orders of 50 in each learner’s fresh state, duplicates or not', async () => {
    for (const index of [0, 1, learnersCount - 1]) {
      const { state } = await admin.get<{
        readonly state: {
          readonly orders: Record<string, { readonly value: number }>;
          readonly owned: object;
        };
      }>(`/v1/admin/customers/${learnerId(index)}`);
      expect(Object.values(state.orders).map(({ value }) => value)).toEqual([50, 50, 50]);
      expect(Object.keys(state.owned).sort()).toEqual(ownedAtStart(index).sort());
    }
  });

  it('trains on each event once and promotes a model', async () => {
    const training = await trained();
    expect(training.status).toBe('promoted');
    const { current, versions } = await admin.get<{
      readonly current: { readonly version: string };
      readonly versions: readonly {
        readonly version: string;
        readonly manifest: { readonly dataset: Record<string, number> };
      }[];
    }>('/v1/admin/models');
    expect(current.version).toBe(training.version);
    const report = versions.find(({ version }) => version === training.version)?.manifest.dataset ?? {};
    expect(report.events - report.duplicates).toBe(eventsCount);
    expect(report.buyers).toBe(learnersCount);
    expect(report.orders).toBe(3 * learnersCount);
    expect(report.orderLines).toBe(3 * learnersCount);
  });

  it('recommends what the learner’s group takes and the learner does not own', async () => {
    for (const index of [0, 1, 50, 51]) {
      const { items } = await recommend(learnerId(index), '?limit=3');
      const exploited = items.filter(({ source }) => source !== 'exploration');
      expect(exploited.length).toBeGreaterThan(0);
      for (const { itemId, propensity } of exploited) {
        expect(ownedAtStart(index)).not.toContain(itemId);
        expect(sameGroup(index, itemId)).toBe(true);
        expect(propensity).toBeGreaterThan(0);
        expect(propensity).toBeLessThanOrEqual(1);
      }
    }
  });

  it('drops from the next answer what was bought a moment ago', async () => {
    const before = idsOf(await recommend(learnerId(0), '?limit=12'));
    expect(before).toContain('c3');
    await capture(host.apiUrl, host.keys.write, [
      orderMessage(learnerId(0), 'c3', 'fresh', host.clock.nowMs()),
    ]);
    await host.drain();
    expect(idsOf(await recommend(learnerId(0), '?limit=12'))).toEqual(expect.not.arrayContaining(['c3']));
  });

  it('logs every answer as an event with the propensities it gave', async () => {
    const answer = await recommend(learnerId(2), '?limit=2&placement=home');
    await host.drain();
    const served = archivedEvents(directory).find(
      ({ event, properties }) =>
        event === 'Reprise Recommendation Served' && properties.recommendationId === answer.recommendationId,
    );
    expect(served?.userId).toBe(learnerId(2));
    expect(served?.properties).toMatchObject({
      placement: 'home',
      modelVersion: answer.modelVersion,
      items: answer.items.map(({ itemId, propensity }) => expect.objectContaining({ itemId, propensity })),
    });
  });

  let campaignId: string;
  let arms: Map<string, string>;
  const inArm = (arm: string): string[] =>
    [...arms].filter(([, of]) => of === arm).map(([learner]) => learner);

  it('freezes 300 learners into their arms and mails exactly those treated, once each', async () => {
    campaignId = await startCampaign(admin, 'first', new Date(host.clock.nowMs()).toISOString());
    await host.settle();
    await host.drain();
    arms = assignedArms(directory, campaignId);
    expect(arms.size).toBe(learnersCount);
    const treated = [...inArm('coupon'), ...inArm('reminder')];
    const addresses = treated.map((learner) =>
      learner === learnerId(bouncing) ? 'bounce@simulator.amazonses.com' : `${learner}@example.com`,
    );
    expect((await mails()).map(({ to }) => to).sort()).toEqual(addresses.sort());
  });

  it('gives each learner of the coupon arm a code of their own and nobody else one', async () => {
    const coded = (await mails()).filter(({ code }) => code !== undefined);
    expect(coded.length).toBe(inArm('coupon').length);
    expect(new Set(coded.map(({ code }) => code)).size).toBe(coded.length);
  });

  const codeOf = async (learner: string): Promise<string> => {
    const mail = (await mails()).find(({ to }) => to === `${learner}@example.com`);
    if (mail?.code === undefined) throw new Error(`no code was mailed to ${learner}`);
    return mail.code;
  };
  const redeem = (
    code: string,
    customerId: string,
    key: string,
  ): Promise<{ readonly discountAmount: number }> =>
    read.post(
      `/v1/coupons/${code}/redemptions`,
      { customerId, orderId: key, orderValue: 50, currency: 'EUR' },
      { 'idempotency-key': key },
    );

  const buyers = { coupon: 20, reminder: 10, holdout: 5 } as const;

  it('redeems a code once, answers a repeat alike, and refuses a second use', async () => {
    await host.clock.advanceTo(host.clock.nowMs() + 10 * dayMs);
    const orders = [];
    for (const arm of ['coupon', 'reminder', 'holdout'] as const) {
      for (const learner of inArm(arm)
        .filter((id) => id !== learnerId(bouncing))
        .slice(0, buyers[arm])) {
        const orderId = `window-${learner}`;
        const code = arm === 'coupon' ? await codeOf(learner) : undefined;
        if (code !== undefined) expect((await redeem(code, learner, orderId)).discountAmount).toBe(10);
        orders.push(orderMessage(learner, 'c5', orderId, host.clock.nowMs(), code));
      }
    }
    const [first] = inArm('coupon');
    const code = await codeOf(first);
    expect((await redeem(code, first, `window-${first}`)).discountAmount).toBe(10);
    await expect(redeem(code, first, 'another')).rejects.toThrow(/409/);
    await capture(host.apiUrl, host.keys.write, orders);
    await host.drain();
  });

  it('hears of clicks: a scanner’s on two links at once, and a person’s', async () => {
    const [scanned, read] = inArm('coupon').filter((id) => id !== learnerId(bouncing));
    const click = async (learner: string, link: string): Promise<void> => {
      const mail = (await host.mails()).find(({ to }) => to[0] === `${learner}@example.com`);
      const url = `${host.mailUrl}/${mail?.sesMessageId}/click?link=${encodeURIComponent(link)}`;
      expect((await fetch(url, { method: 'POST' })).status).toBe(202);
    };
    await Promise.all([click(scanned, 'https://shop.example/a'), click(scanned, 'https://shop.example/b')]);
    await click(read, 'https://shop.example/a');
    await host.drain();
  });

  it('stops mail at once for who unsubscribed, complained of nothing, or bounced', async () => {
    const [learner] = inArm('reminder').filter((id) => id !== learnerId(bouncing));
    const mail = (await mails()).find(({ to }) => to === `${learner}@example.com`);
    const page = await fetch(mail?.unsubscribeUrl ?? '');
    expect(page.status).toBe(200);
    const profileOf = () =>
      admin.get<{
        readonly profile: { readonly suppressed: { readonly email?: { readonly reason: string } } };
      }>(`/v1/admin/customers/${learner}`);
    // Looking at the page changes nothing: link scanners look, too.
    expect((await profileOf()).profile.suppressed.email).toBeUndefined();
    const oneClick = await fetch(mail?.unsubscribeUrl ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(oneClick.status).toBe(200);
    expect((await profileOf()).profile.suppressed.email?.reason).toBe('unsubscribed');
    const before = (await host.mails()).length;
    const second = await startCampaign(admin, 'second', new Date(host.clock.nowMs()).toISOString());
    await host.settle();
    await host.drain();
    const secondArms = assignedArms(directory, second);
    const mailed = (await mails()).slice(before).map(({ to }) => to);
    expect(mailed).not.toContain(`${learner}@example.com`);
    const treated = [...secondArms]
      .filter(([, arm]) => arm === 'coupon' || arm === 'reminder')
      .map(([id]) => id);
    const spared = [learner];
    if (arms.get(learnerId(bouncing)) === 'coupon' || arms.get(learnerId(bouncing)) === 'reminder') {
      spared.push(learnerId(bouncing));
    }
    const expected = treated
      .filter((id) => !spared.includes(id))
      .map((id) => (id === learnerId(bouncing) ? 'bounce@simulator.amazonses.com' : `${id}@example.com`));
    expect(mailed.sort()).toEqual(expected.sort());
  });

  it('counts the window’s buyers by intention to treat and estimates the difference', async () => {
    await host.clock.advanceTo(host.clock.nowMs() + 21 * dayMs);
    await host.settle();
    const result = await resultOf(campaignId);
    expect(result.final).toBe(true);
    const byArm = new Map(result.arms.map((arm) => [arm.arm, arm]));
    for (const arm of ['coupon', 'reminder', 'holdout'] as const) {
      expect(byArm.get(arm)).toMatchObject({
        customers: inArm(arm).length,
        conversions: buyers[arm],
        repurchaseRate: buyers[arm] / inArm(arm).length,
      });
    }
    expect(byArm.get('global-holdout')).toMatchObject({
      customers: inArm('global-holdout').length,
      conversions: 0,
    });
    expect(byArm.get('coupon')?.redemptions).toBe(buyers.coupon);
    expect(byArm.get('reminder')?.unsubscribes).toBe(1);
    expect(result.sampleRatio.ok).toBe(true);
    const estimate = comparisonOf(result, 'repurchase', 'coupon')?.estimate;
    const difference = buyers.coupon / inArm('coupon').length - buyers.holdout / inArm('holdout').length;
    expect(estimate).toMatchObject({ kind: 'estimate', difference: expect.closeTo(difference, 12) });
    // Newcombe's interval for a difference this large excludes zero: 20 of about 85 against 5 of about 114.
    expect(estimate?.kind === 'estimate' && estimate.low).toBeGreaterThan(0);
    expect(result.decision).toBe('roll-out');
  });

  it('reports where each of the 300 went, by hand', async () => {
    const report = await admin.get<CampaignReport>(`/v1/admin/campaigns/${campaignId}/report`);
    expect(report).toMatchObject({
      status: 'finished',
      runsCount: 1,
      analysis: { final: true, currency: 'EUR' },
    });
    const counts = (arm: string) => report.total.customers.find((cell) => cell.arm === arm)?.counts;
    for (const arm of ['coupon', 'reminder'] as const) {
      const customers = inArm(arm).length;
      expect(counts(arm)).toMatchObject({ customers, sent: customers, suppressed: {}, waiting: 0 });
      expect(counts(arm)).toMatchObject({ ordered: buyers[arm], revenue: buyers[arm] * 50 });
    }
    expect(counts('coupon')).toMatchObject({ redeemed: buyers.coupon, clicked: 1 });
    for (const arm of ['holdout', 'global-holdout'] as const) {
      expect(counts(arm)).toMatchObject({
        customers: inArm(arm).length,
        heldOut: inArm(arm).length,
        sent: 0,
      });
    }
    const messages = report.total.messages.map((cell) => cell.counts);
    const total = (
      of: (typeof messages)[number] | undefined,
      field: 'delivered' | 'bounced' | 'clicks' | 'humanClicks',
    ) => of?.[field] ?? 0;
    const summed = (field: Parameters<typeof total>[1]): number =>
      messages.reduce((sum, each) => sum + total(each, field), 0);
    const sentCount = inArm('coupon').length + inArm('reminder').length;
    const bounced = ['coupon', 'reminder'].includes(arms.get(learnerId(bouncing)) ?? '') ? 1 : 0;
    expect(summed('bounced')).toBe(bounced);
    expect(summed('delivered')).toBe(sentCount - bounced);
    // A scanner followed two links at once, a person one.
    expect([summed('clicks'), summed('humanClicks')]).toEqual([3, 1]);
  });

  it('and what the coupons did: 20 redeemed, of which the holdout says how many would have bought anyway', async () => {
    const { analysis } = await admin.get<CampaignReport>(`/v1/admin/campaigns/${campaignId}/report`);
    const effect = analysis?.effects.find(({ arm }) => arm === 'coupon');
    const [treated, held] = [inArm('coupon').length, inArm('holdout').length];
    const induced = buyers.coupon - (buyers.holdout / held) * treated;
    expect(effect?.buyers).toMatchObject({ kind: 'estimate', value: expect.closeTo(induced, 9) });
    // Nobody buys twice, all orders are of 50 EUR, and each coupon took 20% off; mails are priced in USD.
    expect(effect).toMatchObject({ discounts: 200, returnOnSpending: { code: 'too-few-conversions' } });
    // Five buyers in the holdout are too few to say who would have bought anyway.
    expect(effect?.cannibalisation).toMatchObject({ kind: 'no-estimate', code: 'too-few-conversions' });
  });

  it('computes the report anew on demand, and shows it as a page and as CSV', async () => {
    const path = `/v1/admin/campaigns/${campaignId}/report`;
    const before = await admin.get<CampaignReport>(path);
    await host.clock.advanceTo(host.clock.nowMs() + 3_600_000);
    expect(await admin.post(path)).toMatchObject({ campaignId, asOf: before.asOf });
    await host.settle();
    expect((await admin.get<CampaignReport>(path)).asOf > before.asOf).toBe(true);
    const text = async (query: string): Promise<string> =>
      (
        await fetch(`${host.apiUrl}${path}?${query}`, {
          headers: { authorization: `Bearer ${host.keys.admin}` },
        })
      ).text();
    expect(await text('format=html')).toContain('What the campaign caused');
    expect(await text('format=html&language=zh-CN')).toContain('活动带来的变化');
    expect(await text('format=csv')).toContain(
      `run-1,test,customers,coupon,treated,,,redeemed,,${buyers.coupon}`,
    );
  });

  it('goes back to an earlier model by one call', async () => {
    const first = (await admin.get<{ readonly current: { readonly version: string } }>('/v1/admin/models'))
      .current.version;
    const second = await trained();
    expect(second.status).toBe('promoted');
    expect(second.version).not.toBe(first);
    await admin.post(`/v1/admin/models/${first}/promotion`);
    await host.clock.advanceTo(host.clock.nowMs() + 60_000);
    expect((await recommend(learnerId(3))).modelVersion).toBe(first);
  });
});

// Pause and cancellation in the middle of a campaign's deliveries, by the API of the real local host: no more customers
// get mail after the answer than are in the chunks in hand; a resumption mails the rest exactly once; a cancellation mails
// nobody else and names each one who was left out.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pauseCheckMsMin } from '../../lib/base/limits.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';
import { mailedOf, sentAfterMax, stopMidway } from './stopping.ts';
import { assignedArms } from './world.ts';

let flow: FlowHost;
beforeAll(async () => {
  flow = await openFlowHost();
}, 180_000);
afterAll(() => flow?.close());

/** All but the global holdout. */
const treatedOf = (campaignId: string): string[] =>
  [...assignedArms(flow.directory, campaignId)]
    .filter(([, arm]) => arm === 'reminder')
    .map(([id]) => id)
    .sort();

const deliveriesOf = async (campaignId: string) => {
  const { runs } = await flow.admin.get<{
    readonly runs: readonly { readonly phases: { readonly test: { readonly deliveries: object } } }[];
  }>(`/v1/admin/campaigns/${campaignId}`);
  return runs[0].phases.test.deliveries;
};

describe('a campaign stopped while it delivers', () => {
  it('that is paused mails no more than the chunks in hand, and the rest exactly once after the resumption', async () => {
    const { host, admin } = flow;
    const { campaignId, atAnswer, atRest } = await stopMidway(host, admin, 'pause', 'pause');
    await host.drain();
    const treated = treatedOf(campaignId);
    expect(atRest.length - atAnswer.length).toBeLessThanOrEqual(sentAfterMax);
    expect(atRest.length).toBeLessThan(treated.length);
    // Nor later, as long as it lasts.
    await host.clock.advanceTo(host.clock.nowMs() + 2 * pauseCheckMsMin);
    await host.settle();
    expect(await mailedOf(host, 'pause')).toEqual(atRest);
    await admin.post(`/v1/admin/campaigns/${campaignId}/resume`);
    await host.clock.advanceTo(host.clock.nowMs() + 2 * pauseCheckMsMin);
    await host.settle();
    expect(await mailedOf(host, 'pause')).toEqual(treated);
    expect(await deliveriesOf(campaignId)).toMatchObject({
      settled: treated.length,
      sent: treated.length,
      deferred: 0,
      failed: 0,
    });
  }, 180_000);

  it('that is cancelled mails no more than the chunks in hand, and names everybody who was left out', async () => {
    const { host, admin } = flow;
    const { campaignId, atAnswer, atRest } = await stopMidway(host, admin, 'cancel', 'cancel');
    await host.drain();
    const treated = treatedOf(campaignId);
    expect(atRest.length - atAnswer.length).toBeLessThanOrEqual(sentAfterMax);
    expect(new Set(atRest).size).toBe(atRest.length);
    expect(atRest.length).toBeLessThan(treated.length);
    await host.clock.advanceTo(host.clock.nowMs() + 3_600_000);
    await host.settle();
    await host.drain();
    expect(await mailedOf(host, 'cancel')).toEqual(atRest);
    const { customers } = await admin.get<{
      readonly customers: readonly { readonly customerId: string; readonly reason: string }[];
    }>(`/v1/admin/campaigns/${campaignId}/runs/run-1/problems`);
    const leftOut = treated.filter((id) => !atRest.includes(id));
    expect(customers.map(({ customerId }) => customerId).sort()).toEqual(leftOut);
    expect(new Set(customers.map(({ reason }) => reason))).toEqual(new Set(['cancelled']));
    expect(await deliveriesOf(campaignId)).toMatchObject({ sent: atRest.length, deferred: leftOut.length });
  }, 180_000);
});

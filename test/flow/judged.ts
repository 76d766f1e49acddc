// Policies judged by the logs over the local host: another exploration and another model of pages, other shares of a campaign.

import { expect } from 'vitest';
import type { FlowHost } from './flow-host.ts';
import { capture, items, learnerId, startCampaign } from './world.ts';

const dayMs = 86_400_000;

export const judgePolicies = async (
  { host, admin, read }: FlowHost,
  settled: () => Promise<void>,
): Promise<void> => {
  const isoAfter = (ms: number): string => new Date(host.clock.nowMs() + ms).toISOString();
  // New since the training: something to explore.
  const put = await fetch(`${host.apiUrl}/v1/items/news`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${host.keys.admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...items[0], itemId: 'news' }),
  });
  expect(put.status).toBeLessThan(300);
  await host.clock.advanceTo(host.clock.nowMs() + 60_000);
  const from = isoAfter(0);
  for (let index = 0; index < 5; index += 1) {
    const { recommendationId, items: shown } = await read.get<{
      readonly recommendationId: string;
      readonly items: readonly { readonly itemId: string }[];
    }>(`/v1/users/${learnerId(index)}/recommendations?limit=3`);
    await capture(host.apiUrl, host.keys.write, [
      {
        type: 'track',
        messageId: `clicked-${index}`,
        userId: learnerId(index),
        timestamp: isoAfter(1_000),
        event: 'Product Clicked',
        properties: { product_id: shown[0].itemId, recommendation_id: recommendationId },
      },
    ]);
  }
  const campaignId = await startCampaign(admin, 'judged', isoAfter(0));
  await settled();
  await host.clock.advanceTo(host.clock.nowMs() + 2 * dayMs);
  await settled();
  const judged = async (policy: object): Promise<object> => {
    const body = { policy, from, to: isoAfter(-dayMs), outcome: 'click', windowDays: 1 };
    const { evaluationId } = await admin.post<{ readonly evaluationId: string }>(
      '/v1/admin/evaluations',
      body,
    );
    await settled();
    return admin.get(`/v1/admin/evaluations/${evaluationId}`);
  };
  // Of five pages those of the global holdout are left out.
  expect(await judged({ explorationShare: 0.1 })).toMatchObject({
    status: 'done',
    result: { unit: 'shown-item', logs: { decisions: expect.any(Number) }, ips: { kind: 'no-estimate' } },
  });
  const { current } = await admin.get<{ readonly current: { readonly version: string } }>('/v1/admin/models');
  expect(await judged({ modelVersion: current.version })).toMatchObject({ status: 'done' });
  expect(await judged({ campaignId, variantShares: { coupon: 1 } })).toMatchObject({
    status: 'done',
    result: { unit: 'customer' },
  });
  expect(await admin.get('/v1/admin/evaluations')).toHaveProperty('evaluations.length', 3);
};

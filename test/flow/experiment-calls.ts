// Every route of experiments and every call behind them, for the test of roles: an experiment of an app that was over
// before it was defined here, from its definition to a result on demand and its last look; and one that is stopped.

import { expect } from 'vitest';
import type { FlowHost } from './flow-host.ts';
import { capture, learnerId, orderMessage } from './world.ts';

const dayMs = 86_400_000;

export const callExperiments = async (
  { host, admin }: FlowHost,
  settled: () => Promise<void>,
): Promise<void> => {
  const isoAfter = (ms: number): string => new Date(host.clock.nowMs() + ms).toISOString();
  const send = async (method: 'PUT', path: string, body: object): Promise<void> => {
    const response = await fetch(`${host.apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${host.keys.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  };
  const experiment = (experimentId: string, startsAt: string, endsAt: string) => ({
    experimentId,
    name: 'a test of the app',
    subject: 'external',
    variants: [
      { name: 'red', weight: 0.5 },
      { name: 'blue', weight: 0.5 },
    ],
    reference: 'red',
    startsAt,
    endsAt,
    windowDays: 1,
  });
  const path = '/v1/admin/experiments/colour';
  const definition = experiment('colour', isoAfter(-10 * dayMs), isoAfter(-5 * dayMs));
  await admin.post('/v1/admin/experiments', definition);
  await send('PUT', path, definition);
  const visitor = { type: 'track', event: 'Experiment Viewed', timestamp: isoAfter(-6 * dayMs) };
  const properties = { experiment_id: 'colour', variation_name: 'red' };
  const response = await fetch(`${host.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${host.keys.write}:`).toString('base64')}` },
    body: JSON.stringify({
      batch: [
        { ...visitor, messageId: 'seen-1', userId: learnerId(1), properties },
        { ...visitor, messageId: 'seen-2', anonymousId: 'visitor-1', properties },
      ],
    }),
  });
  expect(response.status).toBe(200);
  await capture(host.apiUrl, host.keys.write, [
    orderMessage(learnerId(1), 'c0', 'seen', host.clock.nowMs() - 6 * dayMs + 60_000),
  ]);
  await host.drain();
  await admin.post(`${path}/plan`, { repurchaseRate: 0.2, dailyArrivals: 100 });
  await admin.post(`${path}/start`);
  await admin.post(`${path}/analyse`);
  await settled();
  expect(await admin.get(`${path}/result`)).toMatchObject({ latest: { final: true }, results: [] });
  await host.clock.advanceTo(host.clock.nowMs() + 20 * 60_000);
  await settled();
  expect(await admin.get(`${path}/result`)).toMatchObject({ status: 'finished', results: [{ look: 1 }] });
  expect(await admin.get(`${path}/report`)).toMatchObject({ results: [{ look: 1 }] });
  const page = await fetch(`${host.apiUrl}${path}/report?format=csv`, {
    headers: { authorization: `Bearer ${host.keys.admin}` },
  });
  expect(await page.text()).toContain('repurchase');
  await admin.post('/v1/admin/experiments', experiment('later', isoAfter(0), isoAfter(dayMs)));
  await admin.post('/v1/admin/experiments/later/start');
  await admin.post('/v1/admin/experiments/later/stop', {});
  await admin.post('/v1/admin/holdout/report');
  await settled();
  expect(await admin.get('/v1/admin/holdout/report')).toMatchObject({ report: { globalHoldoutShare: 0.05 } });
  expect(await admin.get('/v1/admin/experiments')).toHaveProperty('experiments.length', 2);
};

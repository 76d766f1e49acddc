// A crowd at the checkout through the real HTTP API of the local host: as many are let through as there is room for,
// refunds and reservations that ended give their places back, and one key is answered in one way.
// The same with 1,000 requests a scene: npm run bench -- redemptions.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRedemptions } from '../../bench/redemptions-run.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';

let flow: FlowHost;
beforeAll(async () => {
  flow = await openFlowHost();
}, 180_000);
afterAll(() => flow?.close());

it('lets through whom there is room for, and tells the others why not', async () => {
  const scenes = await runRedemptions(flow.host, { requestsCount: 60, room: 20 });
  expect(scenes.map(({ name, succeeded }) => [name, succeeded])).toEqual(
    scenes.map(({ name, expected }) => [name, expected]),
  );
  const answers = new Set(scenes.flatMap(({ answers: given }) => [...given.keys()]));
  expect([...answers].toSorted()).toEqual([
    '200',
    '409 coupon-exhausted-budget',
    '409 coupon-exhausted-campaign',
    '409 coupon-exhausted-code',
  ]);
  expect(flow.host.roles.refused()).toEqual([]);
});

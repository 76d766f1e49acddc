// kill -9 of the function that delivers, at each side effect, before and after; then its batch is delivered twice at the
// same time, and once more. Real processes, real services' protocols. The whole table: npm run bench -- faults.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Strike } from './fault-proxy.ts';
import { customersCount, type FaultStage, openFaultStage, runFault } from './faulty-deliveries.ts';
import { type FlowHost, openFlowHost } from './flow-host.ts';

let flow: FlowHost;
let stage: FaultStage;
beforeAll(async () => {
  flow = await openFlowHost();
  stage = await openFaultStage(flow.host, flow.admin);
}, 60_000);
afterAll(() => flow.close());

/** In the middle of the batch, where others are under way; events and progress come once. */
const strikes: readonly Strike[] = [
  { when: 'before', effect: 'claim', nth: 3 },
  { when: 'after', effect: 'claim', nth: 3 },
  { when: 'after', effect: 'sending', nth: 3 },
  { when: 'after', effect: 'send', nth: 3 },
  { when: 'before', effect: 'settle', nth: 3 },
  { when: 'before', effect: 'progress', nth: 1 },
];

describe('a function killed while it delivers', () => {
  it.each(strikes.map((strike, index) => [strike.when, strike.effect, strike, index] as const))(
    '%s %s: nobody gets a second mail or code, nobody is lost, and nothing that SES reported is unknown',
    async (_when, _effect, strike, index) => {
      const run = await runFault(stage, strike, index);
      expect(run).toMatchObject({
        hasStruck: true,
        secondMailsCount: 0,
        codesCount: customersCount,
        secondCodesCount: 0,
        lostCount: 0,
        unknownButSentCount: 0,
      });
      expect(run.mailsCount + run.unknownCount).toBe(customersCount);
      expect(run.progress).toMatchObject({ done: customersCount, deferred: [], failed: [] });
      expect(run.progress.counts.unknown).toBe(run.unknownCount);
    },
    60_000,
  );
});

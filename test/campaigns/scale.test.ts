// The arithmetic of a million customers against the limits of Lambda, S3 and Step Functions, with the sizes of real
// objects written by the freeze. Quotas: AWS Step Functions developer guide, "Service quotas" and "Distributed Map";
// AWS Lambda developer guide, "Quotas". A run with 100,000 customers: npm run bench -- scale.

import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import {
  assignedEventsCountMax,
  campaignObjectsConcurrencyMax,
  deliveriesConcurrencyMax,
  deliveryBatchCustomersCountMax,
  deliveryBatchesConcurrencyMax,
  deliveryChunkCustomersCountMax,
  deliveryStopMs,
  holdoutShareMax,
  idLengthMax,
} from '../../lib/base/limits.ts';
import {
  checkHistoryEventsMax,
  executionChecksCountMax,
  executionHistoryEventsMax,
  startHistoryEventsMax,
} from '../../lib/base/workflow-limits.ts';
import { type AudienceBatch, type BatchEntry, batchesKey } from '../../lib/campaigns/audience.ts';
import { writeMembers } from '../../lib/campaigns/frozen-objects.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { campaign, iso, t0 } from './sample.ts';

const customersCount = 1_000_000;
const batchesCount = Math.ceil(customersCount / deliveryBatchCustomersCountMax);
const payloadBytesMax = 256 * 1024;
const lambdaMsMax = 15 * 60 * 1000;
const deliverTimeoutMs = 300_000;

/** Two batches as the freeze writes them, of ids as long as they may be. */
const written = async () => {
  const archive = createFakeObjectStore();
  const definition = campaign();
  const run = { campaignId: definition.campaignId, runId: 'run-9999', phase: 'rollout' } as const;
  const members = Array.from({ length: 2 * deliveryBatchCustomersCountMax }, (_, index) => ({
    customerId: customerId(`${index}`.padStart(idLengthMax, 'c')),
    decisionId: 'd'.repeat(32) as AudienceBatch['members'][number]['decisionId'],
    arm: definition.variants[0].name,
    propensity: 0.333_333_333_333_333_3,
    assignedAt: iso(t0),
  }));
  const { batches } = await writeMembers(definition, run, iso(t0), [members], archive);
  return { archive, run, batches };
};

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('a campaign to a million customers', () => {
  it('is a few thousand batches, of which the map’s item file stays far below what its reader takes', async () => {
    expect(batchesCount).toBe(5_000);
    const { batches } = await written();
    const entryBytes = Math.max(...batches.map((entry) => bytesOf(entry) + 1));
    // An item of a distributed map: 256 KiB; the item file: its JSON is read whole, S3 objects have 5 TiB.
    expect(entryBytes).toBeLessThan(payloadBytesMax);
    expect(entryBytes * batchesCount).toBeLessThan(1024 * 1024);
  });

  it('passes between the states only keys: no payload grows with the audience', async () => {
    const { run, batches } = await written();
    const [{ batchKey }]: readonly BatchEntry[] = batches;
    const key = batchesKey(run.campaignId, run.runId, run.phase);
    const frozen = {
      ...run,
      batchesBucket: 'b'.repeat(63),
      batchesKey: key,
      batchCount: batchesCount,
      waitUntil: iso(t0),
    };
    expect(bytesOf(frozen)).toBeLessThan(1024);
    expect(bytesOf({ ...run, batchKey })).toBeLessThan(1024);
  });

  it('adds nothing to the history of the parent: each batch has one of its own, far below the limit', () => {
    // A round of the parent is as long for one batch as for 5,000 (limits.checkHistoryEventsMax); a child: started, task
    // entered, scheduled, started, succeeded, left, and 3 more for each of 5 retries, succeeded.
    const childEvents = 7 + 5 * 3;
    expect(childEvents).toBeLessThan(executionHistoryEventsMax / 1_000);
    expect(executionChecksCountMax * checkHistoryEventsMax + startHistoryEventsMax).toBeLessThanOrEqual(
      executionHistoryEventsMax,
    );
    // Step Functions runs at most 10,000 children of one map at once.
    expect(deliveryBatchesConcurrencyMax).toBeLessThanOrEqual(10_000);
  });

  it('writes as many objects as S3 takes in a few minutes from one prefix', () => {
    // Batches, holdout (a half at most) and noted events; S3: 3,500 PUTs a second and prefix, here one at a time.
    const objects =
      batchesCount +
      (customersCount * holdoutShareMax) / deliveryBatchCustomersCountMax +
      2 * (customersCount / assignedEventsCountMax);
    expect(objects).toBeLessThan(8_000);
    const oneByOneMs = objects * 30;
    expect(oneByOneMs).toBeLessThan(lambdaMsMax / 3);
  });

  it('fits one batch into one call of campaign-deliver at the slowest rate a batch may have, or leaves the rest', () => {
    // A chunk is begun only with deliveryStopMs left: at one mail a second in each of ten batches it is done by then.
    expect(deliveryChunkCustomersCountMax * 1000).toBeLessThan(deliveryStopMs);
    // At that rate a batch takes two calls at most three; each call begins at the first customer still to do.
    const mailsACall = Math.floor((deliverTimeoutMs - deliveryStopMs) / 1000);
    expect(Math.ceil(deliveryBatchCustomersCountMax / mailsACall)).toBeLessThanOrEqual(1);
  });

  it('is bounded in what is under way: pause and cancel reach all but what is in a chunk', () => {
    const underWay = deliveryBatchesConcurrencyMax * deliveryChunkCustomersCountMax;
    expect(underWay).toBe(250);
    expect(underWay / customersCount).toBeLessThan(0.001);
    expect(deliveriesConcurrencyMax).toBeLessThanOrEqual(deliveryChunkCustomersCountMax);
  });

  it('reads all progress files within one call, at 100 ms each', () => {
    const readMs = (batchesCount / campaignObjectsConcurrencyMax) * 100;
    expect(readMs).toBeLessThan(lambdaMsMax / 10);
  });
});

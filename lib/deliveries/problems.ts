// Who was not sent to for certain in a run, and why, for the marketer: refused for ever, of unknown fate, failed so far and
// tried again, waiting for something, or suppressed for want of room or time (not: by the customer's own wish); and batches whose function ended before it wrote how far it came. Read from the batches' progress
// files, a page of batches at a time; an unknown one says what SES has reported since.

import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { customerId as toCustomerId } from '../base/ids.ts';
import { problemBatchesCountMax, problemCustomersCountMax } from '../base/limits.ts';
import { type BatchEntry, batchesKey, type Phase, progressKey } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { getJson } from '../campaigns/frozen-objects.ts';
import type { CampaignStore, DeliveryStatus, DeliveryStore, ObjectStore } from '../ports.ts';
import type { BatchProgress } from './batch.ts';
import { deliveryIdOf } from './identity.ts';

export interface ProblemsRequest {
  readonly campaignId: CampaignId;
  readonly runId: string;
  readonly phase: Phase;
  /** Number of the first batch to look at; `next` of the page before. */
  readonly from: number;
}

export interface CustomerProblem {
  readonly customerId: string;
  /**
   * `failed`: refused for ever. `retried`: failed so far, tried again while the run delivers. `deferred`: waits for what
   * the reason says. `suppressed`: given up, since there was no room or no time left.
   */
  readonly kind: 'failed' | 'unknown' | 'retried' | 'deferred' | 'suppressed';
  readonly reason: string;
  /** Of a deferred one: when it is tried again. */
  readonly until?: string;
  /** Of an unknown one: what its delivery says now. */
  readonly statusNow?: DeliveryStatus;
}

export interface Problems {
  readonly customers: readonly CustomerProblem[];
  /** Batches without a progress file: not begun, or their function ended before it wrote one. */
  readonly batchesWithoutProgress: readonly BatchEntry[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
}

export interface ProblemsPorts {
  readonly campaigns: Pick<CampaignStore, 'get'>;
  readonly archive: Pick<ObjectStore, 'get' | 'put' | 'list'>;
  readonly deliveries: Pick<DeliveryStore, 'get'>;
}

export const problemsOf = async (request: ProblemsRequest, ports: ProblemsPorts): Promise<Problems> => {
  const { campaignId, runId, phase, from } = request;
  const campaign = await ports.campaigns.get(campaignId);
  const entries = await getJson<readonly BatchEntry[]>(ports.archive, batchesKey(campaignId, runId, phase));
  if (campaign === undefined || entries === undefined) {
    throw new Failure('not-found', {
      code: 'run-not-frozen',
      message: 'There is no such run of this campaign, or its audience is not frozen yet.',
      received: { campaignId, runId, phase },
      action: 'GET /v1/admin/campaigns/{campaignId} lists the runs and their phases.',
    });
  }
  const customers: CustomerProblem[] = [];
  const batchesWithoutProgress: BatchEntry[] = [];
  let index = from;
  const end = Math.min(entries.length, from + problemBatchesCountMax);
  for (; index < end && customers.length < problemCustomersCountMax; index++) {
    const progress = await getJson<BatchProgress>(ports.archive, progressKey(entries[index].batchKey));
    if (progress === undefined) {
      batchesWithoutProgress.push(entries[index]);
    } else {
      customers.push(...(await customersOf(progress, campaign, request, ports)));
    }
  }
  return { customers, batchesWithoutProgress, next: index < entries.length ? index : null };
};

const customersOf = async (
  { problems, unsent, waits = {} }: BatchProgress,
  campaign: Campaign,
  { runId, phase }: ProblemsRequest,
  { deliveries }: ProblemsPorts,
): Promise<readonly CustomerProblem[]> => {
  const retried = Object.entries(problems).map(
    ([customerId, reason]): CustomerProblem => ({ customerId, kind: 'retried', reason }),
  );
  const deferred = Object.entries(waits).map(
    ([customerId, wait]): CustomerProblem => ({ customerId, kind: 'deferred', ...wait }),
  );
  const settled = Object.entries(unsent).map(
    async ([customerId, { kind, reason }]): Promise<CustomerProblem> => {
      if (kind !== 'unknown') return { customerId, kind, reason };
      // A step of a journey has an id of its own; for those the status of the step is not looked up.
      const id = deliveryIdOf(campaign, runId, phase, toCustomerId(customerId));
      const delivery = await deliveries.get(id);
      return { customerId, kind, reason, ...(delivery && { statusNow: delivery.status }) };
    },
  );
  return [...retried, ...deferred, ...(await Promise.all(settled))];
};

/** `phase` (test or rollout; default test) and `from` (default 0) of the query. */
export const parseProblemsQuery = (query: {
  readonly [name: string]: string | undefined;
}): Pick<ProblemsRequest, 'phase' | 'from'> => {
  const { phase = 'test', from = '0' } = query;
  if ((phase !== 'test' && phase !== 'rollout') || !/^\d{1,6}$/.test(from)) {
    throw new Failure('invalid', {
      code: 'problems-query-invalid',
      message: 'phase is test or rollout, and from is the number of a batch.',
      received: { phase, from },
      action: 'Leave both out for the first page of the test; then give next of the page before as from.',
    });
  }
  return { phase, from: Number(from) };
};

// A campaign stopped in the middle of its deliveries: six hundred customers in three batches on the local host; when the
// first mails are out, the pause or the cancellation is requested by the API. Counted by what lies in the mailboxes: who
// was mailed when the answer came, and who after it.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createCustomerStore } from '../../lib/adapters/customer-store-dynamodb.ts';
import { customerId } from '../../lib/base/ids.ts';
import {
  deliveryBatchCustomersCountMax,
  deliveryBatchesConcurrencyMax,
  deliveryChunkCustomersCountMax,
} from '../../lib/base/limits.ts';
import type { Api } from '../../local/demo/api.ts';
import { sandboxesCountMax } from '../../local/functions.ts';
import type { LocalHost } from '../../local/host.ts';

export const batchesCount = 3;
export const audienceCount = batchesCount * deliveryBatchCustomersCountMax;
/** Each batch that a function has in hand looks at the campaign's status before each chunk, and finishes the one begun. */
export const sentAfterMax =
  Math.min(batchesCount, deliveryBatchesConcurrencyMax, sandboxesCountMax) * deliveryChunkCustomersCountMax;

export interface Stopped {
  readonly campaignId: string;
  /** Addresses at the time the request was answered, and when nothing moved any more. */
  readonly atAnswer: readonly string[];
  readonly atRest: readonly string[];
  readonly answerMs: number;
}

export const stopMidway = async (
  host: LocalHost,
  admin: Api,
  group: string,
  action: 'pause' | 'cancel',
): Promise<Stopped> => {
  await writeProfiles(host, group);
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: group,
    audience: { fact: 'trait.group', op: 'eq', value: group },
    trigger: { kind: 'at', at: new Date(host.clock.nowMs()).toISOString() },
    variants: [{ name: 'reminder', weight: 1, action: { kind: 'reminder' } }],
    holdoutShare: 0,
    recommendationsCount: 0,
    windowDays: 14,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  while ((await mailedOf(host, group)).length < deliveryChunkCustomersCountMax) {
    // Leaves the services, which run in this process, the time to send.
    await admin.get(`/v1/admin/campaigns/${campaignId}`);
  }
  const beforeMs = performance.now();
  await admin.post(`/v1/admin/campaigns/${campaignId}/${action}`);
  const answerMs = performance.now() - beforeMs;
  const atAnswer = await mailedOf(host, group);
  await host.settle();
  return { campaignId, atAnswer, atRest: await mailedOf(host, group), answerMs };
};

/** One entry a mail: who was mailed twice is in it twice. */
export const mailedOf = async (host: LocalHost, group: string): Promise<string[]> =>
  (await host.mails())
    .map(({ to: [address] }) => address.split('@')[0])
    .filter((id) => id.startsWith(`${group}-`))
    .sort();

const writeProfiles = async (host: LocalHost, group: string): Promise<void> => {
  const environment = host.functionEnvironment('CampaignDeliver');
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
  );
  const customers = createCustomerStore(client, environment.REPRISE_CUSTOMERS_TABLE);
  const profiles = Array.from({ length: audienceCount }, (_, index) => ({
    customerId: customerId(`${group}-${String(index).padStart(4, '0')}`),
    email: `${group}-${String(index).padStart(4, '0')}@example.com`,
    traits: { group },
    traitTimes: {},
    suppressed: {},
    createdAtMs: 0,
  }));
  for (let from = 0; from < profiles.length; from += 50) {
    const some = profiles.slice(from, from + 50);
    await Promise.all(some.map((profile) => customers.writeProfile(profile, undefined)));
  }
  client.destroy();
};

// The services of bench/throughput.ts, in a process of their own: node bench/throughput-services.ts DIRECTORY CUSTOMERS
// ROUNDS. Starts the local host, defines the campaigns, writes batches, and starts the delivering process of each round;
// prints what each measured of itself.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { putRows } from '../lib/adapters/dynamodb-rows.ts';
import { createObjectStore } from '../lib/adapters/object-store-s3.ts';
import { customerId, decisionId, campaignId as toCampaignId } from '../lib/base/ids.ts';
import { deliveryBatchCustomersCountMax } from '../lib/base/limits.ts';
import { type AudienceBatch, batchKey } from '../lib/campaigns/audience.ts';
import { canonicalJson, sha256Hex } from '../lib/events/canonical-json.ts';
import type { CustomerProfile } from '../lib/events/customer.ts';
import { type Api, createApi } from '../local/demo/api.ts';
import { type LocalHost, startHost } from '../local/host.ts';

export type Scene = 'reminder' | 'coupon' | 'coupon and 3 items';

export interface Delivered {
  readonly scene: Scene;
  readonly mailsCount: number;
  readonly tookMs: number;
  /** User and system time of the delivering process. */
  readonly cpuMs: number;
}

const dayMs = 86_400_000;
const delivering = fileURLToPath(new URL('throughput-process.ts', import.meta.url));

const run = async (directory: string, customersCount: number, rounds: number): Promise<void> => {
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
  host.schedules.pause();
  const admin = createApi(host.apiUrl, host.keys.admin);
  await importItems(host);
  let scenesCount = 0;
  for (let round = 0; round < rounds; round++) {
    for (const scene of ['reminder', 'coupon', 'coupon and 3 items'] as const) {
      const campaignId = await startCampaign(admin, scene, host.clock.nowMs());
      const keys = await writeBatches(host, campaignId, customersCount, scenesCount++);
      const measured = await deliver(host.functionEnvironment('CampaignDeliver'), keys);
      console.log(`DELIVERED ${JSON.stringify({ scene, ...measured } satisfies Delivered)}`);
      await host.drain();
    }
  }
  await host.close();
};

const importItems = async (host: LocalHost): Promise<void> => {
  const items = Array.from({ length: 200 }, (_, index) => ({
    itemId: `c${index}`,
    title: `Course ${index}`,
    kind: 'course',
    category: [`Subject ${index % 10}`],
    language: 'en',
    price: 20 + (index % 7) * 10,
    currency: 'EUR',
    repurchase: { kind: 'once' },
    attributes: { url: `https://shop.example/c${index}` },
  }));
  const response = await fetch(`${host.apiUrl}/v1/items/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${host.keys.admin}` },
    body: items.map((item) => JSON.stringify(item)).join('\n'),
  });
  if (!response.ok) throw new Error(`the catalogue was not taken: ${await response.text()}`);
};

/** Its own start is far off: the batches are written here. */
const startCampaign = async (admin: Api, scene: Scene, nowMs: number): Promise<string> => {
  const offer = { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 };
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: scene,
    audience: { fact: 'orders', op: 'gte', value: 0 },
    trigger: { kind: 'at', at: new Date(nowMs + 200 * dayMs).toISOString() },
    variants: [
      {
        name: 'treated',
        weight: 1,
        action: scene === 'reminder' ? { kind: 'reminder' } : { kind: 'coupon', offer },
      },
    ],
    holdoutShare: 0.1,
    recommendationsCount: scene === 'coupon and 3 items' ? 3 : 0,
    windowDays: 30,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  return campaignId;
};

/** The first batch warms up. */
const writeBatches = async (
  host: LocalHost,
  campaign: string,
  customersCount: number,
  scene: number,
): Promise<readonly string[]> => {
  const environment = host.functionEnvironment('CampaignDeliver');
  const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const table = DynamoDBDocumentClient.from(
    new DynamoDBClient({ ...common, endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB }),
  );
  const s3 = new S3Client({ ...common, endpoint: environment.AWS_ENDPOINT_URL_S3 });
  const archive = createObjectStore(environment.REPRISE_ARCHIVE_BUCKET, s3);
  const campaignId = toCampaignId(campaign);
  const size = deliveryBatchCustomersCountMax;
  const keys: string[] = [];
  for (let from = 0; from < customersCount + size; from += size) {
    const ids = Array.from({ length: size }, (_, index) => customerId(`t${scene}-${from + index}`));
    await putRows(table, environment.REPRISE_CUSTOMERS_TABLE, ids.map(profileRow));
    const batch: AudienceBatch = {
      campaignId,
      runId: 'run-1',
      phase: 'test',
      members: ids.map((id) => ({
        customerId: id,
        decisionId: decisionId(`decision-${id}`),
        arm: 'treated',
        propensity: 1,
        assignedAt: new Date(host.clock.nowMs()).toISOString(),
      })),
    };
    const key = batchKey(campaign, 'run-1', 'test', keys.length);
    await archive.put(key, Buffer.from(JSON.stringify(batch)), 'application/json');
    keys.push(key);
  }
  table.destroy();
  s3.destroy();
  return keys;
};

const profileRow = (id: ReturnType<typeof customerId>, index: number) => {
  const profile: CustomerProfile = {
    customerId: id,
    email: `${id}@example.com`,
    name: `Learner ${index}`,
    language: index % 4 === 0 ? 'zh-CN' : 'en',
    traits: {},
    traitTimes: {},
    suppressed: {},
    createdAtMs: 0,
  };
  const body = JSON.stringify(profile);
  return { pk: `customer#${id}`, sk: 'profile', digest: sha256Hex(canonicalJson(profile)), body };
};

const deliver = async (
  environment: { readonly [name: string]: string },
  keys: readonly string[],
): Promise<Omit<Delivered, 'scene'>> => {
  const child = spawn(process.execPath, [delivering, ...keys], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('MEASURED '))
      return JSON.parse(line.slice('MEASURED '.length)) as Omit<Delivered, 'scene'>;
  }
  throw new Error('the delivering process measured nothing');
};

const [directory, customers, rounds] = process.argv.slice(2);
await run(directory, Number(customers), Number(rounds));
process.exit();

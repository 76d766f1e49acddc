// One batch of six customers, delivered by real processes against the local services: the first is killed (SIGKILL) at
// a named side effect, then two deliver the same batch at the same time, then, when an attempt to send would be over,
// one more. Judged by what lies in the mailboxes and the tables.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { createCustomerStore } from '../../lib/adapters/customer-store-dynamodb.ts';
import { createObjectStore } from '../../lib/adapters/object-store-s3.ts';
import { customerId, decisionId, campaignId as toCampaignId } from '../../lib/base/ids.ts';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import type { AudienceBatch, AudienceMember } from '../../lib/campaigns/audience.ts';
import type { BatchProgress } from '../../lib/deliveries/batch.ts';
import type { Api } from '../../local/demo/api.ts';
import type { LocalHost } from '../../local/host.ts';
import { openFaultProxy, type Strike } from './fault-proxy.ts';

const processPath = fileURLToPath(new URL('./deliver-process.ts', import.meta.url));
const dayMs = 86_400_000;
export const customersCount = 6;

export interface FaultRun {
  readonly strike: Strike;
  /** False: the first process was not killed, the effect never came. */
  readonly hasStruck: boolean;
  readonly mailsCount: number;
  readonly secondMailsCount: number;
  readonly codesCount: number;
  readonly secondCodesCount: number;
  /** Neither sent nor called unknown. */
  readonly lostCount: number;
  readonly unknownCount: number;
  /** Called unknown although their mail is in the mailbox. */
  readonly unknownButSentCount: number;
  /** Of the last delivery. */
  readonly progress: BatchProgress;
}

/** What the scenes of one host share. */
export interface FaultStage {
  readonly host: LocalHost;
  readonly campaignId: string;
  readonly environment: { readonly [name: string]: string };
}

/** A campaign that runs, and whose own start is far off: the batches are written by the scenes. */
export const openFaultStage = async (host: LocalHost, admin: Api): Promise<FaultStage> => {
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: 'faults',
    audience: { fact: 'orders', op: 'gte', value: 1 },
    trigger: { kind: 'at', at: new Date(host.clock.nowMs() + 300 * dayMs).toISOString() },
    variants: [
      {
        name: 'coupon',
        weight: 1,
        action: {
          kind: 'coupon',
          offer: { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 },
        },
      },
    ],
    holdoutShare: 0.1,
    windowDays: 30,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  return { host, campaignId, environment: host.functionEnvironment('CampaignDeliver') };
};

const clientsOf = ({ environment }: FaultStage) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const region = 'us-east-1';
  const endpoint = environment.AWS_ENDPOINT_URL_DYNAMODB;
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region, credentials }));
  const s3 = new S3Client({ endpoint: environment.AWS_ENDPOINT_URL_S3, region, credentials });
  return {
    table,
    customers: createCustomerStore(table, environment.REPRISE_CUSTOMERS_TABLE),
    archive: createObjectStore(environment.REPRISE_ARCHIVE_BUCKET, s3),
    close: () => {
      table.destroy();
      s3.destroy();
    },
  };
};

export const runFault = async (stage: FaultStage, strike: Strike, index: number): Promise<FaultRun> => {
  const { host, campaignId } = stage;
  const clients = clientsOf(stage);
  try {
    const folder = `campaigns/${campaignId}/run-1/test`;
    const batchKey = `${folder}/batch-${String(index).padStart(5, '0')}.json`;
    const members = membersOf(index);
    for (const { customerId: id } of members) {
      const profile = { customerId: id, email: `${id}@example.com`, name: 'Ada', traits: {}, traitTimes: {} };
      await clients.customers.writeProfile({ ...profile, suppressed: {}, createdAtMs: 0 }, undefined);
    }
    const batch: AudienceBatch = {
      campaignId: toCampaignId(campaignId),
      runId: 'run-1',
      phase: 'test',
      members,
    };
    await clients.archive.put(batchKey, Buffer.from(JSON.stringify(batch)), 'application/json');

    const hasStruck = await deliverAndDie(stage, batchKey, strike);
    await Promise.all([deliver(stage, batchKey), deliver(stage, batchKey)]);
    await host.drain();
    await host.clock.advanceTo(host.clock.nowMs() + sendingAttemptMs);
    await deliver(stage, batchKey);
    await host.drain();

    const bytes = await clients.archive.get(batchKey.replace('batch-', 'progress-'));
    const progress = JSON.parse(Buffer.from(bytes ?? []).toString() || '{}') as BatchProgress;
    const rows = await campaignRows(clients.table, stage.environment.REPRISE_CAMPAIGNS_TABLE);
    return { strike, hasStruck, progress, ...judge(await host.mails(), rows, members) };
  } finally {
    clients.close();
  }
};

const membersOf = (scene: number): AudienceMember[] =>
  Array.from({ length: customersCount }, (_, index) => ({
    customerId: customerId(`f${scene}-${index}`),
    decisionId: decisionId(`decision-${scene}-${index}`),
    arm: 'coupon',
    propensity: 1,
    assignedAt: '2026-03-10T12:00:00.000Z',
  }));

// ---- processes ---------------------------------------------------------------------------------------

const spawnDelivery = (environment: { readonly [name: string]: string }, batchKey: string): ChildProcess =>
  spawn(process.execPath, [processPath, batchKey], {
    env: { ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });

const deliver = async ({ environment }: FaultStage, batchKey: string): Promise<void> => {
  const [code] = (await once(spawnDelivery(environment, batchKey), 'exit')) as [number | null];
  if (code !== 0) throw new Error(`a delivery that nobody killed ended with ${code}`);
};

const deliverAndDie = async (stage: FaultStage, batchKey: string, strike: Strike): Promise<boolean> => {
  let child: ChildProcess | undefined;
  const proxy = await openFaultProxy(stage.environment, strike, () => child?.kill('SIGKILL'));
  child = spawnDelivery(proxy.environment, batchKey);
  await once(child, 'exit');
  await proxy.close();
  return proxy.hasStruck();
};

// ---- judging -----------------------------------------------------------------------------------------

interface Row {
  readonly pk: string;
  readonly status?: string;
  readonly customerId?: string;
}

const campaignRows = async (client: DynamoDBDocumentClient, TableName: string): Promise<Row[]> => {
  const rows: Row[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey, ConsistentRead: true }));
    rows.push(...((page.Items ?? []) as Row[]));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return rows;
};

const repeats = (values: readonly unknown[]): number => values.length - new Set(values).size;

const judge = (
  mails: Awaited<ReturnType<LocalHost['mails']>>,
  rows: readonly Row[],
  members: readonly AudienceMember[],
): Omit<FaultRun, 'strike' | 'hasStruck' | 'progress'> => {
  const ids = new Set<string>(members.map(({ customerId: id }) => id));
  const mailed = mails.map(({ to }) => to[0].split('@')[0]).filter((id) => ids.has(id));
  const ours = rows.filter(({ customerId: id = '' }) => ids.has(id));
  const deliveries = ours.filter(({ pk }) => pk.startsWith('delivery#'));
  const unknown = deliveries.filter(({ status }) => status === 'unknown');
  const sent = deliveries.filter(({ status }) => status === 'sent');
  const codes = ours.filter(({ pk }) => pk.startsWith('coupon#')).map(({ customerId: id }) => id);
  return {
    mailsCount: mailed.length,
    secondMailsCount: repeats(mailed),
    codesCount: codes.length,
    secondCodesCount: repeats(codes),
    lostCount: ids.size - sent.length - unknown.length,
    unknownCount: unknown.length,
    unknownButSentCount: unknown.filter(({ customerId: id = '' }) => mailed.includes(id)).length,
  };
};

// kill -9 of the whole process: between archive and training, and between coupon and send. What S3 or DynamoDB held is
// still there, executions go on, and no customer has two mails or two coupons of one campaign.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CampaignRun } from '../../lib/campaigns/run.ts';
import type { CustomerRecord } from '../../lib/events/customer.ts';
import { type Api, createApi } from '../../local/demo/api.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import {
  archivedEvents,
  assignedArms,
  capture,
  eventsCount,
  historyMessages,
  importItems,
  learnerId,
  learnersCount,
  readMail,
  startCampaign,
} from './world.ts';

const victimPath = fileURLToPath(new URL('./victim.ts', import.meta.url));
let directory: string;
let victim: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'reprise-kill-'));
});
afterEach(async () => {
  await kill();
  rmSync(directory, { recursive: true, force: true });
});

const kill = async (): Promise<void> => {
  if (victim?.exitCode === null && victim.signalCode === null) {
    const gone = once(victim, 'exit');
    victim.kill('SIGKILL');
    await gone;
  }
  victim = undefined;
};

interface Started {
  readonly admin: Api;
  readonly apiUrl: string;
  readonly keys: { readonly write: string; readonly admin: string };
  readonly nowIso: string;
}

const start = async (): Promise<Started> => {
  const child = spawn(process.execPath, [victimPath, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  victim = child;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('READY ')) break;
  }
  const { apiUrl, keys } = JSON.parse(readFileSync(join(directory, 'endpoints.json'), 'utf8')) as Started;
  const clock = JSON.parse(readFileSync(join(directory, 'clock.json'), 'utf8')) as {
    readonly baseVirtualMs: number;
  };
  return {
    apiUrl,
    keys,
    admin: createApi(apiUrl, keys.admin),
    nowIso: new Date(clock.baseVirtualMs).toISOString(),
  };
};

/** Waits on what the outside can see; the test's own time limit ends it when it never comes. */
const until = async (seen: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await seen())) await delay(5);
};

const archivedIds = (): Set<string> =>
  existsSync(join(directory, 's3'))
    ? new Set(archivedEvents(directory).map(({ messageId }) => messageId))
    : new Set();

interface Training {
  readonly status: string;
  readonly version: string;
}

const train = async ({ admin }: Started): Promise<Record<string, number>> => {
  const { trainingId } = await admin.post<{ readonly trainingId: string }>('/v1/admin/trainings');
  let training: Training | undefined;
  await until(async () => {
    const { trainings } = await admin.get<{
      readonly trainings: readonly (Training & { readonly trainingId: string })[];
    }>('/v1/admin/trainings');
    training = trainings.find((one) => one.trainingId === trainingId);
    return training !== undefined && training.status !== 'running';
  });
  expect(training?.status).toBe('promoted');
  const { versions } = await admin.get<{
    readonly versions: readonly {
      readonly version: string;
      readonly manifest: { readonly dataset: Record<string, number> };
    }[];
  }>('/v1/admin/models');
  return versions.find(({ version }) => version === training?.version)?.manifest.dataset ?? {};
};

it('killed between archive and training, it trains on every event that the archive held', async () => {
  const first = await start();
  await importItems(first.apiUrl, first.keys.admin);
  const messages = historyMessages(Date.parse(first.nowIso));
  await capture(first.apiUrl, first.keys.write, messages);
  await until(() => archivedIds().size > 0);
  await kill();
  const held = archivedIds().size;
  expect(held).toBeGreaterThan(0);

  const second = await start();
  // The queue is in memory here, so what it still held is sent again, with all the rest; nothing counts twice.
  await capture(second.apiUrl, second.keys.write, messages);
  await until(() => archivedIds().size === eventsCount);
  const dataset = await train(second);
  expect(dataset.events - dataset.duplicates).toBe(eventsCount);
  expect(dataset.orders).toBe(3 * learnersCount);
  for (const learner of ['u000', 'u149', 'u299']) {
    const { state } = await second.admin.get<{
      readonly state: { readonly orders: Record<string, { readonly value: number }> };
    }>(`/v1/admin/customers/${learner}`);
    expect(Object.values(state.orders).map(({ value }) => value)).toEqual([50, 50, 50]);
  }
}, 180_000);

const allStatesWritten = async ({ admin }: Started): Promise<void> => {
  for (let index = 0; index < learnersCount; index++) {
    await until(() =>
      admin.get<CustomerRecord>(`/v1/admin/customers/${learnerId(index)}`).then(hasThreeOrders, () => false),
    );
  }
};
const hasThreeOrders = ({ state }: CustomerRecord): boolean => Object.keys(state?.orders ?? {}).length === 3;

interface StoredMail {
  readonly to: string;
  readonly code?: string;
}

const mailsOnDisk = (): StoredMail[] => {
  const mail = join(directory, 'mail');
  if (!existsSync(mail)) return [];
  return readdirSync(mail, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.eml'))
    .map((name) => {
      const raw = readFileSync(join(mail, name), 'utf8');
      return readMail(raw, /^To:\s*(\S+)/im.exec(raw)?.[1] ?? '');
    });
};

interface Row {
  readonly pk: string;
  readonly status?: string;
  readonly customerId?: string;
}

/** The rows of the campaigns table, read by another process's DynamoDB once the victim is dead. */
const campaignRows = async (): Promise<Row[]> => {
  const { endpoint, close } = await startDynamoDb({ path: join(directory, 'dynamodb') });
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
  );
  try {
    const { TableNames } = await client.send(new ListTablesCommand({}));
    const TableName = TableNames?.find((name) => /campaigns/i.test(name));
    const rows: Row[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey }));
      rows.push(...((page.Items ?? []) as Row[]));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return rows;
  } finally {
    client.destroy();
    await close();
  }
};

it('killed between coupon and send, twice, it ends with at most one mail and one coupon a customer and loses none', async () => {
  const first = await start();
  await importItems(first.apiUrl, first.keys.admin);
  await capture(first.apiUrl, first.keys.write, historyMessages(Date.parse(first.nowIso)));
  await until(() => archivedIds().size === eventsCount);
  // The archive is written first, the customer's state after it: freeze must see all 300.
  await allStatesWritten(first);
  const campaignId = await startCampaign(first.admin, 'killed', first.nowIso);
  // The first mail is out: others of its chunk have their coupon and not their mail.
  await until(() => mailsOnDisk().length > 0);
  await kill();
  const sentAtKill = mailsOnDisk().length;
  const caught = (await campaignRows()).filter(
    ({ pk, status }) => pk.startsWith('delivery#') && (status === 'prepared' || status === 'sending'),
  ).length;

  await start();
  await until(() => mailsOnDisk().length > sentAtKill);
  await kill();

  const third = await start();
  const treated = (arms: Readonly<Record<string, number>>): number =>
    (arms.coupon ?? 0) + (arms.reminder ?? 0);
  await until(async () => {
    const { runs } = await third.admin.get<{ readonly runs: readonly Pick<CampaignRun, 'phases'>[] }>(
      `/v1/admin/campaigns/${campaignId}`,
    );
    const phase = runs[0]?.phases.test;
    return phase?.deliveries !== undefined && phase.deliveries.settled === treated(phase.arms);
  });
  await kill();

  const arms = assignedArms(directory, campaignId);
  expect(arms.size).toBe(learnersCount);
  const treatedCount = [...arms].filter(([, arm]) => arm === 'coupon' || arm === 'reminder').length;
  const couponArm = [...arms].filter(([, arm]) => arm === 'coupon').length;
  const mails = mailsOnDisk();
  expect(new Set(mails.map(({ to }) => to)).size).toBe(mails.length);
  const rows = await campaignRows();
  const deliveries = rows.filter(({ pk }) => pk.startsWith('delivery#'));
  expect(deliveries.length).toBe(treatedCount);
  const unknown = deliveries.filter(({ status }) => status === 'unknown').length;
  const sent = deliveries.filter(({ status }) => status === 'sent').length;
  // Nobody is dropped in silence: each treated customer's mail is out, or said to be of unknown fate.
  expect(sent + unknown).toBe(treatedCount);
  expect(mails.length).toBeGreaterThanOrEqual(sent);
  expect(mails.length).toBeLessThanOrEqual(sent + unknown);
  const coupons = rows.filter(({ pk }) => pk.startsWith('coupon#'));
  expect(coupons.length).toBe(couponArm);
  expect(new Set(coupons.map(({ customerId }) => customerId)).size).toBe(couponArm);
  const codes = mails.flatMap(({ code }) => code ?? []);
  expect(new Set(codes).size).toBe(codes.length);
  // The kill did fall between coupon and send, or this test would show nothing.
  expect(caught).toBeGreaterThan(0);
  expect(sentAtKill).toBeLessThan(treatedCount);
}, 240_000);

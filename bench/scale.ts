// A campaign to many customers on the local host, end to end: `npm run bench -- scale [--customers 100000] [--write]`.
// Customers with one order each are put into the table; then one coupon campaign (half coupons, half reminders, a tenth
// held out) is started by the API and freezes, delivers in batches and settles in its state machine, with the functions'
// bundles, all services and the reports of SES on this machine. Measured: time of each state, memory of the host's
// process, mails a second; checked: each treated customer was mailed once, nobody else was. Seconds are the machine's;
// waits of the state machine pass on the moved clock. --write puts the table into bench/results/scale.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { putRows, type Row } from '../lib/adapters/dynamodb-rows.ts';
import { customerId } from '../lib/base/ids.ts';
import type { CampaignRun } from '../lib/campaigns/run.ts';
import { canonicalJson, sha256Hex } from '../lib/events/canonical-json.ts';
import type { CustomerProfile, CustomerState } from '../lib/events/customer.ts';
import { packState } from '../lib/events/state-text.ts';
import { type Api, createApi } from '../local/demo/api.ts';
import { type LocalHost, startHost } from '../local/host.ts';
import { countOf } from './counts.ts';

const dayMs = 86_400_000;
const page = new URL('results/scale.md', import.meta.url);

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { customers: { type: 'string', default: '100000' }, write: { type: 'boolean', default: false } },
  });
  const customersCount = countOf('customers', values.customers);
  const directory = mkdtempSync(join(tmpdir(), 'reprise-scale-'));
  const phases: Phase[] = [];
  const host = await startHost({
    directory,
    clockIso: '2026-03-10T12:00:00Z',
    onProgress: (line) => noteState(phases, line),
  });
  host.schedules.pause();
  const memory = watchMemory();
  try {
    const loadedMs = await timed(() => load(host, customersCount));
    const measured = await runCampaign(host, phases);
    const text = report({
      customersCount,
      loadedMs,
      ...measured,
      peakBytes: memory.peakBytes(),
      ...check(directory, measured),
    });
    console.log(text);
    if (values.write) writeFileSync(page, text);
  } finally {
    memory.stop();
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

// ---- customers ---------------------------------------------------------------------------------------

const idOf = (index: number) => customerId(`customer-${index}`);

const load = async (host: LocalHost, customersCount: number): Promise<void> => {
  const environment = host.functionEnvironment('CampaignDeliver');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = environment.AWS_ENDPOINT_URL_DYNAMODB;
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }),
    {
      marshallOptions: { removeUndefinedValues: true },
    },
  );
  const rowsCount = 5_000;
  for (let from = 0; from < customersCount; from += rowsCount) {
    const some = Array.from(
      { length: Math.min(rowsCount, customersCount - from) },
      (_, index) => from + index,
    );
    await putRows(
      client,
      environment.REPRISE_CUSTOMERS_TABLE,
      some.flatMap((index) => rowsOf(index, host.clock.nowMs())),
    );
  }
  client.destroy();
};

/** As lib/adapters/customer-store-dynamodb.ts writes them. */
const rowsOf = (index: number, nowMs: number): Row[] => {
  const id = idOf(index);
  const profile: CustomerProfile = {
    customerId: id,
    email: `${id}@example.com`,
    name: `Learner ${index}`,
    language: index % 4 === 0 ? 'zh-CN' : 'en',
    timeZone: 'UTC',
    traits: { level: index % 3 },
    traitTimes: { level: 1 },
    suppressed: {},
    createdAtMs: nowMs - 200 * dayMs,
  };
  const atMs = nowMs - (30 + (index % 90)) * dayMs;
  const state: CustomerState = {
    events: [],
    owned: { [`c${index % 40}`]: { purchasedAtMs: atMs } },
    orders: { [`order-${index}`]: { atMs, value: 50, refundedValue: 0 } },
    revision: 1,
  };
  const pk = `customer#${id}`;
  return [
    { pk, sk: 'profile', digest: sha256Hex(canonicalJson(profile)), body: JSON.stringify(profile) },
    { pk, sk: 'state', revision: 1, body: packState(state) },
  ];
};

// ---- the campaign ------------------------------------------------------------------------------------

interface Phase {
  readonly state: string;
  readonly atMs: number;
}

const noteState = (phases: Phase[], line: string): void => {
  const state = /campaign \S+: (\w+)$/.exec(line)?.[1];
  if (state !== undefined && state !== phases.at(-1)?.state && state !== 'DeliverBatch') {
    phases.push({ state, atMs: performance.now() });
  }
};

interface Measured {
  readonly freezeMs: number;
  readonly deliverMs: number;
  /** From the last delivery until every report of SES and every event was worked off. */
  readonly settleMs: number;
  readonly roundsCount: number;
  readonly arms: { readonly [arm: string]: number };
  readonly run: CampaignRun;
}

const runCampaign = async (host: LocalHost, phases: Phase[]): Promise<Measured> => {
  const admin = createApi(host.apiUrl, host.keys.admin);
  const campaignId = await start(admin, host.clock.nowMs());
  let roundsCount = 1;
  for (;;) {
    await host.settle();
    const execution = host.executions().find(({ name }) => name.startsWith(campaignId));
    if (execution === undefined || execution.status !== 'RUNNING') {
      throw new Error(`the campaign ended early: ${JSON.stringify(execution)}`);
    }
    if (execution.state === 'WaitForLook') break;
    if (execution.state === 'WaitToDeliver') roundsCount += 1;
    await host.clock.advanceTo(execution.waitsUntilMs ?? host.clock.nowMs());
  }
  const deliveredMs = performance.now();
  await host.drain();
  const settleMs = performance.now() - deliveredMs;
  const { runs } = await admin.get<{ readonly runs: readonly CampaignRun[] }>(
    `/v1/admin/campaigns/${campaignId}`,
  );
  const [run] = runs;
  const between = (from: string, to: string): number => {
    const startMs = phases.find(({ state }) => state === from)?.atMs ?? Number.NaN;
    return (phases.findLast(({ state }) => state === to)?.atMs ?? Number.NaN) - startMs;
  };
  return {
    freezeMs: between('FreezeAudience', 'DeliverBatches'),
    deliverMs: between('DeliverBatches', 'CheckProgress'),
    settleMs,
    roundsCount,
    arms: run.phases.test?.arms ?? {},
    run,
  };
};

const start = async (admin: Api, nowMs: number): Promise<string> => {
  const reminder = { kind: 'reminder' };
  const offer = { discount: { kind: 'percent', percent: 20 }, expiresAfterDays: 30 };
  const { campaignId } = await admin.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: 'scale',
    audience: { fact: 'orders', op: 'gte', value: 1 },
    trigger: { kind: 'at', at: new Date(nowMs).toISOString() },
    variants: [
      { name: 'coupon', weight: 0.5, action: { kind: 'coupon', offer } },
      { name: 'reminder', weight: 0.5, action: reminder },
    ],
    holdoutShare: 0.1,
    windowDays: 30,
  });
  await admin.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  return campaignId;
};

// ---- judging -----------------------------------------------------------------------------------------

interface Checked {
  readonly treatedCount: number;
  readonly mailsCount: number;
  readonly mailedOnceCount: number;
}

const check = (directory: string, { arms, run }: Measured): Checked => {
  const treatedCount = (arms.coupon ?? 0) + (arms.reminder ?? 0);
  const to = readFileSync(join(directory, 'mail', 'mails.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly to: readonly string[] }).to[0]);
  const checked = { treatedCount, mailsCount: to.length, mailedOnceCount: new Set(to).size };
  const { sent, settled, unknown, failed } = run.phases.test?.deliveries ?? {
    sent: 0,
    settled: 0,
    unknown: 0,
    failed: 0,
  };
  if (
    checked.mailsCount !== treatedCount ||
    checked.mailedOnceCount !== treatedCount ||
    sent !== treatedCount
  ) {
    throw new Error(
      `${treatedCount} were to be mailed once: ${to.length} mails to ${checked.mailedOnceCount} customers; the run says sent ${sent}, settled ${settled}, unknown ${unknown}, failed ${failed}`,
    );
  }
  return checked;
};

const timed = async (act: () => Promise<void>): Promise<number> => {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
};

const watchMemory = () => {
  let peakBytes = 0;
  const look = (): void => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 250);
  return { peakBytes: () => peakBytes, stop: () => clearInterval(timer) };
};

interface Report extends Measured, Checked {
  readonly customersCount: number;
  readonly loadedMs: number;
  readonly peakBytes: number;
}

const report = (r: Report): string => {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const whole = (count: number): string => count.toLocaleString('en');
  const rows: readonly (readonly [string, string])[] = [
    ['customers in the audience', whole(r.customersCount)],
    ['held out (campaign and global), not mailed', whole(r.customersCount - r.treatedCount)],
    ['treated', whole(r.treatedCount)],
    ['mails sent', whole(r.mailsCount)],
    ['customers mailed, each once', whole(r.mailedOnceCount)],
    ['batches', whole(r.run.phases.test?.batchesCount ?? 0)],
    ['rounds of deliveries', String(r.roundsCount)],
    ['freeze and assign, s', seconds(r.freezeMs)],
    ['customers frozen a second', whole(Math.round(r.customersCount / (r.freezeMs / 1000)))],
    ['deliver, s', seconds(r.deliverMs)],
    ['mails a second, all services on this machine', (r.mailsCount / (r.deliverMs / 1000)).toFixed(0)],
    ['work off the reports that are left after the last mail, s', seconds(r.settleMs)],
    [
      'peak memory of the host, functions and services in one process, MB',
      whole(Math.round(r.peakBytes / 2 ** 20)),
    ],
  ];
  return `# A campaign to ${whole(r.customersCount)} customers on the local host

Written by \`npm run bench -- scale --write\`: ${availableParallelism()} cores, two sandboxes a function; the local DynamoDB, S3, SQS, SES, Step Functions and the functions share them, so this is what one machine carries and not what AWS does. Every treated customer was mailed exactly once, or the bench fails.

| | |
| --- | ---: |
${rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}
`;
};

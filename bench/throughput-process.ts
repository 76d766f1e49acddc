// The delivering process of bench/throughput.ts: node bench/throughput-process.ts BATCH_KEY…, with the environment of
// campaign-deliver. Delivers the batches one after the other and prints the time and processor time of all but the first.

import type { Context } from 'aws-lambda';
import { handler } from '../functions/campaign-deliver.ts';

const lambda: Pick<Context, 'getRemainingTimeInMillis'> = { getRemainingTimeInMillis: () => 300_000 };
const deliver = async (batchKey: string): Promise<number> => {
  const { counts, done, failed, problems } = await handler({ batchKey }, lambda as Context);
  if (failed.length > 0 || counts.sent !== done) {
    throw new Error(`${batchKey}: ${JSON.stringify({ counts, done, problems })}`);
  }
  return counts.sent;
};

const [warming, ...keys] = process.argv.slice(2);
await deliver(warming);
const startMs = performance.now();
const before = process.cpuUsage();
let mailsCount = 0;
for (const key of keys) mailsCount += await deliver(key);
const tookMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(before);
console.log(`MEASURED ${JSON.stringify({ mailsCount, tookMs, cpuMs: (user + system) / 1000 })}`);

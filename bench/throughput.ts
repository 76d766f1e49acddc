// Mails a second of the delivery path, and the processor time of each: `npm run bench -- throughput [--customers 600]
// [--rounds 3] [--write]`. The function campaign-deliver delivers batches of 200 in a process of its own against the local
// DynamoDB, SES, SQS and S3, which run in another process; one batch at a time, ten mails of it under way. Counted is the
// time of the delivering process alone: user and system. A first batch warms up and is not counted. Medians of the rounds,
// which alternate between reminders, coupons, and coupons with three recommended items. The local SES stands in for the
// network: seconds are the machine's, with everything on it; the processor time is what a Lambda function would be billed
// for at least. --write puts the table into bench/results/throughput.md.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countOf } from './counts.ts';
import type { Delivered, Scene } from './throughput-services.ts';

const page = new URL('results/throughput.md', import.meta.url);
const scenes: readonly Scene[] = ['reminder', 'coupon', 'coupon and 3 items'];

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      customers: { type: 'string', default: '600' },
      rounds: { type: 'string', default: '3' },
      write: { type: 'boolean', default: false },
    },
  });
  const customersCount = countOf('customers', values.customers);
  const rounds = countOf('rounds', values.rounds);
  const directory = mkdtempSync(join(tmpdir(), 'reprise-throughput-'));
  const services = fileURLToPath(new URL('throughput-services.ts', import.meta.url));
  const child = spawn(process.execPath, [services, directory, String(customersCount), String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const measured: Delivered[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('DELIVERED '))
        measured.push(JSON.parse(line.slice('DELIVERED '.length)) as Delivered);
    }
    const text = report(measured, customersCount, rounds);
    console.log(text);
    if (values.write) writeFileSync(page, text);
  } finally {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
};

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const report = (measured: readonly Delivered[], customersCount: number, rounds: number): string => {
  const rows = scenes.map((scene) => {
    const of = measured.filter((each) => each.scene === scene);
    const cpuMs = median(of.map(({ cpuMs: ms, mailsCount }) => ms / mailsCount));
    const rate = median(of.map(({ tookMs, mailsCount }) => mailsCount / (tookMs / 1000)));
    return `| ${scene} | ${rate.toFixed(0)} | ${cpuMs.toFixed(2)} | ${(1000 / cpuMs).toFixed(0)} |`;
  });
  return `# Throughput of the delivery path

Written by \`npm run bench -- throughput --write\`: ${availableParallelism()} cores, ${rounds} rounds of ${customersCount} mails each, medians. One process delivers, one batch at a time, ten mails under way, each with its transaction (delivery, caps, coupon), its claim, its SendRawEmail and its settling; DynamoDB, SES, SQS and S3 are the local ones in another process on the same cores, and take most of the wall time. CPU is user and system time of the delivering process alone; its inverse is what one core would do if the services took nothing.

| mail | mails/s, services on the same machine | CPU ms a mail | mails/s a core of CPU alone |
| --- | ---: | ---: | ---: |
${rows.join('\n')}

In AWS the rate is not set by this: a campaign's batches run ${10} at a time, and SES's account rate (14 mails/s for a new production account, raised on request) is kept by waiting.

## What others publish

Nobody publishes a rate beside the processor time of a mail. What was found (November 2026), none of it measured here:

| mailer | figure | what it measures | source |
| --- | --- | --- | --- |
| listmonk | about 950 mails a minute (16/s) | a campaign to 660,000 through SES's SMTP, e-mails of about 60 KB, concurrency 10; bounded by the user's settings and SMTP connections | [knadh/listmonk#2069](https://github.com/knadh/listmonk/issues/2069) |
| listmonk | about 700 mails a minute (12/s) | another user's campaigns, e-mails of about 37 KB, 10 SMTP connections | [knadh/listmonk#2069](https://github.com/knadh/listmonk/issues/2069) |
| listmonk | about 1,000 mails a minute (16/s) | a test through SES with concurrency 25 | [knadh/listmonk#1854](https://github.com/knadh/listmonk/issues/1854) |
| Mautic | 35–42 s for a batch of 160 (about 4/s) | from the request until the mails were sent, immediate mode over SES's API, with an account rate of 160/s | [mautic/mautic#9735](https://github.com/mautic/mautic/pull/9735) |

They are rates of whole installations over a network to SES, and their bound is the connection or the settings; ours is a local endpoint. listmonk renders one template for all and keeps no claim a mail; Reprise writes three transactions a mail so that none is sent twice.
`;
};

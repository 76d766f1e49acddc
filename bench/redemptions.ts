// Many checkouts at once against one coupon: who is let through, and what the others are told. Through the HTTP API of
// the local host (functions, authorizer, roles), then straight at the coupon store with every request in flight at
// once on the local DynamoDB, where a third of all transactions is cancelled as DynamoDB cancels those that meet.
// Usage: npm run bench -- redemptions [--requests 1000] [--room 100] [--write]; --write writes
// bench/results/redemptions.md.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startHost } from '../local/host.ts';
import { runRedemptions, type Scene } from './redemptions-run.ts';
import { runStore } from './redemptions-store.ts';

const target = join(import.meta.dirname, 'results', 'redemptions.md');

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '1000' },
      room: { type: 'string', default: '100' },
      write: { type: 'boolean', default: false },
    },
  });
  const crowd = { requestsCount: Number(values.requests), room: Number(values.room) };
  const directory = mkdtempSync(join(tmpdir(), 'reprise-redemptions-'));
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
  host.schedules.pause();
  try {
    const scenes = await runRedemptions(host, crowd);
    const text = page(crowd, scenes, await runStore(crowd));
    console.log(text);
    if (values.write) {
      writeFileSync(target, text);
    }
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

const table = (scenes: readonly Scene[]): string =>
  [
    '| scene | requests | to be let through | let through | answers | seconds |',
    '| --- | ---: | ---: | ---: | --- | ---: |',
    ...scenes.map(
      ({ name, requestsCount, expected, succeeded, answers, seconds }) =>
        `| ${name} | ${requestsCount} | ${expected} | ${succeeded === expected ? succeeded : `**${succeeded}**`} | ${[
          ...answers,
        ]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([answer, count]) => `${count} × ${answer}`)
          .join(', ')} | ${seconds.toFixed(1)} |`,
    ),
  ].join('\n');

const page = (
  { requestsCount, room }: { readonly requestsCount: number; readonly room: number },
  api: readonly Scene[],
  store: readonly Scene[],
): string => `# Redemptions at once

${requestsCount} requests at once for each scene, an order of 50 € and 20% off each. ${availableParallelism()} cores, shared; the local host runs at
most that many sandboxes of a function side by side, further requests wait for one. The times are of this machine and say
nothing about AWS.

Made by \`npm run bench -- redemptions --requests ${requestsCount} --room ${room} --write\`.

## Through the HTTP API

${table(api)}

## Straight at the store

All requests in flight at once on the local DynamoDB; a third of all transactions is cancelled before it is written
(TransactionConflict). Nobody is answered 503.

${table(store)}
`;

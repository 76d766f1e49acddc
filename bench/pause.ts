// Pause and cancellation while a campaign delivers: `npm run bench -- pause [--write]`.
// Six hundred customers in three batches on the local host; the request comes when the first chunk of mails is out.
// Counted by the mailboxes: mails out when the request was answered, and mails after it, which the chunks in hand bound.
// Then the paused one is resumed. --write puts the page into bench/results/pause.md.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deliveryChunkCustomersCountMax, pauseCheckMsMin } from '../lib/base/limits.ts';
import { createApi } from '../local/demo/api.ts';
import { startHost } from '../local/host.ts';
import { audienceCount, batchesCount, mailedOf, sentAfterMax, stopMidway } from '../test/flow/stopping.ts';

const page = new URL('results/pause.md', import.meta.url);

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { write: { type: 'boolean', default: false } },
  });
  const text = [...head, ...(await rows())].join('\n');
  console.log(text);
  if (values.write) writeFileSync(page, `${text}\n`);
};

const head = [
  '# Pause and cancellation while a campaign delivers',
  '',
  `Written by \`npm run bench -- pause --write\`. ${audienceCount} customers in ${batchesCount} batches on the local host, 5% of them in the global holdout. Each batch looks at the campaign's status before each ${deliveryChunkCustomersCountMax} customers; so many batches are in hand at once here that at most ${sentAfterMax} mails can follow the answer.`,
  '',
  '| request | answered in ms | mails out when it was answered | after it | bound | after resuming | second mails |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
];

const rows = async (): Promise<readonly string[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-pause-'));
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
  host.schedules.pause();
  const admin = createApi(host.apiUrl, host.keys.admin);
  const lines: string[] = [];
  try {
    for (const [index, action] of (['pause', 'cancel', 'pause', 'cancel'] as const).entries()) {
      const group = `${action}${index}`;
      const { campaignId, atAnswer, atRest, answerMs } = await stopMidway(host, admin, group, action);
      if (action === 'pause') {
        await admin.post(`/v1/admin/campaigns/${campaignId}/resume`);
        await host.clock.advanceTo(host.clock.nowMs() + 2 * pauseCheckMsMin);
        await host.settle();
      }
      const all = await mailedOf(host, group);
      lines.push(
        `| ${[
          action,
          Math.round(answerMs),
          atAnswer.length,
          atRest.length - atAnswer.length,
          sentAfterMax,
          action === 'pause' ? all.length : '–',
          all.length - new Set(all).size,
        ].join(' | ')} |`,
      );
    }
    return lines;
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

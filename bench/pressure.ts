// Campaigns that compete for the same customers: `npm run bench -- pressure [--customers 2000] [--campaigns 10] [--write]`.
// On the local host, with its default cap of one message a day: so many customers are sent in as events, so many campaigns
// with different priorities are started in the same second, and the clock is moved until nobody waits. Counted from the
// mails that left: who got two, and who got one that was not from the campaign of the highest priority among those
// whose arm sends to them. --write puts the page into
// bench/results/pressure.md. Seconds are of the machine it ran on; everything else is the same each time.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../lib/base/random.ts';
import { createApi, inParallel } from '../local/demo/api.ts';
import { type LocalHost, startHost } from '../local/host.ts';
import { assignedArms, capture } from '../test/flow/world.ts';
import { countOf } from './counts.ts';

const page = new URL('results/pressure.md', import.meta.url);
const hourMs = 3_600_000;
const clockIso = '2026-03-10T09:00:00Z';

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      customers: { type: 'string', default: '2000' },
      campaigns: { type: 'string', default: '10' },
      write: { type: 'boolean', default: false },
    },
  });
  const directory = mkdtempSync(join(tmpdir(), 'reprise-pressure-'));
  const host = await startHost({ directory, clockIso });
  try {
    host.schedules.pause();
    const text = await compete(
      host,
      directory,
      countOf('customers', values.customers),
      countOf('campaigns', values.campaigns),
    );
    console.log(text);
    if (values.write) writeFileSync(page, `${text}\n`);
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

interface Rival {
  readonly campaignId: string;
  readonly name: string;
  readonly priority: number;
}

const compete = async (
  host: LocalHost,
  directory: string,
  customersCount: number,
  campaignsCount: number,
): Promise<string> => {
  const ids = Array.from({ length: customersCount }, (_, index) => `u${String(index).padStart(6, '0')}`);
  await capture(host.apiUrl, host.keys.write, ids.map(identify));
  await host.drain();
  const rivals = await createRivals(host, campaignsCount);
  const startedMs = performance.now();
  const api = createApi(host.apiUrl, host.keys.admin);
  await Promise.all(
    rivals.map(({ campaignId }) => api.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true })),
  );
  await deliverAll(host, host.clock.nowMs() + 13 * hourMs);
  const seconds = (performance.now() - startedMs) / 1000;
  const got = new Map<string, string[]>();
  for (const { to, subject } of await host.mails()) {
    const id = to[0].slice(0, to[0].indexOf('@'));
    got.set(id, [...(got.get(id) ?? []), subject]);
  }
  return report(rivals, ids, got, directory, seconds);
};

const identify = (userId: string) => ({
  type: 'identify' as const,
  messageId: `identify-${userId}`,
  userId,
  timestamp: '2026-03-01T09:00:00Z',
  traits: { email: `${userId}@example.com`, timezone: 'UTC' },
});

/** In an order in which neither names nor priorities ascend. */
const createRivals = async (host: LocalHost, count: number): Promise<Rival[]> => {
  const api = createApi(host.apiUrl, host.keys.admin);
  const priorities = seededRandom('pressure').shuffle(Array.from({ length: count }, (_, index) => index));
  const rivals: Rival[] = [];
  await inParallel(priorities, 1, async (priority) => {
    const name = `Campaign ${rivals.length}`;
    const templates = {
      en: {
        subject: name,
        html: '<p>{{ campaign.name }} <a href="{{ unsubscribeUrl }}">unsubscribe</a></p>',
        text: '{{ campaign.name }} {{ unsubscribeUrl }}',
      },
    };
    const { campaignId } = await api.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
      name,
      priority,
      audience: { fact: 'trait.email', op: 'present' },
      trigger: { kind: 'at', at: new Date(host.clock.nowMs()).toISOString() },
      variants: [
        { name: 'message', weight: 0.75, action: { kind: 'reminder', templates } },
        { name: 'nothing', weight: 0.25, action: { kind: 'none' } },
      ],
      holdoutShare: 0.1,
      recommendationsCount: 0,
      windowDays: 30,
    });
    rivals.push({ campaignId, name, priority });
  });
  return rivals;
};

/** Moves the clock from one wait to the next, up to `untilMs`. */
const deliverAll = async (host: LocalHost, untilMs: number): Promise<void> => {
  for (;;) {
    await host.settle();
    const waits = host
      .executions()
      .flatMap(({ status, waitsUntilMs }) => (status === 'RUNNING' ? (waitsUntilMs ?? []) : []));
    const nextMs = Math.min(...waits);
    if (nextMs > untilMs) {
      return;
    }
    await host.clock.advanceTo(Math.max(nextMs, host.clock.nowMs()));
  }
};

const report = (
  rivals: readonly Rival[],
  ids: readonly string[],
  got: ReadonlyMap<string, readonly string[]>,
  directory: string,
  seconds: number,
): string => {
  const ranked = rivals.toSorted((a, b) => b.priority - a.priority);
  const arms = new Map(ranked.map(({ campaignId }) => [campaignId, assignedArms(directory, campaignId)]));
  const wanting = (id: string) =>
    ranked.filter(({ campaignId }) => arms.get(campaignId)?.get(id) === 'message').map(({ name }) => name);
  const wantedIds = ids.filter((id) => wanting(id).length > 0);
  const tooMany = ids.filter((id) => (got.get(id)?.length ?? 0) > 1).length;
  const wrong = wantedIds.filter((id) => got.has(id) && got.get(id)?.[0] !== wanting(id)[0]).length;
  const none = wantedIds.filter((id) => !got.has(id)).length;
  const unwanted = ids.filter((id) => got.has(id) && wanting(id).length === 0).length;
  const mails = [...got.values()].flat();
  const rows = ranked.map(({ name, priority }) => {
    const wanted = ids.filter((id) => wanting(id).includes(name)).length;
    const sent = mails.filter((subject) => subject === name).length;
    return `| ${priority} | ${name} | ${wanted} | ${sent} |`;
  });
  return `# Campaigns that compete for the same customers

Written by \`npm run bench -- pressure --customers ${ids.length} --campaigns ${rivals.length} --write\`: ${rivals.length} campaigns, started in the same second on the same ${ids.length} customers, on the local host with the default cap of one message a day. Every campaign keeps a holdout of a tenth and sends to three quarters of the others; which ones, its own hash says.

| | customers |
| --- | ---: |
| wanted by at least one campaign | ${wantedIds.length} |
| mails sent | ${mails.length} |
| **got more than one** | **${tooMany}** |
| wanted, and got none | ${none} |
| got one, and not from the highest priority that wanted them | ${wrong} |
| got one that nobody wanted to send them | ${unwanted} |

| priority | campaign | wanted | sent |
| ---: | --- | ---: | ---: |
${rows.join('\n')}

It took ${seconds.toFixed(0)} s, with the waits of the campaigns passing under a moved clock.`;
};

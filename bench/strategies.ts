// All strategies in the simulated market, at the same time on the same customers, through the API of a local host:
// `npm run bench -- strategies [--learners 800] [--seed 1] [--mails DIRECTORY]`. Each is created from its recipe with a
// holdout of a fifth and entry for 14 days, started, and lived through under the
// moved clock; the workspace's default caps hold. Written to bench/results/strategies.md at the default size.
// It fails when a strategy mailed nobody, or a delivery went out twice.
//   mails       accepted by SES; `twice`: deliveries of which more than one mail went out
//   redeemed, ordered   of the latest result: customers assigned, whatever became of their mail (intention to treat)
// Effects are the market's model of any mail (local/market/market.ts), not of the single strategies: the numbers show
// that all of it works together, not which strategy is best.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CampaignResult } from '../lib/experiments/result.ts';
import { type Api, createApi } from '../local/demo/api.ts';
import { loadMarket } from '../local/demo/load.ts';
import { train } from '../local/demo/train.ts';
import { type LocalHost, startHost } from '../local/host.ts';
import { createMarket, type Market } from '../local/market/market.ts';
import { countOf } from './counts.ts';
import { createLife, type Life } from './strategies-life.ts';
import { mailReader, type StrategyMail } from './strategies-mails.ts';

const dayMs = 86_400_000;
const entryDays = 14;
/** Entry, the longest window (45 days), and the quarter of an hour for late orders. */
const days = entryDays + 46;
/** Campaigns that begin on a date begin so many days apart, or a cap would leave most of them nobody to write to. */
const apartDays = 2;
/** Steps of the clock in a day, while customers enter and afterwards: waits end at the next step. */
const stepsPerDay = { entering: 6, afterwards: 2 };
const startIso = '2026-06-01T06:00:00.000Z';
const reportPath = 'bench/results/strategies.md';
const learnersDefault = 800;

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      learners: { type: 'string', default: String(learnersDefault) },
      seed: { type: 'string', default: '1' },
      mails: { type: 'string' },
    },
  });
  const learners = countOf('learners', values.learners);
  const directory = mkdtempSync(join(tmpdir(), 'reprise-strategies-'));
  const startedMs = performance.now();
  const host = await startHost({ directory, fresh: true, clockIso: startIso });
  try {
    host.schedules.pause();
    const market = createMarket(values.seed, { learners, endMs: host.clock.nowMs() });
    await loadMarket(host, market, () => undefined);
    await host.drain();
    const api = createApi(host.apiUrl, host.keys.admin);
    await train(host, api);
    console.log(`${learners} learners loaded and trained after ${seconds(startedMs)} s`);
    const run = await runAll(host, api, market);
    if (values.mails !== undefined) keepMails(values.mails, run.mails);
    const rows = await Promise.all([...run.campaigns].map((one) => rowOf(api, one, run.mails)));
    const page = report(rows, run, learners, values.seed);
    console.log(page);
    console.log(`${seconds(startedMs)} s in all`);
    if (learners === learnersDefault && values.seed === '1') {
      mkdirSync('bench/results', { recursive: true });
      writeFileSync(reportPath, page);
      console.log(`written: ${reportPath}`);
    }
    const faults = rows.filter(({ mails, twice }) => mails === 0 || twice > 0);
    for (const { strategy, twice } of faults) {
      console.error(`${strategy}: ${twice > 0 ? `${twice} deliveries went out twice` : 'mailed nobody'}`);
    }
    process.exitCode = faults.length > 0 ? 1 : 0;
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(0);

interface Run {
  /** Campaign id by strategy. */
  readonly campaigns: ReadonlyMap<string, string>;
  readonly mails: readonly StrategyMail[];
  readonly life: Life;
}

const runAll = async (host: LocalHost, api: Api, market: Market): Promise<Run> => {
  const startMs = host.clock.nowMs();
  const campaigns = await createAll(api, market, startMs);
  const life = createLife(host, createApi(host.apiUrl, host.keys.read), market, startMs);
  const read = mailReader(host, new Map([...campaigns].map(([strategy, id]) => [id, strategy])));
  const mails: StrategyMail[] = [];
  for (let day = 0; day < days; day++) {
    const steps = day < entryDays ? stepsPerDay.entering : stepsPerDay.afterwards;
    for (let step = 1; step <= steps; step++) {
      await host.clock.advanceTo(startMs + (day + step / steps) * dayMs - 60_000);
      await host.drain();
      await host.settle();
    }
    for (const mail of await read()) {
      mails.push(mail);
      life.receive(mail, day + 1);
    }
    await life.live(day);
    await host.drain();
    await host.settle();
    if ((day + 1) % 10 === 0) {
      const { orders, redeemed } = life.counts;
      console.log(`day ${day + 1}: ${mails.length} mails, ${orders} orders, ${redeemed} codes redeemed`);
    }
  }
  return { campaigns, mails, life };
};

interface Listed {
  readonly strategies: readonly {
    readonly name: string;
    readonly parameters: { readonly properties: { readonly [name: string]: unknown } };
  }[];
}

const createAll = async (api: Api, market: Market, startMs: number): Promise<ReadonlyMap<string, string>> => {
  const { strategies } = await api.get<Listed>('/v1/admin/strategies');
  const bundle = market.items
    .filter(({ kind, language }) => kind === 'book' && language === 'en')
    .slice(0, 2);
  const needed: { readonly [strategy: string]: object } = {
    'free-chapter': { contentTitle: 'How Habits Begin', contentUrl: 'https://learn.example/free/habits' },
    bundle: { itemIds: bundle.map(({ itemId }) => itemId) },
    // The market is a year old: half a year without an order is a quarter of it.
    'win-back': { lapsedDays: 120 },
  };
  const dates = new Set(['win-back', 'limited-time-offer', 'free-chapter', 'bundle', 'referral']);
  let dated = 0;
  const campaigns = new Map<string, string>();
  for (const { name, parameters } of strategies) {
    const continues = 'runsForDays' in parameters.properties;
    const startsAt = new Date(startMs + apartDays * dated * dayMs).toISOString();
    const given = {
      holdoutShare: 0.2,
      ...(continues ? { runsForDays: entryDays } : {}),
      ...(dates.has(name) ? { startsAt } : {}),
      ...needed[name],
    };
    if (dates.has(name)) dated += 1;
    const { campaignId } = await api.post<{ readonly campaignId: string }>(
      `/v1/admin/strategies/${name}/campaigns`,
      { parameters: given },
    );
    await api.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
    campaigns.set(name, campaignId);
  }
  return campaigns;
};

interface Row {
  readonly strategy: string;
  readonly assigned: number;
  readonly heldOut: number;
  readonly mails: number;
  readonly mailed: number;
  readonly twice: number;
  readonly redeemed: number;
  readonly ordered: number;
  readonly sentence: string;
}

const rowOf = async (
  api: Api,
  [strategy, campaignId]: readonly [string, string],
  all: readonly StrategyMail[],
): Promise<Row> => {
  const { latest } = await api.get<{ readonly latest: CampaignResult | null }>(
    `/v1/admin/campaigns/${campaignId}/result`,
  );
  const mails = all.filter((mail) => mail.strategy === strategy);
  const byDelivery = Map.groupBy(mails, ({ deliveryId }) => deliveryId);
  const sum = (of: (arm: CampaignResult['arms'][number]) => number): number =>
    (latest?.arms ?? []).reduce((total, arm) => total + of(arm), 0);
  return {
    strategy,
    assigned: sum(({ customers }) => customers),
    heldOut: sum(({ role, customers }) => (role === 'variant' ? 0 : customers)),
    mails: mails.length,
    mailed: new Set(mails.map(({ email }) => email)).size,
    twice: [...byDelivery.values()].filter(({ length }) => length > 1).length,
    redeemed: sum(({ redemptions }) => redemptions),
    ordered: sum(({ conversions }) => conversions),
    sentence: latest === null ? 'No result yet.' : latest.sentence.en,
  };
};

/** One mail of each kind and language, for a look at them. */
const keepMails = (directory: string, mails: readonly StrategyMail[]): void => {
  mkdirSync(directory, { recursive: true });
  const kinds = Map.groupBy(mails, ({ strategy, html }) => {
    const [, language = ''] = /<html lang="([^"]+)"/.exec(html) ?? [];
    const [, heading = ''] = /<title>([^<]*)<\/title>/.exec(html) ?? [];
    return `${strategy}_${language}_${heading.replace(/[^\p{L}\p{N}]+/gu, '-')}`;
  });
  for (const [kind, [first]] of kinds) writeFileSync(join(directory, `${kind}.html`), first.html);
};

const report = (rows: readonly Row[], { mails, life }: Run, learners: number, seed: string): string => {
  const header = [
    'strategy',
    'assigned',
    'held out',
    'mails',
    'customers',
    'twice',
    'redeemed',
    'ordered',
    'result',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const refused = [...life.counts.refused].map(([code, count]) => `${code} ${count}`).join(', ') || 'none';
  return [
    '# All strategies in the simulated market',
    '',
    `\`npm run bench -- strategies\`: ${learners} learners (seed ${seed}), all strategies at the same time, ${entryDays} days of entry, ${days} days under the moved clock; default caps.`,
    '',
    line(header),
    line(header.map((_, index) => (index === 0 || index === header.length - 1 ? '---' : '---:'))),
    ...rows.map(({ strategy, sentence, ...counts }) =>
      line([strategy, ...Object.values(counts).map(String), sentence]),
    ),
    '',
    `${mails.length} mails, ${life.counts.orders} orders, ${life.counts.redeemed} codes redeemed; codes refused at the checkout: ${refused}.`,
    'Audiences overlap, so that a cap gives a day\'s mail to one of them: assigned customers without a mail stay in their arm. "Twice" counts deliveries of which more than one mail went out. Redeemed and ordered are of customers assigned, one in several campaigns in each of them; the sums count every order once, and codes of friends, who were assigned to none.',
    "Effects are the market's model of any mail, not of the single strategies. Each interval is of 95% and none is corrected for the others: of so many at once one may well miss by chance.",
    '',
  ].join('\n');
};

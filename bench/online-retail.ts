// The whole loop on real data: `npm run bench -- online-retail path/to/online_retail.csv.gz [--again 200]`.
// The file is the UCI Online Retail data set (541,909 invoice lines of a UK gift shop, 2010-12-01 to 2011-12-09).
// The local host starts with its clock a month before the file's end; what had happened by then is imported, a model
// is trained, a coupon campaign with a holdout is sent to customers with two orders or more, and the last month is
// imported as the clock reaches it. No mail reached a real person: the true effect is exactly zero (an A/A test).
// The result is printed and written to bench/results/online-retail.md.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withDuckDb } from '../lib/adapters/analytics-duckdb.ts';
import { seededRandom } from '../lib/base/random.ts';
import { defaultSettings } from '../lib/base/settings.ts';
import type { CleaningReport } from '../lib/dataset/build.ts';
import { defaultTemplates } from '../lib/deliveries/default-templates.ts';
import type { CustomerState } from '../lib/events/customer.ts';
import type { CampaignResult } from '../lib/experiments/result.ts';
import { pairedTest } from '../lib/numeric/bootstrap.ts';
import type { StoredEvaluation } from '../lib/recommenders/training-objects.ts';
import { type Api, createApi } from '../local/demo/api.ts';
import { train } from '../local/demo/train.ts';
import { type LocalHost, startHost } from '../local/host.ts';
import type { Format } from '../local/import/format.ts';
import { onlineRetail } from '../local/import/online-retail.ts';
import { type ImportSummary, runImport } from '../local/import/run.ts';
import { analyseAgain } from './online-retail-again.ts';
import { type Facts, type Model, type People, reportOf, type Shopper } from './online-retail-report.ts';
import { type Seen, watched } from './online-retail-seen.ts';

const dayMs = 86_400_000;
const startMs = Date.parse('2011-11-09T12:00:00Z');
const windowDays = 30;
const windowEndMs = startMs + windowDays * dayMs;
const endMs = Date.parse('2011-12-10T00:00:00Z');
const stepDays = 5;
const ordersMin = 2;
const holdoutShare = 0.5;
const contact = 'customer-{id}@example.com';
const reportPath = 'bench/results/online-retail.md';

export const main = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { again: { type: 'string', default: '200' } },
  });
  const [path] = positionals;
  const again = Number(values.again);
  if (path === undefined || !existsSync(path) || !Number.isInteger(again) || again < 1) {
    throw new RangeError(
      `online-retail: the data set’s file (CSV, gzip or not) is needed, and --again takes a count, received ${args.join(' ')}`,
    );
  }
  const directory = mkdtempSync(join(tmpdir(), 'reprise-online-retail-'));
  const host = await startHost({ directory, clockIso: iso(startMs) });
  // A training every night would be thirty; this trains at the beginning and at the end.
  host.schedules.pause();
  const { format, seen } = watched(onlineRetail);
  let facts: Omit<Facts, 'again'>;
  try {
    facts = await live({ host, directory, path, format, api: createApi(host.apiUrl, host.keys.admin) }, seen);
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
  const audience = [...seen.ordersBefore(startMs)].flatMap(([id, orders]) =>
    orders >= ordersMin ? [id] : [],
  );
  const { globalHoldoutShare } = defaultSettings;
  const design = { audience, startMs, windowDays, holdoutShare, globalHoldoutShare };
  say(`The analysis again over ${again} assignments of the same ${audience.length} customers`);
  const report = reportOf({ ...facts, again: analyseAgain(design, seen.events, again) });
  console.log(`\n${report}`);
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(reportPath, report);
  say(`written: ${reportPath}`);
};

interface Stage {
  readonly host: LocalHost;
  readonly directory: string;
  readonly path: string;
  readonly format: Format;
  readonly api: Api;
}

const live = async (stage: Stage, seen: Seen): Promise<Omit<Facts, 'again'>> => {
  const { host, api } = stage;
  const [loadBefore] = loadavg();
  say('Importing what had happened until 2011-11-09T12:00Z');
  const [past, importSeconds] = await timed(() => importPeriod(stage, { untilMs: startMs }));
  say('Training');
  const [{ version }, trainingSeconds] = await timed(() => train(host, api));
  const peakBytes = [peak()];
  const first = await datasetOf(stage, version);
  const shoppers = await shoppersOf(host, seen);
  say('Campaign: freeze, prepare, send');
  const [campaignId, campaignSeconds] = await timed(() => startCampaign(stage));
  const mails = (await host.mails()).length;
  const [loadAfter] = loadavg();
  peakBytes.push(peak());
  const future = await liveOn(stage);
  const result = await finalResult(api, campaignId);
  say('Training once more, on all lines');
  const last = await datasetOf(stage, (await train(host, api)).version);
  return {
    past,
    future,
    importSeconds,
    trainingSeconds,
    campaignSeconds,
    peakBytes: [...peakBytes, peak()],
    people: [startMs, Number.POSITIVE_INFINITY].map((ms) => peopleBefore(seen, ms)),
    machine: `Node ${process.versions.node}, ${availableParallelism()} cores shared with other work: load average ${loadBefore.toFixed(1)} before the import, ${loadAfter.toFixed(1)} after the mails`,
    models: first.models,
    served: first.served,
    shoppers,
    mails,
    result,
    report: last.report,
    repeaters: last.repeaters,
  };
};

/** Through capture, by the importer's own code; resolves when the archive holds it. */
const importPeriod = async (
  { host, directory, path, format }: Stage,
  period: { readonly sinceMs?: number; readonly untilMs?: number },
): Promise<ImportSummary> => {
  const { apiUrl, keys } = host;
  const summary = await runImport({
    format,
    path,
    options: { contact, timeZone: 'Europe/London', shiftMs: 0, eventNames: new Map(), ...period },
    directory,
    capture: { apiUrl, writeKey: keys.write },
    admin: { apiUrl, adminKey: keys.admin },
    createItems: false,
  });
  await host.drain();
  return summary;
};

const startCampaign = async ({ host, api }: Stage): Promise<string> => {
  const offer = { discount: { kind: 'percent', percent: 15 }, expiresAfterDays: windowDays };
  const { campaignId } = await api.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: 'A coupon for those who came back before',
    audience: { fact: 'orders', op: 'gte', value: ordersMin },
    trigger: { kind: 'at', at: iso(startMs) },
    variants: [
      { name: 'coupon', weight: 1, action: { kind: 'coupon', offer, templates: defaultTemplates.coupon } },
    ],
    holdoutShare,
    recommendationsCount: 3,
    windowDays,
  });
  await api.post(`/v1/admin/campaigns/${campaignId}/start`, { force: true });
  await host.settle();
  await host.drain();
  return campaignId;
};

/** Each step's lines come when the clock stands at its end; the analysis follows the window, and the rest follows it. */
const liveOn = async (stage: Stage): Promise<ImportSummary[]> => {
  const { host } = stage;
  const steps: ImportSummary[] = [];
  for (let sinceMs = startMs; sinceMs < windowEndMs; sinceMs += stepDays * dayMs) {
    const untilMs = Math.min(sinceMs + stepDays * dayMs, windowEndMs);
    await host.clock.advanceTo(untilMs);
    steps.push(await importPeriod(stage, { sinceMs, untilMs }));
    say(
      `The clock stands at ${iso(untilMs)}: ${steps.at(-1)?.orders} orders, ${steps.at(-1)?.refunds} refunds`,
    );
  }
  await host.clock.advanceTo(endMs);
  await host.settle();
  steps.push(await importPeriod(stage, { sinceMs: windowEndMs }));
  return steps;
};

const finalResult = async (api: Api, campaignId: string): Promise<CampaignResult> => {
  const path = `/v1/admin/campaigns/${campaignId}/result`;
  const { latest } = await api.get<{ readonly latest: CampaignResult | null }>(path);
  if (!latest?.final) throw new Error(`there is no final result: ${JSON.stringify(latest)}`);
  return latest;
};

// ---- the model ---------------------------------------------------------------------------------------

interface Dataset {
  readonly served: string;
  readonly models: readonly Model[];
  readonly report: CleaningReport;
  /** Buyers with two orders or more in the dataset. */
  readonly repeaters: number;
}

/** What the training wrote into the models bucket. */
const datasetOf = async ({ api, directory }: Stage, version: string): Promise<Dataset> => {
  const { versions } = await api.get<{
    readonly versions: readonly {
      readonly version: string;
      readonly manifest: {
        readonly trainingId: string;
        readonly name: string;
        readonly dataset: CleaningReport;
      };
    }[];
  }>('/v1/admin/models');
  const manifest = versions.find((one) => one.version === version)?.manifest;
  if (!manifest) throw new Error(`version ${version} has no manifest`);
  const { trainingId, name, dataset } = manifest;
  const models = objectsUnder(directory, `/evaluations/${trainingId}/`).flatMap((path) => {
    if (path.endsWith('selection.json')) return [];
    const { name: candidate, ndcg } = JSON.parse(readFileSync(path, 'utf8')) as StoredEvaluation;
    const zeros = ndcg.map(() => 0);
    return [
      {
        name: candidate,
        customers: ndcg.length,
        ndcg: pairedTest(ndcg, zeros, seededRandom(candidate)),
      },
    ];
  });
  const [orders] = objectsUnder(directory, `/datasets/${trainingId}/orders.parquet`);
  const [{ n }] = await withDuckDb((analytics) =>
    analytics.rows(
      `select count(*)::double as n from (select customer from read_parquet('${orders}') group by customer having count(*) >= 2)`,
    ),
  );
  return { served: name, models, report: dataset, repeaters: Number(n) };
};

/** Files of the local object store whose key has this in it. */
const objectsUnder = (directory: string, part: string): string[] =>
  readdirSync(join(directory, 's3'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes('/objects/') && decodeURIComponent(path).includes(part));

// ---- three customers ---------------------------------------------------------------------------------

/** Not chosen by their looks: the lowest ids among those with two, five and ten orders. */
const shoppersOf = async (host: LocalHost, seen: Seen): Promise<Shopper[]> => {
  const counts = [...seen.ordersBefore(startMs)].sort(([a], [b]) => (a < b ? -1 : 1));
  const chosen = [2, 5, 10].flatMap((wanted) => counts.filter(([, orders]) => orders === wanted).slice(0, 1));
  return Promise.all(chosen.map(([id, orders]) => shopperOf(host, id, orders)));
};

const shopperOf = async ({ apiUrl, keys }: LocalHost, id: string, orders: number): Promise<Shopper> => {
  const api = createApi(apiUrl, keys.admin);
  const { state } = await api.get<{ readonly state: CustomerState }>(`/v1/admin/customers/${id}`);
  const newest = Object.entries(state.owned).sort(([, a], [, b]) => b.purchasedAtMs - a.purchasedAtMs);
  const titles = newest.map(async ([item]) => {
    const { title } = await api.get<{ readonly title: string }>(`/v1/items/${encodeURIComponent(item)}`);
    return title;
  });
  const { items } = await api.get<{
    readonly items: readonly {
      readonly title: string;
      readonly source: string;
      readonly reason: { readonly text: { readonly en: string } };
    }[];
  }>(`/v1/users/${id}/recommendations?limit=10`);
  return {
    id,
    orders,
    bought: await Promise.all(titles),
    recommended: items.map(({ title, source, reason }) => ({ title, source, reason: reason.text.en })),
  };
};

// ---- telling ------------------------------------------------------------------------------------------

const iso = (ms: number): string => new Date(ms).toISOString();

const peak = (): number => process.resourceUsage().maxRSS * 1024;

const peopleBefore = (seen: Seen, ms: number): People => {
  const orders = [...seen.ordersBefore(ms).values()];
  return {
    customers: seen.customersBefore(ms),
    buyers: orders.length,
    repeaters: orders.filter((count) => count >= 2).length,
  };
};

const timed = async <T>(act: () => Promise<T>): Promise<readonly [T, number]> => {
  const sinceMs = performance.now();
  const value = await act();
  return [value, (performance.now() - sinceMs) / 1000];
};

const beganMs = performance.now();
const say = (line: string): void => {
  console.log(`${((performance.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
};

// The first start's demonstration: a simulated market goes through the whole loop over HTTP, and the measured effect
// of a coupon campaign is shown beside the effect that the simulator knows to be true.
//   catalogue and a year of events → capture → archive → training → a recommendation → a campaign with holdout over
//   30 days of moved clock → redemptions and orders → the analysis.
// `describeDemo` (demo/table.ts) prints it. The host's clock must stand `demoLeadMs` before the real time at the start; at the end it has caught up with it.

import { defaultTemplates } from '../lib/deliveries/default-templates.ts';
import type { CampaignResult } from '../lib/experiments/result.ts';
import { type Api, createApi } from './demo/api.ts';
import { type Loaded, loadMarket } from './demo/load.ts';
import { type Trained, train } from './demo/train.ts';
import { liveThrough, type WindowCounts } from './demo/window.ts';
import type { LocalHost } from './host.ts';
import { learnerHistory } from './market/history.ts';
import { createMarket, type Market } from './market/market.ts';
import { couponShare, trueEffect } from './market/window.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const windowDays = 30;
/** The window, the quarter of an hour that the analysis waits for late orders, and time to load and train. */
export const demoLeadMs = windowDays * dayMs + 45 * minuteMs;
/** After the window: the analysis is made `outcomeDelayMs` later, at the latest. */
const analysisMs = 20 * minuteMs;

export interface DemoResult {
  readonly loaded: Loaded;
  readonly trained: Trained;
  readonly addressed: number;
  readonly counts: WindowCounts;
  readonly result: CampaignResult;
  /** By arm, as a difference of shares against no mail. */
  readonly trueEffects: { readonly [arm: string]: number };
  readonly seconds: number;
}

export const runDemo = async (
  host: LocalHost,
  log: (line: string) => void,
  seed: string | number = 1,
): Promise<DemoResult> => {
  const startedMs = performance.now();
  const api = createApi(host.apiUrl, host.keys.admin);
  const market = createMarket(seed, { endMs: host.clock.nowMs() });
  log(
    `A simulated market (seed ${seed}): ${market.learners.length} learners, ${market.items.length} items, one year`,
  );
  const loaded = await loadMarket(host, market, log);
  await host.drain();
  log(`Archived after ${secondsSince(startedMs)} s. Training`);
  const trained = await train(host, api);
  log(`Model ${trained.version} serves after ${trained.seconds.toFixed(1)} s of training`);
  await showRecommendation(host, market, log);

  const campaignId = await startCampaign(host, api);
  const startMs = host.clock.nowMs();
  log(`Campaign ${campaignId}: coupon, reminder or nothing, ${windowDays} days under the moved clock`);
  const counts = await liveThrough(
    host,
    createApi(host.apiUrl, host.keys.read),
    market,
    startMs,
    windowDays,
    log,
  );
  await host.drain();
  await host.clock.advanceTo(startMs + windowDays * dayMs + analysisMs);
  await host.settle();
  const result = await finalResult(api, campaignId);
  await host.clock.advanceTo(Date.now());
  return {
    loaded,
    trained,
    addressed: result.arms.reduce((sum, { customers }) => sum + customers, 0),
    counts,
    result,
    trueEffects: {
      coupon: trueEffect(market, loaded.buyers, windowDays, 'coupon', startMs),
      reminder: trueEffect(market, loaded.buyers, windowDays, 'reminder', startMs),
    },
    seconds: (performance.now() - startedMs) / 1000,
  };
};

const secondsSince = (ms: number): string => ((performance.now() - ms) / 1000).toFixed(1);

const startCampaign = async (host: LocalHost, api: Api): Promise<string> => {
  const offer = {
    discount: { kind: 'percent', percent: couponShare * 100 },
    expiresAfterDays: windowDays,
  };
  const { campaignId } = await api.post<{ readonly campaignId: string }>('/v1/admin/campaigns', {
    name: 'What next: coupon or reminder',
    audience: { fact: 'orders', op: 'gte', value: 1 },
    trigger: { kind: 'at', at: new Date(host.clock.nowMs()).toISOString() },
    variants: [
      { name: 'coupon', weight: 0.5, action: { kind: 'coupon', offer, templates: defaultTemplates.coupon } },
      { name: 'reminder', weight: 0.5, action: { kind: 'reminder', templates: defaultTemplates.reminder } },
    ],
    holdoutShare: 1 / 3,
    recommendationsCount: 3,
    windowDays,
  });
  await api.post(`/v1/admin/campaigns/${campaignId}/start`);
  return campaignId;
};

const finalResult = async (api: Api, campaignId: string): Promise<CampaignResult> => {
  const path = `/v1/admin/campaigns/${campaignId}/result`;
  const { latest } = await api.get<{ readonly latest: CampaignResult | null }>(path);
  if (!latest?.final) {
    throw new Error(
      `the window is over and there is no final result: ${JSON.stringify(latest).slice(0, 300)}`,
    );
  }
  return latest;
};

interface Recommendation {
  readonly items: readonly {
    readonly title: string;
    readonly reason: { readonly text: { readonly en: string } };
  }[];
}

const showRecommendation = async (
  host: LocalHost,
  market: Market,
  log: (line: string) => void,
): Promise<void> => {
  const learner = market.learners.find(
    (one) => one.language === 'en' && learnerHistory(market, one).ordersCount >= 3,
  );
  if (learner === undefined) return;
  const api = createApi(host.apiUrl, host.keys.read);
  const { items } = await api.get<Recommendation>(`/v1/users/${learner.customerId}/recommendations?limit=5`);
  const owned = [...learnerHistory(market, learner).owned.keys()].map(
    (id) => market.itemsById.get(id)?.title ?? id,
  );
  log(`${learner.name} (${learner.customerId}) bought: ${owned.join('; ')}`);
  log('  and is recommended:');
  for (const { title, reason } of items) log(`  - ${title}  (${reason.text.en})`);
};

// Served pages from the logs, each with what came of it and with what the new policy would have shown: a part of the
// customers at a time, so that only the pages stay in memory and not what the customers did.

import type { CustomerId, ModelVersion } from '../../base/ids.ts';
import type { CustomerStore } from '../../ports.ts';
import type { Assortment } from '../../recommendations/assortment.ts';
import { customerThen } from './customer-then.ts';
import type { CustomersLog, EvaluationRequest, LeftOut, PolicyLogs } from './evaluation.ts';
import type { CollectedPages } from './judge-pages.ts';
import { pageOutcomes } from './page-outcomes.ts';
import type { PageWithTarget } from './page-rows.ts';
import { type ServedPage, servedPage } from './served-page.ts';
import { createTables, type Tables } from './tables.ts';
import { type TargetSettings, targetPage } from './target-page.ts';

export interface CollectPorts {
  readonly logs: Pick<PolicyLogs, 'pages'>;
  readonly customers: Pick<CustomerStore, 'readMany'>;
  /** Of a model version; asked for one after another. */
  readonly assortment: (version: ModelVersion) => Promise<Assortment>;
}

export const collectPages = async (
  request: EvaluationRequest & { readonly untilMs: number; readonly pagesMax: number },
  settings: TargetSettings,
  ports: CollectPorts,
): Promise<CollectedPages> => {
  const tables = createTables();
  const pages: PageWithTarget[] = [];
  const leftOut: { [reason in LeftOut]?: number } = {};
  const { customersShare } = await ports.logs.pages(
    {
      fromMs: Date.parse(request.from),
      toMs: Date.parse(request.to),
      untilMs: request.untilMs,
      pagesMax: request.pagesMax,
      byVersion: settings.policy.modelVersion === undefined,
    },
    async (part) => {
      const read = readPart(part, tables, leftOut);
      const byVersion = Map.groupBy(read, ({ page }) => settings.policy.modelVersion ?? page.modelVersion);
      for (const [version, ofVersion] of byVersion) {
        pages.push(...(await withTargets(ofVersion, version, part, { request, settings, tables, ports })));
      }
    },
  );
  return { pages, leftOut, customersShare };
};

interface ReadPage {
  readonly customerId: CustomerId;
  readonly page: ServedPage;
}

const readPart = (
  { served }: CustomersLog,
  tables: Tables,
  leftOut: { [reason in LeftOut]?: number },
): readonly ReadPage[] => {
  const read = new Map<string, ReadPage>();
  for (const event of served) {
    const page = servedPage(event, tables);
    if (typeof page === 'string') leftOut[page] = (leftOut[page] ?? 0) + 1;
    else read.set(page.recommendationId, { customerId: page.request.userId, page });
  }
  return [...read.values()].sort((a, b) => a.page.atMs - b.page.atMs);
};

interface TargetContext {
  readonly request: EvaluationRequest;
  readonly settings: TargetSettings;
  readonly tables: Tables;
  readonly ports: CollectPorts;
}

const withTargets = async (
  pages: readonly ReadPage[],
  version: ModelVersion,
  { events }: CustomersLog,
  { request, settings, tables, ports }: TargetContext,
): Promise<readonly PageWithTarget[]> => {
  const assortment = await ports.assortment(version);
  const byCustomer = Map.groupBy(pages, ({ customerId }) => customerId);
  const records = await ports.customers.readMany([...byCustomer.keys()], version);
  return [...byCustomer].flatMap(([customerId, own]) => {
    const done = events.get(customerId) ?? [];
    const then = customerThen(customerId, done, records.get(customerId)?.list);
    const isReached = pageOutcomes(done, request);
    return own.map(({ page }) => ({
      customerId,
      page,
      target: targetPage(page, then(page.atMs), assortment, settings, tables),
      rewards: page.shown.map(({ itemId }) => (isReached(page, itemId) ? 1 : 0)),
    }));
  });
};

// The report over HTTP: what was computed last, in the form asked for, or a computation started anew.
// Answering is one read of an object; computing takes as long as it takes, in the workflow.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import { getJson } from '../campaigns/frozen-objects.ts';
import { acceptedLanguage } from '../deliveries/html-page.ts';
import type { CampaignStore, Clock, ObjectStore, ReportWorkflow, ResultStore } from '../ports.ts';
import { type CampaignReport, daysKey, reportKey } from './campaign-report.ts';
import type { DailySums } from './daily-sums.ts';
import { dailyCsv, reportCsv } from './report-csv.ts';
import { reportPage } from './report-page.ts';

const query = z.strictObject({
  format: z.enum(['json', 'html', 'csv']).default('json'),
  /** Of the CSV: where everyone went, or the sums behind the estimates. */
  table: z.enum(['funnel', 'metrics']).default('funnel'),
  /** Default: what the reader's browser asks for. */
  language: z.enum(['en', 'zh-CN']).optional(),
});

export type ReportAnswer =
  | { readonly format: 'json'; readonly report: CampaignReport }
  | { readonly format: 'html'; readonly html: string }
  | { readonly format: 'csv'; readonly csv: string };

export interface ReadPorts {
  readonly campaigns: CampaignStore;
  readonly archive: ObjectStore;
  readonly results: Pick<ResultStore, 'list'>;
}

export const campaignReport = async (
  id: CampaignId,
  parameters: { readonly [name: string]: string | undefined },
  { campaigns, archive, results }: ReadPorts,
  acceptLanguage?: string,
): Promise<ReportAnswer> => {
  const {
    format,
    table,
    language = acceptedLanguage(acceptLanguage),
  } = parseInput(query, parameters, 'query');
  const report = await getJson<CampaignReport>(archive, reportKey(id));
  if (report === undefined) {
    await existingCampaign(id, campaigns);
    throw new Failure('not-found', {
      code: 'report-not-made',
      message: 'No report of this campaign has been made yet: one is made at each look and on demand.',
      received: id,
      action: `Ask for one by POST /v1/admin/campaigns/${id}/report and come back in a minute.`,
    });
  }
  switch (format) {
    case 'json':
      return { format, report };
    case 'html':
      return { format, html: reportPage(report, await results.list(id), language) };
    case 'csv':
      return {
        format,
        csv: table === 'funnel' ? reportCsv(report) : dailyCsv(await daysOf(report, archive)),
      };
  }
};

/** Of the newest runs, as in the report, and of all together where they have a result. */
const daysOf = async ({ campaignId, runs, runsCount, analysis }: CampaignReport, archive: ObjectStore) => {
  const tests = [
    ...runs.map(({ runId }) => runId).reverse(),
    ...(runsCount > 1 && analysis !== null ? [analysis.runId] : []),
  ];
  return await Promise.all(
    tests.map(async (test) => ({
      test,
      days: (await getJson<readonly DailySums[]>(archive, daysKey(campaignId, test))) ?? [],
    })),
  );
};

export interface ReportStarted {
  readonly campaignId: CampaignId;
  readonly requestedAt: string;
  /** Of the report that is there until the new one is; null without one. */
  readonly asOf: string | null;
}

const minuteMs = 60_000;

export const startReport = async (
  id: CampaignId,
  ports: {
    readonly campaigns: CampaignStore;
    readonly archive: ObjectStore;
    readonly workflows: ReportWorkflow;
    readonly clock: Clock;
  },
): Promise<ReportStarted> => {
  const campaign = await existingCampaign(id, ports.campaigns);
  if (campaign.status === 'draft') {
    throw new Failure('conflict', {
      code: 'campaign-not-started',
      message: 'The campaign is still a draft: there is nothing to report.',
      received: id,
      action: 'Start it by POST /v1/admin/campaigns/{campaignId}/start.',
    });
  }
  const nowMs = ports.clock.nowMs();
  const kept = await getJson<CampaignReport>(ports.archive, reportKey(id));
  await ports.workflows.startReport(`${id}-${Math.floor(nowMs / minuteMs)}`, { campaignId: id });
  return { campaignId: id, requestedAt: new Date(nowMs).toISOString(), asOf: kept?.asOf ?? null };
};

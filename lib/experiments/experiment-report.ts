// An experiment's report over HTTP, in the form asked for: its results as JSON, the page, or the data behind the estimates.
// All of it stands in the store and the archive already: looks and analyses on demand put it there.

import { z } from 'zod';
import type { ExperimentId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { getJson } from '../campaigns/frozen-objects.ts';
import { acceptedLanguage } from '../deliveries/html-page.ts';
import type { ObjectStore } from '../ports.ts';
import { existingExperiment } from './administer-experiment.ts';
import type { DailySums } from './daily-sums.ts';
import { type ExperimentResults, experimentResults, type OverviewPorts } from './experiment-overview.ts';
import { experimentPage } from './experiment-page.ts';
import { experimentDaysKey } from './experiment-result.ts';
import { dailyCsv } from './report-csv.ts';

const query = z.strictObject({
  format: z.enum(['json', 'html', 'csv']).default('json'),
  /** Of the CSV. */
  table: z.enum(['metrics']).default('metrics'),
  /** Default: what the reader's browser asks for. */
  language: z.enum(['en', 'zh-CN']).optional(),
});

export type ExperimentReportAnswer =
  | { readonly format: 'json'; readonly report: ExperimentResults }
  | { readonly format: 'html'; readonly html: string }
  | { readonly format: 'csv'; readonly csv: string };

export const experimentReport = async (
  id: ExperimentId,
  parameters: { readonly [name: string]: string | undefined },
  ports: Omit<OverviewPorts, 'workflows'> & { readonly archive: ObjectStore },
  acceptLanguage?: string,
): Promise<ExperimentReportAnswer> => {
  const { format, language = acceptedLanguage(acceptLanguage) } = parseInput(query, parameters, 'query');
  switch (format) {
    case 'json':
      return { format, report: await experimentResults(id, ports) };
    case 'html': {
      const experiment = await existingExperiment(id, ports.experiments);
      return { format, html: experimentPage(experiment, await experimentResults(id, ports), language) };
    }
    case 'csv': {
      await existingExperiment(id, ports.experiments);
      const days = await getJson<readonly DailySums[]>(ports.archive, experimentDaysKey(id));
      return { format, csv: dailyCsv([{ test: id, days: days ?? [] }]) };
    }
  }
};

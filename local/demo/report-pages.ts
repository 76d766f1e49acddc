// The campaign's report as pages in both languages, kept as files to open in a browser: the API wants a key, which a
// browser does not send.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalHost } from '../host.ts';

/** Paths of the pages. */
export const saveReportPages = (
  { apiUrl, keys }: Pick<LocalHost, 'apiUrl' | 'keys'>,
  campaignId: string,
  directory: string,
): Promise<readonly string[]> =>
  Promise.all(
    ['en', 'zh-CN'].map(async (language) => {
      const url = `${apiUrl}/v1/admin/campaigns/${campaignId}/report?format=html&language=${language}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${keys.admin}` } });
      const html = await response.text();
      if (!response.ok) throw new Error(`GET ${url}: status ${response.status}: ${html.slice(0, 2000)}`);
      const path = join(directory, `report.${language}.html`);
      await writeFile(path, html);
      return path;
    }),
  );

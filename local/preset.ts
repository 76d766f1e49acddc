// The first start with a preset: its catalogue goes in through the bulk import, and each strategy that suits the field
// becomes a draft through the API, for the owner to look at, change and start. Returns what was made, for the console.

import { type PresetName, readPreset, readPresetItems } from '../infra/presets.ts';
import { createApi } from './demo/api.ts';
import type { LocalHost } from './host.ts';
import { importItems } from './import/items.ts';

export const showPreset = async (host: LocalHost, name: PresetName): Promise<string> => {
  const { title, purpose, strategies } = readPreset(name);
  const items = readPresetItems(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object);
  const count = await importItems({ apiUrl: host.apiUrl, adminKey: host.keys.admin }, items);
  const api = createApi(host.apiUrl, host.keys.admin);
  const drafts: string[] = [];
  for (const { name: strategy, parameters } of strategies) {
    const { campaignId } = await api.post<{ readonly campaignId: string }>(
      `/v1/admin/strategies/${strategy}/campaigns`,
      { parameters },
    );
    drafts.push(`  ${campaignId}`);
  }
  return [
    `Preset ${name}: ${title.en} · ${title['zh-CN']}`,
    purpose.en,
    purpose['zh-CN'],
    `${count} items in the catalogue. Drafts of campaigns, to preview and start:`,
    ...drafts,
  ].join('\n');
};

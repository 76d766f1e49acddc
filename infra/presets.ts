// Presets for fields other than courses: settings that a field asks for (who may be offered what, how often to write),
// a small catalogue to try them on, and the strategies that suit it. Data in presets/, one field a file.
// A preset's settings stand under the configuration's own: what reprise.config.json states goes before.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const presetNames = ['finance', 'health', 'books', 'entertainment'] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset {
  readonly title: { readonly en: string; readonly 'zh-CN': string };
  readonly purpose: { readonly en: string; readonly 'zh-CN': string };
  /** Part of a configuration (infra/config.ts), checked with the rest of it. */
  readonly settings: { readonly [setting: string]: unknown };
  /** For POST /v1/admin/strategies/{name}/campaigns. */
  readonly strategies: readonly { readonly name: string; readonly parameters?: object }[];
}

const directory = join(import.meta.dirname, '..', 'presets');

export const readPreset = (name: PresetName): Preset =>
  JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')) as Preset;

/** The catalogue to try it on, as POST /v1/items/import takes it (application/x-ndjson). */
export const readPresetItems = (name: PresetName): string =>
  readFileSync(join(directory, `${name}.ndjson`), 'utf8');

export const isPresetName = (name: unknown): name is PresetName =>
  presetNames.some((known) => known === name);

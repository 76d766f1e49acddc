// The synthesized templates, once a test file: placeholders for code, all validators on.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../infra/config.ts';
import { stackNames, synthesize } from '../../infra/synth.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Record<string, Resource>;
}

export interface Templates {
  readonly data: Template;
  readonly service: Template;
  readonly directory: string;
}

export const synthesizeForTest = async (settings: Record<string, unknown> = {}): Promise<Templates> => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-synth-'));
  await synthesize({ outdir: directory, bundle: false, config: parseConfig(settings, 'test') });
  const read = (name: string): Template =>
    JSON.parse(readFileSync(join(directory, `${name}.template.json`), 'utf8')) as Template;
  return { data: read(stackNames.data), service: read(stackNames.service), directory };
};

export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** The one resource of a type whose logical id starts with this name. */
export const resource = (template: Template, type: string, name: string): Resource => {
  const found = resourcesOf(template, type).filter(([id]) => id.replace(/[0-9A-F]{8}$/, '') === name);
  if (found.length !== 1) {
    throw new Error(
      `${found.length} resources of ${type} named ${name}; there are ${resourcesOf(template, type)
        .map(([id]) => id)
        .join(', ')}`,
    );
  }
  return found[0][1];
};

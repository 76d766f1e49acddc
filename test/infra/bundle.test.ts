import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.ts';
import { functionNames, functionSpecs } from '../../infra/functions.ts';

describe('the bundles of the functions', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-bundles-'));
  const bundle = (name: string) => join(directory, name, 'index.mjs');
  beforeAll(() => bundleFunctions(functionNames, directory));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('import DuckDB only where it is installed beside them; elsewhere the function would not start', () => {
    const importing = functionNames.filter((name) =>
      /from\s*["']@duckdb/.test(readFileSync(bundle(name), 'utf8')),
    );
    const installed = functionNames.filter((name) => 'analytics' in functionSpecs[name]);
    expect(importing.filter((name) => !installed.includes(name))).toEqual([]);
  });

  it('hold no more than they use: the authorizer, which every request waits for, stays under 1 MB', () => {
    expect(statSync(bundle('authorize')).size).toBeLessThan(1_000_000);
  });
});

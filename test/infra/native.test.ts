import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package-lock.json'), 'utf8')) as {
  readonly packages: Record<string, { readonly version: string } | undefined>;
};

// 1.5.6-r.1 was published without it: training would have run on this machine and not on Lambda.
it.each(['linux-arm64', 'linux-x64', 'darwin-arm64', 'darwin-x64', 'win32-x64'])(
  'DuckDB is pinned to a version that has a build for %s',
  (platform) => {
    const version = lock.packages['node_modules/@duckdb/node-api']?.version;
    expect(version).toBeDefined();
    expect(lock.packages[`node_modules/@duckdb/node-bindings-${platform}`]?.version).toBe(version);
  },
);

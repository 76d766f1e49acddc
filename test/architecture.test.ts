// The house, enforced: the order of lib's folders, where SDKs, environment, clock and randomness may be used,
// no dead file, no file of two ideas by its length, and what may not be committed.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionNames } from '../infra/functions.ts';

const root = join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
// The kernels are AssemblyScript: another language in files of the same ending, compiled by infra/kernels.ts.
const sources = tracked.filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.startsWith('lib/numeric/assembly/'),
);
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Without comments and strings' insides, so that a word in a sentence is not taken for code. */
const code = (path: string): string =>
  text(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:])\/\/.*$/gm, '$1');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const importsOf = (path: string): Import[] =>
  [
    ...text(path).matchAll(
      /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm,
    ),
  ].map((match) => ({
    from: path,
    to: match[2] ?? match[3],
    typeOnly: match[1] !== undefined || /^import\s*\{\s*(type [^,}]+,?\s*)+\}/.test(match[0]),
  }));

const resolved = ({ from, to }: Import): string | undefined =>
  to.startsWith('.') ? normalize(join(dirname(from), to)) : undefined;

const imports = sources.flatMap(importsOf);
const order = [
  'events',
  'dataset',
  'customers',
  'recommenders',
  'assignment',
  'recommendations',
  'offers',
  'campaigns',
  'deliveries',
  'outcomes',
  'experiments',
];
const folderOf = (path: string): string | undefined => /^lib\/([a-z]+)\//.exec(path)?.[1];
const pure = sources.filter((path) => path.startsWith('lib/') && !path.startsWith('lib/adapters/'));

describe('the house', () => {
  it('a folder of lib imports only from folders before it', () => {
    const wrong = imports
      .filter(({ from }) => pure.includes(from))
      .filter((entry) => {
        const target = resolved(entry);
        if (target === undefined) return false;
        if (target === 'lib/ports.ts') return !entry.typeOnly;
        const [source, destination] = [folderOf(entry.from), folderOf(target)];
        if (source === undefined) return !entry.typeOnly;
        if (destination === 'base' || destination === 'numeric') return false;
        if (source === 'base' || source === 'numeric' || destination === undefined) return true;
        return order.indexOf(destination) === -1 || order.indexOf(destination) > order.indexOf(source);
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('numeric imports nothing of the domain and base nothing of lib but base', () => {
    const wrong = imports
      .filter(({ from }) => folderOf(from) === 'base' || folderOf(from) === 'numeric')
      .filter((entry) => {
        const target = resolved(entry);
        const folder = target === undefined ? 'base' : folderOf(target);
        return folder !== 'base' && !(folder === 'numeric' && folderOf(entry.from) === 'numeric');
      });
    expect(wrong).toEqual([]);
  });

  it('only adapters import an SDK or an engine', () => {
    const sdk =
      /^(@aws-sdk\/|@smithy\/|@duckdb\/|aws-cdk-lib|dynalite|fauxqs|aws-local-stepfunctions|nodemailer)/;
    const wrong = imports
      .filter(({ from, to }) => pure.includes(from) && sdk.test(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('lib reaches no file system, network, process or timer of Node', () => {
    const allowed = new Set(['node:crypto', 'node:zlib', 'node:util', 'node:buffer']);
    const wrong = imports
      .filter(
        ({ from, to }) =>
          pure.includes(from) && (to.startsWith('node:') || builtinModules.includes(to)) && !allowed.has(to),
      )
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('lib reads no environment, clock or unseeded randomness', () => {
    const forbidden =
      /process\.env|Date\.now\(|Math\.random\(|new Date\(\)|randomUUID\(|randomBytes\(|setTimeout\(|setInterval\(/;
    expect(pure.filter((path) => forbidden.test(code(path)))).toEqual([]);
  });

  it('only functions/runtime.ts reads the environment of a function', () => {
    const wrong = sources.filter(
      (path) =>
        (path.startsWith('functions/') || path.startsWith('lib/')) &&
        path !== 'functions/runtime.ts' &&
        /process\.env/.test(code(path)),
    );
    expect(wrong).toEqual([]);
  });

  it('nothing in functions or lib knows whether it is local', () => {
    const wrong = imports.filter(
      ({ from, to }) => /^(functions|lib)\//.test(from) && /(^|\/)(local|infra|test|bench)\//.test(to),
    );
    expect(wrong).toEqual([]);
    const words = sources.filter(
      (path) => /^(functions|lib)\//.test(path) && /dynalite|fauxqs|127\.0\.0\.1|localhost/i.test(code(path)),
    );
    expect(words).toEqual([]);
  });

  it('functions has one file per Lambda function of the CDK app, and runtime.ts', () => {
    const files = sources
      .filter((path) => path.startsWith('functions/'))
      .map((path) => path.slice('functions/'.length, -'.ts'.length));
    expect(files.sort()).toEqual([...functionNames, 'runtime'].sort());
  });

  it('no file is dead: each is a test, an entry point, or imported', () => {
    const scripts = Object.values(
      (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts,
    ).join(' ');
    const cdk = text('cdk.json');
    const reached = new Set(imports.map(resolved));
    // A worker's file is named by URL, not imported.
    const named = sources.flatMap((path) =>
      [...text(path).matchAll(/new URL\('([^']+\.ts)'/g)].map((match) =>
        normalize(join(dirname(path), match[1])),
      ),
    );
    const dead = sources.filter(
      (path) =>
        !path.endsWith('.test.ts') &&
        !path.startsWith('functions/') &&
        path !== 'vitest.config.ts' &&
        !scripts.includes(path) &&
        !cdk.includes(path) &&
        !reached.has(path) &&
        !named.includes(path),
    );
    expect(dead).toEqual([]);
  });

  it('lib is imported by more than its own tests', () => {
    const production = new Set(imports.filter(({ from }) => !from.startsWith('test/')).map(resolved));
    expect(pure.filter((path) => !production.has(path))).toEqual([]);
  });

  it('no file says nothing by its name or holds 500 lines', () => {
    expect(sources.filter((path) => /(^|\/)(utils?|helpers?|common|misc|index)\.ts$/.test(path))).toEqual([]);
    const long = sources.filter((path) => text(path).split('\n').length > 500);
    expect(long).toEqual([]);
  });

  it('types are never switched off', () => {
    const off = /:\s*any\b|\bas any\b|as unknown as|@ts-ignore|@ts-nocheck|<any>/;
    expect(sources.filter((path) => path !== 'test/architecture.test.ts' && off.test(code(path)))).toEqual(
      [],
    );
  });

  it('no test is skipped or alone', () => {
    const tests = sources.filter((path) => path.endsWith('.test.ts') && path !== 'test/architecture.test.ts');
    expect(tests.filter((path) => /\b(it|test|describe)\.(only|todo|skip)\(/.test(code(path)))).toEqual([]);
  });

  it('neither data nor binaries are committed, and the lock file names no download address', () => {
    expect(tracked.filter((path) => /\.(csv|gz|parquet|zip|jar|node|wasm|eml|sqlite)$/.test(path))).toEqual(
      [],
    );
    expect(text('package-lock.json')).not.toMatch(/"resolved"/);
  });

  it('the lock file has every optional package of every platform: npm ci refuses it otherwise', () => {
    const { packages } = JSON.parse(text('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const installed = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
    const missing = Object.values(packages).flatMap(({ optionalDependencies }) =>
      Object.keys(optionalDependencies ?? {}).filter((name) => !installed.has(name)),
    );
    expect(missing).toEqual([]);
  });

  it('the environment that infra gives is the environment that runtime.ts reads', () => {
    const names = (path: string): Set<string> => new Set(text(path).match(/REPRISE_[A-Z_]+[A-Z]/g));
    const read = names('functions/runtime.ts');
    const documented = names('ARCHITECTURE.md');
    expect([...read].filter((name) => !documented.has(name))).toEqual([]);
  });
});

// One esbuild call bundles every function to <outdir>/<name>/index.mjs (ESM, Node 24).
// DuckDB is native: it stays outside the bundle. For AWS its linux-arm64 build is installed beside the bundle;
// on this machine the bundle finds it in the project's own node_modules.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildKernels } from './kernels.ts';

const root = join(import.meta.dirname, '..');

/** CommonJS packages inside an ESM bundle still ask for require, __filename and __dirname. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  "import { dirname as __pathDirname } from 'node:path';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  'const __dirname = __pathDirname(__filename);',
].join('');

export const bundleFunctions = async (names: readonly string[], outdir: string): Promise<void> => {
  await buildKernels();
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // mjml-browser asks for cheerio to work on strings; the whole of it would bring an HTTP client and encodings.
    alias: { cheerio: 'cheerio/slim' },
    external: ['@duckdb/node-api', '@duckdb/node-bindings*'],
    banner: { js: banner },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
};

/** Installs DuckDB for Lambda (linux, arm64, glibc) once under .reprise/native and copies it beside a bundle. */
export const addNativeDuckDb = (bundleDirectory: string): void => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const version = dependencies['@duckdb/node-api'];
  const directory = join(root, '.reprise', 'native', `duckdb-${version}`);
  const binding = join(directory, 'node_modules', '@duckdb', 'node-bindings-linux-arm64');
  if (!existsSync(binding)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{"private":true}\n');
    execFileSync(
      'npm',
      [
        'install',
        '--prefix',
        directory,
        '--os=linux',
        '--cpu=arm64',
        '--libc=glibc',
        '--no-package-lock',
        `@duckdb/node-api@${version}`,
      ],
      { stdio: 'inherit' },
    );
  }
  // npm leaves out an optional package that the registry does not have, and says nothing.
  if (!existsSync(binding)) {
    throw new Error(
      `DuckDB ${version} has no build for linux-arm64 in the registry, so the training functions could not run on Lambda. Pin a version of @duckdb/node-api that has @duckdb/node-bindings-linux-arm64, and delete ${directory}.`,
    );
  }
  cpSync(join(directory, 'node_modules'), join(bundleDirectory, 'node_modules'), { recursive: true });
};

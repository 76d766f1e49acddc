// Compiles lib/numeric/assembly (AssemblyScript) to two WebAssembly binaries, relaxed SIMD and plain SIMD, and writes
// them as lib/numeric/kernels-binary.ts (not committed). Nothing is compiled while the sources are the same.
// Runs after `npm ci` (script "prepare"), before the tests and before every bundling.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'lib', 'numeric', 'assembly');
const target = join(root, 'lib', 'numeric', 'kernels-binary.ts');

const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
const run = promisify(execFile);

/** Below this the control words of the threads and the arguments of the running kernel lie (kernels.ts). */
const memoryBase = 1024;

const options = [
  join(folder, 'exports.ts'),
  ...'--runtime stub --use abort= --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536'.split(
    ' ',
  ),
  ...`--memoryBase ${memoryBase} --enable threads --enable simd --enable bulk-memory`.split(' '),
  ...'-O3 --converge --noAssert'.split(' '),
];

const variants = { relaxed: ['--enable', 'relaxed-simd'], plain: [] } as const;

export const buildKernels = async (): Promise<void> => {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => [`${name}`, readFileSync(join(folder, name), 'utf8')] as const);
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', 'assemblyscript', 'package.json'), 'utf8'),
  ) as { version: string };
  const stamp = `// Made by infra/kernels.ts from lib/numeric/assembly: ${createHash('sha256')
    .update(JSON.stringify([version, options.slice(1), variants, sources]))
    .digest('hex')}`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(`${stamp}\n`)) {
    return;
  }
  const binaries = await Promise.all(
    Object.entries(variants).map(
      async ([name, flags]) => `export const ${name} =\n  '${await compile(flags)}';`,
    ),
  );
  const made = `${target}.${process.pid}`;
  writeFileSync(made, `${stamp}\n\n${binaries.join('\n')}\n`);
  renameSync(made, target);
};

/** For vitest: what its globalSetup calls. */
export const setup = buildKernels;

const compile = async (flags: readonly string[]): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'reprise-kernels-'));
  try {
    const file = join(directory, 'kernels.wasm');
    await run(process.execPath, [compiler, ...options, ...flags, '--outFile', file]);
    return (await readFile(file)).toString('base64');
  } catch (error) {
    const told = (error as { readonly stderr?: string }).stderr ?? String(error);
    throw new Error(`The kernels in lib/numeric/assembly do not compile:\n${told}`);
  } finally {
    await rm(directory, { recursive: true });
  }
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildKernels();
}

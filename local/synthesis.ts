// The synthesized app for the local host: cdk.out/local-<hash of the sources>, made when it is not there.
// It is made beside its place and renamed into it, so that two hosts may start at once and a crash leaves no half.
// CDK runs in a worker thread: its memory is given back, and the services start in the meantime.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PresetName } from '../infra/presets.ts';

export interface LocalSynthesis {
  readonly directory: string;
  /** Whether it was there already. */
  readonly reused: boolean;
}

const root = join(import.meta.dirname, '..');
/** What the synthesized app depends on; local/synthesize.ts says how it is made. */
const sources = [
  'infra',
  'functions',
  'lib',
  'presets',
  'package-lock.json',
  'reprise.config.json',
  'local/synthesize.ts',
];
/** Assemblies of earlier sources are kept this long: another host may still be starting from one. */
const keptMs = 24 * 60 * 60 * 1000;

export const synthesizeForLocal = async (preset?: PresetName): Promise<LocalSynthesis> => {
  const parent = join(root, 'cdk.out');
  const directory = join(parent, `local-${hashOfSources(preset)}`);
  if (existsSync(directory)) {
    return { directory, reused: true };
  }
  const beside = `${directory}.${process.pid}-${Date.now()}`;
  await runWorker(relative(root, beside), preset);
  try {
    renameSync(beside, directory);
  } catch (error) {
    if (!existsSync(directory)) {
      throw error;
    }
    rmSync(beside, { recursive: true });
  }
  removeOld(parent, directory);
  return { directory, reused: false };
};

const hashOfSources = (preset = 'none'): string => {
  const hash = createHash('sha256').update(`preset ${preset}\n`);
  const add = (path: string): void => {
    if (!existsSync(path)) {
      return;
    }
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        add(join(path, name));
      }
    } else {
      hash
        .update(`${relative(root, path)}\n`)
        .update(readFileSync(path))
        .update('\n');
    }
  };
  for (const source of sources) {
    add(join(root, source));
  }
  return hash.digest('hex').slice(0, 16);
};

const runWorker = (outdir: string, preset: PresetName | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./synthesize.ts', import.meta.url), {
      workerData: { outdir, preset },
      stdout: true,
      stderr: true,
    });
    const output: string[] = [];
    worker.stdout.on('data', (chunk: Buffer) => output.push(String(chunk)));
    worker.stderr.on('data', (chunk: Buffer) => output.push(String(chunk)));
    worker.on('error', (error) =>
      reject(new Error(`the CDK app could not be synthesized: ${String(error)}\n${output.join('')}`)),
    );
    worker.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`synthesis ended with ${code}\n${output.join('')}`)),
    );
  });

const removeOld = (parent: string, current: string): void => {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (name.startsWith('local-') && path !== current && Date.now() - statSync(path).mtimeMs > keptMs) {
      rmSync(path, { recursive: true });
    }
  }
};

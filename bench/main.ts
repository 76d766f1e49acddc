// `npm run bench -- NAME [options]`: accuracy and speed, each bench a file of its own, whose head is its --help.
// Without a name, the list. What was asked wrongly is said in a sentence (exit code 2); only a fault shows its stack.

import { readFileSync } from 'node:fs';
import { buildKernels } from '../infra/kernels.ts';
import { Failure } from '../lib/base/errors.ts';

const benches: {
  readonly [name: string]: () => Promise<{ readonly main: (args: readonly string[]) => Promise<void> }>;
} = {
  'after-ranking': () => import('./after-ranking.ts'),
  bandit: () => import('./bandit.ts'),
  'analysis-scale': () => import('./analysis-scale.ts'),
  'cold-start': () => import('./cold-start.ts'),
  'analysis-rows': () => import('./analysis-rows.ts'),
  coverage: () => import('./coverage.ts'),
  experiments: () => import('./experiments.ts'),
  faults: () => import('./faults.ts'),
  hillstrom: () => import('./hillstrom.ts'),
  'hillstrom-import': () => import('./hillstrom-import.ts'),
  latency: () => import('./latency.ts'),
  'next-basket': () => import('./next-basket.ts'),
  'online-retail': () => import('./online-retail.ts'),
  'off-policy': () => import('./off-policy.ts'),
  policies: () => import('./policies.ts'),
  pause: () => import('./pause.ts'),
  pressure: () => import('./pressure.ts'),
  ranking: () => import('./ranking.ts'),
  scale: () => import('./scale.ts'),
  redemptions: () => import('./redemptions.ts'),
  sequential: () => import('./sequential.ts'),
  speed: () => import('./speed.ts'),
  'speed-ease': () => import('./speed-ease.ts'),
  'speed-top': () => import('./speed-top.ts'),
  strategies: () => import('./strategies.ts'),
  tables: () => import('./ranking-tables.ts'),
  throughput: () => import('./throughput.ts'),
  trust: () => import('./trust.ts'),
  tune: () => import('./tune.ts'),
};

/** The lines of a bench's head: what it measures and how it is called. */
const headOf = (name: string): readonly string[] => {
  const file = name === 'tables' ? 'ranking-tables.ts' : `${name}.ts`;
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n');
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('//')),
    )
    .map((line) => line.slice('// '.length));
};

const list = (): string =>
  [
    'npm run bench -- NAME [options]; NAME --help says more.',
    ...Object.keys(benches).map((name) => `  ${name.padEnd(16)}${headOf(name)[0].split(/[:.?](?= |$)/)[0]}`),
  ].join('\n');

/** What whoever called can put right, in words; undefined for a fault. */
const told = (error: unknown): string | undefined => {
  if (error instanceof Failure) {
    const { message, received, action } = error.detail;
    return `${message}\nReceived: ${String(received)}\n${action}`;
  }
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  const isOption = String(code).startsWith('ERR_PARSE_ARGS');
  const isParameter = error instanceof RangeError && message.includes(', received ');
  const isFileMissing = code === 'ENOENT';
  return isOption || isParameter || isFileMissing ? message : undefined;
};

const run = async (name: string, args: readonly string[]): Promise<void> => {
  if (!Object.hasOwn(benches, name)) {
    const isAsked = name === '' || name === '--help';
    console[isAsked ? 'log' : 'error'](isAsked ? list() : `There is no bench named "${name}".\n${list()}`);
    process.exitCode = isAsked ? 0 : 2;
    return;
  }
  if (args.includes('--help')) {
    console.log(headOf(name).join('\n'));
    return;
  }
  // A bench measures the kernels that the sources say.
  await buildKernels();
  const { main } = await benches[name]();
  try {
    await main(args);
  } catch (error) {
    const text = told(error);
    if (text === undefined) {
      throw error;
    }
    console.error(`${text}\nnpm run bench -- ${name} --help says how it is called.`);
    process.exitCode = 2;
  }
};

const [name = '', ...args] = process.argv.slice(2);
await run(name, args);
// A local host that was closed leaves timers of its state machines' tasks behind, which end after weeks.
process.exit();

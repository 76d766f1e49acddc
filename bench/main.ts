// `npm run bench -- <name> [options]`: accuracy and speed, each bench a file of its own.

import { buildKernels } from '../infra/kernels.ts';
import { Failure } from '../lib/base/errors.ts';

const benches: {
  readonly [name: string]: () => Promise<{ readonly main: (args: readonly string[]) => Promise<void> }>;
} = {
  'after-ranking': () => import('./after-ranking.ts'),
  'cold-start': () => import('./cold-start.ts'),
  coverage: () => import('./coverage.ts'),
  latency: () => import('./latency.ts'),
  'next-basket': () => import('./next-basket.ts'),
  'online-retail': () => import('./online-retail.ts'),
  ranking: () => import('./ranking.ts'),
  speed: () => import('./speed.ts'),
  'speed-ease': () => import('./speed-ease.ts'),
  'speed-top': () => import('./speed-top.ts'),
  tables: () => import('./ranking-tables.ts'),
  tune: () => import('./tune.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(benches, name)) {
  console.error(`There is no bench named "${name}". Use one of: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
// A bench measures the kernels that the sources say.
await buildKernels();
const { main } = await benches[name]();
try {
  await main(args);
} catch (error) {
  if (!(error instanceof Failure)) {
    throw error;
  }
  const { message, received, action } = error.detail;
  console.error(`${message}\nReceived: ${String(received)}\n${action}`);
  process.exitCode = 2;
}

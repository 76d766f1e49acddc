// `npm run bench -- <name> [options]`: accuracy and speed, each bench a file of its own.

import { buildKernels } from '../infra/kernels.ts';

const benches: {
  readonly [name: string]: () => Promise<{ readonly main: (args: readonly string[]) => Promise<void> }>;
} = {
  coverage: () => import('./coverage.ts'),
  'online-retail': () => import('./online-retail.ts'),
  ranking: () => import('./ranking.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(benches, name)) {
  console.error(`There is no bench named "${name}". Use one of: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
// A bench measures the kernels that the sources say.
await buildKernels();
const { main } = await benches[name]();
await main(args);

// The worker thread of local/synthesis.ts: bundles the functions and synthesizes both stacks, without the checks
// that `npm run synth` makes.

import { workerData } from 'node:worker_threads';
import { stop } from 'esbuild';
import { synthesize } from '../infra/synth.ts';

const { outdir } = workerData as { readonly outdir: string };
await synthesize({ outdir, check: false });
// esbuild's own process would outlive this thread as a zombie.
await stop();

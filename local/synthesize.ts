// The worker thread of local/synthesis.ts: bundles the functions and synthesizes both stacks, without the checks
// that `npm run synth` makes.

import { workerData } from 'node:worker_threads';
import { synthesize } from '../infra/synth.ts';

const { outdir } = workerData as { readonly outdir: string };
await synthesize({ outdir, check: false });

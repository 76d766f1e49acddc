// The worker thread of local/synthesis.ts: bundles the functions and synthesizes both stacks, without the checks
// that `npm run synth` makes. The configuration is the project's, with the sending rate of the local SES account.

import { workerData } from 'node:worker_threads';
import { stop } from 'esbuild';
import { readConfig } from '../infra/config.ts';
import type { PresetName } from '../infra/presets.ts';
import { synthesize } from '../infra/synth.ts';
import { sendRateMax } from './ses.ts';

const { outdir, preset } = workerData as { readonly outdir: string; readonly preset?: PresetName };
await synthesize({
  outdir,
  check: false,
  config: { ...readConfig(undefined, preset), mailsPerSecondMax: sendRateMax },
});
// esbuild's own process would outlive this thread as a zombie.
await stop();

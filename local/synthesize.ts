// The worker thread of local/synthesis.ts: bundles the functions and synthesizes both stacks, without the checks
// that `npm run synth` makes. The configuration is the project's, with the sending rates of the local account, and with
// SMS and push set up, since here they cost nothing.

import { workerData } from 'node:worker_threads';
import { stop } from 'esbuild';
import { readConfig } from '../infra/config.ts';
import type { PresetName } from '../infra/presets.ts';
import { synthesize } from '../infra/synth.ts';
import { sendRateMax } from './ses.ts';
import { place } from './template.ts';

const { outdir, preset } = workerData as { readonly outdir: string; readonly preset?: PresetName };
const config = readConfig(undefined, preset);
const application = (name: string): string =>
  `arn:aws:sns:${place.region}:${place.account}:app/${name}/local`;
const messagesPerSecondMax = sendRateMax;
await synthesize({
  outdir,
  check: false,
  config: {
    ...config,
    mailsPerSecondMax: sendRateMax,
    sms: { optOutText: { en: '', 'zh-CN': '' }, ...config.sms, messagesPerSecondMax },
    push: { ios: application('APNS'), android: application('GCM'), ...config.push, messagesPerSecondMax },
  },
});
// esbuild's own process would outlive this thread as a zombie.
await stop();

// The CDK app: `npm run synth` checks and synthesizes; `npm run deploy` (cdk, see cdk.json) adds what only AWS needs.

import { functionNames } from './functions.ts';
import { synthesize } from './synth.ts';

const native = process.argv.includes('--native');
const { directory } = await synthesize({ native, outdir: process.env.CDK_OUTDIR });
console.log(
  `Synthesized ${functionNames.length} functions and two stacks to ${directory}; no unacknowledged findings.`,
);

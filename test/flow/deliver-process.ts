// The function campaign-deliver in a process of its own, to be killed: node test/flow/deliver-process.ts BATCH_KEY,
// with the environment of the function. Prints the progress it wrote.

import type { Context } from 'aws-lambda';
import { handler } from '../../functions/campaign-deliver.ts';

const [batchKey] = process.argv.slice(2);
const lambda: Pick<Context, 'getRemainingTimeInMillis'> = { getRemainingTimeInMillis: () => 300_000 };
console.log(JSON.stringify(await handler({ batchKey }, lambda as Context)));

// What each Lambda function needs, in one table, and the construct that makes it.
// Runtime nodejs24.x on arm64; memory also buys CPU; timeouts are well under what calls them waits for.

import { join } from 'node:path';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';

export interface FunctionSpec {
  readonly memoryMb: number;
  readonly timeoutS: number;
  /** Most sandboxes that its queue may keep busy at a time. */
  readonly concurrencyMax?: number;
  /** Needs DuckDB beside the bundle, and disk for it. */
  readonly analytics?: boolean;
  readonly describe: string;
}

/** What those that hold the serving model need for the largest (servingBytesMax), and a whole core. */
const servingMemoryMb = 1769;

/** API Gateway waits 30 s at most; SQS visibility is six times the timeout; workflow tasks have up to 15 minutes. */
export const functionSpecs = {
  capture: { memoryMb: 512, timeoutS: 20, describe: 'Takes events by the Segment tracking API' },
  authorize: { memoryMb: 256, timeoutS: 10, describe: 'Checks API keys' },
  archive: {
    memoryMb: 1024,
    timeoutS: 120,
    concurrencyMax: 20,
    describe: 'Writes events to S3 and fresh state to DynamoDB',
  },
  catalog: { memoryMb: 512, timeoutS: 28, describe: 'Items by API and by file' },
  recommend: { memoryMb: servingMemoryMb, timeoutS: 15, describe: 'Answers recommendations' },
  admin: { memoryMb: 512, timeoutS: 20, describe: 'Trainings, models, keys' },
  campaigns: {
    memoryMb: servingMemoryMb,
    timeoutS: 28,
    describe: 'Campaigns: create, preview, start, pause, cancel, result',
  },
  experiments: { memoryMb: 512, timeoutS: 20, describe: 'Experiments: define, start, stop, result' },
  coupons: { memoryMb: 512, timeoutS: 15, describe: 'Coupons at checkout; codes for friends' },
  offers: { memoryMb: 512, timeoutS: 15, describe: "A customer's offers for an app to show" },
  unsubscribe: {
    memoryMb: 256,
    timeoutS: 15,
    describe: 'Unsubscribe and preference pages, one-click unsubscribe',
  },
  'mail-events': {
    memoryMb: 512,
    timeoutS: 60,
    concurrencyMax: 10,
    describe: 'Deliveries, bounces, complaints, opens and clicks from SES',
  },
  'campaign-trigger': {
    memoryMb: servingMemoryMb,
    timeoutS: 60,
    concurrencyMax: 10,
    describe: 'Event campaigns: one customer',
  },
  'train-dataset': {
    memoryMb: 0,
    timeoutS: 900,
    analytics: true,
    describe: 'Builds the dataset from the archive',
  },
  'train-model': {
    memoryMb: 0,
    timeoutS: 900,
    analytics: true,
    describe: 'Evaluates a candidate; fits the winner',
  },
  'train-publish': { memoryMb: 1769, timeoutS: 900, describe: 'Gate, publication and promotion of a model' },
  'campaign-freeze': {
    memoryMb: 1769,
    timeoutS: 900,
    describe: 'Freezes and assigns the audience; follows progress',
  },
  'campaign-deliver': {
    memoryMb: servingMemoryMb,
    timeoutS: 300,
    describe: 'Delivers one batch of a campaign',
  },
  'evaluate-policy': {
    memoryMb: 3008,
    timeoutS: 900,
    analytics: true,
    describe: 'Judges a policy by what was logged of another',
  },
  'campaign-analyse': {
    memoryMb: 3008,
    timeoutS: 900,
    analytics: true,
    describe: 'Joins outcomes to assignments and estimates',
  },
  'experiment-analyse': {
    memoryMb: 3008,
    timeoutS: 900,
    analytics: true,
    describe: 'Joins outcomes to exposures and estimates',
  },
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof functionSpecs;
export const functionNames = Object.keys(functionSpecs) as FunctionName[];

export interface FunctionContext {
  readonly scope: Construct;
  readonly config: Config;
  /** Directory with one bundle a function; undefined synthesizes with a placeholder (tests of the template). */
  readonly bundles?: string;
}

/** `campaign-deliver` → `CampaignDeliver`: the construct's id, and the start of its resources' logical ids. */
export const logicalId = (name: string): string =>
  name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

const retentionByDays: Record<Config['logRetentionDays'], RetentionDays> = {
  7: RetentionDays.ONE_WEEK,
  30: RetentionDays.ONE_MONTH,
  90: RetentionDays.THREE_MONTHS,
  180: RetentionDays.SIX_MONTHS,
  365: RetentionDays.ONE_YEAR,
};

export const logGroup = (scope: Construct, id: string, config: Config): LogGroup =>
  new LogGroup(scope, id, {
    retention: retentionByDays[config.logRetentionDays],
    removalPolicy: RemovalPolicy.DESTROY,
  });

export const createFunction = (
  context: FunctionContext,
  name: FunctionName,
  environment: Record<string, string>,
): LambdaFunction => {
  const spec: FunctionSpec = functionSpecs[name];
  const id = logicalId(name);
  const logs = logGroup(context.scope, `${id}Logs`, context.config);
  // An own role: the managed basic execution policy would let every function write to every log group.
  const role = new Role(context.scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  logs.grant(role, 'logs:CreateLogStream', 'logs:PutLogEvents');
  return new LambdaFunction(context.scope, id, {
    description: spec.describe,
    role,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code:
      context.bundles === undefined
        ? Code.fromInline(
            'export const handler = async () => { throw new Error("synthesized without bundles"); };',
          )
        : Code.fromAsset(join(context.bundles, name)),
    memorySize: spec.memoryMb || context.config.trainingMemoryMb,
    timeout: Duration.seconds(spec.timeoutS),
    ephemeralStorageSize: spec.analytics ? Size.gibibytes(4) : undefined,
    environment,
    logGroup: logs,
    loggingFormat: LoggingFormat.JSON,
  });
};

// The training state machine: dataset → candidates (tuned where planned so, evaluated) → gate → fit → publish → promote (ARCHITECTURE.md).
// Tasks are idempotent, so a retry or a second run from the start gives the same version and the same lists.

import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  Fail,
  JitterType,
  JsonPath,
  LogLevel,
  Map as MapState,
  type RetryProps,
  StateMachine,
  Succeed,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';

export interface TrainingFunctions {
  readonly dataset: IFunction;
  readonly model: IFunction;
  readonly publish: IFunction;
}

/** Lambda's own faults; what else fails is the function's word. Of many that were throttled together, each comes back at another moment. */
const serviceFaults: RetryProps = {
  errors: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    'Lambda.Unknown',
    Errors.TIMEOUT,
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 5,
  jitterStrategy: JitterType.FULL,
};

export interface TaskOptions {
  /** Default: Lambda's own faults, for a minute. */
  readonly retry?: RetryProps;
  /** What of the answer becomes the state. Default: all of it. */
  readonly outputPath?: string;
}

/** A Lambda task: the function's answer becomes the state; service errors are retried, or what `retry` says. */
export const task = (
  scope: Construct,
  id: string,
  lambda: IFunction,
  payload: Record<string, unknown> | 'whole state',
  { retry = serviceFaults, outputPath }: TaskOptions = {},
): LambdaInvoke => {
  const state = new LambdaInvoke(scope, id, {
    lambdaFunction: lambda,
    // Without a payload the function gets the state's input; a payload of '$' would be the text "$".
    ...(payload !== 'whole state' && { payload: TaskInput.fromObject(payload) }),
    payloadResponseOnly: true,
    ...(outputPath !== undefined && { outputPath }),
    retryOnServiceExceptions: false,
  });
  state.addRetry(retry);
  return state;
};

const at = (path: string): string => JsonPath.stringAt(path);

/** Of one candidate: a search for its hyperparameters where the plan says so, then its evaluation. */
const candidateSteps = (scope: Construct, model: IFunction) => {
  const candidate = { trainingId: at('$.trainingId'), name: at('$.name'), 'recipe.$': '$.recipe' };
  const evaluate = task(scope, 'EvaluateCandidate', model, { step: 'evaluate', ...candidate });
  const tune = task(scope, 'TuneCandidate', model, { step: 'tune', ...candidate, 'tune.$': '$.tune' });
  return new Choice(scope, 'Tuned?')
    .when(Condition.isPresent('$.tune'), tune.next(evaluate))
    .otherwise(evaluate);
};

export const createTrainingWorkflow = (
  scope: Construct,
  name: string,
  functions: TrainingFunctions,
  logs: ILogGroup,
): StateMachine => {
  const build = task(scope, 'BuildDataset', functions.dataset, 'whole state');
  const evaluate = new MapState(scope, 'EvaluateCandidates', {
    itemsPath: '$.candidates',
    maxConcurrency: 2,
    resultPath: '$.evaluations',
  }).itemProcessor(candidateSteps(scope, functions.model));
  const select = task(scope, 'SelectModel', functions.publish, {
    step: 'select',
    trainingId: at('$.trainingId'),
  });
  const fit = task(scope, 'FitModel', functions.model, {
    step: 'fit',
    trainingId: at('$.trainingId'),
    version: at('$.version'),
    'recipe.$': '$.recipe',
  });
  const publish = new MapState(scope, 'PublishLists', {
    itemsPath: '$.shards',
    maxConcurrency: 4,
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(
    task(scope, 'PublishShard', functions.publish, {
      step: 'publish',
      trainingId: at('$.trainingId'),
      version: at('$.version'),
      'shard.$': '$.shard',
    }),
  );
  const promote = task(scope, 'Promote', functions.publish, {
    step: 'promote',
    trainingId: at('$.trainingId'),
    version: at('$.version'),
  });
  const recordFailure = task(scope, 'RecordFailure', functions.publish, {
    step: 'fail',
    'trainingId.$': '$$.Execution.Input.trainingId',
    'error.$': '$.failure',
  });
  recordFailure.next(
    new Fail(scope, 'TrainingFailed', { cause: 'See the training record and the function logs.' }),
  );
  for (const state of [build, select, fit, promote])
    state.addCatch(recordFailure, { resultPath: '$.failure' });
  for (const state of [evaluate, publish]) state.addCatch(recordFailure, { resultPath: '$.failure' });

  const definition = build
    .next(evaluate)
    .next(select)
    .next(
      new Choice(scope, 'Promotable?')
        .when(Condition.stringEquals('$.outcome', 'promote'), fit)
        .otherwise(new Succeed(scope, 'Refused', { comment: 'What serves now is better; it stays.' })),
    );
  fit.next(publish).next(promote).next(new Succeed(scope, 'Promoted'));

  return new StateMachine(scope, 'Training', {
    stateMachineName: `${name}-training`,
    definitionBody: DefinitionBody.fromChainable(definition),
    timeout: Duration.hours(6),
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
  });
};

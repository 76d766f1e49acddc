// The A/B campaign state machine: wait → begin a bandit's batch → freeze and assign → deliver in batches → check → wait → analyse → check →
// deliver what came due, look again, stop for harm, roll out, or finish (ARCHITECTURE.md). A standard workflow: waiting
// is free. Before the limits of one execution (its history, a year) the check has started the next one, which begins there.

import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Errors,
  JitterType,
  JsonPath,
  LogLevel,
  type RetryProps,
  S3JsonItemReader,
  StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { task } from './training-workflow.ts';

export interface CampaignFunctions {
  readonly freeze: IFunction;
  readonly deliver: IFunction;
  readonly analyse: IFunction;
}

/** Batches delivered at once; with 200 customers a batch, 2,000 customers are under way. */
export const deliveryConcurrencyMax = 10;

/**
 * Whatever fails: a table or bucket that does not answer would otherwise end the execution, and with it the campaign,
 * for starting again under the same name starts nothing. Up to half an hour; every task may be repeated.
 */
export const outage: { readonly retry: RetryProps } = {
  retry: {
    errors: [Errors.ALL],
    interval: Duration.seconds(5),
    backoffRate: 5,
    maxDelay: Duration.minutes(15),
    maxAttempts: 5,
    jitterStrategy: JitterType.FULL,
  },
};

const at = (path: string): string => JsonPath.stringAt(path);
const run = { campaignId: at('$.campaignId'), runId: at('$.runId') };

export const createCampaignWorkflow = (
  scope: Construct,
  name: string,
  functions: CampaignFunctions,
  archive: IBucket,
  logs: ILogGroup,
): StateMachine => {
  const waitForStart = new Wait(scope, 'WaitForStart', { time: WaitTime.timestampPath('$.startsAt') });
  const allocate = task(scope, 'AllocateBatch', functions.analyse, { step: 'allocate', ...run }, outage);
  const freeze = task(
    scope,
    'FreezeAudience',
    functions.freeze,
    { step: 'freeze', ...run, phase: 'test' },
    outage,
  );
  const freezeRollout = task(
    scope,
    'FreezeRollout',
    functions.freeze,
    { step: 'freeze', ...run, phase: 'rollout' },
    outage,
  );
  const deliver = new DistributedMap(scope, 'DeliverBatches', {
    itemReader: new S3JsonItemReader({ bucket: archive, key: JsonPath.stringAt('$.batchesKey') }),
    itemSelector: {
      'campaignId.$': '$.campaignId',
      'runId.$': '$.runId',
      'phase.$': '$.phase',
      'batchKey.$': '$$.Map.Item.Value.batchKey',
    },
    maxConcurrency: deliveryConcurrencyMax,
    // What failed is found by CheckProgress and tried again; one bad batch must not stop the others.
    toleratedFailurePercentage: 100,
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(
    task(
      scope,
      'DeliverBatch',
      functions.deliver,
      { ...run, phase: at('$.phase'), batchKey: at('$.batchKey') },
      // The map's result is all its children's outputs, 256 KiB at the most, whatever is discarded of it afterwards.
      { outputPath: JsonPath.DISCARD },
    ),
  );
  // The file of batches could not be read.
  deliver.addRetry(outage.retry);
  const progress = task(
    scope,
    'CheckProgress',
    functions.freeze,
    {
      step: 'progress',
      ...run,
      phase: at('$.phase'),
      lookAt: at('$.lookAt'),
      execution: { name: at('$$.Execution.Name'), startedAt: at('$$.Execution.StartTime') },
    },
    outage,
  );
  const waitToDeliver = new Wait(scope, 'WaitToDeliver', { time: WaitTime.timestampPath('$.waitUntil') });
  const waitToCheck = new Wait(scope, 'WaitToCheck', { time: WaitTime.timestampPath('$.waitUntil') });
  const waitForLook = new Wait(scope, 'WaitForLook', { time: WaitTime.timestampPath('$.waitUntil') });
  const analyse = task(scope, 'Analyse', functions.analyse, run, outage);
  const finished = new Succeed(scope, 'Finished');

  waitForStart.next(
    new Choice(scope, 'Continued?').when(Condition.isPresent('$.phase'), progress).otherwise(allocate),
  );
  allocate.next(freeze);
  freeze.next(deliver);
  freezeRollout.next(deliver);
  deliver.next(progress);
  progress.next(
    new Choice(scope, 'AllDelivered?')
      .when(Condition.stringEquals('$.next', 'deliver-later'), waitToDeliver)
      .when(Condition.stringEquals('$.next', 'check-later'), waitToCheck)
      .when(Condition.stringEquals('$.next', 'look'), waitForLook)
      .otherwise(finished),
  );
  waitToDeliver.next(deliver);
  waitToCheck.next(progress);
  waitForLook.next(analyse);
  analyse.next(
    new Choice(scope, 'WhatNext?')
      .when(Condition.stringEquals('$.next', 'look'), progress)
      .when(Condition.stringEquals('$.next', 'roll-out'), freezeRollout)
      .otherwise(finished),
  );

  return new StateMachine(scope, 'Campaign', {
    stateMachineName: `${name}-campaign`,
    definitionBody: DefinitionBody.fromChainable(waitForStart),
    timeout: Duration.days(365),
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
  });
};

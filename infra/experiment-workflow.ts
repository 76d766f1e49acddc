// The experiment state machine: wait until a look is due → analyse → wait for the next, or end after the last. Asked for
// numbers now (no `waitUntil` in the input), it computes them and ends; without an id, the report of the
// global holdout. Only ids pass through it; waiting is free.

import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  JsonPath,
  LogLevel,
  StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { outage } from './campaign-workflow.ts';
import { task } from './training-workflow.ts';

export const createExperimentWorkflow = (
  scope: Construct,
  name: string,
  analyse: IFunction,
  logs: ILogGroup,
): StateMachine => {
  const experimentId = JsonPath.stringAt('$.experimentId');
  const holdout = task(scope, 'AnalyseHoldout', analyse, { step: 'holdout' });
  const now = task(scope, 'AnalyseNow', analyse, { step: 'now', experimentId });
  const look = task(scope, 'LookAtExperiment', analyse, { step: 'look', experimentId }, outage);
  const wait = new Wait(scope, 'WaitForExperimentLook', { time: WaitTime.timestampPath('$.waitUntil') });
  const ended = new Succeed(scope, 'ExperimentEnded');
  const asked = new Choice(scope, 'Asked?')
    .when(Condition.isPresent('$.waitUntil'), wait)
    .when(Condition.isPresent('$.experimentId'), now)
    .otherwise(holdout);
  const analysed = new Succeed(scope, 'Analysed');
  now.next(analysed);
  holdout.next(analysed);
  wait.next(look);
  look.next(
    new Choice(scope, 'AnotherLook?').when(Condition.stringEquals('$.next', 'look'), wait).otherwise(ended),
  );
  return new StateMachine(scope, 'Experiment', {
    stateMachineName: `${name}-experiment`,
    definitionBody: DefinitionBody.fromChainable(asked),
    timeout: Duration.days(365),
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
  });
};

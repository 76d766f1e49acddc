// Computes a campaign's report on demand: one task, so that whoever asks over HTTP need not wait for it.
// By name idempotent: asked twice within a minute it is computed once.

import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, JsonPath, LogLevel, StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { task } from './training-workflow.ts';

export const createReportWorkflow = (
  scope: Construct,
  name: string,
  analyse: IFunction,
  logs: ILogGroup,
): StateMachine => {
  const compute = task(scope, 'ComputeReport', analyse, {
    step: 'report',
    campaignId: JsonPath.stringAt('$.campaignId'),
  });
  compute.next(new Succeed(scope, 'Reported'));
  return new StateMachine(scope, 'Report', {
    stateMachineName: `${name}-report`,
    definitionBody: DefinitionBody.fromChainable(compute),
    timeout: Duration.hours(1),
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
  });
};

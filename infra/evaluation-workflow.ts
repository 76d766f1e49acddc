// Judges a policy by the logs: one task, and the record of its failure. Idempotent by name, the evaluation's id.

import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  Fail,
  JsonPath,
  LogLevel,
  StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { task } from './training-workflow.ts';

export const createEvaluationWorkflow = (
  scope: Construct,
  name: string,
  evaluate: IFunction,
  logs: ILogGroup,
): StateMachine => {
  const judge = task(scope, 'JudgePolicy', evaluate, {
    step: 'judge',
    evaluationId: JsonPath.stringAt('$.evaluationId'),
  });
  const recordFailure = task(scope, 'RecordFailedEvaluation', evaluate, {
    step: 'fail',
    'evaluationId.$': '$$.Execution.Input.evaluationId',
    'error.$': '$.failure',
  });
  recordFailure.next(
    new Fail(scope, 'EvaluationFailed', { cause: 'See the evaluation and the function logs.' }),
  );
  judge.addCatch(recordFailure, { resultPath: '$.failure' });
  judge.next(new Succeed(scope, 'Judged'));
  return new StateMachine(scope, 'Evaluation', {
    stateMachineName: `${name}-evaluation`,
    definitionBody: DefinitionBody.fromChainable(judge),
    timeout: Duration.hours(2),
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
  });
};

// Starts the state machines. Idempotent by name: Step Functions answers a repeated StartExecution of a
// running execution with the same input by the same execution, and ExecutionAlreadyExists afterwards (90 days).

import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ExperimentWorkflow } from '../experiments/experiment-workflow.ts';
import type { EvaluationWorkflow } from '../experiments/policy/evaluation.ts';
import type { ReportWorkflow, Workflows } from '../ports.ts';

interface StateMachines {
  readonly trainingArn?: string;
  readonly campaignArn?: string;
  readonly reportArn?: string;
  readonly experimentArn?: string;
  readonly evaluationArn?: string;
}

/** An ARN may be absent where a function never starts that machine; starting it then is a programmer error. */
export const createWorkflows = (
  machines: StateMachines,
  client: SFNClient = new SFNClient({}),
): Workflows & ReportWorkflow & ExperimentWorkflow & EvaluationWorkflow => {
  const start = async (arn: string | undefined, name: string, input: object): Promise<void> => {
    if (arn === undefined) throw new Error(`no state machine was given to start ${name} on`);
    try {
      await client.send(
        new StartExecutionCommand({ stateMachineArn: arn, name, input: JSON.stringify(input) }),
      );
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) throw error;
    }
  };
  return {
    startTraining: (name, input) => start(machines.trainingArn, name, input),
    startCampaign: (name, input) => start(machines.campaignArn, name, input),
    startReport: (name, input) => start(machines.reportArn, name, input),
    startExperiment: (name, input) => start(machines.experimentArn, name, input),
    startHoldout: (name) => start(machines.experimentArn, name, {}),
    startEvaluation: (name, input) => start(machines.evaluationArn, name, input),
  };
};

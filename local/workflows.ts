// Step Functions on this machine: StartExecution, DescribeExecution, StopExecution and ListExecutions in AWS JSON 1.0
// over local/executions.ts. StartExecution is idempotent by name while the execution runs with the same input;
// otherwise a used name is ExecutionAlreadyExists, as for standard workflows.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ExecutionRecord, type Executions, executionArn } from './executions.ts';
import { type Refusal, unguarded } from './guard.ts';
import { serveOnLoopback } from './loopback.ts';
import type { LocalStateMachine } from './template.ts';

export interface LocalWorkflows {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

class WorkflowError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface Request {
  readonly [field: string]: unknown;
}
type Operation = (request: Request) => object;

/** Step Functions: 256 KiB of input. */
const inputBytesMax = 256 * 1024;

export const startWorkflows = async (
  executions: Executions,
  machines: readonly LocalStateMachine[],
  refusal = unguarded,
): Promise<LocalWorkflows> => {
  const operations = operationsOn(executions, machines);
  const server = createServer((request, response) => {
    serve(operations, refusal, request, response).catch((error: unknown) => {
      const known =
        error instanceof WorkflowError ? error : new WorkflowError('InternalFailure', String(error));
      send(response, error instanceof WorkflowError ? 400 : 500, {
        __type: known.type,
        message: known.message,
      });
    });
  });
  return serveOnLoopback(server);
};

const serve = async (
  operations: { readonly [name: string]: Operation },
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const name = String(request.headers['x-amz-target'] ?? '').replace(/^AWSStepFunctions\./, '');
  const operation = operations[name];
  if (operation === undefined) {
    throw new WorkflowError(
      'UnknownOperationException',
      `The local Step Functions has ${Object.keys(operations).join(', ')}, not ${name}.`,
    );
  }
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Request;
  const reason = refusal(
    request.headers,
    `states:${name}`,
    optional(body.stateMachineArn) ?? optional(body.executionArn) ?? '*',
  );
  if (reason !== undefined) {
    throw new WorkflowError('AccessDeniedException', reason);
  }
  send(response, 200, operation(body));
};

const send = (response: ServerResponse, status: number, data: object): void => {
  const body = JSON.stringify(data);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

const operationsOn = (
  executions: Executions,
  machines: readonly LocalStateMachine[],
): { readonly [name: string]: Operation } => {
  const machineArn = (request: Request): string => {
    const arn = String(request.stateMachineArn);
    if (!machines.some((machine) => machine.arn === arn)) {
      throw new WorkflowError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return arn;
  };
  const execution = (request: Request): ExecutionRecord => {
    const arn = String(request.executionArn);
    const found = executions.list().find((record) => executionArn(record.machineArn, record.name) === arn);
    if (found === undefined) {
      throw new WorkflowError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    }
    return found;
  };
  return {
    StartExecution: (request) => {
      const arn = machineArn(request);
      const name = checkedName(optional(request.name) ?? crypto.randomUUID());
      const input = checkedInput(optional(request.input) ?? '{}');
      const existing = executions.find(arn, name);
      if (existing !== undefined && (existing.status !== 'RUNNING' || existing.input !== input)) {
        throw new WorkflowError(
          'ExecutionAlreadyExists',
          `Execution Already Exists: '${executionArn(arn, name)}'`,
        );
      }
      const record = existing ?? executions.start(arn, name, input);
      return { executionArn: executionArn(arn, name), startDate: record.startedMs / 1000 };
    },
    DescribeExecution: (request) => describe(execution(request)),
    StopExecution: (request) => {
      const found = execution(request);
      executions.stop(found, optional(request.error), optional(request.cause));
      return { stopDate: (executions.find(found.machineArn, found.name)?.stoppedMs ?? 0) / 1000 };
    },
    ListExecutions: (request) => ({
      executions: executions
        .list(machineArn(request))
        .filter(({ status }) => request.statusFilter === undefined || status === request.statusFilter)
        .sort((a, b) => b.startedMs - a.startedMs)
        .map(summary),
    }),
  };
};

const optional = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Step Functions: 1 to 80 characters, without white space, brackets, wildcards and other special characters. */
const checkedName = (name: string): string => {
  if (!/^[A-Za-z0-9_.-]{1,80}$/.test(name)) {
    throw new WorkflowError('InvalidName', `Invalid Name: '${name}' (1 to 80 of letters, digits, - _ .)`);
  }
  return name;
};

const checkedInput = (input: string): string => {
  try {
    JSON.parse(input);
  } catch {
    throw new WorkflowError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${input.slice(0, 100)}' is not JSON`,
    );
  }
  if (Buffer.byteLength(input) > inputBytesMax) {
    throw new WorkflowError('InvalidExecutionInput', `The input has more than ${inputBytesMax} bytes`);
  }
  return input;
};

const summary = (record: ExecutionRecord): object => ({
  executionArn: executionArn(record.machineArn, record.name),
  stateMachineArn: record.machineArn,
  name: record.name,
  status: record.status,
  startDate: record.startedMs / 1000,
  ...(record.stoppedMs !== undefined && { stopDate: record.stoppedMs / 1000 }),
});

const describe = (record: ExecutionRecord): object => ({
  ...summary(record),
  input: record.input,
  ...(record.output !== undefined && { output: record.output }),
  ...(record.error !== undefined && { error: record.error }),
  ...(record.cause !== undefined && { cause: record.cause }),
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LocalClock, openClock } from '../../local/clock.ts';
import { type Executions, openExecutions } from '../../local/executions.ts';
import { FunctionError } from '../../local/functions.ts';
import { type LocalWorkflows, startWorkflows } from '../../local/workflows.ts';

const startMs = Date.UTC(2026, 0, 1);
const dayMs = 24 * 60 * 60 * 1000;
const lambda = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const machineArn = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
const retry = [{ ErrorEquals: ['Lambda.Unknown'], IntervalSeconds: 0, MaxAttempts: 2 }];

/** The campaign's shape: wait, freeze, a distributed map over batches in S3, wait, analyse. */
const campaign = {
  StartAt: 'WaitForStart',
  TimeoutSeconds: 365 * 24 * 60 * 60,
  States: {
    WaitForStart: { Type: 'Wait', TimestampPath: '$.startsAt', Next: 'Freeze' },
    Freeze: {
      Type: 'Task',
      Resource: lambda('freeze'),
      Parameters: { step: 'freeze', 'runId.$': '$.runId' },
      Retry: retry,
      Next: 'Deliver',
    },
    Deliver: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { Bucket: 'archive', 'Key.$': '$.batchesKey' },
      },
      ItemSelector: {
        'runId.$': '$.runId',
        'batchKey.$': '$$.Map.Item.Value.batchKey',
        'index.$': '$$.Map.Item.Index',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'DeliverBatch',
        States: { DeliverBatch: { Type: 'Task', Resource: lambda('deliver'), Retry: retry, End: true } },
      },
      MaxConcurrency: 2,
      ToleratedFailurePercentage: 50,
      ResultPath: '$.delivered',
      Next: 'WaitForLook',
    },
    WaitForLook: { Type: 'Wait', TimestampPath: '$.waitUntil', Next: 'Analyse' },
    Analyse: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {
        FunctionName: lambda('analyse'),
        Payload: { 'execution.$': '$$.Execution.Name', 'delivered.$': '$.delivered' },
      },
      OutputPath: '$.Payload',
      End: true,
    },
  },
};
const training = {
  StartAt: 'Evaluate',
  States: {
    Evaluate: {
      Type: 'Map',
      ItemsPath: '$.candidates',
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'One',
        States: {
          One: { Type: 'Task', Resource: lambda('evaluate'), Parameters: { 'name.$': '$.name' }, End: true },
        },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Record' }],
      End: true,
    },
    Record: {
      Type: 'Task',
      Resource: lambda('record'),
      Parameters: { 'trainingId.$': '$$.Execution.Input.trainingId', 'error.$': '$.failure' },
      Next: 'Failed',
    },
    Failed: { Type: 'Fail', Error: 'TrainingFailed', Cause: 'recorded' },
  },
};
const machines = [
  { name: 'campaign', arn: machineArn('campaign'), definition: campaign },
  { name: 'training', arn: machineArn('training'), definition: training },
];

let directory: string;
let clock: LocalClock;
let executions: Executions;
let local: LocalWorkflows;
let client: SFNClient;
let calls: { readonly function: string; readonly input: Record<string, unknown> }[];
let entered: string[];
let functions: { [name: string]: (input: Record<string, unknown>) => unknown };

const open = async () => {
  clock = openClock(join(directory, 'clock.json'), '2026-01-01T00:00:00Z');
  executions = openExecutions({
    directory: join(directory, 'executions'),
    machines,
    clock,
    services: {
      invoke: async (functionArn, input) => {
        const name = functionArn.slice(functionArn.lastIndexOf(':') + 1);
        calls.push({ function: name, input: input as Record<string, unknown> });
        return functions[name]?.(input as Record<string, unknown>);
      },
      readObject: async (bucket, key) => {
        expect([bucket, key]).toEqual(['archive', 'batches.json']);
        return JSON.stringify(['a', 'b', 'c', 'd'].map((batchKey) => ({ batchKey })));
      },
    },
    onState: (_machine, _name, state) => entered.push(state),
  });
  executions.resume();
  local = await startWorkflows(executions, machines);
  client = new SFNClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
};
const close = async () => {
  client.destroy();
  executions.close();
  await local.close();
  clock.close();
};
const start = (name: string, input: object, machine = 'campaign') =>
  client.send(
    new StartExecutionCommand({ stateMachineArn: machineArn(machine), name, input: JSON.stringify(input) }),
  );
const describeOne = async (name: string, machine = 'campaign') =>
  client.send(
    new DescribeExecutionCommand({
      executionArn: `arn:aws:states:us-east-1:000000000000:execution:${machine}:${name}`,
    }),
  );
const namesOf = (name: string) => calls.filter((call) => call.function === name);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-workflows-'));
  calls = [];
  entered = [];
  functions = {
    freeze: ({ runId }) => ({
      runId,
      batchesKey: 'batches.json',
      waitUntil: new Date(startMs + 30 * dayMs).toISOString(),
    }),
    deliver: ({ batchKey }) => `delivered ${String(batchKey)}`,
    analyse: (input) => ({ analysed: input }),
    evaluate: ({ name }) => `evaluated ${String(name)}`,
  };
  await open();
});
afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

const input = { runId: 'r1', startsAt: new Date(startMs + dayMs).toISOString() };

it('waits on the clock, delivers every batch of the file, and passes 30 days in one move', async () => {
  await start('c-r1', input);
  await executions.settle();
  expect(calls).toEqual([]);
  expect(executions.view()).toMatchObject([
    { status: 'RUNNING', state: 'WaitForStart', waitsUntilMs: startMs + dayMs },
  ]);
  clock.advanceTo(startMs + dayMs);
  await executions.settle();
  expect(executions.view()).toMatchObject([
    { status: 'RUNNING', state: 'WaitForLook', waitsUntilMs: startMs + 30 * dayMs },
  ]);
  expect(namesOf('freeze')).toEqual([{ function: 'freeze', input: { step: 'freeze', runId: 'r1' } }]);
  expect(namesOf('deliver').map((call) => call.input)).toEqual(
    ['a', 'b', 'c', 'd'].map((batchKey, index) => ({ runId: 'r1', batchKey, index })),
  );
  expect(namesOf('analyse')).toEqual([]);
  clock.advanceTo(startMs + 30 * dayMs);
  await executions.settle();
  const done = await describeOne('c-r1');
  expect(done.status).toBe('SUCCEEDED');
  expect(JSON.parse(done.output ?? '')).toEqual({
    analysed: { execution: 'c-r1', delivered: ['delivered a', 'delivered b', 'delivered c', 'delivered d'] },
  });
  expect(entered).toEqual(['WaitForStart', 'Freeze', 'Deliver', 'WaitForLook', 'Analyse']);
});

it('retries what its Retry names and tolerates half of the batches failing', async () => {
  let crashes = 0;
  functions.freeze = () => {
    crashes += 1;
    if (crashes < 3) throw new FunctionError('Sandbox.Timedout', 'Task timed out after 3.00 seconds');
    return { runId: 'r1', batchesKey: 'batches.json', waitUntil: input.startsAt };
  };
  functions.deliver = ({ batchKey }) => {
    if (batchKey === 'a' || batchKey === 'c') throw new FunctionError('TypeError', 'bad batch');
    return batchKey;
  };
  await start('c-r1', input);
  clock.advanceTo(startMs + dayMs);
  await executions.settle();
  expect(namesOf('freeze')).toHaveLength(3);
  expect(JSON.parse((await describeOne('c-r1')).output ?? '')).toMatchObject({
    analysed: { delivered: ['b', 'd'] },
  });
});

it('fails when more batches fail than are tolerated', async () => {
  functions.deliver = ({ batchKey }) => {
    if (batchKey !== 'a') throw new FunctionError('TypeError', 'bad batch');
  };
  await start('c-r1', input);
  clock.advanceTo(startMs + dayMs);
  await executions.settle();
  expect(await describeOne('c-r1')).toMatchObject({
    status: 'FAILED',
    error: 'States.ExceedToleratedFailureThreshold',
  });
  expect(namesOf('analyse')).toEqual([]);
});

it('catches a failed task with its error and Lambda cause, and fails as the Fail state says', async () => {
  functions.evaluate = ({ name }) => {
    if (name === 'als') throw new FunctionError('RangeError', 'no data');
    return name;
  };
  await start('t1', { trainingId: 't1', candidates: [{ name: 'popular' }, { name: 'als' }] }, 'training');
  await executions.settle();
  const recorded = namesOf('record').map(
    (call) => call.input as { trainingId: string; error: { Error: string; Cause: string } },
  );
  expect(recorded).toMatchObject([{ trainingId: 't1', error: { Error: 'RangeError' } }]);
  expect(JSON.parse(recorded[0]?.error.Cause ?? '')).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'no data',
  });
  expect(await describeOne('t1', 'training')).toMatchObject({
    status: 'FAILED',
    error: 'TrainingFailed',
    cause: 'recorded',
  });
});

it('fails a state whose output Step Functions would not take', async () => {
  functions.evaluate = () => 'x'.repeat(256 * 1024);
  await start('t1', { trainingId: 't1', candidates: [{ name: 'popular' }] }, 'training');
  await executions.settle();
  expect(namesOf('record')[0]?.input).toMatchObject({ error: { Error: 'States.DataLimitExceeded' } });
});

it('fails a distributed map whose outputs together are more than Step Functions would take', async () => {
  // Each fits, four of them do not.
  functions.deliver = () => 'x'.repeat(100 * 1024);
  await start('c-r1', input);
  clock.advanceTo(startMs + dayMs);
  await executions.settle();
  expect(await describeOne('c-r1')).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
});

it('a running execution goes on after a restart, from its start, and a finished one stays finished', async () => {
  await start('t1', { trainingId: 't1', candidates: [{ name: 'popular' }] }, 'training');
  await start('c-r1', input);
  clock.advanceTo(startMs + dayMs);
  await executions.settle();
  await close();
  calls = [];
  await open();
  await executions.settle();
  expect(namesOf('evaluate')).toEqual([]);
  expect(await describeOne('t1', 'training')).toMatchObject({
    status: 'SUCCEEDED',
    output: '["evaluated popular"]',
  });
  expect(namesOf('freeze')).toHaveLength(1);
  expect(executions.view()).toContainEqual(
    expect.objectContaining({ name: 'c-r1', status: 'RUNNING', state: 'WaitForLook' }),
  );
  clock.advanceTo(startMs + 30 * dayMs);
  await executions.settle();
  expect((await describeOne('c-r1')).status).toBe('SUCCEEDED');
});

it('is idempotent by name while it runs with the same input, and refuses the name otherwise', async () => {
  const first = await start('c-r1', input);
  const again = await start('c-r1', input);
  expect(again).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
  await expect(start('c-r1', { ...input, runId: 'r2' })).rejects.toBeInstanceOf(ExecutionAlreadyExists);
  await expect(start('t', {}, 'absent')).rejects.toBeInstanceOf(StateMachineDoesNotExist);
  await expect(start('x'.repeat(81), input)).rejects.toMatchObject({ name: 'InvalidName' });
  await client.send(
    new StopExecutionCommand({ executionArn: first.executionArn, error: 'stopped', cause: 'by hand' }),
  );
  expect(await describeOne('c-r1')).toMatchObject({ status: 'ABORTED', error: 'stopped', cause: 'by hand' });
  await expect(start('c-r1', input)).rejects.toBeInstanceOf(ExecutionAlreadyExists);
  clock.advanceTo(startMs + 40 * dayMs);
  await executions.settle();
  expect(calls).toEqual([]);
  const listed = await client.send(new ListExecutionsCommand({ stateMachineArn: machineArn('campaign') }));
  expect(listed.executions).toMatchObject([{ name: 'c-r1', status: 'ABORTED' }]);
});

it('times out on the local clock', async () => {
  await start('c-r1', { ...input, startsAt: '2030-01-01T00:00:00Z' });
  clock.advanceTo(startMs + 364 * dayMs);
  await executions.settle();
  expect((await describeOne('c-r1')).status).toBe('RUNNING');
  clock.advanceTo(startMs + 366 * dayMs);
  expect(await describeOne('c-r1')).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
});

it('a wait outlasts every timer of this machine', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    executions.start(
      machineArn('campaign'),
      'c-r1',
      JSON.stringify({ ...input, startsAt: '2027-01-01T00:00:00Z' }),
    );
    await executions.settle();
    await vi.advanceTimersByTimeAsync(60 * dayMs);
    expect(executions.view()).toMatchObject([{ status: 'RUNNING', state: 'WaitForStart' }]);
  } finally {
    vi.useRealTimers();
  }
});

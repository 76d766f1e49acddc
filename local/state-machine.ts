// Runs one execution of a state machine with aws-local-stepfunctions, after turning what that package lacks into Task
// states with local handlers: Wait states wait on the local clock, Lambda tasks run in the local sandboxes, and a
// distributed map reads its items from S3 and runs its item processor once per item, with tolerated failures.
// Limits: JSONPath only; ItemReader takes JSON arrays from s3:getObject; no ItemBatcher, no ResultWriter.

import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { FunctionError } from './functions.ts';

export interface StateMachineServices {
  readonly invoke: (functionArn: string, input: unknown) => Promise<unknown>;
  readonly readObject: (bucket: string, key: string) => Promise<string>;
  /** Resolves when the clock has reached this virtual time; `state` is the Wait state. */
  readonly waitUntil: (ms: number, state: string) => Promise<void>;
  readonly nowMs: () => number;
}

export interface RunningStateMachine {
  readonly result: Promise<unknown>;
  readonly abort: () => void;
}

type Json = Parameters<StateMachine['run']>[0];
type Context = NonNullable<NonNullable<Parameters<StateMachine['run']>[1]>['context']>;
type Handler = (input: Json) => Promise<Json>;
interface State {
  readonly [field: string]: unknown;
  readonly Type?: unknown;
}
interface States {
  readonly [name: string]: State;
}
interface Prepared {
  readonly definition: StateMachineDefinition;
  readonly handlers: { [stateName: string]: Handler };
}

/** An error that Retry and Catch match by its name. */
class StateError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Step Functions: 256 KiB for the input or output of a state. */
const payloadBytesMax = 256 * 1024;

export const runStateMachine = (
  definition: { readonly [field: string]: unknown },
  input: unknown,
  context: Context,
  services: StateMachineServices,
  onState: (name: string) => void,
): RunningStateMachine => {
  const prepared = prepare(definition, context, services);
  const run = start(prepared, input as Json, context);
  void (async () => {
    for await (const event of run.eventLogs) {
      if (event.type === 'StateEntered') {
        onState(event.state.name);
      }
    }
  })();
  return { result: run.result, abort: run.abort };
};

const start = ({ definition, handlers }: Prepared, input: Json, context: Context) =>
  new StateMachine(definition, { validationOptions: { noValidate: true } }).run(input, {
    overrides: { taskResourceLocalHandlers: handlers },
    noThrowOnAbort: true,
    context,
  });

/** The timeout of the whole machine is kept by local/workflows.ts on the local clock. */
const prepare = (
  definition: { readonly [field: string]: unknown },
  context: Context,
  services: StateMachineServices,
): Prepared => {
  const handlers: Prepared['handlers'] = {};
  const { StartAt, States } = definition;
  return {
    definition: {
      StartAt: String(StartAt),
      States: prepareStates(States as States, context, services, handlers),
    } as StateMachineDefinition,
    handlers,
  };
};

const prepareStates = (
  states: States,
  context: Context,
  services: StateMachineServices,
  handlers: Prepared['handlers'],
): States =>
  Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      prepareState(name, state, context, services, handlers),
    ]),
  );

const prepareState = (
  name: string,
  state: State,
  context: Context,
  services: StateMachineServices,
  handlers: Prepared['handlers'],
): State => {
  if (state.QueryLanguage === 'JSONata') {
    throw new Error(`state machine: ${name} uses JSONata, which the local host does not have`);
  }
  const inner = (processor: unknown) => {
    const { StartAt, States } = processor as { StartAt: unknown; States: States };
    return { StartAt, States: prepareStates(States, context, services, handlers) };
  };
  switch (state.Type) {
    case 'Wait':
      handlers[name] = waitHandler(name, services);
      return waitAsTask(state);
    case 'Task':
      handlers[name] = taskHandler(String(state.Resource), services);
      return withTimeout(state);
    case 'Map':
      if (isDistributed(state)) {
        handlers[name] = distributedMap(state, context, services);
        return mapAsTask(state);
      }
      return { ...state, ItemProcessor: inner(state.ItemProcessor ?? state.Iterator) };
    case 'Parallel':
      return { ...state, Branches: (state.Branches as unknown[]).map(inner) };
    default:
      return state;
  }
};

/** The package ends a task after 60 s where Step Functions has no limit; its timers end at 2^31 ms, 24 days. */
const taskSecondsMax = 2_000_000;

const withTimeout = (state: State): State =>
  state.TimeoutSeconds === undefined && state.TimeoutSecondsPath === undefined
    ? { ...state, TimeoutSeconds: taskSecondsMax }
    : state;

// ---- waiting -----------------------------------------------------------------------------------------

const localResource = 'arn:aws:lambda:us-east-1:000000000000:function:local';

/** A longer wait is begun again. */
const waitAsTask = ({ Seconds, SecondsPath, Timestamp, TimestampPath, ...state }: State): State => ({
  ...state,
  TimeoutSeconds: taskSecondsMax,
  Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 1_000 }],
  Type: 'Task',
  Resource: localResource,
  Parameters: {
    ...(Seconds !== undefined && { seconds: Seconds }),
    ...(SecondsPath !== undefined && { 'seconds.$': SecondsPath }),
    ...(Timestamp !== undefined && { timestamp: Timestamp }),
    ...(TimestampPath !== undefined && { 'timestamp.$': TimestampPath }),
  },
  ResultPath: null,
});

const waitHandler =
  (name: string, { waitUntil, nowMs }: StateMachineServices): Handler =>
  async (input) => {
    const { seconds, timestamp } = input as { seconds?: number; timestamp?: string };
    const untilMs = timestamp === undefined ? nowMs() + Number(seconds) * 1000 : Date.parse(timestamp);
    if (Number.isNaN(untilMs)) {
      throw new StateError(
        'States.Runtime',
        `A Wait state was given ${JSON.stringify(input)}, which is no time.`,
      );
    }
    await waitUntil(untilMs, name);
    return null;
  };

// ---- tasks -------------------------------------------------------------------------------------------

const taskHandler = (resource: string, { invoke }: StateMachineServices): Handler => {
  const parsed = /^arn:[^:]+:states:::lambda:invoke$/.test(resource);
  if (!parsed && !resource.includes(':function:')) {
    throw new Error(`state machine: the local host cannot run the task resource ${resource}`);
  }
  return async (input) => {
    checkSize(input, 'input');
    const call = input as { FunctionName?: unknown; Payload?: unknown };
    const result = await invoke(
      parsed ? String(call.FunctionName) : resource,
      parsed ? (call.Payload ?? {}) : input,
    ).catch((error: unknown) => {
      throw asStateError(error);
    });
    checkSize(result, 'output');
    return (parsed ? { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 } : result) as Json;
  };
};

const checkSize = (value: unknown, which: string): void => {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > payloadBytesMax) {
    throw new StateError(
      'States.DataLimitExceeded',
      `The ${which} of the state has ${bytes} bytes; Step Functions takes ${payloadBytesMax}.`,
    );
  }
};

/** Step Functions reports function timeouts and crashes as Lambda.Unknown, other errors by their own type. */
const asStateError = (error: unknown): StateError => {
  if (!(error instanceof FunctionError)) {
    return new StateError('Lambda.Unknown', String(error));
  }
  const unknown = error.name === 'Sandbox.Timedout' || error.name === 'Runtime.ExitError';
  const cause = JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.trace });
  return new StateError(unknown ? 'Lambda.Unknown' : error.name, cause);
};

// ---- distributed map ---------------------------------------------------------------------------------

const isDistributed = (state: State): boolean => {
  const processor = state.ItemProcessor as { ProcessorConfig?: { Mode?: unknown } } | undefined;
  return state.ItemReader !== undefined || processor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
};

const mapAsTask = (state: State): State => {
  const kept = [
    'Comment',
    'InputPath',
    'OutputPath',
    'ResultPath',
    'ResultSelector',
    'Retry',
    'Catch',
    'Next',
    'End',
  ];
  const unsupported = ['ItemBatcher', 'ResultWriter', 'MaxConcurrencyPath'].filter(
    (field) => state[field] !== undefined,
  );
  if (unsupported.length > 0) {
    throw new Error(
      `state machine: a distributed map uses ${unsupported.join(', ')}, which the local host does not have`,
    );
  }
  return {
    ...Object.fromEntries(Object.entries(state).filter(([field]) => kept.includes(field))),
    TimeoutSeconds: taskSecondsMax,
    Type: 'Task',
    Resource: localResource,
  };
};

/** Fills a payload template, or takes a path, by the package's own evaluation: a machine of one Pass state. */
const evaluate = (fields: object, input: Json, context: Context): Promise<Json> =>
  start(
    { definition: { StartAt: 'It', States: { It: { Type: 'Pass', End: true, ...fields } } }, handlers: {} },
    input,
    context,
  ).result;

const distributedMap = (state: State, context: Context, services: StateMachineServices): Handler => {
  const processor = state.ItemProcessor as { readonly [field: string]: unknown };
  // 0 means as many as Step Functions allows; one machine gains nothing from more than a few.
  const concurrency = Number(state.MaxConcurrency ?? 0) || 10;
  return async (input) => {
    const items = await readItems(state, input, context, services);
    const results: Json[] = [];
    const failures: Error[] = [];
    let next = 0;
    const runItem = async (index: number): Promise<void> => {
      const itemContext: Context = { ...context, Map: { Item: { Index: index, Value: items[index] } } };
      const itemInput =
        state.ItemSelector === undefined
          ? (items[index] ?? null)
          : await evaluate({ Parameters: state.ItemSelector }, input, itemContext);
      results[index] = await start(prepare(processor, itemContext, services), itemInput, itemContext).result;
    };
    const worker = async (): Promise<void> => {
      while (next < items.length) {
        const index = next;
        next += 1;
        await runItem(index).catch((error: unknown) => {
          failures.push(error instanceof Error ? error : new Error(String(error)));
          checkTolerance(state, failures, items.length);
        });
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
    const outputs = results.filter((result) => result !== undefined);
    // Without a ResultWriter all outputs are the state's result, whatever ResultPath then makes of it.
    checkSize(outputs, 'output');
    return outputs;
  };
};

const checkTolerance = (state: State, failures: readonly Error[], itemsCount: number): void => {
  const percentage = Number(state.ToleratedFailurePercentage ?? 0);
  const count = Number(state.ToleratedFailureCount ?? 0);
  // Either bound, when it is given, tolerates up to itself; without both nothing is tolerated.
  const tolerated = failures.length <= count || (failures.length / itemsCount) * 100 <= percentage;
  if (!tolerated) {
    throw new StateError(
      'States.ExceedToleratedFailureThreshold',
      `${failures.length} of ${itemsCount} items failed; the latest: ${failures.at(-1)?.message ?? ''}`,
    );
  }
};

const readItems = async (
  state: State,
  input: Json,
  context: Context,
  { readObject }: StateMachineServices,
): Promise<readonly Json[]> => {
  const reader = state.ItemReader as
    | { Resource?: unknown; Parameters?: object; ReaderConfig?: { InputType?: unknown } }
    | undefined;
  if (reader === undefined) {
    return asItems(await evaluate({ InputPath: state.ItemsPath ?? '$' }, input, context));
  }
  if (!String(reader.Resource).endsWith(':s3:getObject') || reader.ReaderConfig?.InputType !== 'JSON') {
    throw new Error(
      `state machine: the local host reads items only as JSON by s3:getObject, not ${JSON.stringify(reader)}`,
    );
  }
  const place = (await evaluate({ Parameters: reader.Parameters }, input, context)) as {
    Bucket?: unknown;
    Key?: unknown;
  };
  const text = await readObject(String(place.Bucket), String(place.Key)).catch((error: unknown) => {
    throw new StateError(
      'States.ItemReaderFailed',
      `s3://${String(place.Bucket)}/${String(place.Key)}: ${String(error)}`,
    );
  });
  return asItems(JSON.parse(text));
};

const asItems = (value: unknown): readonly Json[] => {
  if (!Array.isArray(value)) {
    throw new StateError('States.ItemReaderFailed', 'The items of a map must be a JSON array.');
  }
  return value;
};

// Executions of state machines: started, run (local/state-machine.ts), kept on disk and, after a stop or a crash,
// run again from their start. That is safe because every task of Reprise is idempotent; a wait that is over passes
// at once. A record is written and flushed to disk before a start is acknowledged.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LocalClock } from './clock.ts';
import type { LocalExecution } from './host.ts';
import { type RunningStateMachine, runStateMachine, type StateMachineServices } from './state-machine.ts';
import type { LocalStateMachine } from './template.ts';

export interface ExecutionRecord {
  readonly name: string;
  readonly machineArn: string;
  readonly status: LocalExecution['status'];
  readonly input: string;
  readonly startedMs: number;
  readonly stoppedMs?: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export interface Executions {
  /** Runs what was running when the host stopped; call it once, before the first start. Returns how many. */
  readonly resume: () => number;
  readonly find: (machineArn: string, name: string) => ExecutionRecord | undefined;
  readonly list: (machineArn?: string) => readonly ExecutionRecord[];
  /** The caller has made sure that there is no execution of this name. */
  readonly start: (machineArn: string, name: string, input: string) => ExecutionRecord;
  readonly stop: (record: ExecutionRecord, error: string | undefined, cause: string | undefined) => void;
  /** What each execution is doing now. */
  readonly view: () => readonly LocalExecution[];
  /** Resolves when every running execution waits for the clock. */
  readonly settle: () => Promise<void>;
  readonly close: () => void;
}

export interface ExecutionsOptions {
  readonly directory: string;
  readonly machines: readonly LocalStateMachine[];
  readonly clock: LocalClock;
  readonly services: Pick<StateMachineServices, 'invoke' | 'readObject'>;
  readonly onState: (machine: string, name: string, state: string) => void;
}

interface Live {
  record: ExecutionRecord;
  readonly machine: LocalStateMachine;
  run?: RunningStateMachine;
  state?: string;
  tasksCount: number;
  /** Virtual times of the waits under way. */
  readonly waits: Map<symbol, number>;
  cancelTimeout?: () => void;
}

/** What the parts of this file share. */
interface Shelf {
  readonly options: ExecutionsOptions;
  readonly all: Map<string, Live>;
  /** Called whenever an execution has moved. */
  readonly listeners: Set<() => void>;
  closed: boolean;
}

export const openExecutions = (options: ExecutionsOptions): Executions => {
  mkdirSync(options.directory, { recursive: true });
  const all = new Map<string, Live>();
  const shelf: Shelf = { options, all, listeners: new Set(), closed: false };
  for (const record of readAll(options.directory)) {
    add(shelf, record);
  }
  return {
    resume: () => {
      const running = [...all.values()].filter(({ record }) => record.status === 'RUNNING');
      for (const live of running) {
        run(shelf, live);
      }
      return running.length;
    },
    find: (machineArn, name) => all.get(keyOf(machineArn, name))?.record,
    list: (machineArn) =>
      [...all.values()]
        .map(({ record }) => record)
        .filter((record) => machineArn === undefined || record.machineArn === machineArn),
    start: (machineArn, name, input) => startOne(shelf, machineArn, name, input),
    stop: ({ machineArn, name }, error, cause) => {
      const live = all.get(keyOf(machineArn, name));
      if (live !== undefined) {
        const why = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
        finish(shelf, live, { status: 'ABORTED', ...why });
        live.run?.abort();
      }
    },
    view: () => [...all.values()].map(viewOf),
    settle: () => settled(shelf),
    close: () => {
      shelf.closed = true;
      for (const live of all.values()) {
        live.cancelTimeout?.();
        live.run?.abort();
      }
    },
  };
};

const changed = ({ listeners }: Shelf): void => {
  for (const listener of listeners) {
    listener();
  }
};

/** Nothing is added for a state machine that the template no longer has. */
const add = ({ options, all }: Shelf, record: ExecutionRecord): Live | undefined => {
  const machine = options.machines.find(({ arn }) => arn === record.machineArn);
  if (machine === undefined) {
    return undefined;
  }
  const live: Live = { record, machine, tasksCount: 0, waits: new Map() };
  all.set(keyOf(record.machineArn, record.name), live);
  return live;
};

const startOne = (shelf: Shelf, machineArn: string, name: string, input: string): ExecutionRecord => {
  const { clock, directory } = shelf.options;
  const record: ExecutionRecord = { name, machineArn, status: 'RUNNING', input, startedMs: clock.nowMs() };
  const live = add(shelf, record);
  if (live === undefined) {
    throw new Error(`executions: there is no state machine ${machineArn}`);
  }
  write(directory, record);
  run(shelf, live);
  return record;
};

const run = (shelf: Shelf, live: Live): void => {
  const { clock, onState } = shelf.options;
  const { machine, record } = live;
  const entered = (state: string) => {
    live.state = state;
    onState(machine.name, record.name, state);
    changed(shelf);
  };
  const services = servicesOf(shelf, live);
  live.run = runStateMachine(
    machine.definition,
    JSON.parse(record.input),
    contextOf(live),
    services,
    entered,
  );
  const { TimeoutSeconds } = machine.definition;
  if (TimeoutSeconds !== undefined) {
    live.cancelTimeout = clock.at(record.startedMs + Number(TimeoutSeconds) * 1000, () => {
      finish(shelf, live, { status: 'TIMED_OUT', error: 'States.Timeout' });
      live.run?.abort();
    });
  }
  live.run.result.then(
    (output) => finish(shelf, live, { status: 'SUCCEEDED', output: JSON.stringify(output) ?? 'null' }),
    (error: unknown) => finish(shelf, live, { status: 'FAILED', ...failureOf(error) }),
  );
};

const finish = (shelf: Shelf, live: Live, change: Partial<ExecutionRecord>): void => {
  if (shelf.closed || live.record.status !== 'RUNNING') {
    return;
  }
  const { clock, directory } = shelf.options;
  live.record = { ...live.record, ...change, stoppedMs: clock.nowMs() };
  write(directory, live.record);
  live.cancelTimeout?.();
  live.waits.clear();
  changed(shelf);
};

const keyOf = (machineArn: string, name: string): string => `${machineArn} ${name}`;

export const executionArn = (machineArn: string, name: string): string =>
  `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** A wait whose time has come moves on in a moment. */
const isMoving = ({ record, tasksCount, waits }: Live, nowMs: number): boolean =>
  record.status === 'RUNNING' && (tasksCount > 0 || waits.size === 0 || Math.min(...waits.values()) <= nowMs);

const settled = ({ all, listeners, options: { clock } }: Shelf): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (![...all.values()].some((live) => isMoving(live, clock.nowMs()))) {
        listeners.delete(look);
        resolve();
      }
    };
    listeners.add(look);
    look();
  });

/** What the tasks call, counted, so that settle() can tell moving from waiting. */
const servicesOf = (shelf: Shelf, live: Live): StateMachineServices => {
  const { clock, services } = shelf.options;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    live.tasksCount += 1;
    try {
      return await work;
    } catch (error) {
      if (shelf.closed) {
        // The host is going down and took the task with it: this is no failure, and nothing may come after it.
        return await new Promise<T>(() => undefined);
      }
      throw error;
    } finally {
      live.tasksCount -= 1;
      changed(shelf);
    }
  };
  return {
    invoke: (functionArn, input) => counted(services.invoke(functionArn, input)),
    readObject: (bucket, key) => counted(services.readObject(bucket, key)),
    nowMs: () => clock.nowMs(),
    waitUntil: (ms, state) =>
      new Promise((resolve) => {
        // The package tells of entered states a little later; who asks while we wait must not see the one before.
        live.state = state;
        const id = Symbol('wait');
        live.waits.set(id, ms);
        clock.at(ms, () => {
          live.waits.delete(id);
          resolve();
        });
        changed(shelf);
      }),
  };
};

const contextOf = ({ record, machine }: Live) => ({
  Execution: {
    Id: executionArn(machine.arn, record.name),
    Name: record.name,
    Input: JSON.parse(record.input),
    RoleArn: 'arn:aws:iam::000000000000:role/local',
    StartTime: new Date(record.startedMs).toISOString(),
  },
  StateMachine: { Id: machine.arn, Name: machine.name },
});

const viewOf = ({ record, machine, state, waits, tasksCount }: Live): LocalExecution => ({
  name: record.name,
  machine: machine.name,
  status: record.status,
  input: JSON.parse(record.input),
  ...(record.output !== undefined && { output: JSON.parse(record.output) }),
  ...(record.error !== undefined && { error: record.error }),
  ...(record.cause !== undefined && { cause: record.cause }),
  ...(state !== undefined && { state }),
  ...(record.status === 'RUNNING' &&
    tasksCount === 0 &&
    waits.size > 0 && { waitsUntilMs: Math.min(...waits.values()) }),
});

/** The package wraps what went wrong; the state's own error is its cause's name. */
const failureOf = (error: unknown): Pick<ExecutionRecord, 'error' | 'cause'> => {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error
    ? { error: inner.name, cause: inner.message }
    : { error: 'States.Runtime', cause: String(error) };
};

// ---- files -------------------------------------------------------------------------------------------

const write = (directory: string, record: ExecutionRecord): void => {
  const machine = record.machineArn.slice(record.machineArn.lastIndexOf(':') + 1);
  const path = join(directory, `${machine}~${encodeURIComponent(record.name)}.json`);
  const file = openSync(`${path}.new`, 'w');
  writeSync(file, JSON.stringify(record));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
};

const readAll = (directory: string): ExecutionRecord[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as ExecutionRecord)
    .sort((a, b) => a.startedMs - b.startedMs);

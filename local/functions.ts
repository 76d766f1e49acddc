// Lambda on this machine: each function's bundle runs in worker threads of its own, with the environment of the
// template and endpoints that lead to the local services. A sandbox handles one event at a time; up to
// `sandboxesCountMax` of a function run side by side, further events wait. A timeout or a crash ends the sandbox and
// fails the invocation with Lambda's names for it; the next event gets a fresh one.

import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SandboxData, SandboxReply, SandboxRequest } from './function-worker.ts';
import { accessKeyOf } from './guard.ts';
import type { LocalFunction } from './template.ts';

export interface Functions {
  /** By name or ARN. Rejects with FunctionError when the function fails. */
  readonly invoke: (nameOrArn: string, event: unknown) => Promise<unknown>;
  /** What a function runs with; `id` is its construct's: CampaignDeliver. */
  readonly environmentOf: (id: string) => { readonly [name: string]: string };
  /** Events being handled or waiting for a sandbox. */
  readonly runningCount: () => number;
  readonly close: () => Promise<void>;
}

/** What Lambda reports of a failed invocation; `name` is its errorType. */
export class FunctionError extends Error {
  readonly trace: readonly string[];
  constructor(errorType: string, message: string, trace: readonly string[] = []) {
    super(message);
    this.name = errorType;
    this.trace = trace;
  }
}

/** Lambda: 6 MB for the event and for the answer of a synchronous invocation. */
const payloadBytesMax = 6 * 1024 * 1024;
/** One more than cores gains nothing on one machine and costs some 60 MB each. */
export const sandboxesCountMax = Math.max(2, Math.min(availableParallelism(), 4));

interface Waiting {
  readonly request: SandboxRequest;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: FunctionError) => void;
}
interface Sandbox {
  readonly worker: Worker;
  busyWith: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}
interface Pool {
  readonly lambda: LocalFunction;
  readonly sandboxes: Set<Sandbox>;
  readonly waiting: Waiting[];
}
interface Settings {
  /** Added to every function's environment. */
  readonly environment: { readonly [name: string]: string };
  readonly logDirectory: string;
}

export const createFunctions = (lambdas: readonly LocalFunction[], settings: Settings): Functions => {
  mkdirSync(settings.logDirectory, { recursive: true });
  const pools = new Map<string, Pool>();
  for (const lambda of lambdas) {
    const pool: Pool = { lambda, sandboxes: new Set(), waiting: [] };
    pools.set(lambda.name, pool);
    pools.set(lambda.arn, pool);
  }
  const logs = new Map<string, WriteStream>();
  let runningCount = 0;

  const logOf = (name: string): WriteStream => {
    const log =
      logs.get(name) ?? createWriteStream(join(settings.logDirectory, `${name}.log`), { flags: 'a' });
    logs.set(name, log);
    return log;
  };

  return {
    invoke: async (nameOrArn, event) => {
      const pool = pools.get(nameOrArn);
      if (pool === undefined) {
        throw new FunctionError('ResourceNotFoundException', `Function not found: ${nameOrArn}`);
      }
      const text = JSON.stringify(event);
      if (text.length > payloadBytesMax) {
        throw new FunctionError(
          'RequestEntityTooLargeException',
          `The event has ${text.length} bytes; Lambda takes ${payloadBytesMax}.`,
        );
      }
      runningCount += 1;
      try {
        return await new Promise((resolve, reject) => {
          pool.waiting.push({
            request: { requestId: crypto.randomUUID(), event: text, deadlineMs: 0 },
            resolve,
            reject,
          });
          assign(pool, settings, logOf);
        });
      } finally {
        runningCount -= 1;
      }
    },
    environmentOf: (id) => {
      // CDK ends a logical id with eight hexadecimal digits.
      const found = lambdas.find(({ name }) => name.replace(/[0-9A-F]{8}$/, '').endsWith(`-${id}`));
      if (found === undefined) {
        throw new Error(`functions: there is no ${id} among ${lambdas.map(({ name }) => name).join(', ')}`);
      }
      return environmentOf(found, settings);
    },
    runningCount: () => runningCount,
    close: async () => {
      const sandboxes = [...new Set(pools.values())].flatMap((pool) => [...pool.sandboxes]);
      await Promise.all(sandboxes.map(({ worker }) => worker.terminate()));
      await Promise.all(
        [...logs.values()].map((log) => new Promise<void>((resolve) => log.end(() => resolve()))),
      );
    },
  };
};

type LogOf = (name: string) => WriteStream;

/** Gives waiting events to free sandboxes, starting one where all are busy and there may be more. */
const assign = (pool: Pool, settings: Settings, logOf: LogOf): void => {
  while (pool.waiting.length > 0) {
    const free = [...pool.sandboxes].find(({ busyWith }) => busyWith === undefined);
    if (free === undefined && pool.sandboxes.size >= sandboxesCountMax) {
      return;
    }
    const next = pool.waiting.shift();
    if (next !== undefined) {
      give(pool, free ?? start(pool, settings, logOf), next);
    }
  }
};

const give = (pool: Pool, sandbox: Sandbox, waiting: Waiting): void => {
  sandbox.busyWith = waiting;
  const { timeoutMs } = pool.lambda;
  sandbox.worker.postMessage({
    ...waiting.request,
    deadlineMs: Date.now() + timeoutMs,
  } satisfies SandboxRequest);
  sandbox.timer = setTimeout(() => {
    const seconds = (timeoutMs / 1000).toFixed(2);
    end(
      pool,
      sandbox,
      new FunctionError(
        'Sandbox.Timedout',
        `RequestId: ${waiting.request.requestId} Error: Task timed out after ${seconds} seconds`,
      ),
    );
    void sandbox.worker.terminate();
  }, timeoutMs);
};

const end = (pool: Pool, sandbox: Sandbox, error: FunctionError): void => {
  pool.sandboxes.delete(sandbox);
  clearTimeout(sandbox.timer);
  sandbox.busyWith?.reject(error);
  sandbox.busyWith = undefined;
};

const environmentOf = (lambda: LocalFunction, settings: Settings): { readonly [name: string]: string } => ({
  ...settings.environment,
  ...lambda.environment,
  AWS_LAMBDA_FUNCTION_NAME: lambda.name,
  AWS_ACCESS_KEY_ID: accessKeyOf(lambda.name),
});

const start = (pool: Pool, settings: Settings, logOf: LogOf): Sandbox => {
  const { lambda } = pool;
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    workerData: {
      directory: lambda.directory,
      handler: lambda.handler,
      functionName: lambda.name,
      functionArn: lambda.arn,
      memoryMb: lambda.memoryMb,
    } satisfies SandboxData,
    env: environmentOf(lambda, settings),
    resourceLimits: { maxOldGenerationSizeMb: lambda.memoryMb },
    stdout: true,
    stderr: true,
  });
  const log = logOf(lambda.name);
  worker.stdout.on('data', (chunk: Buffer) => log.write(chunk));
  worker.stderr.on('data', (chunk: Buffer) => log.write(chunk));
  const sandbox: Sandbox = { worker, busyWith: undefined, timer: undefined };
  pool.sandboxes.add(sandbox);
  const ended = (error: FunctionError) => {
    end(pool, sandbox, error);
    assign(pool, settings, logOf);
  };
  worker.on('error', (error) =>
    ended(new FunctionError('Runtime.ExitError', `The sandbox ended: ${String(error)}`)),
  );
  worker.on('exit', (code) =>
    ended(new FunctionError('Runtime.ExitError', `The sandbox ended with exit status ${code}`)),
  );
  worker.on('message', (reply: SandboxReply) => {
    const done = sandbox.busyWith;
    clearTimeout(sandbox.timer);
    sandbox.busyWith = undefined;
    settle(done, reply);
    assign(pool, settings, logOf);
  });
  return sandbox;
};

const settle = (waiting: Waiting | undefined, reply: SandboxReply): void => {
  if (reply.kind === 'failed') {
    waiting?.reject(new FunctionError(reply.errorType, reply.errorMessage, reply.trace));
  } else if (reply.result.length > payloadBytesMax) {
    waiting?.reject(
      new FunctionError(
        'Function.ResponseSizeTooLarge',
        `The answer has ${reply.result.length} bytes; Lambda takes ${payloadBytesMax}.`,
      ),
    );
  } else {
    waiting?.resolve(JSON.parse(reply.result));
  }
};

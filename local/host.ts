// The local host: the synthesized template, running on this machine. Starts the services, makes the template's
// resources, and runs its API, queues, schedules and state machines with the same bundles that go to AWS.
// Everything that is kept stands under one directory: tables (LevelDB), objects, mails, executions, clock, keys.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openClock } from './clock.ts';
import { startDynamoDb } from './dynamodb.ts';
import { openEndpoints } from './endpoints.ts';
import { type Executions, openExecutions } from './executions.ts';
import { createFunctions, type Functions } from './functions.ts';
import { openGateway } from './gateway.ts';
import { takeLock } from './lock.ts';
import { type Messaging, startMessaging } from './messaging.ts';
import { type Queues, runQueues } from './queues.ts';
import { createBuckets, createTables } from './resources.ts';
import { startS3 } from './s3.ts';
import { runSchedules } from './schedules.ts';
import { type LocalSes, startSes } from './ses.ts';
import { synthesizeForLocal } from './synthesis.ts';
import { type LocalTemplate, place, readTemplate } from './template.ts';
import { startWorkflows } from './workflows.ts';

export interface LocalHostOptions {
  /** Directory that holds everything kept. Default: `.reprise`. */
  readonly directory?: string;
  /** Forget everything kept in the directory first. Default: false. */
  readonly fresh?: boolean;
  /** Port of the API on 127.0.0.1; 0 takes a free one. Default: 0. */
  readonly port?: number;
  /** Where the clock stands at the very first start, ISO 8601. Default: the machine's time. */
  readonly clockIso?: string;
  /** A synthesized cloud assembly to run. Default: the project's own, synthesized when its sources have changed. */
  readonly assembly?: string;
  /** One line per step: resources made, state machines moving. Default: silent. */
  readonly onProgress?: (line: string) => void;
}

export interface LocalMail {
  readonly sesMessageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly sentAt: string;
  /** The raw message, headers and body. */
  readonly raw: string;
}

export interface LocalExecution {
  readonly name: string;
  /** Name of the state machine: `reprise-training`. */
  readonly machine: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';
  readonly input: unknown;
  readonly output?: unknown;
  /** Why it failed. */
  readonly error?: string;
  readonly cause?: string;
  /** The state last entered. */
  readonly state?: string;
  /** Virtual time until which it waits, when it does. */
  readonly waitsUntilMs?: number;
}

export interface LocalHost {
  readonly apiUrl: string;
  readonly mailUrl: string;
  readonly keys: { readonly write: string; readonly read: string; readonly admin: string };
  readonly clock: {
    readonly nowMs: () => number;
    /** Moves the clock forward to this time and wakes every wait and schedule that became due. */
    readonly advanceTo: (ms: number) => Promise<void>;
  };
  /** Resolves when every queue is empty, nothing is in flight and no function is running. */
  readonly drain: () => Promise<void>;
  readonly mails: () => Promise<readonly LocalMail[]>;
  readonly executions: () => readonly LocalExecution[];
  /** Resolves when no execution is moving: each has ended, or waits for the clock (see `waitsUntilMs`). */
  readonly settle: () => Promise<void>;
  /** Schedules do not fire until they are resumed; what became due meanwhile is not made up for. */
  readonly schedules: { pause(): void; resume(): void };
  /** First start on this directory: nothing has been sent to it before. */
  readonly isNew: boolean;
  readonly close: () => Promise<void>;
}

/** How long a stop waits for the queues to be worked off; what is left is taken up by the next start. */
const closingDrainMs = 10_000;
const drainLookMs = 20;

const keptNames = [
  'dynamodb',
  's3',
  'mail',
  'executions',
  'logs',
  'queues.ndjson',
  'clock.json',
  'endpoints.json',
];

type Close = () => Promise<void> | void;

export const startHost = async (options: LocalHostOptions = {}): Promise<LocalHost> => {
  const directory = options.directory ?? '.reprise';
  mkdirSync(directory, { recursive: true });
  const closers: Close[] = [takeLock(directory)];
  try {
    if (options.fresh) {
      for (const name of keptNames) {
        rmSync(join(directory, name), { recursive: true, force: true });
      }
    }
    return await start(options, directory, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
};

/** Last opened, first closed. */
const closeAll = async (closers: Close[]): Promise<void> => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    await close();
  }
};

const start = async (options: LocalHostOptions, directory: string, closers: Close[]): Promise<LocalHost> => {
  const opened = <T extends { close(): Promise<void> | void }>(service: T): T => {
    closers.push(() => service.close());
    return service;
  };
  const say = options.onProgress ?? (() => undefined);
  const clock = opened(openClock(join(directory, 'clock.json'), options.clockIso));
  const assembly =
    options.assembly === undefined ? synthesizeForLocal() : { directory: options.assembly, reused: true };
  const dynamodb = opened(await startDynamoDb({ path: join(directory, 'dynamodb') }));
  const s3 = opened(await startS3(join(directory, 's3')));
  const messaging = opened(await startMessaging(join(directory, 'queues.ndjson')));
  const gateway = opened(await openGateway(options.port ?? 0));
  const synthesized = await assembly;
  say(
    synthesized.reused
      ? 'Synthesized templates: unchanged since the last start'
      : 'Synthesized both stacks and bundled the functions',
  );
  const template = readTemplate({
    directory: synthesized.directory,
    apiUrl: gateway.url,
    sqsUrl: messaging.endpoint,
  });
  await createTables(dynamodb.endpoint, template.tables);
  await createBuckets(s3.endpoint, template.buckets);
  await messaging.create(template);
  say(
    `Resources: ${template.tables.length} tables, ${template.buckets.length} buckets, ${template.queues.length} queues, ${template.functions.length} functions, ${template.stateMachines.length} state machines`,
  );
  const ses = opened(await startSes(sesOptions(directory, template, messaging, clock.nowMs)));

  const s3Client = new S3Client({
    endpoint: s3.endpoint,
    region: place.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  closers.push(() => s3Client.destroy());
  const executions: Executions = opened(
    openExecutions({
      directory: join(directory, 'executions'),
      machines: template.stateMachines,
      clock,
      services: {
        invoke: (functionArn, input) => functions.invoke(functionArn, input),
        readObject: async (Bucket, Key) =>
          (await s3Client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '',
      },
      onState: (machine, name, state) => say(`${machine} ${name}: ${state}`),
    }),
  );
  const workflows = opened(await startWorkflows(executions, template.stateMachines));
  const functions: Functions = opened(
    createFunctions(template.functions, {
      logDirectory: join(directory, 'logs'),
      environment: environmentOf(directory, clock.path, {
        DYNAMODB: dynamodb.endpoint,
        S3: s3.endpoint,
        SQS: messaging.endpoint,
        SNS: messaging.endpoint,
        SES: ses.endpoint,
        SFN: workflows.endpoint,
      }),
    }),
  );
  const resumed = executions.resume();
  if (resumed > 0) {
    say(`Resumed ${resumed} executions from their start`);
  }
  const queues = opened(
    runQueues(template.eventSources, template.queues, messaging.endpoint, functions.invoke),
  );
  const drain = () => drained(template, messaging, queues, functions, ses);
  let stopSchedules: (() => void) | undefined;
  const resumeSchedules = () => {
    stopSchedules ??= runSchedules(template.schedules, clock, (arn, name, input) =>
      executions.start(arn, name, input),
    );
  };
  const pauseSchedules = () => {
    stopSchedules?.();
    stopSchedules = undefined;
  };
  resumeSchedules();
  closers.push(async () => {
    pauseSchedules();
    const idle = new AbortController();
    await Promise.race([
      queuesIdle(template, messaging, queues, ses, idle.signal),
      delay(closingDrainMs, undefined, { ref: false }),
    ]);
    idle.abort();
  });
  // First of all to close: what comes after would not be worked off.
  closers.push(gateway.close);
  const endpoints = await openEndpoints(join(directory, 'endpoints.json'), {
    apiUrl: gateway.url,
    mailUrl: `${ses.endpoint}/mail`,
    dynamodbEndpoint: dynamodb.endpoint,
    controlTable: template.outputs.ControlTable,
    nowMs: clock.nowMs(),
  });
  gateway.serve({ routes: template.routes, invoke: functions.invoke, nowMs: clock.nowMs });

  return {
    apiUrl: gateway.url,
    mailUrl: endpoints.mailUrl,
    keys: endpoints.keys,
    isNew: endpoints.isNew,
    clock: {
      nowMs: clock.nowMs,
      advanceTo: async (ms) => {
        const beforeMs = clock.nowMs();
        clock.advanceTo(ms);
        messaging.passTime(Math.max(ms - beforeMs, 0));
        // One turn, so that what woke has begun to move when the caller asks.
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    drain,
    mails: async () => ses.mails().map((mail) => ({ ...mail, raw: ses.raw(mail.sesMessageId) })),
    executions: executions.view,
    settle: executions.settle,
    schedules: { pause: pauseSchedules, resume: resumeSchedules },
    close: () => closeAll(closers),
  };
};

const sesOptions = (
  directory: string,
  template: LocalTemplate,
  messaging: Messaging,
  nowMs: () => number,
) => ({
  directory: join(directory, 'mail'),
  nowMs,
  identities: template.mailIdentities,
  configurationSets: template.configurationSets,
  publish: async (
    events: readonly { readonly configurationSet: string; readonly type: string; readonly body: string }[],
  ) => {
    for (const { configurationSet, topicArn, events: wanted } of template.mailDestinations) {
      const bodies = events.filter(
        (event) => event.configurationSet === configurationSet && wanted.includes(event.type),
      );
      await messaging.publish(
        topicArn,
        bodies.map(({ body }) => body),
      );
    }
  },
});

/** What the functions find beside the template's own names. Nothing of the user's AWS configuration is looked at. */
const environmentOf = (
  directory: string,
  clockPath: string,
  endpoints: { readonly [service: string]: string },
) => ({
  ...Object.fromEntries(
    Object.entries(endpoints).map(([service, endpoint]) => [`AWS_ENDPOINT_URL_${service}`, endpoint]),
  ),
  AWS_REGION: place.region,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_CONFIG_FILE: join(directory, 'no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(directory, 'no-aws-credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  REPRISE_CLOCK_FILE: clockPath,
  TZ: 'UTC',
});

const workQueues = (template: LocalTemplate) =>
  template.queues.filter(({ redrive }) => redrive !== undefined);

const queuesIdle = async (
  template: LocalTemplate,
  messaging: Messaging,
  queues: Queues,
  ses: LocalSes,
  signal?: AbortSignal,
): Promise<void> => {
  while (signal?.aborted !== true) {
    await ses.flush();
    const waiting = workQueues(template).some(({ name }) => messaging.waitingCount(name) > 0);
    if (!waiting && queues.busyCount() === 0) {
      return;
    }
    await delay(drainLookMs);
  }
};

const drained = async (
  template: LocalTemplate,
  messaging: Messaging,
  queues: Queues,
  functions: Functions,
  ses: LocalSes,
): Promise<void> => {
  for (;;) {
    await queuesIdle(template, messaging, queues, ses);
    if (functions.runningCount() === 0) {
      return;
    }
    await delay(drainLookMs);
  }
};

// The local host: the synthesized template, running on this machine. Starts the services, makes the template's
// resources, and runs its API, queues, schedules and state machines with the same bundles that go to AWS.
// Everything that is kept stands under one directory: tables (LevelDB), objects, mails, executions, clock, keys.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PresetName } from '../infra/presets.ts';
import { type Closers, createClosers } from './closers.ts';
import { openEndpoints } from './endpoints.ts';
import { type Executions, openExecutions } from './executions.ts';
import { createFunctions, type Functions } from './functions.ts';
import { drained, queuesIdleWithin } from './idle.ts';
import { takeLock } from './lock.ts';
import { type Queues, runQueues } from './queues.ts';
import { runSchedules } from './schedules.ts';
import { keptNames, openServices, type Services } from './services.ts';
import type { StoredMessage } from './sns-files.ts';
import { place } from './template.ts';
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
  /** Settings of a field other than courses (presets/). Default: as reprise.config.json says. */
  readonly preset?: PresetName;
  /** Mails that SES takes in 24 hours of the moved clock. Default: a million. */
  readonly mailQuota?: number;
  /** One line per step: resources made, state machines moving. Default: silent. */
  readonly onProgress?: (line: string) => void;
}

export interface LocalMail {
  readonly sesMessageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly sentAt: string;
  /** Message tags: campaign, variant, delivery. */
  readonly tags: { readonly [name: string]: string };
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
  /** SMS and pushes, in sending order. */
  readonly messages: () => readonly StoredMessage[];
  readonly executions: () => readonly LocalExecution[];
  /** Resolves when no execution is moving: each has ended, or waits for the clock (see `waitsUntilMs`). */
  readonly settle: () => Promise<void>;
  /** What a function (CampaignDeliver) runs with: it can run in a process of its own, to be killed or measured. */
  readonly functionEnvironment: (id: string) => { readonly [name: string]: string };
  /** How the functions kept to their roles: `<function> <action> <resource>` of each call refused, of each grant unused. */
  readonly roles: { readonly refused: () => readonly string[]; readonly unused: () => readonly string[] };
  /** Schedules do not fire until they are resumed; what became due meanwhile is not made up for. */
  readonly schedules: { pause(): void; resume(): void };
  /** First start on this directory: nothing has been sent to it before. */
  readonly isNew: boolean;
  readonly close: () => Promise<void>;
}

/** How long a stop waits for the queues to be worked off; what is left is taken up by the next start. */
const closingDrainMs = 10_000;

export const startHost = async (options: LocalHostOptions = {}): Promise<LocalHost> => {
  const directory = options.directory ?? '.reprise';
  mkdirSync(directory, { recursive: true });
  const closers = createClosers();
  closers.add(takeLock(directory));
  try {
    if (options.fresh) {
      for (const name of keptNames) {
        rmSync(join(directory, name), { recursive: true, force: true });
      }
    }
    return await start(options, directory, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
};

const start = async (options: LocalHostOptions, directory: string, closers: Closers): Promise<LocalHost> => {
  const { port = 0, clockIso, assembly, preset, mailQuota, onProgress: say = () => undefined } = options;
  const services = await openServices(
    { directory, port, clockIso, assembly, preset, mailQuota, say },
    closers,
  );
  const { clock, messaging, ses, gateway, template } = services;
  const { executions, functions, queues } = await openRuntime(services, directory, closers, say);
  const schedules = schedulesOf(services, executions);
  const activity = { template, messaging, queues, functions, ses };
  schedules.resume();
  closers.add(async () => {
    schedules.pause();
    await queuesIdleWithin(activity, closingDrainMs);
  });
  // First of all to close: what comes after would not be worked off.
  closers.add(gateway.close);
  const { mailUrl, keys, isNew } = await openEndpoints(join(directory, 'endpoints.json'), {
    apiUrl: gateway.url,
    mailUrl: `${ses.endpoint}/mail`,
    s3Url: services.s3.endpoint,
    modelsBucket: template.outputs.ModelsBucket,
    dynamodbEndpoint: services.dynamodb.endpoint,
    controlTable: template.outputs.ControlTable,
    nowMs: clock.nowMs(),
  });
  const { routes, cors } = template;
  gateway.serve({ routes, cors, invoke: functions.invoke, nowMs: clock.nowMs });
  return {
    apiUrl: gateway.url,
    mailUrl,
    keys,
    isNew,
    clock: { nowMs: clock.nowMs, advanceTo: (ms) => advance(services, ms) },
    drain: () => drained(activity),
    mails: async () => ses.mails().map((mail) => ({ ...mail, raw: ses.raw(mail.sesMessageId) })),
    messages: services.sns.messages,
    executions: executions.view,
    settle: executions.settle,
    functionEnvironment: functions.environmentOf,
    roles: { refused: services.guard.refused, unused: services.permissions.unused },
    schedules,
    close: closers.closeAll,
  };
};

const advance = async ({ clock, messaging }: Services, ms: number): Promise<void> => {
  const beforeMs = clock.nowMs();
  clock.advanceTo(ms);
  messaging.passTime(Math.max(ms - beforeMs, 0));
  // One turn, so that what woke has begun to move when the caller asks.
  await new Promise((resolve) => setImmediate(resolve));
};

interface Runtime {
  readonly executions: Executions;
  readonly functions: Functions;
  readonly queues: Queues;
}

/** What runs the template's functions: state machines, sandboxes, event sources. */
const openRuntime = async (
  { clock, dynamodb, s3, messaging, ses, sns, template, guard }: Services,
  directory: string,
  { opened }: Closers,
  say: (line: string) => void,
): Promise<Runtime> => {
  const executions: Executions = opened(
    openExecutions({
      directory: join(directory, 'executions'),
      machines: template.stateMachines,
      clock,
      services: {
        invoke: (functionArn, input) => functions.invoke(functionArn, input),
        readObject: objectReader(s3.endpoint),
      },
      onState: (machine, name, state) => say(`${machine} ${name}: ${state}`),
    }),
  );
  const workflows = opened(await startWorkflows(executions, template.stateMachines, guard.refusal));
  const functions: Functions = opened(
    createFunctions(template.functions, {
      logDirectory: join(directory, 'logs'),
      environment: environmentOf(directory, clock.path, {
        DYNAMODB: dynamodb.endpoint,
        S3: s3.endpoint,
        SQS: messaging.endpoint,
        SNS: sns.endpoint,
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
  return { executions, functions, queues };
};

const objectReader = (endpoint: string) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new S3Client({ endpoint, region: place.region, credentials });
  return async (Bucket: string, Key: string): Promise<string> =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '';
};

const schedulesOf = ({ template, clock }: Services, executions: Executions): LocalHost['schedules'] => {
  let stop: (() => void) | undefined;
  return {
    pause: () => {
      stop?.();
      stop = undefined;
    },
    resume: () => {
      stop ??= runSchedules(template.schedules, clock, executions.start);
    },
  };
};

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
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_CONFIG_FILE: join(directory, 'no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(directory, 'no-aws-credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  REPRISE_CLOCK_FILE: clockPath,
  TZ: 'UTC',
});

// The services under the template: clock, DynamoDB, S3, SQS with SNS, SES and the API's port, each on a port of its
// own on 127.0.0.1, with the template's resources made in them. They open while the app is synthesized.

import { join } from 'node:path';
import type { PresetName } from '../infra/presets.ts';
import { type LocalClock, openClock } from './clock.ts';
import type { Closers } from './closers.ts';
import { type LocalDynamoDb, startDynamoDb } from './dynamodb.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { createGuard, type Guard } from './guard.ts';
import { type Messaging, startMessaging } from './messaging.ts';
import { createPermissions, type Permissions } from './permissions.ts';
import { createBuckets, createTables } from './resources.ts';
import { type LocalS3, startS3 } from './s3.ts';
import { type LocalSes, startSes } from './ses.ts';
import type { MailEvent } from './ses-events.ts';
import { type LocalSns, startSns } from './sns.ts';
import { type LocalSynthesis, synthesizeForLocal } from './synthesis.ts';
import { type LocalTemplate, readTemplate } from './template.ts';

export interface Services {
  readonly clock: LocalClock;
  readonly dynamodb: LocalDynamoDb;
  readonly s3: LocalS3;
  readonly messaging: Messaging;
  readonly ses: LocalSes;
  /** To people; topics are in `messaging`. */
  readonly sns: LocalSns;
  readonly gateway: Gateway;
  readonly template: LocalTemplate;
  /** Holds the functions to what their roles allow. */
  readonly guard: Guard;
  readonly permissions: Permissions;
}

export interface ServicesOptions {
  readonly directory: string;
  readonly port: number;
  readonly clockIso: string | undefined;
  readonly assembly: string | undefined;
  readonly preset: PresetName | undefined;
  /** Mails that SES takes in 24 hours. */
  readonly mailQuota: number | undefined;
  readonly say: (line: string) => void;
}

/** What the services keep in the directory, and all that a fresh start forgets. */
export const keptNames = [
  'dynamodb',
  's3',
  'mail',
  'messages',
  'executions',
  'logs',
  'queues.ndjson',
  'clock.json',
  'endpoints.json',
] as const;

export const openServices = async (options: ServicesOptions, { opened }: Closers): Promise<Services> => {
  const { directory, say } = options;
  const synthesis = startSynthesis(options.assembly, options.preset);
  const clock = opened(openClock(join(directory, 'clock.json'), options.clockIso));
  const guard = createGuard();
  const { refusal } = guard;
  const dynamodb = opened(await startDynamoDb({ path: join(directory, 'dynamodb'), refusal }));
  const s3 = opened(await startS3(join(directory, 's3'), refusal));
  const messaging = opened(await startMessaging(join(directory, 'queues.ndjson'), refusal));
  const gateway = opened(await openGateway(options.port));
  const { directory: assembly, reused } = await synthesis;
  say(
    reused
      ? 'Synthesized templates: unchanged since the last start'
      : 'Synthesized both stacks and bundled the functions',
  );
  const template = readTemplate({ directory: assembly, apiUrl: gateway.url, sqsUrl: messaging.endpoint });
  const permissions = createPermissions(template.roles);
  guard.enforce(permissions);
  await createTables(dynamodb.endpoint, template.tables);
  await createBuckets(s3.endpoint, template.buckets);
  await messaging.create(template);
  say(`Resources: ${describe(template)}`);
  const sns = opened(await startSns({ directory: join(directory, 'messages'), nowMs: clock.nowMs, refusal }));
  const ses = opened(
    await startSes({
      messages: sns.messages,
      directory: join(directory, 'mail'),
      nowMs: clock.nowMs,
      identities: template.mailIdentities,
      configurationSets: template.configurationSets,
      publish: (events) => publish(template, messaging, events),
      refusal,
      ...(options.mailQuota !== undefined && { sendQuotaMax: options.mailQuota }),
    }),
  );
  return { clock, dynamodb, s3, messaging, ses, sns, gateway, template, guard, permissions };
};

const startSynthesis = (
  assembly: string | undefined,
  preset: PresetName | undefined,
): Promise<LocalSynthesis> => {
  const made =
    assembly === undefined
      ? synthesizeForLocal(preset)
      : Promise.resolve({ directory: assembly, reused: true });
  // Awaited later; a failure in between is not an unhandled one.
  made.catch(() => undefined);
  return made;
};

const describe = ({ tables, buckets, queues, functions, stateMachines }: LocalTemplate): string =>
  `${tables.length} tables, ${buckets.length} buckets, ${queues.length} queues, ${functions.length} functions, ${stateMachines.length} state machines`;

const publish = async (
  { mailDestinations }: LocalTemplate,
  messaging: Messaging,
  events: readonly MailEvent[],
): Promise<void> => {
  for (const { configurationSet, topicArn, events: wanted } of mailDestinations) {
    const bodies = events
      .filter((event) => event.configurationSet === configurationSet && wanted.includes(event.type))
      .map(({ body }) => body);
    await messaging.publish(topicArn, bodies);
  }
};

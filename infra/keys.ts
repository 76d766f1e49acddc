// npm run keys: makes, lists and revokes access keys in the control table with the owner's own AWS credentials.
//   create --table <ControlTable> --scope write|read|admin --app <name>   prints the secret, once
//   list   --table <ControlTable>
//   revoke --table <ControlTable> --key <keyId>
// --endpoint <url> addresses a local DynamoDB. <ControlTable> is an output of the service stack.

import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { secureRandom, systemClock } from '../lib/adapters/clock.ts';
import { createKeyStore } from '../lib/adapters/key-store-dynamodb.ts';
import { Failure } from '../lib/base/errors.ts';
import { makeKey } from '../lib/events/access.ts';
import type { KeyStore } from '../lib/events/api-key.ts';
import { parseKeyInput } from '../lib/events/key-input.ts';

const options = {
  table: { type: 'string' },
  scope: { type: 'string' },
  app: { type: 'string' },
  key: { type: 'string' },
  endpoint: { type: 'string' },
} as const;

type Values = { readonly [name in keyof typeof options]?: string };

/** Runs one command line and gives what to print; a wrong one is a Failure that says how to write it. */
export const runKeys = async (args: readonly string[]): Promise<string> => {
  const { command, values } = readArguments(args);
  const keys = openKeys(values);
  switch (command) {
    case 'create':
      return create(keys, values);
    case 'list':
      return (await keys.list())
        .map(({ keyId, scope, app, createdAt, revokedAt }) =>
          [keyId, scope.padEnd(5), app, createdAt, revokedAt ? `revoked ${revokedAt}` : '']
            .join('  ')
            .trimEnd(),
        )
        .join('\n');
    case 'revoke': {
      const keyId = needed(values, 'key');
      await keys.revoke(keyId, new Date(systemClock.nowMs()).toISOString());
      return `${keyId} is revoked; requests with it are refused within 15 seconds.`;
    }
    default:
      throw usage('Name a command: create, list or revoke.', command);
  }
};

const create = async (keys: KeyStore, values: Values): Promise<string> => {
  const { scope, app } = parseKeyInput({ scope: values.scope, app: values.app });
  const { key, hash, secret } = makeKey(scope, app, systemClock.nowMs(), secureRandom);
  await keys.create(key, hash);
  return `${secret}\n\nThis is the secret of ${key.keyId} (${key.scope}, ${key.app}). It is shown only now: keep it safe.`;
};

const readArguments = (
  args: readonly string[],
): { readonly command: string | undefined; readonly values: Values } => {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { command: positionals[0], values };
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error), args.join(' '));
  }
};

const openKeys = (values: Values): KeyStore =>
  createKeyStore(
    DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: values.endpoint }), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    needed(values, 'table'),
  );

const needed = (values: Values, name: keyof Values): string => {
  const value = values[name];
  if (value === undefined || value === '') throw usage(`--${name} is missing.`, values);
  return value;
};

const usage = (message: string, received: unknown): Failure =>
  new Failure('invalid', {
    code: 'keys-usage',
    message,
    received,
    action: 'Write for instance: npm run keys -- create --table <ControlTable> --scope admin --app console',
  });

if (import.meta.main) {
  try {
    console.log(await runKeys(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, action, problems = [] } = error.detail;
    const lines = [message, ...problems.map((problem) => `  ${problem.path}: ${problem.message}`), action];
    console.error(lines.join('\n'));
    process.exitCode = 1;
  }
}

// <directory>/endpoints.json: where the running host is reached and the three keys it was started with, for scripts
// and for the next start. The keys are made once, as `npm run keys` makes them on AWS; the table holds their hashes,
// and this file, which stays on this machine, is the only place that holds the secrets.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { secureRandom } from '../lib/adapters/clock.ts';
import { createKeyStore } from '../lib/adapters/key-store-dynamodb.ts';
import { makeKey } from '../lib/events/access.ts';
import type { KeyScope } from '../lib/events/api-key.ts';
import { place } from './template.ts';

export interface Endpoints {
  readonly apiUrl: string;
  readonly mailUrl: string;
  /** Of the local S3, and the bucket that takes factors trained elsewhere. */
  readonly s3Url: string;
  readonly modelsBucket: string | undefined;
  readonly keys: { readonly [scope in KeyScope]: string };
}

export interface EndpointsOptions {
  readonly apiUrl: string;
  readonly mailUrl: string;
  readonly s3Url: string;
  readonly modelsBucket: string | undefined;
  readonly dynamodbEndpoint: string;
  /** Name of the table for keys, an output of the template. */
  readonly controlTable: string | undefined;
  readonly nowMs: number;
}

export const openEndpoints = async (
  path: string,
  options: EndpointsOptions,
): Promise<Endpoints & { readonly isNew: boolean }> => {
  const isNew = !existsSync(path);
  const keys = isNew ? await makeKeys(options) : (JSON.parse(readFileSync(path, 'utf8')) as Endpoints).keys;
  const { apiUrl, mailUrl, s3Url, modelsBucket } = options;
  const endpoints: Endpoints = { apiUrl, mailUrl, s3Url, modelsBucket, keys };
  writeFileSync(`${path}.new`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return { ...endpoints, isNew };
};

const makeKeys = async ({
  dynamodbEndpoint,
  controlTable,
  nowMs,
}: EndpointsOptions): Promise<Endpoints['keys']> => {
  if (controlTable === undefined) {
    throw new Error('endpoints: the template has no output ControlTable, so that no keys can be made');
  }
  const client = new DynamoDBClient({
    endpoint: dynamodbEndpoint,
    region: place.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const store = createKeyStore(DynamoDBDocumentClient.from(client), controlTable);
  const make = async (scope: KeyScope): Promise<string> => {
    const { key, hash, secret } = makeKey(scope, 'local', nowMs, secureRandom);
    await store.create(key, hash);
    return secret;
  };
  const keys = { write: await make('write'), read: await make('read'), admin: await make('admin') };
  client.destroy();
  return keys;
};

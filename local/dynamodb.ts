// DynamoDB on this machine: dynalite's actions behind a plain HTTP endpoint on 127.0.0.1, with TransactWriteItems
// (local/dynamodb-transactions.ts) and ReturnValuesOnConditionCheckFailure added, and signatures not checked.
// With a path the tables are kept on disk (LevelDB) and survive kill -9; without one, in memory.
// Limits: no streams, no deletion by TTL, no TransactGetItems; tables change state at once.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type Attributes,
  createStore,
  type DynaliteError,
  isDynaliteError,
  type Operation,
  operations,
  type RequestData,
  type Store,
} from './dynalite.ts';
import { createTransactions, WireError } from './dynamodb-transactions.ts';
import { arnOf, type Refusal, unguarded } from './guard.ts';
import { serveOnLoopback } from './loopback.ts';

export interface LocalDynamoDb {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** DynamoDB's own maximum for a request (BatchWriteItem). */
const requestBytesMax = 16 * 1024 * 1024;

export const startDynamoDb = async (
  options: { path?: string; port?: number; refusal?: Refusal } = {},
): Promise<LocalDynamoDb> => {
  const store = createStore(options.path);
  await store.db.open();
  const transactions = createTransactions(store);
  const { refusal = unguarded } = options;
  const run: Run = (name, body, headers) => {
    refuse(refusal, name, body, headers);
    return name === 'TransactWriteItems' ? transactions(body) : act(store, name, body);
  };
  const server = createServer((request, response) => {
    serve(run, request, response).catch((error: unknown) => {
      send(response, 500, {
        __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
  });
  const loopback = await serveOnLoopback(server, options.port);
  return {
    endpoint: loopback.endpoint,
    close: async () => {
      await loopback.close();
      await new Promise<void>((resolve, reject) => {
        store.lifecycleManager.gracefulClose((error) => (error ? reject(error) : resolve()));
      });
    },
  };
};

type Run = (name: string, body: RequestData, headers: IncomingHttpHeaders) => Promise<unknown>;

const serve = async (run: Run, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const name = String(request.headers['x-amz-target'] ?? '').replace(/^DynamoDB_20120810\./, '');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    chunks.push(chunk);
  }
  try {
    if (size > requestBytesMax) {
      throw new WireError(
        'ValidationException',
        `The request has ${size} bytes; at most ${requestBytesMax} are taken.`,
      );
    }
    const body: RequestData = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    send(response, 200, await run(name, body, request.headers));
  } catch (error) {
    if (!isDynaliteError(error)) {
      throw error;
    }
    send(response, error.statusCode, error.body);
  }
};

/** IAM's names of what a request does, each with its table. */
const actionsOf = (
  name: string,
  body: RequestData,
): readonly (readonly [action: string, table: string])[] => {
  if (name === 'TransactWriteItems') {
    const items = Array.isArray(body.TransactItems) ? (body.TransactItems as RequestData[]) : [];
    return items.flatMap((item) =>
      Object.entries(item).map(([kind, inner]) => {
        const action = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`;
        return [action, String((inner as RequestData | null)?.TableName)] as const;
      }),
    );
  }
  if (name === 'BatchGetItem' || name === 'BatchWriteItem') {
    return Object.keys(body.RequestItems ?? {}).map((table) => [name, table] as const);
  }
  return [[name, typeof body.TableName === 'string' ? body.TableName : '*']];
};

const refuse = (refusal: Refusal, name: string, body: RequestData, headers: IncomingHttpHeaders): void => {
  for (const [action, table] of actionsOf(name, body)) {
    const reason = refusal(headers, `dynamodb:${action}`, arnOf.table(table));
    if (reason !== undefined) {
      throw new WireError('AccessDeniedException', reason);
    }
  }
};

const act = (store: Store, name: string, body: RequestData): Promise<unknown> => {
  const found = operations.get(name);
  if (found === undefined) {
    throw new WireError('UnknownOperationException', `${name} is not supported by the local DynamoDB.`);
  }
  const returnsOld = body.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  const data = found.check(body, store);
  if (name === 'CreateTable') {
    return createTable(store, found, data);
  }
  return returnsOld ? actReturningOld(store, found, data) : call(store, found, data);
};

/** dynalite answers a moment before the table can be used. */
const createTable = async (store: Store, found: Operation, data: RequestData): Promise<unknown> => {
  const description = await call(store, found, data);
  const status = () =>
    new Promise<string | undefined>((resolve) => {
      store.getTable(String(data.TableName), false, (_error, table) => resolve(table?.TableStatus));
    });
  while ((await status()) === 'CREATING') {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return description;
};

const call = (store: Store, { act: run }: Operation, data: RequestData): Promise<unknown> =>
  new Promise((resolve, reject) => {
    run(store, data, (error: DynaliteError | null | undefined, value) =>
      error ? reject(error) : resolve(value),
    );
  });

/** dynalite does not know ReturnValuesOnConditionCheckFailure: the item its condition saw is noted on the way. */
const actReturningOld = async (store: Store, found: Operation, data: RequestData): Promise<unknown> => {
  let old: Attributes | undefined;
  const view: Store = {
    ...store,
    getItemDb: (tableName) => {
      const itemDb = store.getItemDb(tableName);
      return {
        ...itemDb,
        get: (key, done) =>
          itemDb.get(key, (error, item) => {
            old = item;
            done(error, item);
          }),
      };
    },
  };
  try {
    return await call(view, found, data);
  } catch (error) {
    if (
      isDynaliteError(error) &&
      old !== undefined &&
      error.body.__type.endsWith('#ConditionalCheckFailedException')
    ) {
      throw new WireError('ConditionalCheckFailedException', error.message, { Item: old });
    }
    throw error;
  }
};

const send = (response: ServerResponse, statusCode: number, data: unknown): void => {
  const body = Buffer.from(JSON.stringify(data));
  response.writeHead(statusCode, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': body.length,
  });
  response.end(body);
};

// TransactWriteItems over dynalite. Locks every item of the transaction, lets dynalite's own actions evaluate each
// condition and update against a staging view, and then writes what they staged as one LevelDB batch, which is
// atomic on disk: after a crash all of it is there or none, so no journal is needed.
// Limits: tables without secondary indexes; a repeated ClientRequestToken is remembered in memory for ten minutes.

import { createHash } from 'node:crypto';
import {
  type Attributes,
  type BatchOperation,
  type DynaliteError,
  isDynaliteError,
  itemKey,
  keyProblem,
  levelKey,
  operation,
  type RequestData,
  type Store,
  type Table,
} from './dynalite.ts';

/** DynamoDB takes 100 actions in a transaction, on distinct items. */
const transactionActionsCountMax = 100;
/** DynamoDB remembers a ClientRequestToken for ten minutes. */
const tokenMs = 10 * 60 * 1000;

export class WireError extends Error {
  readonly statusCode = 400;
  readonly body: { readonly __type: string; readonly [field: string]: unknown };
  constructor(type: string, message: string, fields: object = {}) {
    super(message);
    const shape =
      type === 'ValidationException' ? 'com.amazon.coral.validate' : 'com.amazonaws.dynamodb.v20120810';
    this.body = { __type: `${shape}#${type}`, message, Message: message, ...fields };
  }
}

interface PlannedAction {
  readonly kind: 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'ConditionCheck';
  readonly data: RequestData;
  readonly tableName: string;
  readonly key: string;
  readonly returnOld: boolean;
}

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Attributes;
}

export type Transactions = (body: RequestData) => Promise<object>;

export const createTransactions = (store: Store): Transactions => {
  const tokens = new Map<
    string,
    { readonly digest: string; readonly atMs: number; readonly done: Promise<void> }
  >();
  return async (body) => {
    const token = typeof body.ClientRequestToken === 'string' ? body.ClientRequestToken : undefined;
    if (token === undefined) {
      await run(store, body);
      return {};
    }
    const digest = createHash('sha256').update(JSON.stringify(body.TransactItems)).digest('hex');
    forgetOld(tokens);
    const earlier = tokens.get(token);
    if (earlier !== undefined && earlier.digest !== digest) {
      throw new WireError(
        'IdempotentParameterMismatchException',
        'The ClientRequestToken was used before with other parameters.',
      );
    }
    const done = earlier?.done ?? run(store, body);
    tokens.set(token, { digest, atMs: earlier?.atMs ?? Date.now(), done });
    await done.catch((error: unknown) => {
      tokens.delete(token);
      throw error;
    });
    return {};
  };
};

const forgetOld = (tokens: Map<string, { readonly atMs: number }>): void => {
  for (const [token, { atMs }] of tokens) {
    if (Date.now() - atMs < tokenMs) {
      return;
    }
    tokens.delete(token);
  }
};

const run = async (store: Store, body: RequestData): Promise<void> => {
  const planned = await plan(store, body.TransactItems);
  await locked(store, planned, async () => {
    const staged: BatchOperation[] = [];
    const reasons: Reason[] = [];
    for (const action of planned) {
      reasons.push(await stage(store, action, staged));
    }
    if (reasons.some((reason) => reason.Code !== 'None')) {
      const codes = reasons.map((reason) => reason.Code).join(', ');
      throw new WireError(
        'TransactionCanceledException',
        `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
        { CancellationReasons: reasons },
      );
    }
    await promised<void>((done) => store.db.batch(staged, done));
  });
};

const promised = <T>(start: (done: (error: DynaliteError | null | undefined, value?: T) => void) => void) =>
  new Promise<T | undefined>((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });

const actionNames = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheck',
} as const;

const plan = async (store: Store, items: unknown): Promise<readonly PlannedAction[]> => {
  if (!Array.isArray(items) || items.length === 0 || items.length > transactionActionsCountMax) {
    throw new WireError(
      'ValidationException',
      `Member must have length between 1 and ${transactionActionsCountMax}: TransactItems`,
    );
  }
  const planned: PlannedAction[] = [];
  for (const item of items) {
    planned.push(await planOne(store, item as RequestData));
  }
  if (
    new Set(planned.map((action) => JSON.stringify([action.tableName, action.key]))).size < planned.length
  ) {
    throw new WireError(
      'ValidationException',
      'Transaction request cannot include multiple operations on one item',
    );
  }
  return planned;
};

const planOne = async (store: Store, item: RequestData): Promise<PlannedAction> => {
  const [entry, ...more] = Object.entries(actionNames).filter(([field]) => item[field] !== undefined);
  if (entry === undefined || more.length > 0) {
    throw new WireError(
      'ValidationException',
      'TransactItems can only contain one of Check, Put, Update or Delete',
    );
  }
  const [field, kind] = entry;
  const request = item[field] as RequestData;
  const returnOld = request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  const data = operation(kind === 'ConditionCheck' ? 'DeleteItem' : kind).check({ ...request }, store);
  const tableName = String(data.TableName);
  const table = await promised<Table>((done) => store.getTable(tableName, done));
  const keyOrItem = (data.Key ?? data.Item) as Attributes;
  const problem = data.Key === undefined ? undefined : table && keyProblem(keyOrItem, table);
  if (problem) {
    throw problem;
  }
  if (table === undefined || 'GlobalSecondaryIndexes' in table || 'LocalSecondaryIndexes' in table) {
    throw new Error(
      `dynamodb-transactions: ${tableName} has secondary indexes, which transactions do not keep up here`,
    );
  }
  return { kind, data, tableName, key: itemKey(keyOrItem, table), returnOld };
};

/** Holds the locks dynalite itself takes for single writes; tables in name order, so that no two transactions wait on each other. */
const locked = (
  store: Store,
  planned: readonly PlannedAction[],
  work: () => Promise<void>,
): Promise<void> => {
  const tableNames = [...new Set(planned.map((action) => action.tableName))].sort();
  const enter = (index: number): Promise<void> => {
    const tableName = tableNames[index];
    if (tableName === undefined) {
      return work();
    }
    const keys = planned.filter((action) => action.tableName === tableName).map((action) => action.key);
    return new Promise((resolve, reject) => {
      store.getItemDb(tableName).lock(keys, (release) => {
        enter(index + 1).then(release(resolve), release(reject));
      });
    });
  };
  return enter(0);
};

/** Runs one action against a view that reads the store and keeps writes aside. */
const stage = async (store: Store, action: PlannedAction, staged: BatchOperation[]): Promise<Reason> => {
  const itemDb = store.getItemDb(action.tableName);
  let old: Attributes | undefined;
  const view: Store = {
    ...store,
    getItemDb: () => ({
      get: (key, done) =>
        itemDb.get(key, (error, item) => {
          old = item;
          done(error, item);
        }),
      put: (key, value, done) => {
        staged.push({ type: 'put', key: levelKey(action.tableName, key), value });
        done(null);
      },
      del: (key, done) => {
        if (action.kind !== 'ConditionCheck') {
          staged.push({ type: 'del', key: levelKey(action.tableName, key) });
        }
        done(null);
      },
      lock: (_key, enter) => enter((callback) => callback),
    }),
  };
  try {
    await promised((done) =>
      operation(action.kind === 'ConditionCheck' ? 'DeleteItem' : action.kind).act(view, action.data, done),
    );
    return { Code: 'None' };
  } catch (error) {
    if (!isDynaliteError(error)) {
      throw error;
    }
    if (error.body.__type.endsWith('#ConditionalCheckFailedException')) {
      return {
        Code: 'ConditionalCheckFailed',
        Message: error.message,
        ...(action.returnOld && old ? { Item: old } : {}),
      };
    }
    return { Code: 'ValidationError', Message: error.message };
  }
};

// dynalite's inner parts, typed: its store, its request checks and its actions, called without its HTTP server.
// Only what local/dynamodb*.ts uses is described. The version is pinned in package.json, since these are internals.

import { createRequire } from 'node:module';

export interface AttributeValue {
  readonly [type: string]: unknown;
}
export interface Attributes {
  [name: string]: AttributeValue;
}
export interface Table {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string }[];
}
export interface DynaliteError extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string };
}
export type Done<T> = (error: DynaliteError | null | undefined, value?: T) => void;

export interface ItemDb {
  get(key: string, done: Done<Attributes>): void;
  put(key: string, item: Attributes, done: Done<void>): void;
  del(key: string, done: Done<void>): void;
  /** Runs `enter` once the key, or all of the keys, are free; what `release(callback)` returns frees them. */
  lock(key: string | readonly string[], enter: (release: <F>(callback: F) => F) => void): void;
}

export type BatchOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Attributes }
  | { readonly type: 'del'; readonly key: string };

export interface Store {
  readonly db: {
    batch(operations: readonly BatchOperation[], done: Done<void>): void;
    getSync(key: string): Attributes | undefined;
    /** Resolves when the database is open; rejects with the reason when it cannot be. */
    open(): Promise<void>;
  };
  readonly lifecycleManager: { gracefulClose(done: Done<void>): void };
  getItemDb(tableName: string): ItemDb;
  getTable(tableName: string, ...checkAndDone: [Done<Table>] | [boolean, Done<Table>]): void;
}

export interface RequestData {
  [field: string]: unknown;
}
export type Action = (store: Store, data: RequestData, done: Done<unknown>) => void;

interface Checks {
  readonly types: object;
  readonly custom: unknown;
}
interface Validations {
  checkTypes(data: RequestData, types: object): RequestData;
  checkValidations(data: RequestData, types: object, custom: unknown, store: Store): void;
}
interface Db {
  create(options: {
    path?: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Store;
  createKey(item: Attributes, table: Table): string;
  validateKey(key: Attributes, table: Table): DynaliteError | undefined;
}

const load = createRequire(import.meta.url);
const db: Db = load('dynalite/db');
const validations: Validations = load('dynalite/validations');

export const createStore = (path: string | undefined): Store =>
  withFastReads(
    db.create({
      ...(path === undefined ? {} : { path }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    }),
  );

/** Where dynalite keeps an item in its LevelDB. */
export const levelKey = (tableName: string, key: string): string => `item-${tableName}~${key}`;

/**
 * dynalite reads a table's description before each item, and each read is a round through the thread pool. Here a
 * description is read once, until its table is deleted or changed, and items are read in place: from LevelDB's
 * cache or mapped file, in microseconds. This is the greater part of what a request costs.
 */
const withFastReads = (store: Store): Store => {
  const tables = new Map<string, Table>();
  const itemDbs = new Map<string, ItemDb>();
  const getItemDb = (tableName: string): ItemDb => {
    const slow = store.getItemDb(tableName);
    const get: ItemDb['get'] = (key, done) => {
      const item = store.db.getSync(levelKey(tableName, key));
      queueMicrotask(() => done(null, item));
    };
    const fast = itemDbs.get(tableName) ?? { ...slow, get };
    itemDbs.set(tableName, fast);
    return fast;
  };
  return {
    ...store,
    getItemDb,
    getTable: (tableName, ...checkAndDone) => {
      const [first] = checkAndDone;
      if (typeof first !== 'function') {
        // Asked like this by what describes or changes tables.
        tables.delete(tableName);
        store.getTable(tableName, ...checkAndDone);
        return;
      }
      const known = tables.get(tableName);
      if (known !== undefined) {
        queueMicrotask(() => first(null, known));
        return;
      }
      store.getTable(tableName, (error, table) => {
        if (table !== undefined && table.TableStatus === 'ACTIVE') {
          tables.set(tableName, table);
        }
        first(error, table);
      });
    },
  };
};

export const itemKey = (keyOrItem: Attributes, table: Table): string => db.createKey(keyOrItem, table);
export const keyProblem = (key: Attributes, table: Table) => db.validateKey(key, table);

const operationNames = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
] as const;

export interface Operation {
  /** Checks and normalises a request; throws a DynaliteError with statusCode and body. */
  check(data: RequestData, store: Store): RequestData;
  readonly act: Action;
}

const loadOperation = (name: string): Operation => {
  const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const checks: Checks = load(`dynalite/validations/${file}`);
  const act: Action = load(`dynalite/actions/${file}`);
  return {
    check: (data, store) => {
      const checked = validations.checkTypes(data, checks.types);
      validations.checkValidations(checked, checks.types, checks.custom, store);
      return checked;
    },
    act,
  };
};

export const operations: ReadonlyMap<string, Operation> = new Map(
  operationNames.map((name) => [name, loadOperation(name)]),
);

export const operation = (name: (typeof operationNames)[number]): Operation => {
  const found = operations.get(name);
  if (found === undefined) {
    throw new Error(`dynalite has no operation ${name}`);
  }
  return found;
};

export const isDynaliteError = (
  error: unknown,
): error is DynaliteError & Required<Pick<DynaliteError, 'statusCode' | 'body'>> =>
  error instanceof Error && 'statusCode' in error && 'body' in error;

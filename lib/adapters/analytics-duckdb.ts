// Analytics by DuckDB in this process. Tables live in memory and go to a temporary folder when they exceed it; the
// folder, which holds the copied objects too, is removed at the end.
// Objects are fetched through the ObjectStore port (no httpfs), at most 16 at once.
// Limits: memory and spill as in lib/base/limits.ts; two threads, as many as the functions' memory buys cores.

import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBDoubleVector, DuckDBInstance } from '@duckdb/node-api';
import { analyticsFetchesCountMax, analyticsMemoryBytesMax, analyticsSpillBytesMax } from '../base/limits.ts';
import type { Analytics, ObjectStore, StoredObject, WithAnalytics } from '../ports.ts';

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)}MiB`;

export const withDuckDb: WithAnalytics = async (use) => {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-analytics-'));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: mib(analyticsMemoryBytesMax),
    temp_directory: join(folder, 'spill'),
    max_temp_directory_size: mib(analyticsSpillBytesMax),
  });
  try {
    const connection = await instance.connect();
    try {
      return await use(analyticsOver(connection, folder));
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
};

const analyticsOver = (connection: DuckDBConnection, folder: string): Analytics => {
  let fetches = 0;
  let files = 0;
  return {
    fetch: async (store, objects, suffix) => {
      const name = `fetched-${fetches++}`;
      await fetchAll(store, objects, (index) => join(folder, `${name}-${index}${suffix}`));
      return join(folder, `${name}-*${suffix}`);
    },
    discard: async (copies) => {
      for await (const path of glob(copies)) await rm(path);
    },
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS(),
    numbers: (sql) => readNumbers(connection, sql),
    parquet: async (sql) => {
      const path = join(folder, `written-${files++}.parquet`);
      await connection.run(`copy (${sql}) to '${path}' (format parquet, compression zstd)`);
      const bytes = await readFile(path);
      await rm(path);
      return bytes;
    },
  };
};

const fetchAll = async (
  store: ObjectStore,
  objects: readonly StoredObject[],
  pathOf: (index: number) => string,
): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < objects.length) {
      const index = next++;
      const bytes = await store.get(objects[index].key);
      // Deleted since it was listed (a purge): it holds nothing any more.
      if (bytes !== undefined) {
        await writeFile(pathOf(index), bytes);
      }
    }
  };
  await Promise.all(Array.from({ length: analyticsFetchesCountMax }, worker));
};

const readNumbers = async (connection: DuckDBConnection, sql: string): Promise<readonly Float64Array[]> => {
  const result = await connection.stream(sql);
  const parts: Float64Array[][] = Array.from({ length: result.columnCount }, () => []);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) {
      return parts.map(joined);
    }
    for (let column = 0; column < result.columnCount; column++) {
      const vector = chunk.getColumnVector(column);
      if (!(vector instanceof DuckDBDoubleVector)) {
        throw new TypeError(`analytics: column ${result.columnName(column)} is no double; cast it`);
      }
      parts[column].push(
        Float64Array.from({ length: chunk.rowCount }, (_, row) => vector.getItem(row) ?? Number.NaN),
      );
    }
  }
};

const joined = (parts: readonly Float64Array[]): Float64Array => {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
};

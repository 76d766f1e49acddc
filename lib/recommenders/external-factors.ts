// Factors trained elsewhere, as their owner puts them into the models bucket, one folder a model:
//   external/<folder>/items.npy and items.txt (an id a line) or items.json (a list of ids), in the order of the rows
//   external/<folder>/items.parquet instead: columns id and vector (a list of numbers)
//   external/<folder>/customers.*: the same of customers; may be left out
// A training copies the folders beside its dataset first, so that all of its steps see the same factors.
// Limits: externalBytesMax for all folders, externalFactorsCountMax numbers a vector.

import { Failure, shown } from '../base/errors.ts';
import { externalBytesMax, externalFactorsCountMax } from '../base/model-limits.ts';
import { datasetKey } from '../dataset/build.ts';
import { allFinite } from '../numeric/matrix.ts';
import type { Analytics, ObjectStore, WithAnalytics } from '../ports.ts';
import { parseNpy } from './npy.ts';

/** One row for each id. */
export interface VectorTable {
  readonly ids: readonly string[];
  /** d. */
  readonly size: number;
  /** Ids × d. */
  readonly vectors: Float32Array;
}

export interface ExternalFactors {
  readonly items: VectorTable;
  readonly customers?: VectorTable;
}

interface Ports {
  readonly models: ObjectStore;
  readonly withAnalytics: WithAnalytics;
}

const root = 'external/';

/** Copies what is there under datasets/<trainingId>/ and names its folders. */
export const copyExternal = async (trainingId: string, models: ObjectStore): Promise<readonly string[]> => {
  const objects = (await models.list(root)).filter(({ key }) => fileName.test(key.slice(root.length)));
  const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > externalBytesMax) {
    throw new Failure('too-large', {
      code: 'external-too-large',
      message: `The factors under external/ are larger than one training reads (${externalBytesMax} bytes).`,
      received: bytes,
      action: 'Remove folders that are no longer compared, or write float32 instead of float64.',
    });
  }
  for (const { key } of objects) {
    const content = await models.get(key);
    if (content !== undefined) {
      await models.put(datasetKey(trainingId, key), content, 'application/octet-stream');
    }
  }
  return [...new Set(objects.map(({ key }) => key.split('/')[1]))];
};

const fileName = /^[\w.-]+\/(items|customers)\.(npy|txt|json|parquet)$/;

/** Of the folder as the training copied it. */
export const loadExternal = async (
  trainingId: string,
  folder: string,
  { models, withAnalytics }: Ports,
): Promise<ExternalFactors> => {
  const prefix = datasetKey(trainingId, `${root}${folder}/`);
  const keys = (await models.list(prefix)).map(({ key }) => key);
  const table = (side: 'items' | 'customers'): Promise<VectorTable> | undefined => {
    const has = (ending: string): boolean => keys.includes(`${prefix}${side}.${ending}`);
    if (has('parquet')) {
      return withAnalytics((analytics) => parquetTable(analytics, models, `${prefix}${side}.parquet`));
    }
    return has('npy') ? npyTable(models, `${prefix}${side}`, has('json') ? 'json' : 'txt') : undefined;
  };
  const items = await table('items');
  const customers = await table('customers');
  if (items === undefined) {
    throw new Failure('not-found', {
      code: 'external-missing',
      message: 'The folder of external factors has no item vectors.',
      received: shown(keys),
      action: `Put items.npy and items.txt, or items.parquet, under ${root}${folder}/ of the models bucket.`,
    });
  }
  if (customers !== undefined && customers.size !== items.size) {
    throw wrong(
      `${folder}: customers and items have vectors of different lengths`,
      `${customers.size} and ${items.size}`,
    );
  }
  return { items, ...(customers && { customers }) };
};

const npyTable = async (models: ObjectStore, path: string, idsIn: 'txt' | 'json'): Promise<VectorTable> => {
  const { rows, columns, values } = parseNpy(await objectOf(models, `${path}.npy`), nameOf(`${path}.npy`));
  const text = new TextDecoder().decode(await objectOf(models, `${path}.${idsIn}`));
  const ids = idsIn === 'json' ? jsonIds(text, nameOf(`${path}.json`)) : lineIds(text);
  if (ids.length !== rows) {
    throw wrong(`${nameOf(path)}: as many ids as rows are needed`, `${ids.length} ids, ${rows} rows`);
  }
  return checked({ ids, size: columns, vectors: values }, nameOf(path));
};

const lineIds = (text: string): readonly string[] =>
  text.split(/\r?\n/).filter((line, place, lines) => place < lines.length - 1 || line !== '');

const jsonIds = (text: string, name: string): readonly string[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!Array.isArray(parsed) || !parsed.every((id) => typeof id === 'string' || typeof id === 'number')) {
    throw wrong(`${name}: a list of ids is needed`, text);
  }
  return parsed.map(String);
};

const parquetTable = async (analytics: Analytics, models: ObjectStore, key: string): Promise<VectorTable> => {
  const name = nameOf(key);
  const path = await analytics.fetch(models, [{ key, sizeBytes: 0 }], '.parquet');
  const columns = await analytics.rows(`select name from parquet_schema('${path}')`);
  if (!['id', 'vector'].every((column) => columns.some((one) => one.name === column))) {
    throw wrong(`${name}: columns id and vector are needed`, shown(columns.map((one) => one.name)));
  }
  await analytics.run(`create or replace table given as
    select id::varchar as id, vector::double[] as vector, file_row_number as n
    from read_parquet('${path}', file_row_number = true)`);
  const [lengths] = await analytics.rows(
    'select min(len(vector))::double as least, max(len(vector))::double as most from given',
  );
  const [least, size] = [Number(lengths.least ?? 0), Number(lengths.most ?? 0)];
  if (least !== size || size === 0) {
    throw wrong(`${name}: vectors of one length are needed`, `${least} to ${size} numbers`);
  }
  const rows = await analytics.rows('select id from given order by n');
  const [vectors] = await analytics.numbers(
    'select x from (select n, unnest(vector) as x, generate_subscripts(vector, 1) as i from given) order by n, i',
  );
  return checked({ ids: rows.map(({ id }) => String(id)), size, vectors: Float32Array.from(vectors) }, name);
};

const checked = (table: VectorTable, name: string): VectorTable => {
  const { ids, size, vectors } = table;
  if (size > externalFactorsCountMax) {
    throw wrong(`${name}: a vector has at most ${externalFactorsCountMax} numbers`, String(size));
  }
  const seen = new Set<string>();
  const repeated = ids.find((id) => seen.size === seen.add(id).size || id === '');
  if (repeated !== undefined) {
    throw wrong(`${name}: every row needs an id of its own`, repeated);
  }
  if (!allFinite(vectors)) {
    throw wrong(`${name}: a vector holds a value that is not a finite number`, 'NaN or infinity');
  }
  return table;
};

const objectOf = async (models: ObjectStore, key: string): Promise<Uint8Array> => {
  const bytes = await models.get(key);
  if (bytes === undefined) {
    throw wrong('a file of the external factors is missing', nameOf(key));
  }
  return bytes;
};

/** As its owner put it there. */
const nameOf = (key: string): string => key.slice(key.indexOf(root));

const wrong = (message: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'external-unreadable',
    message: `External factors cannot be read: ${message}.`,
    received: received.slice(0, 200),
    action: 'Write the files as README.md shows, and train again.',
  });

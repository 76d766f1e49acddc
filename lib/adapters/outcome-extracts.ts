// Extracts of the archive: of each day's objects the rows of outcome-rows.ts as Parquet, kept beside the archive, so that a
// look parses a day's JSON once and later looks read columns.
// Key: outcomes/date=D/<stamp>/<part>-of-<parts>.parquet, then anonymous.parquet, whose being there says that all are. The
// stamp is a hash of the objects' keys and sizes, of the names kept and of the form: what changes is extracted anew.
// A part holds the customers of a range of buckets in the order of their ids, about extractRowsCountMax rows, so that
// millions of customers are read and joined a part at a time. Extracts expire with the archive.

import { extractFetchesBytesMax, extractRowsCountMax } from '../base/limits.ts';
import { sha256Hex } from '../events/canonical-json.ts';
import type { Analytics, ObjectStore, StoredObject } from '../ports.ts';
import { inChunks, sqlTexts } from './archive-duckdb.ts';
import { bucketsCount, createRows, insertRows, rowColumns } from './outcome-rows.ts';

/** Copies of extracts beside the database. */
export interface LocalExtracts {
  /** How many equal ranges of buckets hold at most so many rows each, about. */
  partsCount(rowsCountMax: number): number;
  /** A query for the rows of one range; undefined where there are none. */
  rows(part: number, partsCount: number): string | undefined;
  /** To select from; undefined where there are none. */
  readonly anonymous: string | undefined;
  readonly all: string | undefined;
}

export interface Extract {
  /** Rows without a user id. */
  readonly anonymous: StoredObject;
  /** A power of two of them, in the order of their buckets. */
  readonly parts: readonly StoredObject[];
}

/** A day of objects each; extracts that are missing are made and kept. */
export const extractsOf = async (
  analytics: Analytics,
  archive: ObjectStore,
  objects: readonly StoredObject[],
  ownNames: readonly string[],
  rowsCountMax: number = extractRowsCountMax,
): Promise<readonly Extract[]> => {
  const extracts: Extract[] = [];
  await analytics.run(createRows);
  for (const ofDay of Map.groupBy(objects, ({ key }) => key.split('/')[1]).values()) {
    const folder = extractFolder(ofDay, ownNames);
    const kept = extractIn(await archive.list(folder));
    extracts.push(kept ?? (await extract(analytics, archive, ofDay, folder, ownNames, rowsCountMax)));
  }
  return extracts;
};

const contentType = 'application/vnd.apache.parquet';
const anonymousName = 'anonymous.parquet';

/** `objects`: all of one day. */
export const extractFolder = (objects: readonly StoredObject[], ownNames: readonly string[]): string => {
  const [day] = objects.map(({ key }) => key.split('/')[1]);
  const made = [objects.map(({ key, sizeBytes }) => [key, sizeBytes]), ownNames.toSorted(), rowColumns];
  return `outcomes/${day}/${sha256Hex(JSON.stringify(made)).slice(0, 32)}/`;
};

const extractIn = (found: readonly StoredObject[]): Extract | undefined => {
  const anonymous = found.find(({ key }) => key.endsWith(anonymousName));
  return anonymous && { anonymous, parts: found.filter((object) => object !== anonymous) };
};

const extract = async (
  analytics: Analytics,
  archive: ObjectStore,
  objects: readonly StoredObject[],
  folder: string,
  ownNames: readonly string[],
  rowsCountMax: number,
): Promise<Extract> => {
  await inChunks(analytics, archive, objects, (glob) => analytics.run(insertRows(glob, ownNames)));
  const [{ n }] = await analytics.rows('select count(*)::double as n from rows');
  const partsCount = partsCountOf(Number(n), rowsCountMax);
  const put = async (name: string, where: string): Promise<StoredObject> => {
    const bytes = await analytics.parquet(`select * from rows where ${where} order by bucket, userId, at_ms`);
    await archive.put(folder + name, bytes, contentType);
    return { key: folder + name, sizeBytes: bytes.length };
  };
  const parts: StoredObject[] = [];
  for (let part = 0; part < partsCount; part++) {
    parts.push(await put(partName(part, partsCount), bucketsOf(part, partsCount)));
  }
  const anonymous = await put(anonymousName, 'bucket is null');
  await analytics.run('truncate rows');
  return { anonymous, parts };
};

export const partName = (part: number, partsCount: number): string =>
  `${String(part).padStart(4, '0')}-of-${String(partsCount).padStart(4, '0')}.parquet`;

/** A power of two. */
export const partsCountOf = (rowsCount: number, rowsCountMax: number): number =>
  Math.min(bucketsCount, 2 ** Math.max(0, Math.ceil(Math.log2(rowsCount / rowsCountMax))));

/** The buckets of one of `partsCount` equal ranges. */
export const bucketsOf = (part: number, partsCount: number): string => {
  const width = bucketsCount / partsCount;
  return `bucket between ${part * width} and ${(part + 1) * width - 1}`;
};

/** A few at once: their bytes pass through memory. */
export const fetchExtracts = async (
  analytics: Analytics,
  archive: ObjectStore,
  extracts: readonly Extract[],
): Promise<LocalExtracts> => {
  const anonymous = await fetchAll(
    analytics,
    archive,
    extracts.map((extract) => extract.anonymous),
  );
  const parts = extracts.flatMap((extract) =>
    extract.parts.map((object, part) => ({ object, part, of: extract.parts.length })),
  );
  const paths = await fetchAll(
    analytics,
    archive,
    parts.map(({ object }) => object),
  );
  const places = parts.map(({ part, of }, i) => ({ path: paths[i], from: part / of, to: (part + 1) / of }));
  const rowsCount = parts.length === 0 ? 0 : await countRows(analytics, paths);
  return {
    partsCount: (rowsCountMax) => partsCountOf(rowsCount, rowsCountMax),
    rows: (part, partsCount) => {
      const [from, to] = [part / partsCount, (part + 1) / partsCount];
      const meeting = places.filter((place) => place.from < to && place.to > from);
      return meeting.length === 0
        ? undefined
        : `select * from ${parquet(meeting.map(({ path }) => path))} where ${bucketsOf(part, partsCount)}`;
    },
    anonymous: anonymous.length === 0 ? undefined : parquet(anonymous),
    all: paths.length === 0 ? undefined : parquet([...paths, ...anonymous]),
  };
};

const parquet = (paths: readonly string[]): string => `read_parquet([${sqlTexts(paths)}])`;

const countRows = async (analytics: Analytics, paths: readonly string[]): Promise<number> => {
  const [{ n }] = await analytics.rows(`select count(*)::DOUBLE as n from ${parquet(paths)}`);
  return Number(n);
};

/** Paths of the copies, in order. */
const fetchAll = async (
  analytics: Analytics,
  archive: ObjectStore,
  objects: readonly StoredObject[],
): Promise<readonly string[]> => {
  const paths: string[] = [];
  for (let from = 0; from < objects.length; ) {
    let [to, bytes] = [from, 0];
    do {
      bytes += objects[to].sizeBytes;
      to++;
    } while (to < objects.length && bytes + objects[to].sizeBytes <= extractFetchesBytesMax);
    const chunk = objects.slice(from, to);
    const glob = await analytics.fetch(archive, chunk, '.parquet');
    paths.push(...chunk.map((_, place) => glob.replace('*', String(place))));
    from = to;
  }
  return paths;
};

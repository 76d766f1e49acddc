// Objects as files: <directory>/<bucket>/objects/<key> and, for what a file cannot say, <directory>/<bucket>/types/<key>.
// An index of all keys is kept in memory; it is read from the file names at start. Entity tags of files found at
// start are computed when first asked for.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface ObjectInfo {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly contentType: string;
}

export interface ObjectFiles {
  readonly createBucket: (bucket: string) => void;
  readonly hasBucket: (bucket: string) => boolean;
  readonly info: (bucket: string, key: string) => ObjectInfo | undefined;
  readonly read: (bucket: string, key: string) => Buffer;
  readonly put: (bucket: string, key: string, body: Buffer, contentType: string) => ObjectInfo;
  readonly delete: (bucket: string, key: string) => void;
  /** In key order (UTF-8 bytes), keys with the prefix that come after `after`. */
  list(
    bucket: string,
    prefix: string,
    after: string,
  ): Iterable<{ readonly key: string; readonly info: ObjectInfo }>;
}

const defaultType = 'application/octet-stream';

export const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

export const openObjectFiles = (directory: string): ObjectFiles => {
  const files = pathsIn(directory);
  const buckets: Buckets = readBuckets(directory);
  const info = (bucket: string, key: string): ObjectInfo | undefined => {
    const keys = buckets.get(bucket);
    if (keys?.has(key) !== true) {
      return undefined;
    }
    const known = keys.get(key) ?? load(files, bucket, key);
    keys.set(key, known);
    return known;
  };
  return {
    createBucket: (bucket) => {
      mkdirSync(join(directory, bucket, 'objects'), { recursive: true });
      if (!buckets.has(bucket)) {
        buckets.set(bucket, new Map());
      }
    },
    hasBucket: (bucket) => buckets.has(bucket),
    info,
    read: (bucket, key) => readFileSync(files.body(bucket, key)),
    put: (bucket, key, body, contentType) => {
      // The type first: a crash in between leaves at worst the old body under its new type.
      if (contentType !== defaultType) {
        files.place(files.type(bucket, key), contentType);
      } else if (buckets.get(bucket)?.has(key)) {
        rmSync(files.type(bucket, key), { force: true });
      }
      files.place(files.body(bucket, key), body);
      const made = { sizeBytes: body.length, modifiedMs: Date.now(), etag: etagOf(body), contentType };
      buckets.get(bucket)?.set(key, made);
      return made;
    },
    delete: (bucket, key) => {
      if (buckets.get(bucket)?.delete(key)) {
        rmSync(files.body(bucket, key), { force: true });
        rmSync(files.type(bucket, key), { force: true });
      }
    },
    *list(bucket, prefix, after) {
      const keys = [...(buckets.get(bucket)?.keys() ?? [])].filter(
        (key) => key.startsWith(prefix) && byBytes(key, after) > 0,
      );
      for (const key of keys.sort(byBytes)) {
        const found = info(bucket, key);
        if (found !== undefined) {
          yield { key, info: found };
        }
      }
    },
  };
};

/** By key; undefined: there since before the start and not looked at yet. */
type Buckets = Map<string, Map<string, ObjectInfo | undefined>>;

interface ObjectPaths {
  readonly body: (bucket: string, key: string) => string;
  readonly type: (bucket: string, key: string) => string;
  /** Writes beside and renames into place. */
  readonly place: (path: string, content: Buffer | string) => void;
}

const pathsIn = (directory: string): ObjectPaths => {
  const incoming = join(directory, '.incoming');
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  let count = 0;
  return {
    body: (bucket, key) => join(directory, bucket, 'objects', pathOf(key)),
    type: (bucket, key) => join(directory, bucket, 'types', pathOf(key)),
    place: (path, content) => {
      count += 1;
      const beside = join(incoming, String(count));
      writeFileSync(beside, content);
      mkdirSync(dirname(path), { recursive: true });
      renameSync(beside, path);
    },
  };
};

const readBuckets = (directory: string): Buckets => {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  return new Map(
    names.map((name) => [
      name,
      new Map(keysUnder(join(directory, name, 'objects'), '').map((key) => [key, undefined])),
    ]),
  );
};

const load = (files: ObjectPaths, bucket: string, key: string): ObjectInfo => {
  const path = files.body(bucket, key);
  const body = readFileSync(path);
  return {
    sizeBytes: body.length,
    modifiedMs: Math.round(statSync(path).mtimeMs),
    etag: etagOf(body),
    contentType: readIfThere(files.type(bucket, key)) ?? defaultType,
  };
};

const byBytes = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Every segment percent-encoded, so that no key leaves its bucket and every name can be decoded again. */
const pathOf = (key: string): string =>
  key
    .split('/')
    .map((segment) =>
      /^\.*$/.test(segment) ? `%${Buffer.from(segment).toString('hex')}%` : encodeURIComponent(segment),
    )
    .join('/');

const segmentOf = (name: string): string => {
  const dots = /^%((?:2e)*)%$/.exec(name);
  return dots === null ? decodeURIComponent(name) : Buffer.from(dots[1] ?? '', 'hex').toString();
};

const keysUnder = (path: string, prefix: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const key = prefix + segmentOf(entry.name);
    return entry.isDirectory() ? keysUnder(join(path, entry.name), `${key}/`) : [key];
  });

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

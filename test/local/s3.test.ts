import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LocalS3, startS3 } from '../../local/s3.ts';

let directory: string;
let local: LocalS3;
let client: S3Client;
const Bucket = 'archive';

const clientOf = ({ endpoint }: LocalS3) =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Key: string, more: object = {}) =>
  (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reprise-s3-'));
  local = await startS3(directory);
  client = clientOf(local);
  await client.send(new CreateBucketCommand({ Bucket }));
});
afterEach(async () => {
  client.destroy();
  await local.close();
  await rm(directory, { recursive: true });
});

it('an object comes back byte for byte, with its type, after a restart too', async () => {
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));
  const key = 'events/date=2026-01-01/a b+c&ü.ndjson.gz';
  await put(key, bytes, { ContentType: 'application/gzip' });
  await local.close();
  client.destroy();
  local = await startS3(directory);
  client = clientOf(local);
  const found = await client.send(new GetObjectCommand({ Bucket, Key: key }));
  expect(Buffer.from((await found.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
  expect(found.ContentType).toBe('application/gzip');
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
  // MD5 of the 1,024 bytes 0…255 four times, by md5sum.
  expect(head.ETag).toBe('"b2ea9f7fcea831a4a63b213f41a8855b"');
});

it('a missing object is NoSuchKey', async () => {
  await expect(text('absent')).rejects.toBeInstanceOf(NoSuchKey);
});

it('a body of unknown length arrives whole although the SDK sends it in chunks', async () => {
  const parts = ['first ', 'second ', 'third'];
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: 'streamed',
      Body: Readable.from(parts.map((part) => Buffer.from(part))),
      ContentLength: 18,
    }),
  );
  expect(await text('streamed')).toBe('first second third');
});

it('If-None-Match keeps what is there', async () => {
  await put('once', 'first', { IfNoneMatch: '*' });
  await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
    name: 'PreconditionFailed',
  });
  expect(await text('once')).toBe('first');
});

it('lists in key order, by prefix and delimiter, page by page', async () => {
  for (const key of ['b/2', 'a', 'b/1/x', 'b/1/y', 'b/10', 'c']) {
    await put(key, 'x');
  }
  const all: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken: token }),
    );
    expect(page.KeyCount).toBeLessThanOrEqual(2);
    all.push(...(page.Contents ?? []).map(({ Key }) => Key));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  expect(all).toEqual(['a', 'b/1/x', 'b/1/y', 'b/10', 'b/2', 'c']);
  const folder = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'b/', Delimiter: '/' }));
  expect(folder.Contents?.map(({ Key }) => Key)).toEqual(['b/10', 'b/2']);
  expect(folder.CommonPrefixes).toEqual([{ Prefix: 'b/1/' }]);
});

it('a range gives those bytes', async () => {
  await put('digits', '0123456789');
  expect(await text('digits', { Range: 'bytes=2-4' })).toBe('234');
  expect(await text('digits', { Range: 'bytes=-3' })).toBe('789');
});

it('parts are put together in their order', async () => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'large' }));
  for (const [PartNumber, Body] of [
    [2, 'world'],
    [1, 'hello '],
  ] as const) {
    await client.send(new UploadPartCommand({ Bucket, Key: 'large', UploadId, PartNumber, Body }));
  }
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'large', UploadId }));
  expect(await text('large')).toBe('hello world');
});

it('a deleted object is gone, and a key cannot leave its bucket', async () => {
  await put('../../escape', 'x');
  expect(await text('../../escape')).toBe('x');
  await client.send(new DeleteObjectCommand({ Bucket, Key: '../../escape' }));
  await expect(text('../../escape')).rejects.toBeInstanceOf(NoSuchKey);
});

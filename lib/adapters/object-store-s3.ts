// Objects in one S3 bucket. Larger ones go up in parts; a failed upload is taken back, so that no parts are paid for.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { objectPartBytes } from '../base/limits.ts';
import type { ObjectStore, StoredObject } from '../ports.ts';

export const createObjectStore = (bucket: string, client = new S3Client({})): ObjectStore => ({
  get: async (key) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) {
        return undefined;
      }
      throw error;
    }
  },
  put: async (key, bytes, contentType) => {
    if (bytes.length > objectPartBytes) {
      await putInParts(client, bucket, key, bytes, contentType);
      return;
    }
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: contentType }),
    );
  },
  list: async (prefix) => {
    const objects: StoredObject[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key, Size } of page.Contents ?? []) {
        objects.push({ key: Key ?? '', sizeBytes: Size ?? 0 });
      }
      token = page.NextContinuationToken;
    } while (token);
    return objects;
  },
});

const putInParts = async (
  client: S3Client,
  bucket: string,
  key: string,
  bytes: Uint8Array,
  contentType: string,
): Promise<void> => {
  const target = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...target, ContentType: contentType }),
  );
  const upload = { ...target, UploadId };
  try {
    const parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (let from = 0; from < bytes.length; from += objectPartBytes) {
      const PartNumber = parts.length + 1;
      const Body = bytes.subarray(from, from + objectPartBytes);
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      parts.push({ ETag, PartNumber });
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload));
    throw error;
  }
};

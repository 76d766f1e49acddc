// S3 on this machine: objects as plain files under <directory>/<bucket>/…, so that they can be looked at.
// A body is written beside its place and renamed into it: after a crash an object is there whole or not at all.
// PutObject (If-None-Match, If-Match), GetObject (Range), HeadObject, DeleteObject(s), ListObjectsV2, multipart
// uploads, CreateBucket, HeadBucket. Path style only, which the SDK chooses by itself for IP addresses.
// Limits: no versions, tags or copies; a key cannot also be the folder of another key.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { arnOf, type Refusal, unguarded } from './guard.ts';
import { serveOnLoopback } from './loopback.ts';
import { etagOf, type ObjectFiles, type ObjectInfo, openObjectFiles } from './s3-files.ts';
import { decodeAwsChunked, element, escapeXml } from './s3-wire.ts';

export interface LocalS3 {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Asked before a call is carried out; throws S3's AccessDenied. */
type May = (action: string, resourceArn: string, prefix?: string) => void;

interface Call {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly may: May;
}

interface Upload {
  readonly contentType: string;
  readonly parts: Map<number, Buffer>;
}

export const startS3 = async (directory: string, refusal = unguarded): Promise<LocalS3> => {
  const files = openObjectFiles(directory);
  const uploads = new Map<string, Upload>();
  const server = createServer((request, response) => {
    handle(files, uploads, refusal, request, response).catch((error: unknown) =>
      sendError(request, response, error),
    );
  });
  return serveOnLoopback(server);
};

const handle = async (
  files: ObjectFiles,
  uploads: Map<string, Upload>,
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  // Not by URL, which would resolve the dots of a key such as ../x.
  const [path = '/', search] = (request.url ?? '/').split('?', 2);
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const query = new URLSearchParams(search);
  query.delete('x-id');
  const may: May = (action, resourceArn, prefix) => {
    const reason = refusal(request.headers, action, resourceArn, prefix === undefined ? {} : { prefix });
    if (reason !== undefined) {
      throw new S3Error(403, 'AccessDenied', reason);
    }
  };
  const call: Call = { bucket, key: rest.join('/'), query, request, response, may };
  const body =
    request.method === 'PUT' || request.method === 'POST' ? await readBody(request) : Buffer.alloc(0);
  if (call.key === '') {
    bucketCall(files, call, body);
  } else if (call.query.has('uploads') || call.query.has('uploadId')) {
    multipartCall(files, uploads, call, body);
  } else {
    objectCall(files, call, body);
  }
};

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const streamed = String(request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  return streamed || String(request.headers['content-encoding'] ?? '').includes('aws-chunked')
    ? decodeAwsChunked(body)
    : body;
};

// ---- buckets -----------------------------------------------------------------------------------------

const bucketCall = (files: ObjectFiles, call: Call, body: Buffer): void => {
  const { bucket, request, response, query, may } = call;
  if (request.method === 'PUT' && query.size === 0) {
    may('s3:CreateBucket', arnOf.bucket(bucket));
    files.createBucket(bucket);
    response.writeHead(200, { location: `/${bucket}` }).end();
    return;
  }
  requireBucket(files, bucket);
  if (request.method === 'HEAD') {
    may('s3:ListBucket', arnOf.bucket(bucket));
    response.writeHead(200).end();
  } else if (request.method === 'GET' && query.get('list-type') === '2') {
    may('s3:ListBucket', arnOf.bucket(bucket), query.get('prefix') ?? undefined);
    sendXml(response, list(files, call));
  } else if (request.method === 'POST' && query.has('delete')) {
    const keys = [...body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) =>
      unescapeXml(key),
    );
    for (const key of keys) {
      may('s3:DeleteObject', arnOf.object(bucket, key));
      files.delete(bucket, key);
    }
    sendXml(
      response,
      `<DeleteResult>${keys.map((key) => `<Deleted>${element('Key', key)}</Deleted>`).join('')}</DeleteResult>`,
    );
  } else {
    throw new S3Error(
      501,
      'NotImplemented',
      `The local S3 does not have ${request.method} on a bucket with ${query.toString()}.`,
    );
  }
};

const requireBucket = (files: ObjectFiles, bucket: string): void => {
  if (!files.hasBucket(bucket)) {
    throw new S3Error(404, 'NoSuchBucket', `The specified bucket does not exist: ${bucket}`);
  }
};

const list = (files: ObjectFiles, { bucket, query }: Call): string => {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after =
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString('utf8');
  const countMax = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const contents: string[] = [];
  const groups = new Set<string>();
  let last = '';
  let truncated = false;
  for (const { key, info } of files.list(bucket, prefix, after)) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
    if (group !== undefined && (groups.has(group) || group <= after)) {
      last = groups.has(group) ? key : last;
      continue;
    }
    if (contents.length + groups.size === countMax) {
      truncated = true;
      break;
    }
    if (group === undefined) {
      contents.push(listed(key, info));
    } else {
      groups.add(group);
    }
    last = key;
  }
  return [
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    element('Name', bucket),
    element('Prefix', prefix),
    element('KeyCount', String(contents.length + groups.size)),
    element('MaxKeys', String(countMax)),
    element('IsTruncated', String(truncated)),
    truncated ? element('NextContinuationToken', Buffer.from(last).toString('base64')) : '',
    ...contents,
    ...[...groups].map((group) => `<CommonPrefixes>${element('Prefix', group)}</CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('');
};

const listed = (key: string, info: ObjectInfo): string =>
  `<Contents>${element('Key', key)}${element('LastModified', new Date(info.modifiedMs).toISOString())}${element('ETag', info.etag)}${element('Size', String(info.sizeBytes))}<StorageClass>STANDARD</StorageClass></Contents>`;

// ---- objects -----------------------------------------------------------------------------------------

const objectCall = (files: ObjectFiles, call: Call, body: Buffer): void => {
  const { bucket, key, request, response, may } = call;
  requireBucket(files, bucket);
  if (request.headers['x-amz-copy-source'] !== undefined) {
    throw new S3Error(501, 'NotImplemented', 'The local S3 does not have CopyObject.');
  }
  if (request.method === 'PUT') {
    may('s3:PutObject', arnOf.object(bucket, key));
    checkPreconditions(files, call);
    const info = files.put(bucket, key, body, contentTypeOf(request));
    response.writeHead(200, { etag: info.etag }).end();
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    sendObject(files, call);
  } else if (request.method === 'DELETE') {
    may('s3:DeleteObject', arnOf.object(bucket, key));
    files.delete(bucket, key);
    response.writeHead(204).end();
  } else {
    throw new S3Error(501, 'NotImplemented', `The local S3 does not have ${request.method} on an object.`);
  }
};

const contentTypeOf = (request: IncomingMessage): string =>
  request.headers['content-type'] ?? 'application/octet-stream';

const checkPreconditions = (files: ObjectFiles, { bucket, key, request }: Call): void => {
  const info = files.info(bucket, key);
  const unless = request.headers['if-none-match'];
  const only = request.headers['if-match'];
  if ((unless === '*' && info !== undefined) || (only !== undefined && info?.etag !== only)) {
    throw new S3Error(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
    );
  }
};

const sendObject = (files: ObjectFiles, { bucket, key, request, response, may }: Call): void => {
  may('s3:GetObject', arnOf.object(bucket, key));
  const info = files.info(bucket, key);
  if (info === undefined) {
    // Who may not list does not learn that there is none; AWS takes the key for the prefix asked for.
    may('s3:ListBucket', arnOf.bucket(bucket), key);
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  }
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  const [from, to] = range === null ? [0, info.sizeBytes - 1] : rangeOf(range, info.sizeBytes);
  response.writeHead(range === null ? 200 : 206, {
    'content-type': info.contentType,
    'content-length': to - from + 1,
    'last-modified': new Date(info.modifiedMs).toUTCString(),
    etag: info.etag,
    'accept-ranges': 'bytes',
    ...(range === null ? {} : { 'content-range': `bytes ${from}-${to}/${info.sizeBytes}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : files.read(bucket, key).subarray(from, to + 1));
};

const rangeOf = (
  [, first = '', last = '']: RegExpExecArray,
  sizeBytes: number,
): readonly [number, number] => {
  const from = first === '' ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (from > to) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  }
  return [from, to];
};

// ---- multipart uploads, kept in memory until they are complete ---------------------------------------

const multipartCall = (files: ObjectFiles, uploads: Map<string, Upload>, call: Call, body: Buffer): void => {
  const { bucket, key, request, response, query, may } = call;
  may(request.method === 'DELETE' ? 's3:AbortMultipartUpload' : 's3:PutObject', arnOf.object(bucket, key));
  requireBucket(files, bucket);
  if (request.method === 'POST' && query.has('uploads')) {
    const id = randomUUID();
    uploads.set(id, { contentType: contentTypeOf(request), parts: new Map() });
    sendXml(
      response,
      `<InitiateMultipartUploadResult>${element('Bucket', bucket)}${element('Key', key)}${element('UploadId', id)}</InitiateMultipartUploadResult>`,
    );
    return;
  }
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) {
    throw new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
  }
  if (request.method === 'PUT') {
    upload.parts.set(Number(query.get('partNumber')), body);
    response.writeHead(200, { etag: etagOf(body) }).end();
  } else if (request.method === 'POST') {
    checkPreconditions(files, call);
    const whole = Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part));
    const info = files.put(bucket, key, whole, upload.contentType);
    uploads.delete(id);
    sendXml(
      response,
      `<CompleteMultipartUploadResult>${element('Bucket', bucket)}${element('Key', key)}${element('ETag', info.etag)}</CompleteMultipartUploadResult>`,
    );
  } else {
    uploads.delete(id);
    response.writeHead(204).end();
  }
};

// ---- answers -----------------------------------------------------------------------------------------

const sendXml = (response: ServerResponse, xml: string, status = 200): void => {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length });
  response.end(body);
};

const sendError = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
  const known = error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
  if (request.method === 'HEAD') {
    response.writeHead(known.status).end();
    return;
  }
  sendXml(
    response,
    `<Error><Code>${known.code}</Code><Message>${escapeXml(known.message)}</Message></Error>`,
    known.status,
  );
};

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

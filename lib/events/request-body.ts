// The body of a capture request as JSON: base64 undone (API Gateway), gzip inflated, size and nesting bounded.
// Limits: 500 KB after inflation; inflation stops at the limit, so that a small bomb costs no memory.

import { gunzipSync } from 'node:zlib';
import { Failure, shown } from '../base/errors.ts';
import { compressedBodyBytesMax, jsonDepthMax, requestBytesMax } from '../base/limits.ts';
import type { Json, JsonObject } from './event.ts';
import { isObject } from './meaning.ts';

export interface RequestBody {
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly contentEncoding: string | undefined;
}

export const readBody = (request: RequestBody): JsonObject => {
  const bytes = Buffer.from(request.body ?? '', request.isBase64Encoded ? 'base64' : 'utf8');
  const text = inflated(bytes, request.contentEncoding?.trim().toLowerCase()).toString('utf8');
  const json = parsed(text);
  if (!isObject(json)) {
    throw invalidJson(text, 'The body is no JSON object.');
  }
  if (!isWithinDepth(json, jsonDepthMax)) {
    throw new Failure('invalid', {
      code: 'too-deep',
      message: `The body nests deeper than ${jsonDepthMax} levels. Nothing of it was kept.`,
      action: 'Send flatter events.',
    });
  }
  return json;
};

const inflated = (bytes: Buffer, encoding: string | undefined): Buffer => {
  if (bytes.length > compressedBodyBytesMax) {
    throw tooLarge(bytes.length);
  }
  if (encoding === undefined || encoding === '' || encoding === 'identity') {
    return bytes;
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new Failure('invalid', {
      code: 'encoding-unknown',
      message: 'The body has an encoding that is not understood.',
      received: shown(encoding),
      action: 'Send it plain or with content-encoding: gzip.',
    });
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: requestBytesMax });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(undefined);
    }
    throw new Failure('invalid', {
      code: 'gzip-invalid',
      message: 'The body says content-encoding: gzip and is no whole gzip.',
      action: 'Compress the body anew, or send it plain.',
    });
  }
};

const parsed = (text: string): unknown => {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    throw invalidJson(text, 'The body is no JSON.');
  }
};

const isWithinDepth = (value: Json, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  return levels > 0 && Object.values(value).every((entry) => isWithinDepth(entry, levels - 1));
};

const invalidJson = (text: string, message: string): Failure =>
  new Failure('invalid', {
    code: 'body-invalid',
    message,
    received: shown(text),
    action: 'Send a JSON object as Segment’s HTTP tracking API has it.',
  });

const tooLarge = (received: number | undefined): Failure =>
  new Failure('invalid', {
    code: 'request-too-large',
    message: `The request has more than ${requestBytesMax} bytes. Nothing of it was kept.`,
    received,
    action: 'Send the events in several requests.',
  });

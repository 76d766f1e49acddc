// Sends messages to the capture endpoint as a server SDK would: gzip batches near the limits, several under way at
// once, each tried again on 429, 5xx and broken connections with doubling waits (Retry-After is obeyed).
// `acknowledged` counts messages from the first on without a gap: where a repeat may begin. Sending a message twice
// is harmless as long as its messageId is the same.
// Limits: those of capture, less room for the envelope; tries per batch 8, about a minute in all.

import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { batchEventsCountMax, eventBytesMax, requestBytesMax } from '../../lib/base/limits.ts';

export interface CaptureTarget {
  readonly apiUrl: string;
  readonly writeKey: string;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
}

/** An event that capture did not keep, as its answer says. */
export interface Refusal {
  readonly messageId?: string;
  readonly code: string;
  readonly message: string;
  readonly received?: unknown;
}

export interface CaptureListener {
  onRefused?(refusal: Refusal): void;
  /** After every acknowledged batch. */
  onAcknowledged?(acknowledged: number): void;
}

export interface CaptureClient {
  /** Waits while as many requests as allowed are under way. Throws when a batch could not be sent. */
  add(message: object): Promise<void>;
  /** Resolves when everything added was answered for. */
  flush(): Promise<void>;
  readonly counts: { readonly added: number; readonly refused: number; readonly acknowledged: number };
}

const envelopeBytes = 1024;
const batchBytesMax = requestBytesMax - envelopeBytes;
const triesMax = 8;
const waitMsMin = 500;
const waitMsMax = 30_000;
const compress = promisify(gzip);

interface Batch {
  readonly texts: string[];
  bytes: number;
}

export const createCaptureClient = (target: CaptureTarget, listener: CaptureListener = {}): CaptureClient => {
  const concurrency = target.concurrency ?? 4;
  const counts = { added: 0, refused: 0, acknowledged: 0 };
  const underWay = new Set<Promise<void>>();
  /** Batches in the order they were made; the front ones that are done move `acknowledged` on. */
  const sent: { readonly size: number; isDone: boolean }[] = [];
  let failure: Error | undefined;
  let batch: Batch = { texts: [], bytes: 0 };

  const settle = (): void => {
    while (sent[0]?.isDone) counts.acknowledged += sent.shift()?.size ?? 0;
    listener.onAcknowledged?.(counts.acknowledged);
  };
  const dispatch = async (): Promise<void> => {
    if (batch.texts.length === 0) return;
    const { texts } = batch;
    batch = { texts: [], bytes: 0 };
    while (underWay.size >= concurrency) await Promise.race(underWay);
    if (failure) throw failure;
    const entry = { size: texts.length, isDone: false };
    sent.push(entry);
    const request = sendBatch(target, texts)
      .then((refusals) => {
        entry.isDone = true;
        counts.refused += refusals.length;
        for (const refusal of refusals) listener.onRefused?.(refusal);
        settle();
      })
      .catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => underWay.delete(request));
    underWay.add(request);
  };

  return {
    counts,
    add: async (message) => {
      const text = JSON.stringify(message);
      const bytes = Buffer.byteLength(text);
      if (bytes > eventBytesMax) {
        throw new Error(`an event of ${bytes} bytes; capture takes ${eventBytesMax}: ${text.slice(0, 120)}`);
      }
      if (batch.bytes + bytes + 1 > batchBytesMax || batch.texts.length >= batchEventsCountMax)
        await dispatch();
      batch.texts.push(text);
      batch.bytes += bytes + 1;
      counts.added++;
    },
    flush: async () => {
      await dispatch();
      while (underWay.size > 0) await Promise.race(underWay);
      if (failure) throw failure;
    },
  };
};

/** Resolves with what was refused; throws when the batch was not taken. */
const sendBatch = async (target: CaptureTarget, texts: readonly string[]): Promise<Refusal[]> => {
  const body = await compress(Buffer.from(`{"batch":[${texts.join(',')}]}`), { level: 1 });
  for (let attempt = 1; ; attempt++) {
    const answer = await post(target, body);
    if (answer.kind === 'taken') return answer.refusals;
    if (answer.kind === 'failed' || attempt >= triesMax) {
      throw new Error(`a batch of ${texts.length} events was not taken: ${answer.reason}`);
    }
    const doubled = Math.min(waitMsMin * 2 ** (attempt - 1), waitMsMax);
    await delay(answer.waitMs ?? doubled);
  }
};

type Answer =
  | { readonly kind: 'taken'; readonly refusals: Refusal[] }
  | { readonly kind: 'later'; readonly reason: string; readonly waitMs?: number }
  | { readonly kind: 'failed'; readonly reason: string };

const post = async ({ apiUrl, writeKey }: CaptureTarget, body: Buffer): Promise<Answer> => {
  let response: Response;
  try {
    response = await fetch(`${apiUrl}/v1/batch`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: new Uint8Array(body),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { kind: 'later', reason: `${apiUrl} cannot be reached (${String(error)}${cause})` };
  }
  const text = await response.text();
  if (response.ok) return { kind: 'taken', refusals: [] };
  if (response.status === 429 || response.status >= 500) {
    const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
    const waitMs = retryAfterS >= 0 ? Math.min(retryAfterS * 1000, waitMsMax) : undefined;
    return {
      kind: 'later',
      reason: `status ${response.status}: ${text.slice(0, 300)}`,
      ...(waitMs !== undefined && { waitMs }),
    };
  }
  const refusals = refusalsIn(text);
  return refusals
    ? { kind: 'taken', refusals }
    : { kind: 'failed', reason: `status ${response.status}: ${text.slice(0, 300)}` };
};

/** The refused events of a 400 that kept the others; undefined when it is another answer. */
const refusalsIn = (text: string): Refusal[] | undefined => {
  try {
    const { refused } = JSON.parse(text) as { refused?: Refusal[] };
    return Array.isArray(refused) ? refused : undefined;
  } catch {
    return undefined;
  }
};

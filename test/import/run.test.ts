import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { batchEventsCountMax, requestBytesMax } from '../../lib/base/limits.ts';
import { createCaptureClient } from '../../local/import/capture-client.ts';
import { movielens } from '../../local/import/movielens.ts';
import { ordersCsv } from '../../local/import/orders-csv.ts';
import { type ImportRequest, runImport } from '../../local/import/run.ts';
import { directory, fileOf, plainOptions } from './files.ts';

interface Batch {
  readonly messages: { readonly messageId: string }[];
  readonly bytes: number;
  readonly authorization: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string };
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** An endpoint that keeps what it is sent and answers as it is told to, by the number of the request. */
const endpoint = async (reply: (batch: Batch, number: number) => Reply) => {
  const batches: Batch[] = [];
  const server = createServer(async (request, response) => {
    const text = gunzipSync(await bodyOf(request)).toString('utf8');
    const { batch } = JSON.parse(text) as { batch: Batch['messages'] };
    const one = {
      messages: batch,
      bytes: Buffer.byteLength(text),
      authorization: request.headers.authorization,
    };
    batches.push(one);
    const { status, body = { success: true }, headers = {} } = reply(one, batches.length);
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { batches, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const ratings = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${index % 50}\t${index}\t4\t${881_250_000 + index}`).join(
    '\n',
  );

const requestOf = (path: string, apiUrl: string, change: Partial<ImportRequest> = {}): ImportRequest => ({
  format: movielens,
  path,
  options: plainOptions,
  directory: directory(),
  capture: { apiUrl, writeKey: 'secret', concurrency: 1 },
  createItems: false,
  ...change,
});

const idsOf = (batches: readonly Batch[]): string[] =>
  batches.flatMap(({ messages }) => messages.map(({ messageId }) => messageId));

describe('the capture client', () => {
  it('fills batches up to the limits of a request and keeps the order', async () => {
    const { batches, apiUrl } = await endpoint(() => ({ status: 200 }));
    const client = createCaptureClient({ apiUrl, writeKey: 'secret', concurrency: 1 });
    for (let index = 0; index < 6_000; index++) {
      await client.add({ messageId: String(index), text: index < 200 ? 'é'.repeat(10_000) : '' });
    }
    await client.flush();
    expect(idsOf(batches)).toEqual(Array.from({ length: 6_000 }, (_, index) => String(index)));
    expect(batches.every(({ bytes }) => bytes <= requestBytesMax)).toBe(true);
    expect(batches.every(({ messages }) => messages.length <= batchEventsCountMax)).toBe(true);
    // 200 × 20 KB make nine batches of at most 25; the other 5,800 are bound by their count.
    expect(batches.length).toBeLessThanOrEqual(12);
    expect(batches[0].authorization).toBe(`Basic ${Buffer.from('secret:').toString('base64')}`);
    expect(client.counts).toEqual({ added: 6_000, refused: 0, acknowledged: 6_000 });
  });

  it('sends the same batch again after 429 and 503', async () => {
    const { batches, apiUrl } = await endpoint((_batch, number) =>
      number === 1
        ? { status: 429, headers: { 'retry-after': '0' } }
        : number === 2
          ? { status: 503, headers: { 'retry-after': '0' } }
          : { status: 200 },
    );
    const client = createCaptureClient({ apiUrl, writeKey: 'secret' });
    await client.add({ messageId: 'a' });
    await client.flush();
    expect(idsOf(batches)).toEqual(['a', 'a', 'a']);
    expect(client.counts.acknowledged).toBe(1);
  });

  it('tells which events were refused and counts the others as kept', async () => {
    const refused = [{ index: 1, messageId: 'b', code: 'item-id-missing', message: 'no item' }];
    const { apiUrl } = await endpoint(() => ({ status: 400, body: { accepted: 1, refused } }));
    const told: string[] = [];
    const client = createCaptureClient(
      { apiUrl, writeKey: 'secret' },
      { onRefused: ({ messageId, code }) => told.push(`${messageId} ${code}`) },
    );
    await client.add({ messageId: 'a' });
    await client.add({ messageId: 'b' });
    await client.flush();
    expect(told).toEqual(['b item-id-missing']);
  });

  it('fails with the answer’s words when a batch is not taken at all', async () => {
    const { apiUrl } = await endpoint(() => ({
      status: 401,
      body: { error: { code: 'write-key-unknown' } },
    }));
    const client = createCaptureClient({ apiUrl, writeKey: 'wrong' });
    await client.add({ messageId: 'a' });
    await expect(client.flush()).rejects.toThrow('status 401: {"error":{"code":"write-key-unknown"}}');
  });
});

describe('an import', () => {
  it('sends every event once, reports counts, and leaves no state behind', async () => {
    const { batches, apiUrl } = await endpoint(() => ({ status: 200 }));
    const request = requestOf(fileOf(ratings(6_000), 'u.data'), apiUrl);
    const summary = await runImport(request);
    expect(summary).toMatchObject({ lines: 6_000, events: 6_000, skipped: 0, customers: 50 });
    expect(summary.rejectedPath).toBeUndefined();
    expect(new Set(idsOf(batches)).size).toBe(6_000);
    expect(existsSync(join(request.directory, 'u.data.import.json'))).toBe(false);
    expect(existsSync(join(request.directory, 'u.data.rejected.ndjson'))).toBe(false);
  });

  it('goes on after a break from what was acknowledged, and what was sent in all is the whole file', async () => {
    let isBroken = true;
    const { batches, apiUrl } = await endpoint((_batch, number) =>
      isBroken && number > 1 ? { status: 403, body: { error: 'revoked' } } : { status: 200 },
    );
    const request = requestOf(fileOf(ratings(7_000), 'u.data'), apiUrl);
    await expect(runImport(request)).rejects.toThrow('status 403');
    const taken = batches[0].messages.length;
    isBroken = false;
    const before = batches.length;
    const summary = await runImport(request);
    expect(summary).toMatchObject({ skipped: taken, events: 7_000 - taken, lines: 7_000 });
    expect(new Set(idsOf([batches[0], ...batches.slice(before)])).size).toBe(7_000);
    expect(idsOf(batches.slice(before))).toHaveLength(7_000 - taken);
  });

  it('starts from the beginning when the options changed, for the messages are others then', async () => {
    let isBroken = true;
    const { apiUrl } = await endpoint((_batch, number) => ({ status: isBroken && number > 1 ? 403 : 200 }));
    const request = requestOf(fileOf(ratings(7_000), 'u.data'), apiUrl);
    await expect(runImport(request)).rejects.toThrow('status 403');
    isBroken = false;
    const options = { ...plainOptions, shiftMs: 86_400_000 };
    expect(await runImport({ ...request, options })).toMatchObject({ skipped: 0, events: 7_000 });
  });

  it('writes rejected lines and refused events with their reasons, those from before a break included', async () => {
    let isBroken = true;
    const refused = [{ index: 0, messageId: 'movielens/0/0/881250000', code: 'some-code', message: 'why' }];
    const { apiUrl } = await endpoint((_batch, number) =>
      number === 1 ? { status: 400, body: { refused } } : { status: isBroken ? 403 : 200 },
    );
    const request = requestOf(fileOf(`bad line\n${ratings(7_000)}`, 'u.data'), apiUrl);
    await expect(runImport(request)).rejects.toThrow('status 403');
    isBroken = false;
    const summary = await runImport(request);
    expect(summary.rejected).toEqual(
      new Map([
        ['some-code', 1],
        ['not four fields: user, item, rating, seconds', 1],
      ]),
    );
    const text = readFileSync(summary.rejectedPath ?? '', 'utf8')
      .trim()
      .split('\n');
    expect(text.map((line) => JSON.parse(line) as object)).toEqual([
      {
        messageId: 'movielens/0/0/881250000',
        index: 0,
        code: 'some-code',
        message: 'why',
        refusedBy: 'capture',
      },
      { line: 1, reason: 'not four fields: user, item, rating, seconds', received: 'bad line' },
    ]);
  });

  it('gives the same messages under the same ids when it is repeated', async () => {
    const { batches, apiUrl } = await endpoint(() => ({ status: 200 }));
    const csv = 'order_id,customer_id,item_id,quantity,price,at\no1,ann,book,1,2,2024-01-01T00:00:00Z\n';
    const request = requestOf(fileOf(csv), apiUrl, { format: ordersCsv });
    await runImport(request);
    await runImport(request);
    expect(batches).toHaveLength(2);
    expect(batches[1].messages).toEqual(batches[0].messages);
  });
});

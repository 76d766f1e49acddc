import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalHost, startHost } from '../../local/host.ts';
import { writeSmallAssembly } from './small-assembly.ts';

// Below the project, so that the bundles find the SDK.
const root = join(import.meta.dirname, '..', '..', '.reprise', `test-host-${process.pid}`);
const assembly = join(root, 'assembly');
const directory = join(root, 'data');
const startMs = Date.UTC(2026, 0, 1);
const dayMs = 24 * 60 * 60 * 1000;
let host: LocalHost;

const start = () => startHost({ directory, assembly, clockIso: '2026-01-01T00:00:00Z' });
const post = (path: string, body: string) => fetch(`${host.apiUrl}${path}`, { method: 'POST', body });
const read = async () => {
  const response = await fetch(`${host.apiUrl}/v1/read`, { headers: { authorization: 'Bearer us-east-1' } });
  return (await response.json()) as { keys: string[]; count: number };
};
const fragile = async (how: string) => {
  const response = await fetch(`${host.apiUrl}/v1/fragile?how=${how}`);
  return [response.status, await response.json()];
};

beforeAll(async () => {
  mkdirSync(assembly, { recursive: true });
  writeSmallAssembly(assembly);
  host = await start();
});
afterAll(async () => {
  await host.close();
  rmSync(root, { recursive: true });
});

it('carries requests through queue and function into S3 and DynamoDB, and past a message that always fails', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `e${String(i).padStart(2, '0')}`);
  const answers = await Promise.all([...names, 'bad'].map((name) => post('/v1/in', name)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  await host.drain();
  expect(await read()).toEqual({ keys: names.map((name) => `events/${name}`), count: 30 });
});

it('asks the authorizer', async () => {
  const response = await fetch(`${host.apiUrl}/v1/read`, { headers: { authorization: 'Bearer wrong' } });
  expect(response.status).toBe(403);
});

it('a function that hangs, exits or throws fails its own request only', async () => {
  expect(await fragile('hang')).toEqual([500, { message: 'Internal Server Error' }]);
  expect(await fragile('fine')).toEqual([200, { calls: 1 }]);
  expect(await fragile('throw')).toEqual([500, { message: 'Internal Server Error' }]);
  expect(await fragile('fine')).toEqual([200, { calls: 3 }]);
  expect(await fragile('exit')).toEqual([500, { message: 'Internal Server Error' }]);
  expect(await fragile('fine')).toEqual([200, { calls: 1 }]);
});

it('a second host on the same directory is refused with the reason', async () => {
  await expect(start()).rejects.toThrow(
    `${directory} is in use by the local host with process id ${process.pid}`,
  );
});

it('an execution waits over a restart, sends its mail when the clock has moved, and SES tells of it', async () => {
  const input = { name: 'w1', to: 'li@learners.example', at: new Date(startMs + 30 * dayMs).toISOString() };
  expect((await post('/v1/start', JSON.stringify(input))).status).toBe(202);
  const { keys } = host;
  await host.close();
  host = await start();
  expect([host.isNew, host.keys]).toEqual([false, keys]);
  await host.settle();
  expect(host.executions()).toMatchObject([
    { name: 'w1', machine: 'small', status: 'RUNNING', waitsUntilMs: startMs + 30 * dayMs },
  ]);
  await host.clock.advanceTo(startMs + 30 * dayMs);
  await host.settle();
  await host.drain();
  expect(host.executions()).toMatchObject([{ name: 'w1', status: 'SUCCEEDED', output: { sent: true } }]);
  expect(await host.mails()).toMatchObject([
    { to: ['li@learners.example'], subject: 'Hello', raw: expect.stringContaining('Hello') },
  ]);
  const kept = await read();
  expect(kept.count).toBe(30);
  expect(kept.keys).toContain('mail/Delivery/li@learners.example');
  expect(kept.keys).toHaveLength(31);
});

it('takes over the lock of a process that is gone', async () => {
  await host.close();
  writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1 }));
  host = await start();
  expect((await read()).count).toBe(30);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runStateMachine } from '../../local/state-machine.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const dayMs = 86_400_000;

/** Services whose waits and tasks end when told to. */
const held = () => {
  const ends: (() => void)[] = [];
  const wait = (): Promise<undefined> => new Promise((resolve) => ends.push(() => resolve(undefined)));
  return {
    endAll: () => {
      for (const end of ends) end();
    },
    services: { invoke: wait, readObject: () => Promise.resolve('[]'), waitUntil: wait, nowMs: () => 0 },
  };
};

it('a wait of forty days of real time ends when the clock says so, and not before', async () => {
  const { endAll, services } = held();
  const states = { Wait: { Type: 'Wait', SecondsPath: '$.seconds', End: true } };
  const { result } = runStateMachine(
    { StartAt: 'Wait', States: states },
    { seconds: 9 },
    {},
    services,
    () => {},
  );
  let ended: unknown;
  result.then(
    (output) => {
      ended = output;
    },
    (error: unknown) => {
      ended = error;
    },
  );
  await vi.advanceTimersByTimeAsync(40 * dayMs);
  expect(ended).toBeUndefined();
  endAll();
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toEqual({ seconds: 9 });
});

it('a task that takes ten minutes is no timeout', async () => {
  const { endAll, services } = held();
  const states = {
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-east-1:000000000000:function:work',
      ResultPath: null,
      End: true,
    },
  };
  const { result } = runStateMachine(
    { StartAt: 'Work', States: states },
    { kept: true },
    {},
    services,
    () => {},
  );
  await vi.advanceTimersByTimeAsync(600_000);
  endAll();
  await expect(result).resolves.toEqual({ kept: true });
});

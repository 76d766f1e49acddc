// A bench's part in a process of its own, whose time and memory are then that part's alone. It prints its answer as JSON.

import { execFileSync } from 'node:child_process';

export const inOwnProcess = <T>(name: string, args: readonly string[]): T =>
  JSON.parse(
    execFileSync(process.execPath, ['bench/main.ts', name, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }),
  ) as T;

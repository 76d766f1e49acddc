// One host on one data directory: a lock file with the process that holds it. A lock whose process is gone, or whose
// id now belongs to another process, is stale and taken over.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Holder {
  readonly pid: number;
  /** When the process was started, in the kernel's ticks; absent where the system does not tell. */
  readonly startedTicks?: string;
}

const held = new Set<string>();

/** Returns the release; throws when another host holds the directory. */
export const takeLock = (directory: string): (() => void) => {
  const path = join(directory, 'lock');
  const me: Holder = { pid: process.pid, ...ticksOf(process.pid) };
  if (!tryWrite(path, me)) {
    const holder = read(path);
    if (holder !== undefined && isAlive(holder, path)) {
      throw new Error(
        `${directory} is in use by the local host with process id ${holder.pid}. Stop that one first, or take another directory with --directory.`,
      );
    }
    rmSync(path, { force: true });
    if (!tryWrite(path, me)) {
      throw new Error(
        `${directory}: another local host is starting on it right now. Try again when it has ended.`,
      );
    }
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
};

const tryWrite = (path: string, holder: Holder): boolean => {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
};

const read = (path: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

const isAlive = ({ pid, startedTicks }: Holder, path: string): boolean => {
  if (pid === process.pid) {
    return held.has(path);
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const now = ticksOf(pid).startedTicks;
  return now === undefined || startedTicks === undefined || now === startedTicks;
};

/** Field 22 of /proc/<pid>/stat; the second field, a name in brackets, may hold spaces. */
const ticksOf = (pid: number): { startedTicks?: string } => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startedTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return startedTicks === undefined ? {} : { startedTicks };
  } catch {
    return {};
  }
};

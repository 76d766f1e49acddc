// A Python process that measures beside us. Kernels of its OpenBLAS are those that it chooses for this machine itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type LineProcess, startLineProcess } from './line-process.ts';

export type Python = LineProcess;

/** Undefined where there is no Python 3 with these modules. */
export const startPython = async (
  script: string,
  modules: readonly string[],
  args: readonly string[],
  environment: { readonly [name: string]: string },
): Promise<Python | undefined> => {
  const imports = modules.map((name) => `import ${name}`).join(';');
  if (!(await succeeds(spawn('python3', ['-c', imports], { stdio: 'ignore' })))) {
    return undefined;
  }
  const { OPENBLAS_CORETYPE: _coreType, OPENBLAS_L2_SIZE: _l2Size, ...inherited } = process.env;
  return startLineProcess('python3', [script, ...args], { ...inherited, ...environment });
};

const succeeds = async (process: ChildProcess): Promise<boolean> => {
  try {
    const [code] = await once(process, 'exit');
    return code === 0;
  } catch {
    return false;
  }
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
};

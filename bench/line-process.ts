// A process that measures beside others: started once, asked by lines, answering a line of JSON each, so that rounds of
// several sides alternate in one run.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface LineProcess {
  /** Sends a line (a word) and waits for the answer. */
  ask(line: string): Promise<unknown>;
  close(): void;
}

export const startLineProcess = (
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): LineProcess => {
  const child = spawn(command, [...args], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      const answer = await lines.next();
      if (answer.done === true) {
        throw new Error(`${command} ${args[0]}: ended before it answered "${line}"`);
      }
      return JSON.parse(answer.value);
    },
    close: () => child.stdin.end(),
  };
};

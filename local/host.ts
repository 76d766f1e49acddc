// The local host: the synthesized template, running on this machine. What its callers see (tests, the demo, start.ts).

export interface LocalHostOptions {
  /** Directory that holds everything kept: tables, objects, mails, executions, the clock. Default: `.reprise`. */
  readonly directory?: string;
  /** Port of the API on 127.0.0.1; 0 takes a free one. Default: 0. */
  readonly port?: number;
  /** Where the clock stands at the very first start, ISO 8601. Default: the machine's time. */
  readonly clockIso?: string;
  /** One line per step: resources made, state machines moving. Default: silent. */
  readonly onProgress?: (line: string) => void;
}

export interface LocalMail {
  readonly sesMessageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly sentAt: string;
  /** The raw message, headers and body. */
  readonly raw: string;
}

export interface LocalExecution {
  readonly name: string;
  /** Logical name of the state machine, from the template: `…-training`. */
  readonly machine: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';
  readonly input: unknown;
  readonly output?: unknown;
  /** Why it failed. */
  readonly error?: string;
  readonly cause?: string;
  /** The state last entered. */
  readonly state?: string;
  /** Virtual time until which it waits, when it does. */
  readonly waitsUntilMs?: number;
}

export interface LocalHost {
  readonly apiUrl: string;
  readonly mailUrl: string;
  readonly keys: { readonly write: string; readonly read: string; readonly admin: string };
  readonly clock: {
    nowMs(): number;
    /** Moves the clock forward to this time and wakes every wait and schedule that became due. */
    advanceTo(ms: number): Promise<void>;
  };
  /** Resolves when every queue is empty, nothing is in flight and no function is running. */
  drain(): Promise<void>;
  mails(): Promise<readonly LocalMail[]>;
  executions(): readonly LocalExecution[];
  /** Resolves when no execution is moving: each has ended, or waits for the clock (see `waitsUntilMs`). */
  settle(): Promise<void>;
  /** First start on this directory: nothing has been sent to it before. */
  readonly isNew: boolean;
  close(): Promise<void>;
}

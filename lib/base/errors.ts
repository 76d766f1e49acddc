// Expected failures that reach a caller: what was wrong, what was received, what to do.
// The kind decides the HTTP status in functions/runtime.ts. Programmer errors are plain Error and crash.

export type FailureKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'too-large'
  | 'throttled'
  | 'unavailable';

export interface FailureDetail {
  /** A stable, kebab-case name that a program can branch on, for instance `event-too-large`. */
  readonly code: string;
  /** What was wrong, in one sentence. */
  readonly message: string;
  /** What was received, shortened to 200 characters; absent where it would reveal a secret. */
  readonly received?: unknown;
  /** What to do about it, in one sentence. */
  readonly action: string;
  /** The parts of the input that are at fault, when there are several. */
  readonly problems?: readonly Problem[];
}

export interface Problem {
  /** Where in the input, as a path: `variants.1.weight`. */
  readonly path: string;
  readonly message: string;
}

/** An expected failure. Throw it at any depth; runtime.ts answers with its detail. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly detail: FailureDetail;

  constructor(kind: FailureKind, detail: FailureDetail) {
    super(`${detail.code}: ${detail.message}`);
    this.name = 'Failure';
    this.kind = kind;
    this.detail = detail;
  }
}

/** Shortens a received value for an error message, so that an answer never echoes a whole payload. */
export const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
};

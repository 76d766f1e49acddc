// What an error of a sending service means. What it answered with an error was not sent: for good (rejected), or until
// later (throttled). What never left was not sent either. What got no answer may have been sent: it is thrown.
// A refusal for the rate is waited out here, with full jitter (Brooker, "Exponential backoff and jitter", 2015).

import { setTimeout as pause } from 'node:timers/promises';
import { throttleTriesCountMax, throttleWaitMsMax } from '../base/limits.ts';
import type { SendResult, Throttled } from '../ports.ts';

export interface Meaning {
  /** Error names, without "Exception", that another try cannot change. */
  readonly rejections: ReadonlySet<string>;
  /** Those among them after which nothing will reach this address. */
  readonly dead?: ReadonlySet<string>;
  /** Why and until when not to try again, where the error says that waiting a moment will not help. */
  readonly putOff?: (error: Error) => Pick<Throttled, 'reason' | 'untilMs'> | undefined;
}

export interface Waiting {
  readonly wait?: (ms: number) => Promise<unknown>;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Sends, waits out the rate, and says what became of it; throws when nobody knows. */
export const sendWaitingOut = async (
  send: () => Promise<SendResult>,
  meaning: Meaning,
  { wait = pause, random = Math.random }: Waiting = {},
): Promise<SendResult> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const isOver =
        attempt === throttleTriesCountMax || !isRate(error) || meaning.putOff?.(error) !== undefined;
      if (isOver) {
        return refusalOf(error, meaning);
      }
      await wait(random() * Math.min(throttleWaitMsMax, 100 * 2 ** attempt));
    }
  }
};

const rateNames = new Set(['Throttling', 'Throttled', 'TooManyRequests', 'LimitExceeded']);

const isRate = (error: unknown): error is Error => error instanceof Error && rateNames.has(nameOf(error));

/** The SDK puts "Exception" behind the names of those it knows. */
export const nameOf = (error: Error): string => error.name.replace(/Exception$/, '');

/** Errors of the connection's making: the request did not leave this machine. */
const neverLeft = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError']);

export const refusalOf = (error: unknown, { rejections, dead, putOff }: Meaning): SendResult => {
  if (!(error instanceof Error)) {
    throw error;
  }
  const name = nameOf(error);
  const message = `${error.name}: ${error.message}`;
  if (rejections.has(name)) {
    return { kind: 'rejected', message, ...(dead?.has(name) && { isAddressDead: true }) };
  }
  const code = 'code' in error ? String(error.code) : error.name;
  const status = statusOf(error);
  // Throttling, a paused account, missing rights: the service answered that it did not take the message; later it may.
  if ((status !== undefined && status >= 400 && status < 500) || neverLeft.has(code)) {
    return { kind: 'throttled', message, ...putOff?.(error) };
  }
  throw error;
};

/** Of an answer of the service; undefined where there was none. */
const statusOf = (error: Error): number | undefined => {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const isAnswer = '$fault' in error && typeof metadata === 'object' && metadata !== null;
  const status: unknown = isAnswer && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === 'number' ? status : undefined;
};

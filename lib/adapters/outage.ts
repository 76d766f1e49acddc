// Which errors mean that a service could not be reached or could not answer just now, so that sending the request
// again may help: no connection, a timeout, throttling, a fault on the service's side (5xx), a write that collided.
// A refusal on ours (no permission, a request it does not understand) is none: it comes back however often it is sent.

/** Node's codes of connections that were not made or broke. */
const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Names under which the services ask for patience with a 4xx status, and the SDK's own timeout. */
const passingNames: ReadonlySet<string> = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestThrottled',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ExecutionLimitExceeded',
  'SlowDown',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) {
    return false;
  }
  const { code, $fault, $metadata, CancellationReasons } = error as SdkError;
  return (
    networkCodes.has(code ?? '') ||
    passingNames.has(error.name) ||
    $fault === 'server' ||
    ($metadata?.httpStatusCode ?? 0) >= 500 ||
    isCollision(CancellationReasons)
  );
};

/** What the SDK's errors and Node's carry beside name and message. */
interface SdkError extends Error {
  readonly code?: string;
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

/** A transaction that met another one or a throttled key; a failed condition is an answer, not an outage. */
const isCollision = (reasons: SdkError['CancellationReasons'] = []): boolean =>
  reasons.some(({ Code }) => Code === 'TransactionConflict' || Code === 'ThrottlingError') &&
  !reasons.some(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'ValidationError');

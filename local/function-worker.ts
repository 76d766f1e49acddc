// One Lambda sandbox: a worker thread that imports a function's bundle and handles one event at a time.
// Events and results cross as JSON text, as they do in Lambda: undefined is dropped, dates become strings.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

export interface SandboxData {
  readonly directory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
}
export interface SandboxRequest {
  readonly requestId: string;
  readonly event: string;
  readonly deadlineMs: number;
}
export type SandboxReply =
  | { readonly kind: 'done'; readonly result: string }
  | {
      readonly kind: 'failed';
      readonly errorType: string;
      readonly errorMessage: string;
      readonly trace: readonly string[];
    };

type Handler = (event: unknown, context: object) => unknown;

const data = workerData as SandboxData;
if (parentPort === null) {
  throw new Error('function-worker: runs as a worker thread, started by local/functions.ts');
}
const port = parentPort;

const loadHandler = async (): Promise<Handler> => {
  const [file = '', name = ''] = data.handler.split('.');
  const module: Record<string, unknown> = await import(
    pathToFileURL(join(data.directory, `${file}.mjs`)).href
  );
  const handler = module[name];
  if (typeof handler !== 'function') {
    throw new TypeError(`${data.functionName}: ${file}.mjs exports no function ${name}`);
  }
  return handler as Handler;
};

const loading = loadHandler();
// Answered with the first event; without this line it would end the thread as an unhandled rejection first.
loading.catch(() => undefined);

const handle = async ({ requestId, event, deadlineMs }: SandboxRequest): Promise<SandboxReply> => {
  try {
    const handler = await loading;
    const result = await handler(JSON.parse(event), {
      awsRequestId: requestId,
      functionName: data.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: data.functionArn,
      memoryLimitInMB: String(data.memoryMb),
      logGroupName: `/aws/lambda/${data.functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
    });
    return { kind: 'done', result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    const known = error instanceof Error ? error : new Error(String(error));
    console.error(
      JSON.stringify({ level: 'error', requestId, errorType: known.name, stack: known.stack?.split('\n') }),
    );
    return {
      kind: 'failed',
      errorType: known.name,
      errorMessage: known.message,
      trace: known.stack?.split('\n') ?? [],
    };
  }
};

port.on('message', (request: SandboxRequest) => {
  void handle(request).then((reply) => port.postMessage(reply));
});

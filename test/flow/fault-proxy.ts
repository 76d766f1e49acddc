// Stands between a function and the local services and knows each side effect of a delivery by its request. At the one
// that is planned it calls `strike`, before the service gets the request or after it has answered and before the
// function hears of it, and lets nothing more through of that connection.

import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { serveOnLoopback } from '../../local/loopback.ts';
import type { Effect } from '../deliveries/fault-scenes.ts';

export interface Strike {
  readonly effect: Effect;
  readonly when: 'before' | 'after';
  /** Which request of this kind, from 1. */
  readonly nth: number;
}

export interface FaultProxy {
  /** Addresses for the function instead of the services'. */
  readonly environment: { readonly [name: string]: string };
  readonly hasStruck: () => boolean;
  readonly close: () => Promise<void>;
}

const services = ['DYNAMODB', 'S3', 'SQS', 'SES'] as const;
const queueVariable = 'REPRISE_EVENTS_QUEUE_URL';

export const openFaultProxy = async (
  environment: { readonly [name: string]: string },
  planned: Strike,
  strike: () => void,
): Promise<FaultProxy> => {
  let left = planned.nth;
  const isDue = (effect: Effect | undefined, when: Strike['when']): boolean => {
    if (effect !== planned.effect || when !== planned.when || left === 0) return false;
    left -= 1;
    return left === 0;
  };
  const opened = await Promise.all(
    services.map(async (service) => {
      const name = `AWS_ENDPOINT_URL_${service}`;
      const target = new URL(environment[name]);
      const server = createServer((incoming, response) => {
        void pass(incoming, response, target, isDue, strike);
      });
      return { name, service, loopback: await serveOnLoopback(server) };
    }),
  );
  const addresses = Object.fromEntries(opened.map(({ name, loopback }) => [name, loopback.endpoint]));
  const queue = new URL(environment[queueVariable]);
  return {
    environment: {
      ...environment,
      ...addresses,
      // The SDK sends to the queue's own address.
      [queueVariable]: `${addresses.AWS_ENDPOINT_URL_SQS}${queue.pathname}`,
    },
    hasStruck: () => left === 0,
    close: async () => void (await Promise.all(opened.map(({ loopback }) => loopback.close()))),
  };
};

const pass = async (
  incoming: IncomingMessage,
  response: ServerResponse,
  target: URL,
  isDue: (effect: Effect | undefined, when: Strike['when']) => boolean,
  strike: () => void,
): Promise<void> => {
  const body = await bytesOf(incoming);
  const effect = effectOf(incoming, body.toString('latin1'));
  if (isDue(effect, 'before')) {
    strike();
    return;
  }
  const { method, url: path, headers } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname, port } = target;
    request({ hostname, port, method, path, headers }, resolve).on('error', reject).end(body);
  });
  const answered = await bytesOf(answer);
  if (isDue(effect, 'after')) {
    strike();
    return;
  }
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  response.end(answered);
};

const bytesOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Which side effect of a delivery a request is; undefined: none, a read. */
const effectOf = ({ headers, method, url = '' }: IncomingMessage, body: string): Effect | undefined => {
  const action = String(headers['x-amz-target'] ?? '');
  if (action.endsWith('TransactWriteItems')) {
    return body.includes('"message#') ? 'settle' : 'claim';
  }
  if (action.endsWith('UpdateItem')) {
    return body.includes('"sending"') && body.includes('"prepared"') && body.includes('sendingBy')
      ? 'sending'
      : 'settle';
  }
  if (action.endsWith('SendMessageBatch') || body.startsWith('Action=SendMessageBatch')) return 'events';
  if (body.startsWith('Action=SendRawEmail') || body.includes('Action=SendRawEmail')) return 'send';
  return method === 'PUT' && url.includes('/progress-') ? 'progress' : undefined;
};

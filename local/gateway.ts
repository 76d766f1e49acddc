// API Gateway's HTTP API on this machine: the template's routes, payload format 2.0, Lambda authorizers with simple
// responses and no caching, API Gateway's own 400, 401, 403, 404, 413 and 500 answers, and its CORS configuration:
// preflights are answered by the gateway, without a route or key.
// Bodies are text when they are UTF-8 text by their content type and not compressed; otherwise base64.
// Limits: no throttling, no credentials in CORS, no greedy paths ({proxy+}); the $default stage only.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { listen } from './loopback.ts';
import type { LocalCors, LocalRoute } from './template.ts';

export interface Gateway {
  readonly url: string;
  /** Requests that came before are answered from now on. */
  readonly serve: (api: LocalApi) => void;
  readonly close: () => Promise<void>;
}

export type Invoke = (functionArn: string, event: unknown) => Promise<unknown>;

export interface LocalApi {
  readonly routes: readonly LocalRoute[];
  readonly cors?: LocalCors;
  readonly invoke: Invoke;
  readonly nowMs: () => number;
}

/** API Gateway: 10 MB for a request body. */
const bodyBytesMax = 10 * 1024 * 1024;

interface Match {
  readonly route: LocalRoute;
  readonly pathParameters: { readonly [name: string]: string };
}

/** Listens at once, since functions are told the URL, and serves when there is something to serve. */
export const openGateway = async (port: number): Promise<Gateway> => {
  const { promise: serving, resolve: serve } = Promise.withResolvers<Serving>();
  const server = createServer((request, response) => {
    serving
      .then((api) => answer(api, request, response))
      .catch((error: unknown) => {
        console.error(`gateway: ${request.method} ${request.url}: ${String(error)}`);
        sendMessage(response, 500, 'Internal Server Error');
      });
  });
  server.keepAliveTimeout = 65_000;
  const actualPort = await listen(server, port);
  return {
    url: `http://127.0.0.1:${actualPort}`,
    serve: (api) => serve({ ...api, table: routeTable(api.routes) }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // What is under way gets a second to finish.
      const cut = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(cut);
    },
  };
};

// ---- routes ------------------------------------------------------------------------------------------

interface Serving extends LocalApi {
  readonly table: RouteTable;
}
type RouteTable = readonly { readonly route: LocalRoute; readonly segments: readonly string[] }[];

/** Static segments before variables, as API Gateway prefers the most specific route. */
const routeTable = (routes: readonly LocalRoute[]): RouteTable =>
  routes
    .map((route) => ({ route, segments: route.path.split('/') }))
    .sort((a, b) => specificity(b.segments).localeCompare(specificity(a.segments)));

const isVariable = (segment: string): boolean => segment.startsWith('{');
const specificity = (segments: readonly string[]): string =>
  segments.map((segment) => (isVariable(segment) ? '0' : '1')).join('');

const match = (table: RouteTable, method: string, path: string): Match | undefined => {
  const given = path.split('/');
  for (const { route, segments } of table) {
    const fits =
      (route.method === method || route.method === 'ANY') &&
      segments.length === given.length &&
      segments.every((segment, index) =>
        isVariable(segment) ? given[index] !== '' : segment === given[index],
      );
    if (fits) {
      const variables = segments.flatMap((segment, index) =>
        isVariable(segment) ? [[segment.slice(1, -1), decodeURIComponent(given[index] ?? '')] as const] : [],
      );
      return { route, pathParameters: Object.fromEntries(variables) };
    }
  }
  return undefined;
};

// ---- one request -------------------------------------------------------------------------------------

const answer = async (
  { invoke, nowMs, table, cors }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const preflight = applyCors(cors, request, response);
  if (preflight) {
    response.writeHead(204).end();
    return;
  }
  const [rawPath = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const found = safely(() => match(table, request.method ?? 'GET', rawPath));
  const body = await readBody(request);
  if (found === 'malformed') {
    sendMessage(response, 400, 'Bad Request');
  } else if (found === undefined) {
    sendMessage(response, 404, 'Not Found');
  } else if (body === 'too large') {
    sendMessage(response, 413, 'Request Entity Too Large');
  } else {
    const event = eventOf(request, found, rawPath, rawQueryString, body, nowMs());
    const permission = await authorize(invoke, found.route, event);
    if (permission.kind === 'refused') {
      sendMessage(response, permission.status, permission.message);
      return;
    }
    const context = {
      ...event.requestContext,
      ...(permission.context && { authorizer: { lambda: permission.context } }),
    };
    const result = await invoke(found.route.functionArn, { ...event, requestContext: context }).catch(
      tooLargeForLambda,
    );
    if (result === tooLarge) {
      sendMessage(response, 413, 'Request Entity Too Large');
    } else {
      sendResult(response, result);
    }
  }
};

const tooLarge = Symbol('Lambda takes 6 MB');

/** API Gateway takes more than a function does, and says 413 for both; seen on AWS, github.com/koki-develop/lgtm-generator/issues/10. */
const tooLargeForLambda = (error: unknown): typeof tooLarge => {
  if (error instanceof Error && error.name === 'RequestEntityTooLargeException') {
    return tooLarge;
  }
  throw error;
};

/** Sets the headers for a page of an allowed origin; true when the request only asks what is allowed. */
const applyCors = (
  cors: LocalCors | undefined,
  { method, headers: { origin, ...headers } }: IncomingMessage,
  response: ServerResponse,
): boolean => {
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  if (cors === undefined || origin === undefined) return false;
  const allowed = cors.origins.includes('*') ? '*' : cors.origins.find((one) => one === origin);
  if (allowed === undefined) return isPreflight;
  response.setHeader('access-control-allow-origin', allowed);
  if (isPreflight) {
    response.setHeader('access-control-allow-methods', cors.methods.join(','));
    response.setHeader('access-control-allow-headers', cors.headers.join(','));
    response.setHeader('access-control-max-age', cors.maxAgeS);
  }
  return isPreflight;
};

const splitOnce = (text: string, separator: string): readonly string[] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

const safely = <T>(work: () => T): T | 'malformed' => {
  try {
    return work();
  } catch (error) {
    if (error instanceof URIError) {
      return 'malformed';
    }
    throw error;
  }
};

const readBody = async (request: IncomingMessage): Promise<Buffer | 'too large'> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= bodyBytesMax) {
      chunks.push(chunk);
    }
  }
  return size > bodyBytesMax ? 'too large' : Buffer.concat(chunks);
};

export const eventOf = (
  request: Pick<IncomingMessage, 'method' | 'headers' | 'headersDistinct' | 'socket'>,
  { route, pathParameters }: Match,
  rawPath: string,
  rawQueryString: string,
  body: Buffer,
  nowMs: number,
): APIGatewayProxyEventV2 => {
  const { cookie, ...headers } = joined(request.headersDistinct);
  const query = joinedQuery(rawQueryString);
  const isText = isTextBody(headers);
  const routeKey = `${route.method} ${route.path}`;
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(query && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers.host ?? '127.0.0.1',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: crypto.randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(nowMs).toUTCString(),
      timeEpoch: nowMs,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
};

const joined = (distinct: NodeJS.Dict<string[]>): { [name: string]: string } =>
  Object.fromEntries(
    Object.entries(distinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  );

const joinedQuery = (rawQueryString: string): { [name: string]: string } | undefined => {
  const values: { [name: string]: string } = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`;
  }
  return Object.keys(values).length === 0 ? undefined : values;
};

const isTextBody = (headers: { readonly [name: string]: string }): boolean => {
  const encoding = headers['content-encoding'] ?? 'identity';
  const type = headers['content-type'] ?? 'text/plain';
  return (
    encoding === 'identity' &&
    /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded|[\w.-]+\+(json|xml)))/i.test(type)
  );
};

// ---- authorizer --------------------------------------------------------------------------------------

type Permission =
  | { readonly kind: 'given'; readonly context?: object }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

const authorize = async (
  invoke: Invoke,
  route: LocalRoute,
  event: APIGatewayProxyEventV2,
): Promise<Permission> => {
  const { authorizer } = route;
  if (authorizer === undefined) {
    return { kind: 'given' };
  }
  const identitySource = authorizer.identityHeaders.map((name) => event.headers[name]);
  if (identitySource.includes(undefined)) {
    return { kind: 'refused', status: 401, message: 'Unauthorized' };
  }
  const { body: _body, isBase64Encoded: _isBase64Encoded, ...request } = event;
  const routeArn = `arn:aws:execute-api:us-east-1:000000000000:local/$default/${event.requestContext.http.method}${event.rawPath}`;
  const result = await invoke(authorizer.functionArn, {
    ...request,
    type: 'REQUEST',
    routeArn,
    identitySource,
  }).catch((error: unknown) => {
    console.error(`gateway: the authorizer failed: ${String(error)}`);
    return undefined;
  });
  if (typeof result !== 'object' || result === null || !('isAuthorized' in result)) {
    return { kind: 'refused', status: 500, message: 'Internal Server Error' };
  }
  if (result.isAuthorized !== true) {
    return { kind: 'refused', status: 403, message: 'Forbidden' };
  }
  const context =
    'context' in result && typeof result.context === 'object' && result.context !== null
      ? result.context
      : {};
  return { kind: 'given', context };
};

// ---- answers -----------------------------------------------------------------------------------------

const sendMessage = (response: ServerResponse, status: number, message: string): void => {
  const body = JSON.stringify({ message });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

/** A result without a status code is the body of a 200, as payload format 2.0 has it. */
const sendResult = (response: ServerResponse, result: unknown): void => {
  const structured: APIGatewayProxyStructuredResultV2 = isStructured(result)
    ? result
    : {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: typeof result === 'string' ? result : JSON.stringify(result),
      };
  const body = Buffer.from(structured.body ?? '', structured.isBase64Encoded ? 'base64' : 'utf8');
  const status = structured.statusCode ?? 200;
  for (const [name, value] of Object.entries(structured.headers ?? {})) {
    response.setHeader(name, typeof value === 'boolean' ? String(value) : value);
  }
  if (structured.cookies !== undefined) {
    response.setHeader('set-cookie', structured.cookies);
  }
  if (status !== 204 && status !== 304) {
    response.setHeader('content-length', body.length);
  }
  response.writeHead(status).end(body);
};

const isStructured = (result: unknown): result is APIGatewayProxyStructuredResultV2 =>
  typeof result === 'object' && result !== null && 'statusCode' in result;

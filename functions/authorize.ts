// Lambda authorizer of every route but the public ones (HTTP API, payload 2.0, simple response).
// The key's id and scope go on to the route's function as context.

import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { admit } from '../lib/events/access.ts';
import { cachedKeys, type FindKey } from '../lib/events/write-key.ts';
import { clock, keyStore, once } from './runtime.ts';

const findKey: () => FindKey = once(() => cachedKeys(keyStore(), clock()));

export const handler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<{ keyId: string; scope: string } | undefined>> => {
  const key = await admit(findKey(), event.headers?.authorization, event.routeKey);
  return { isAuthorized: key !== undefined, context: key && { keyId: key.keyId, scope: key.scope } };
};

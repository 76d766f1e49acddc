// Who calls a local service, and whether it may. Each function signs its requests with an access key of its own
// (local.<function name>), as it has a role of its own in AWS; the services ask here before they act.
// Requests with any other key (the host itself, tests, a user's SDK) are not restricted. Signatures are not checked:
// this shows that the roles suffice, it does not keep anyone out.

import type { IncomingHttpHeaders } from 'node:http';
import type { CallContext, Permissions } from './permissions.ts';
import { place } from './template.ts';

/** Why the caller may not do this, in AWS's words; undefined: it may. */
export type Refusal = (
  headers: IncomingHttpHeaders,
  action: string,
  resourceArn: string,
  context?: CallContext,
) => string | undefined;

export interface Guard {
  readonly refusal: Refusal;
  /** From here on these permissions hold; before, functions may do nothing. */
  readonly enforce: (permissions: Permissions) => void;
  /** Each refused call once: `<function> <action> <resource>`. */
  readonly refused: () => readonly string[];
}

export const unguarded: Refusal = () => undefined;

const prefix = 'local.';
export const accessKeyOf = (functionName: string): string => `${prefix}${functionName}`;

export const createGuard = (): Guard => {
  let permissions: Permissions | undefined;
  const refused = new Set<string>();
  return {
    refusal: (headers, action, resourceArn, context) => {
      const caller = callerOf(headers.authorization);
      if (caller === undefined || permissions?.allows(caller, action, resourceArn, context)) {
        return undefined;
      }
      refused.add(`${caller} ${action} ${resourceArn}`);
      return `User: arn:aws:sts::${place.account}:assumed-role/${caller} is not authorized to perform: ${action} on resource: ${resourceArn} because no identity-based policy allows the ${action} action`;
    },
    enforce: (given) => {
      permissions = given;
    },
    refused: () => [...refused],
  };
};

/** The function whose access key is in a Signature Version 4 header. */
const callerOf = (authorization = ''): string | undefined => {
  const accessKey = /Credential=([^/,\s]+)\//.exec(authorization)?.[1];
  return accessKey?.startsWith(prefix) ? accessKey.slice(prefix.length) : undefined;
};

const regional = (service: string, resource: string): string =>
  `arn:aws:${service}:${place.region}:${place.account}:${resource}`;

export const arnOf = {
  table: (name: string) => regional('dynamodb', `table/${name}`),
  bucket: (name: string) => `arn:aws:s3:::${name}`,
  object: (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`,
  queue: (name: string) => regional('sqs', name),
  mailIdentity: (name: string) => regional('ses', `identity/${name}`),
  configurationSet: (name: string) => regional('ses', `configuration-set/${name}`),
} as const;

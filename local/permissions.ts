// What the role of each function may do, read from the synthesized template's IAM policies: a call is allowed when a
// statement allows its action on its resource and the statement's conditions hold; without one it is refused.
// Understood: Effect Allow, Action, Resource or NotResource with * and ?, Condition StringLike s3:prefix. Anything else in the policy
// of a function's role is an error, since a rule that is passed over would be a rule that is not kept.

import { asRecord } from './intrinsics.ts';

export interface LocalStatement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** All but these instead: NotResource. */
  readonly notResources?: readonly string[];
  /** s3:prefix must be like one of these. */
  readonly prefixes?: readonly string[];
}
export interface LocalRole {
  readonly functionName: string;
  readonly statements: readonly LocalStatement[];
}
export interface CallContext {
  /** s3:prefix: what a listing is limited to; for a missing object its key. */
  readonly prefix?: string;
}

export interface Permissions {
  readonly allows: (
    functionName: string,
    action: string,
    resourceArn: string,
    context?: CallContext,
  ) => boolean;
  /** `<function> <action> <resource>` of each grant by which nothing has been allowed yet. */
  readonly unused: () => readonly string[];
}

interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly takesAction: RegExp;
  readonly takesResource: (arn: string) => boolean;
  readonly takesPrefix?: readonly RegExp[];
  used: boolean;
}

export const createPermissions = (roles: readonly LocalRole[]): Permissions => {
  const grants = new Map(roles.map(({ functionName, statements }) => [functionName, grantsOf(statements)]));
  /** Per function and action the few grants that are looked at in each call. */
  const byAction = new Map<string, readonly Grant[]>();
  const grantsFor = (functionName: string, action: string): readonly Grant[] => {
    const key = `${functionName} ${action}`;
    const known = byAction.get(key);
    if (known !== undefined) {
      return known;
    }
    const found = (grants.get(functionName) ?? []).filter(({ takesAction }) => takesAction.test(action));
    byAction.set(key, found);
    return found;
  };
  return {
    allows: (functionName, action, resourceArn, { prefix } = {}) => {
      const grant = grantsFor(functionName, action).find(
        ({ takesResource, takesPrefix }) =>
          takesResource(resourceArn) &&
          (takesPrefix === undefined ||
            (prefix !== undefined && takesPrefix.some((each) => each.test(prefix)))),
      );
      if (grant !== undefined) {
        grant.used = true;
      }
      return grant !== undefined;
    },
    unused: () =>
      [...grants].flatMap(([functionName, all]) =>
        all
          .filter(({ used }) => !used)
          .map(({ action, resource }) => `${functionName} ${action} ${resource}`),
      ),
  };
};

const grantsOf = (statements: readonly LocalStatement[]): readonly Grant[] =>
  statements.flatMap(({ actions, resources, notResources, prefixes }) =>
    actions.flatMap((action) => {
      const grant = { action, takesAction: like(action, 'i') };
      const others = (notResources ?? []).map((each) => like(each));
      const except = { resource: `all but ${notResources?.join(', ')}`, used: false };
      return [
        ...resources.map((resource) => ({
          ...grant,
          resource,
          takesResource: takes(like(resource)),
          ...(prefixes && { takesPrefix: prefixes.map((prefix) => like(prefix)) }),
          used: false,
        })),
        ...(notResources === undefined
          ? []
          : [
              { ...grant, ...except, takesResource: (arn: string) => !others.some((each) => each.test(arn)) },
            ]),
      ];
    }),
  );

const takes =
  (pattern: RegExp) =>
  (arn: string): boolean =>
    pattern.test(arn);

/** IAM's wildcards: * for any text, ? for one character. */
const like = (pattern: string, flags = ''): RegExp => {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, `s${flags}`);
};

// ---- from the template -------------------------------------------------------------------------------

/** A resource of the template, its properties resolved. */
interface Found {
  readonly logicalId: string;
  readonly properties: { readonly [property: string]: unknown };
  readonly ref: string;
  readonly arn: string;
}

export const readRoles = (
  functions: readonly Found[],
  roles: readonly Found[],
  policies: readonly Found[],
): LocalRole[] =>
  functions.map(({ ref, properties }) => {
    const role = roles.find(({ arn }) => arn === properties.Role);
    if (role === undefined) {
      return { functionName: ref, statements: [] };
    }
    for (const other of ['ManagedPolicyArns', 'Policies', 'PermissionsBoundary']) {
      if (role.properties[other] !== undefined) {
        throw unreadable(role.logicalId, other);
      }
    }
    return {
      functionName: ref,
      statements: policies
        .filter((policy) => listOf(policy.properties.Roles).includes(role.ref))
        .flatMap(({ logicalId, properties: { PolicyDocument } }) => {
          const document = asRecord(PolicyDocument, `${logicalId}.PolicyDocument`);
          return listOf(document.Statement).map((each) =>
            statement(logicalId, asRecord(each, `${logicalId}.Statement`)),
          );
        }),
    };
  });

const statement = (
  policy: string,
  {
    Effect,
    Action,
    Resource,
    NotResource,
    Condition,
    Sid: _label,
    ...others
  }: { readonly [field: string]: unknown },
): LocalStatement => {
  const [unknown] = Object.keys(others);
  if (Effect !== 'Allow' || unknown !== undefined) {
    throw unreadable(policy, unknown ?? `Effect ${String(Effect)}`);
  }
  const actions = listOf(Action).map(String);
  const resources = listOf(Resource).map(String);
  if (NotResource !== undefined) {
    if (Condition !== undefined || Resource !== undefined) {
      throw unreadable(policy, 'NotResource beside a Condition or Resource');
    }
    return { actions, resources, notResources: listOf(NotResource).map(String) };
  }
  return Condition === undefined
    ? { actions, resources }
    : { actions, resources, prefixes: prefixesOf(policy, asRecord(Condition, `${policy}.Condition`)) };
};

const prefixesOf = (policy: string, condition: { readonly [operator: string]: unknown }): string[] => {
  const { 's3:prefix': prefixes, ...others } = asRecord(condition.StringLike ?? {}, `${policy}.StringLike`);
  if (prefixes === undefined || Object.keys(condition).length > 1 || Object.keys(others).length > 0) {
    throw unreadable(policy, `Condition ${JSON.stringify(condition)}`);
  }
  return listOf(prefixes).map(String);
};

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const unreadable = (logicalId: string, what: string): Error =>
  new Error(`permissions: ${logicalId} has ${what}, which the local host does not understand`);

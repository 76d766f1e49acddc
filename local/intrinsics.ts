// Resolves CloudFormation's intrinsic functions in synthesized templates: Ref, Fn::GetAtt, Fn::Join, Fn::Sub,
// Fn::Select, Fn::Split, Fn::ImportValue and the pseudo parameters. What a resource is called here is decided by
// `names`, which gives for a resource its Ref and its attributes.
// Limits: no conditions, mappings or macros; meeting one is an error, never a guess.

export interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [property: string]: unknown };
  readonly Metadata?: { readonly [name: string]: unknown };
}

export interface Template {
  readonly Resources: { readonly [logicalId: string]: Resource };
  readonly Outputs?: {
    readonly [id: string]: { readonly Value: unknown; readonly Export?: { readonly Name: unknown } };
  };
  readonly Parameters?: { readonly [name: string]: { readonly Default?: unknown } };
}

export interface ResourceNames {
  readonly ref: (stack: string, logicalId: string, resource: Resource) => string;
  readonly attribute: (stack: string, logicalId: string, resource: Resource, attribute: string) => string;
}

export interface Place {
  readonly region: string;
  readonly account: string;
}

export type Resolve = (stack: string, value: unknown) => unknown;

export const createResolver = (
  templates: ReadonlyMap<string, Template>,
  names: ResourceNames,
  place: Place,
): Resolve => {
  const pseudo = (stack: string): { readonly [name: string]: string } => ({
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${stack}/local`,
  });

  const template = (stack: string): Template => {
    const found = templates.get(stack);
    if (found === undefined) {
      throw new Error(`template: there is no stack ${stack}; there are ${[...templates.keys()].join(', ')}`);
    }
    return found;
  };

  const resource = (stack: string, logicalId: string): Resource => {
    const found = template(stack).Resources[logicalId];
    if (found === undefined) {
      throw new Error(`template: ${stack} refers to ${logicalId}, which it does not contain`);
    }
    return found;
  };

  const ref = (stack: string, name: string): unknown => {
    const known = pseudo(stack)[name];
    if (known !== undefined) {
      return known;
    }
    const parameter = template(stack).Parameters?.[name];
    return parameter === undefined ? names.ref(stack, name, resource(stack, name)) : parameter.Default;
  };

  const attribute = (stack: string, argument: unknown): string => {
    const [logicalId, ...path] =
      typeof argument === 'string' ? argument.split('.') : asList(argument, 'Fn::GetAtt').map(String);
    return names.attribute(stack, String(logicalId), resource(stack, String(logicalId)), path.join('.'));
  };

  const substitute = (stack: string, argument: unknown): string => {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : asList(argument, 'Fn::Sub');
    const own = asRecord(variables ?? {}, 'Fn::Sub');
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) {
        return `\${${name}}`;
      }
      if (name in own) {
        return String(resolve(stack, own[name]));
      }
      return String(name.includes('.') ? attribute(stack, name) : ref(stack, name));
    });
  };

  const importValue = (stack: string, argument: unknown): unknown => {
    const name = resolve(stack, argument);
    for (const [exporter, { Outputs = {} }] of templates) {
      for (const output of Object.values(Outputs)) {
        if (output.Export !== undefined && resolve(exporter, output.Export.Name) === name) {
          return resolve(exporter, output.Value);
        }
      }
    }
    throw new Error(`template: ${stack} imports ${String(name)}, which no stack exports`);
  };

  const functions: { readonly [name: string]: (stack: string, argument: unknown) => unknown } = {
    Ref: (stack, argument) => ref(stack, String(argument)),
    'Fn::GetAtt': attribute,
    'Fn::Sub': substitute,
    'Fn::ImportValue': importValue,
    'Fn::Join': (stack, argument) => {
      const [separator, parts] = asList(argument, 'Fn::Join');
      return asList(resolve(stack, parts), 'Fn::Join').join(String(separator));
    },
    'Fn::Split': (stack, argument) => {
      const [separator, text] = asList(argument, 'Fn::Split');
      return String(resolve(stack, text)).split(String(separator));
    },
    'Fn::Select': (stack, argument) => {
      const [index, from] = asList(argument, 'Fn::Select');
      const list = asList(resolve(stack, from), 'Fn::Select');
      const at = Number(resolve(stack, index));
      if (!(at in list)) {
        throw new Error(`template: Fn::Select takes element ${at} of ${list.length}`);
      }
      return list[at];
    },
  };

  const resolve: Resolve = (stack, value) => {
    if (Array.isArray(value)) {
      return value.map((element) => resolve(stack, element));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      const apply = functions[first[0]];
      if (apply === undefined) {
        throw new Error(
          `template: ${first[0]} is not supported by the local host; it knows ${Object.keys(functions).join(', ')}`,
        );
      }
      return apply(stack, first[1]);
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(stack, inner)]));
  };
  return resolve;
};

const asList = (value: unknown, where: string): readonly unknown[] => {
  if (!Array.isArray(value)) {
    throw new Error(`template: ${where} takes a list and received ${JSON.stringify(value)}`);
  }
  return value;
};

export const asRecord = (value: unknown, where: string): { readonly [key: string]: unknown } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`template: ${where} must be an object and is ${JSON.stringify(value)}`);
  }
  return value as { readonly [key: string]: unknown };
};

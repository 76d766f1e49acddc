// Reads the synthesized templates of both stacks and gives what this machine has to run, fully resolved:
// tables, buckets, queues, topics, functions, routes, event sources, schedules, state machines, mail destinations.
// A resource type that is in neither list below is an error: the local host must not quietly leave something out.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asRecord,
  createResolver,
  type Place,
  type Resource,
  type ResourceNames,
  type Template,
} from './intrinsics.ts';
import { type LocalRole, readRoles } from './permissions.ts';

export interface LocalTable {
  readonly name: string;
  readonly keySchema: readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[];
  readonly attributes: readonly { readonly AttributeName: string; readonly AttributeType: 'S' | 'N' | 'B' }[];
}
export interface LocalQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly visibilityTimeoutS: number;
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
}
export interface LocalFunction {
  readonly name: string;
  readonly arn: string;
  /** Directory of the bundle. */
  readonly directory: string;
  /** `index.handler`: file and export. */
  readonly handler: string;
  readonly environment: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly memoryMb: number;
}
export interface LocalRoute {
  readonly method: string;
  /** As in the template: /v1/items/{itemId}. */
  readonly path: string;
  readonly functionArn: string;
  readonly authorizer?: { readonly functionArn: string; readonly identityHeaders: readonly string[] };
}
export interface LocalEventSource {
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly partialResponses: boolean;
  readonly concurrencyMax: number;
}
export interface LocalSchedule {
  readonly name: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly targetArn: string;
  readonly input: string;
}
export interface LocalStateMachine {
  readonly name: string;
  readonly arn: string;
  readonly definition: { readonly [field: string]: unknown };
}
export interface LocalMailDestination {
  readonly configurationSet: string;
  readonly topicArn: string;
  /** SES's names: SEND, DELIVERY, BOUNCE, COMPLAINT, REJECT, OPEN, CLICK. */
  readonly events: readonly string[];
}
export interface LocalCors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly maxAgeS: number;
}
export interface LocalTemplate {
  readonly tables: readonly LocalTable[];
  readonly buckets: readonly string[];
  readonly queues: readonly LocalQueue[];
  readonly topicArns: readonly string[];
  readonly subscriptions: readonly {
    readonly topicArn: string;
    readonly queueArn: string;
    readonly raw: boolean;
  }[];
  readonly functions: readonly LocalFunction[];
  readonly roles: readonly LocalRole[];
  readonly routes: readonly LocalRoute[];
  /** Of the HTTP API; absent: pages of other origins may not read its answers. */
  readonly cors?: LocalCors;
  readonly eventSources: readonly LocalEventSource[];
  readonly schedules: readonly LocalSchedule[];
  readonly stateMachines: readonly LocalStateMachine[];
  readonly configurationSets: readonly string[];
  readonly mailDestinations: readonly LocalMailDestination[];
  readonly mailIdentities: readonly string[];
  readonly outputs: { readonly [name: string]: string };
}

export interface TemplateContext {
  /** Directory of the synthesized cloud assembly. */
  readonly directory: string;
  /** Base URL of the local API, no trailing slash. */
  readonly apiUrl: string;
  /** Base URL of the local SQS, no trailing slash. */
  readonly sqsUrl: string;
}

export const place: Place = { region: 'us-east-1', account: '000000000000' };

/** Nothing to run: alarms and logs have no effect on one machine, nor has who may call a function or a queue. */
const ignoredTypes = new Set([
  'AWS::IAM::ManagedPolicy',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::Logs::LogGroup',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CDK::Metadata',
  'AWS::ApiGatewayV2::Stage',
  'AWS::Scheduler::ScheduleGroup',
]);
const runTypes = new Set([
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::DynamoDB::Table',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::Scheduler::Schedule',
  'AWS::StepFunctions::StateMachine',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SES::EmailIdentity',
]);

interface Found {
  readonly stack: string;
  readonly logicalId: string;
  /** Resolved. */
  readonly properties: { readonly [property: string]: unknown };
  readonly ref: string;
  readonly arn: string;
}

export const readTemplate = (context: TemplateContext): LocalTemplate => {
  const templates = readTemplates(context.directory);
  const names = resourceNames(context);
  const resolve = createResolver(templates, names, place);
  const all = [...templates].flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([logicalId, resource]) => ({ stack, logicalId, resource })),
  );
  const unknown = all.filter(({ resource: { Type } }) => !runTypes.has(Type) && !ignoredTypes.has(Type));
  if (unknown.length > 0) {
    const list = unknown.map(({ logicalId, resource }) => `${resource.Type} (${logicalId})`).join(', ');
    throw new Error(
      `template: the local host cannot run ${list}. Teach local/template.ts about it, or list it as ignored.`,
    );
  }
  const find = (type: string): Found[] =>
    all
      .filter(({ resource }) => resource.Type === type)
      .map(({ stack, logicalId, resource }) => ({
        stack,
        logicalId,
        properties: asRecord(resolve(stack, resource.Properties ?? {}), logicalId),
        ref: names.ref(stack, logicalId, resource),
        arn:
          type === 'AWS::SNS::Topic'
            ? names.ref(stack, logicalId, resource)
            : names.attribute(stack, logicalId, resource, 'Arn'),
      }));
  const outputs = [...templates].flatMap(([stack, { Outputs = {} }]) =>
    Object.entries(Outputs)
      .filter(([, { Export }]) => Export === undefined)
      .map(([name, { Value }]) => [name, String(resolve(stack, Value))] as const),
  );
  return {
    tables: find('AWS::DynamoDB::Table').map(table),
    buckets: find('AWS::S3::Bucket').map(({ ref }) => ref),
    queues: find('AWS::SQS::Queue').map(queue),
    topicArns: find('AWS::SNS::Topic').map(({ arn }) => arn),
    subscriptions: find('AWS::SNS::Subscription').filter(isToQueue).map(subscription),
    functions: find('AWS::Lambda::Function').map((found) => lambda(found, context.directory)),
    roles: readRoles(find('AWS::Lambda::Function'), find('AWS::IAM::Role'), find('AWS::IAM::Policy')),
    routes: routes(find),
    cors: cors(find('AWS::ApiGatewayV2::Api')),
    eventSources: find('AWS::Lambda::EventSourceMapping').map(eventSource),
    schedules: find('AWS::Scheduler::Schedule')
      .filter(({ properties }) => properties.State !== 'DISABLED')
      .map(schedule),
    stateMachines: find('AWS::StepFunctions::StateMachine').map(stateMachine),
    configurationSets: find('AWS::SES::ConfigurationSet').map(({ ref }) => ref),
    mailDestinations: find('AWS::SES::ConfigurationSetEventDestination').map(mailDestination),
    mailIdentities: find('AWS::SES::EmailIdentity').map(({ ref }) => ref),
    outputs: Object.fromEntries(outputs),
  };
};

const readTemplates = (directory: string): Map<string, Template> => {
  const suffix = '.template.json';
  const files = readdirSync(directory).filter((file) => file.endsWith(suffix));
  if (files.length === 0) {
    throw new Error(`template: ${directory} holds no synthesized template; run npm run synth`);
  }
  return new Map(
    files.map((file) => [
      file.slice(0, -suffix.length),
      JSON.parse(readFileSync(join(directory, file), 'utf8')) as Template,
    ]),
  );
};

// ---- names of resources on this machine --------------------------------------------------------------

const givenName: { readonly [type: string]: string } = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::SES::ConfigurationSet': 'Name',
  'AWS::SES::EmailIdentity': 'EmailIdentity',
};

const resourceNames = ({ apiUrl, sqsUrl }: TemplateContext): ResourceNames => {
  const name = (stack: string, logicalId: string, { Type, Properties = {} }: Resource): string => {
    const given = Properties[givenName[Type] ?? ''];
    if (typeof given === 'string') {
      return given;
    }
    const made = `${stack}-${logicalId}`;
    return Type === 'AWS::S3::Bucket' ? made.toLowerCase() : made;
  };
  const arnPrefix: { readonly [type: string]: string } = {
    'AWS::DynamoDB::Table': `arn:aws:dynamodb:${place.region}:${place.account}:table/`,
    'AWS::S3::Bucket': 'arn:aws:s3:::',
    'AWS::SQS::Queue': `arn:aws:sqs:${place.region}:${place.account}:`,
    'AWS::SNS::Topic': `arn:aws:sns:${place.region}:${place.account}:`,
    'AWS::IAM::Role': `arn:aws:iam::${place.account}:role/`,
    'AWS::Lambda::Function': `arn:aws:lambda:${place.region}:${place.account}:function:`,
    'AWS::StepFunctions::StateMachine': `arn:aws:states:${place.region}:${place.account}:stateMachine:`,
  };
  const arn = (stack: string, logicalId: string, resource: Resource): string =>
    `${arnPrefix[resource.Type] ?? `arn:aws:local:${place.region}:${place.account}:`}${name(stack, logicalId, resource)}`;
  const refIsArn = new Set(['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine']);
  return {
    ref: (stack, logicalId, resource) => {
      if (resource.Type === 'AWS::SQS::Queue') {
        return `${sqsUrl}/${place.account}/${name(stack, logicalId, resource)}`;
      }
      return refIsArn.has(resource.Type) ? arn(stack, logicalId, resource) : name(stack, logicalId, resource);
    },
    attribute: (stack, logicalId, resource, attribute) => {
      if (attribute === 'Arn' || attribute === 'TopicArn' || attribute === 'StateMachineArn') {
        return arn(stack, logicalId, resource);
      }
      if (attribute === 'ApiEndpoint') {
        return apiUrl;
      }
      if (['Name', 'QueueName', 'TopicName', 'TableName', 'FunctionName'].includes(attribute)) {
        return name(stack, logicalId, resource);
      }
      if (
        ignoredTypes.has(resource.Type) ||
        resource.Type === 'AWS::S3::Bucket' ||
        resource.Type === 'AWS::SES::EmailIdentity'
      ) {
        return `${name(stack, logicalId, resource)}.${attribute}`;
      }
      throw new Error(
        `template: ${stack}/${logicalId} (${resource.Type}) has no attribute ${attribute} on this machine`,
      );
    },
  };
};

// ---- one reader per type -----------------------------------------------------------------------------

const text = ({ properties, logicalId }: Found, property: string): string => {
  const value = properties[property];
  if (typeof value !== 'string') {
    throw new Error(`template: ${logicalId}.${property} must be text and is ${JSON.stringify(value)}`);
  }
  return value;
};
const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
const numberOr = ({ properties }: Found, property: string, otherwise: number): number =>
  properties[property] === undefined ? otherwise : Number(properties[property]);

const refuse = ({ properties, logicalId }: Found, unsupported: readonly string[]): void => {
  const given = unsupported.filter((property) => properties[property] !== undefined);
  if (given.length > 0) {
    throw new Error(`template: ${logicalId} uses ${given.join(', ')}, which the local host does not have`);
  }
};

const table = (found: Found): LocalTable => {
  refuse(found, ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'StreamSpecification']);
  return {
    name: found.ref,
    keySchema: found.properties.KeySchema as LocalTable['keySchema'],
    attributes: found.properties.AttributeDefinitions as LocalTable['attributes'],
  };
};

const queue = (found: Found): LocalQueue => {
  const redrive = found.properties.RedrivePolicy as LocalQueue['redrive'];
  return {
    name: found.ref.slice(found.ref.lastIndexOf('/') + 1),
    url: found.ref,
    arn: found.arn,
    visibilityTimeoutS: numberOr(found, 'VisibilityTimeout', 30),
    ...(redrive && { redrive: { ...redrive, maxReceiveCount: Number(redrive.maxReceiveCount) } }),
  };
};

/** Alarm mails and the like go nowhere on one machine. */
const isToQueue = ({ properties }: Found): boolean => properties.Protocol === 'sqs';

const subscription = (found: Found) => {
  refuse(found, ['FilterPolicy']);
  const raw = found.properties.RawMessageDelivery === true || found.properties.RawMessageDelivery === 'true';
  return { topicArn: text(found, 'TopicArn'), queueArn: text(found, 'Endpoint'), raw };
};

interface Assets {
  readonly files: { readonly [hash: string]: { readonly source: { readonly path: string } } };
}

const lambda = (found: Found, directory: string): LocalFunction => {
  const code = asRecord(found.properties.Code, `${found.logicalId}.Code`);
  const hash = String(code.S3Key).replace(/\.zip$/, '');
  const assets = JSON.parse(readFileSync(join(directory, `${found.stack}.assets.json`), 'utf8')) as Assets;
  const asset = assets.files[hash];
  if (asset === undefined) {
    throw new Error(
      `template: the code of ${found.logicalId} is not among the synthesized assets (${JSON.stringify(code).slice(0, 100)})`,
    );
  }
  const variables = asRecord(
    asRecord(found.properties.Environment ?? {}, 'Environment').Variables ?? {},
    'Variables',
  );
  return {
    name: found.ref,
    arn: found.arn,
    directory: join(directory, asset.source.path),
    handler: text(found, 'Handler'),
    environment: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
    timeoutMs: numberOr(found, 'Timeout', 3) * 1000,
    memoryMb: numberOr(found, 'MemorySize', 128),
  };
};

const functionArnIn = (uri: string): string =>
  /arn:aws:lambda:[^:]+:[^:]+:function:[^/]+/.exec(uri)?.[0] ?? uri;

const routes = (find: (type: string) => Found[]): LocalRoute[] => {
  const integrations = new Map(find('AWS::ApiGatewayV2::Integration').map((found) => [found.ref, found]));
  const authorizers = new Map(find('AWS::ApiGatewayV2::Authorizer').map((found) => [found.ref, found]));
  return find('AWS::ApiGatewayV2::Route').map((found) => {
    const [method = '', path = ''] = text(found, 'RouteKey').split(' ');
    const target = text(found, 'Target').replace('integrations/', '');
    const integration = integrations.get(target);
    if (integration === undefined || integration.properties.PayloadFormatVersion !== '2.0') {
      throw new Error(`template: route ${method} ${path} needs a Lambda integration with payload format 2.0`);
    }
    const authorizerId = textOr(found.properties.AuthorizerId, '');
    const authorizer = authorizers.get(authorizerId);
    if (authorizerId !== '' && authorizer?.properties.EnableSimpleResponses !== true) {
      throw new Error(`template: route ${method} ${path} needs a Lambda authorizer with simple responses`);
    }
    return {
      method,
      path,
      functionArn: functionArnIn(text(integration, 'IntegrationUri')),
      ...(authorizer && {
        authorizer: {
          functionArn: functionArnIn(text(authorizer, 'AuthorizerUri')),
          identityHeaders: identityHeaders(authorizer.properties.IdentitySource),
        },
      }),
    };
  });
};

const cors = (apis: readonly Found[]): LocalCors | undefined => {
  const given = apis[0]?.properties.CorsConfiguration;
  if (given === undefined) return undefined;
  const rules = asRecord(given, 'CorsConfiguration');
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    origins: texts(rules.AllowOrigins),
    methods: texts(rules.AllowMethods),
    headers: texts(rules.AllowHeaders),
    maxAgeS: Number(rules.MaxAge ?? 0),
  };
};

const identityHeaders = (sources: unknown): string[] =>
  (Array.isArray(sources) ? sources : []).map((source) =>
    String(source).replace('$request.header.', '').toLowerCase(),
  );

const eventSource = (found: Found): LocalEventSource => {
  refuse(found, ['FilterCriteria']);
  const responses = found.properties.FunctionResponseTypes;
  const scaling = asRecord(found.properties.ScalingConfig ?? {}, 'ScalingConfig');
  return {
    queueArn: text(found, 'EventSourceArn'),
    functionName: text(found, 'FunctionName'),
    batchSize: numberOr(found, 'BatchSize', 10),
    windowMs: numberOr(found, 'MaximumBatchingWindowInSeconds', 0) * 1000,
    partialResponses: Array.isArray(responses) && responses.includes('ReportBatchItemFailures'),
    concurrencyMax: Number(scaling.MaximumConcurrency ?? 1000),
  };
};

const schedule = (found: Found): LocalSchedule => {
  const target = asRecord(found.properties.Target, `${found.logicalId}.Target`);
  return {
    name: found.ref,
    expression: text(found, 'ScheduleExpression'),
    timeZone: textOr(found.properties.ScheduleExpressionTimezone, 'UTC'),
    targetArn: String(target.Arn),
    input: textOr(target.Input, '{}'),
  };
};

const stateMachine = (found: Found): LocalStateMachine => {
  refuse(found, ['DefinitionS3Location', 'Definition']);
  const substitutions = asRecord(found.properties.DefinitionSubstitutions ?? {}, 'DefinitionSubstitutions');
  const definition = text(found, 'DefinitionString').replace(/\$\{(\w+)\}/g, (whole, name: string) =>
    name in substitutions ? String(substitutions[name]) : whole,
  );
  return {
    name: found.ref.slice(found.ref.lastIndexOf(':') + 1),
    arn: found.ref,
    definition: JSON.parse(definition) as LocalStateMachine['definition'],
  };
};

const mailDestination = (found: Found): LocalMailDestination => {
  const destination = asRecord(found.properties.EventDestination, found.logicalId);
  const sns = asRecord(destination.SnsDestination, `${found.logicalId}.SnsDestination`);
  const events = Array.isArray(destination.MatchingEventTypes) ? destination.MatchingEventTypes : [];
  return {
    configurationSet: text(found, 'ConfigurationSetName'),
    topicArn: String(sns.TopicARN),
    events: events.map((event) => String(event).toUpperCase()),
  };
};

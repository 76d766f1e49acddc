// Least privilege in one table: which calls each function makes on which resource, nothing more.
// From the same table come the IAM statements and the environment names; a function that is not granted a
// resource does not know its name either. test/infra/access.test.ts holds both against the synthesized roles, and the
// local host refuses what they do not allow (local/permissions.ts). A transaction needs what its items are:
// PutItem, UpdateItem, DeleteItem, ConditionCheckItem.

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { FunctionName } from './functions.ts';

export type TableName = 'customers' | 'catalog' | 'campaigns' | 'control';
export type BucketName = 'archive' | 'models';
export type QueueName = 'events' | 'triggers';
export type MachineName = 'training' | 'campaign' | 'report' | 'experiment' | 'evaluation';

type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem'
  | 'Query'
  | 'Scan'
  | 'ConditionCheckItem';

/** Reads and writes under these key prefixes; listing is limited to the same prefixes. */
export interface BucketNeed {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
}

export interface Needs {
  readonly tables?: { readonly [table in TableName]?: readonly TableAction[] };
  readonly buckets?: { readonly [bucket in BucketName]?: BucketNeed };
  /** SendMessage. */
  readonly queues?: readonly QueueName[];
  /** StartExecution. */
  readonly machines?: readonly MachineName[];
  /** Channels, as far as the configuration sets them up. */
  readonly sends?: readonly ('email' | 'sms' | 'push')[];
  readonly settings?: boolean;
  readonly apiUrl?: boolean;
}

export const needs: { readonly [name in FunctionName]: Needs } = {
  capture: { tables: { control: ['GetItem'] }, queues: ['events'], apiUrl: true },
  authorize: { tables: { control: ['GetItem'] } },
  archive: {
    tables: {
      customers: ['BatchGetItem', 'GetItem', 'PutItem'],
      // GetItem: the delivery that an app reports an impression or a tap of.
      campaigns: ['GetItem', 'Query'],
    },
    buckets: { archive: { write: ['events/'] } },
    queues: ['triggers'],
  },
  catalog: {
    tables: {
      catalog: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'Scan'],
    },
  },
  recommend: {
    tables: {
      customers: ['BatchGetItem'],
      catalog: ['BatchGetItem', 'Query'],
      control: ['GetItem', 'Query'],
    },
    buckets: { models: { read: ['versions/'] } },
    queues: ['events'],
    settings: true,
  },
  admin: {
    tables: {
      control: ['GetItem', 'PutItem', 'UpdateItem', 'Query'],
      // PutItem: a channel that the owner stops or frees.
      customers: ['BatchGetItem', 'PutItem'],
    },
    buckets: { models: { read: ['versions/'] } },
    queues: ['events'],
    machines: ['training'],
  },
  campaigns: {
    tables: {
      // UpdateItem: tests are counted by the hour.
      campaigns: ['GetItem', 'PutItem', 'UpdateItem', 'Query'],
      // Scan: a preview estimates the audience's size from the first customers.
      customers: ['BatchGetItem', 'Scan'],
      catalog: ['BatchGetItem', 'Query', 'Scan'],
      control: ['GetItem', 'PutItem'],
    },
    buckets: { archive: { read: ['campaigns/'] }, models: { read: ['versions/'] } },
    machines: ['campaign', 'report'],
    sends: ['email'],
    settings: true,
    apiUrl: true,
  },
  experiments: {
    tables: {
      control: ['GetItem', 'PutItem', 'DeleteItem', 'Query'],
      // The campaign whose offers an evaluation shares out anew.
      campaigns: ['GetItem'],
      // A plan counts visitors and what they did.
      customers: ['Scan'],
    },
    // Whether a variant's model is there; when that of an evaluation was trained; the data behind the estimates.
    buckets: { archive: { read: ['experiments/'] }, models: { read: ['versions/'] } },
    machines: ['experiment', 'evaluation'],
    settings: true,
  },
  coupons: {
    tables: {
      campaigns: [
        'GetItem',
        'BatchGetItem',
        'PutItem',
        'UpdateItem',
        'DeleteItem',
        'Query',
        'ConditionCheckItem',
      ],
      catalog: ['BatchGetItem'],
      customers: ['BatchGetItem'],
      control: ['GetItem', 'PutItem'],
    },
    queues: ['events'],
    settings: true,
  },
  offers: {
    tables: {
      campaigns: ['GetItem', 'BatchGetItem', 'Query'],
      customers: ['BatchGetItem'],
      // Items of an offer are asked of the eligibility rules again.
      catalog: ['BatchGetItem'],
    },
    queues: ['events'],
    settings: true,
  },
  unsubscribe: {
    tables: { customers: ['BatchGetItem', 'PutItem'], control: ['GetItem', 'PutItem'] },
    queues: ['events'],
    settings: true,
  },
  'mail-events': {
    tables: { campaigns: ['GetItem', 'UpdateItem', 'PutItem'], customers: ['BatchGetItem', 'PutItem'] },
    queues: ['events'],
  },
  'campaign-trigger': {
    tables: {
      // Query: campaigns of higher priority, and their runs.
      campaigns: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'Query'],
      customers: ['BatchGetItem', 'PutItem'],
      catalog: ['BatchGetItem', 'Query'],
      control: ['GetItem', 'PutItem'],
    },
    buckets: { models: { read: ['versions/'] } },
    queues: ['events', 'triggers'],
    sends: ['email', 'sms', 'push'],
    settings: true,
    apiUrl: true,
  },
  'train-dataset': {
    tables: { catalog: ['Scan'], control: ['GetItem', 'PutItem', 'Query'] },
    buckets: {
      archive: { read: ['events/'] },
      models: { read: ['versions/', 'datasets/', 'external/'], write: ['datasets/'] },
    },
  },
  'train-model': {
    buckets: {
      models: { read: ['datasets/', 'evaluations/'], write: ['evaluations/', 'versions/'] },
    },
  },
  'train-publish': {
    tables: { customers: ['BatchWriteItem'], control: ['GetItem', 'PutItem', 'Query'] },
    buckets: {
      models: { read: ['datasets/', 'evaluations/', 'versions/'], write: ['evaluations/'] },
    },
  },
  'campaign-freeze': {
    tables: {
      campaigns: ['GetItem', 'PutItem', 'Query'],
      customers: ['Scan'],
      catalog: ['Scan'],
      control: ['GetItem', 'PutItem'],
    },
    buckets: { archive: { read: ['campaigns/'], write: ['campaigns/', 'events/'] } },
    machines: ['campaign'],
    settings: true,
  },
  'campaign-deliver': {
    tables: {
      // Query: campaigns of higher priority, and their runs.
      campaigns: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'Query'],
      customers: ['BatchGetItem', 'PutItem'],
      catalog: ['BatchGetItem', 'Query'],
      control: ['GetItem', 'PutItem'],
    },
    buckets: {
      archive: { read: ['campaigns/'], write: ['campaigns/'] },
      models: { read: ['versions/'] },
    },
    queues: ['events'],
    sends: ['email', 'sms', 'push'],
    settings: true,
    apiUrl: true,
  },
  'evaluate-policy': {
    tables: {
      // Which campaign; whose lists; what came and went in the catalogue since the model.
      campaigns: ['GetItem'],
      customers: ['BatchGetItem'],
      catalog: ['BatchGetItem', 'Query'],
      control: ['GetItem', 'PutItem'],
    },
    buckets: { archive: { read: ['events/'] }, models: { read: ['versions/'] } },
    settings: true,
  },
  'campaign-analyse': {
    tables: {
      campaigns: ['GetItem', 'PutItem', 'Query'],
      customers: ['BatchGetItem'],
      catalog: ['BatchGetItem'],
    },
    buckets: {
      archive: { read: ['events/', 'campaigns/', 'outcomes/'], write: ['campaigns/', 'outcomes/'] },
    },
    settings: true,
  },
  'experiment-analyse': {
    tables: {
      // Query: looks before this one.
      control: ['GetItem', 'PutItem', 'DeleteItem', 'Query'],
      customers: ['BatchGetItem'],
      catalog: ['BatchGetItem'],
    },
    buckets: { archive: { read: ['events/'], write: ['experiments/'] } },
    settings: true,
  },
};

const bucketStatements = (bucket: IBucket, need: BucketNeed): PolicyStatement[] => {
  const statements: PolicyStatement[] = [];
  if (need.read) {
    statements.push(
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: need.read.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
      }),
      // Without it a missing object answers 403 instead of 404.
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': need.read.map((prefix) => `${prefix}*`) } },
      }),
    );
  }
  if (need.write) {
    statements.push(
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
        resources: need.write.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
      }),
    );
  }
  return statements;
};

/** SMS have no resource of their own: everything that is no topic, application or endpoint, which leaves phone numbers. */
export const smsStatements = (): PolicyStatement[] => [
  new PolicyStatement({ actions: ['sns:Publish'], notResources: ['arn:aws:sns:*:*:*'] }),
  new PolicyStatement({ actions: ['sns:CheckIfPhoneNumberIsOptedOut'], resources: ['*'] }),
];

/** Endpoints of these platform applications: app/GCM/shop has endpoint/GCM/shop/<id>. */
export const pushStatements = (applications: readonly string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['sns:CreatePlatformEndpoint'], resources: [...applications] }),
  new PolicyStatement({
    actions: ['sns:Publish', 'sns:DeleteEndpoint'],
    resources: applications.map((arn) => `${arn.replace(':app/', ':endpoint/')}/*`),
  }),
];

export const grantBucket = (target: LambdaFunction, bucket: IBucket, need: BucketNeed): void => {
  for (const statement of bucketStatements(bucket, need)) target.addToRolePolicy(statement);
};

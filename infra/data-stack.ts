// Every stateful resource, retained when the stack goes: four tables, two buckets, one bucket of access logs.
// What holds customers' data is encrypted, versioned or recoverable to any second of the last 35 days.

import { Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';

export interface DataStackProps extends StackProps {
  readonly config: Config;
}

export class DataStack extends Stack {
  readonly customers: Table;
  readonly catalog: Table;
  readonly campaigns: Table;
  readonly control: Table;
  readonly archive: Bucket;
  readonly models: Bucket;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    this.customers = this.table('Customers');
    this.catalog = this.table('Catalog');
    this.campaigns = this.table('Campaigns');
    this.control = this.table('Control');

    const accessLogs = this.bucket('AccessLogs');
    accessLogs.addLifecycleRule({ expiration: Duration.days(props.config.logRetentionDays) });
    Validations.of(accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This bucket receives the access logs; logging it into itself would never end.',
    });
    this.archive = this.bucket('Archive', accessLogs);
    const { archiveRetentionDays } = props.config;
    if (archiveRetentionDays !== undefined) {
      this.archive.addLifecycleRule({ expiration: Duration.days(archiveRetentionDays) });
    }
    this.models = this.bucket('Models', accessLogs);
    for (const bucket of [this.archive, this.models]) {
      bucket.addLifecycleRule({
        abortIncompleteMultipartUploadAfter: Duration.days(2),
        noncurrentVersionExpiration: Duration.days(30),
      });
    }
  }

  private table(id: string): Table {
    return new Table(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAtS',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private bucket(id: string, accessLogs?: Bucket): Bucket {
    return new Bucket(this, id, {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: accessLogs === undefined ? undefined : `${id.toLowerCase()}/`,
    });
  }
}

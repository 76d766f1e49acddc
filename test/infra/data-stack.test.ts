import { beforeAll, describe, expect, it } from 'vitest';
import { resource, resourcesOf, synthesizeForTest, type Template } from './template.ts';

let data: Template;
beforeAll(async () => {
  data = (await synthesizeForTest()).data;
});

describe('the data stack', () => {
  it('keeps every table when the stack is deleted or a table replaced', () => {
    const tables = resourcesOf(data, 'AWS::DynamoDB::Table');
    expect(tables.map(([id]) => id.slice(0, -8)).sort()).toEqual([
      'Campaigns',
      'Catalog',
      'Control',
      'Customers',
    ]);
    for (const [, table] of tables) {
      expect(table.DeletionPolicy).toBe('Retain');
      expect(table.UpdateReplacePolicy).toBe('Retain');
      expect(table.Properties.DeletionProtectionEnabled).toBe(true);
    }
  });

  it('bills tables by request, so that an idle shop pays for none', () => {
    for (const [, table] of resourcesOf(data, 'AWS::DynamoDB::Table')) {
      expect(table.Properties.BillingMode).toBe('PAY_PER_REQUEST');
      expect(table.Properties.ProvisionedThroughput).toBeUndefined();
    }
  });

  it('can restore every table to any second and expires rows by expiresAtS', () => {
    for (const [, table] of resourcesOf(data, 'AWS::DynamoDB::Table')) {
      expect(table.Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
      expect(table.Properties.TimeToLiveSpecification).toEqual({
        AttributeName: 'expiresAtS',
        Enabled: true,
      });
      expect(table.Properties.KeySchema).toEqual([
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ]);
    }
  });

  it('keeps, encrypts, versions and closes every bucket to the public', () => {
    const buckets = resourcesOf(data, 'AWS::S3::Bucket');
    expect(buckets.map(([id]) => id.slice(0, -8)).sort()).toEqual(['AccessLogs', 'Archive', 'Models']);
    for (const [, bucket] of buckets) {
      expect(bucket.DeletionPolicy).toBe('Retain');
      expect(bucket.UpdateReplacePolicy).toBe('Retain');
      expect(bucket.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(bucket.Properties.BucketEncryption).toEqual({
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      });
    }
  });

  it('refuses requests to any bucket without TLS, and with TLS below 1.2', () => {
    const policies = resourcesOf(data, 'AWS::S3::BucketPolicy');
    expect(policies).toHaveLength(3);
    for (const [, policy] of policies) {
      const { Statement } = policy.Properties.PolicyDocument as {
        Statement: { Effect: string; Action: string; Condition?: Record<string, unknown> }[];
      };
      const denied = Statement.filter(({ Effect, Action }) => Effect === 'Deny' && Action === 's3:*').map(
        ({ Condition }) => Condition,
      );
      expect(denied).toContainEqual({ Bool: { 'aws:SecureTransport': 'false' } });
      expect(denied).toContainEqual({ NumericLessThan: { 's3:TlsVersion': 1.2 } });
    }
  });

  it('keeps raw events until someone deletes them, unless a retention is set', async () => {
    const rules = (template: Template) =>
      (
        resource(template, 'AWS::S3::Bucket', 'Archive').Properties.LifecycleConfiguration as {
          Rules: { ExpirationInDays?: number }[];
        }
      ).Rules.map((rule) => rule.ExpirationInDays).filter((days) => days !== undefined);
    expect(rules(data)).toEqual([]);
    expect(rules((await synthesizeForTest({ archiveRetentionDays: 400 })).data)).toEqual([400]);
  });
});

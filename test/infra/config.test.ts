import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnResource, type Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { parseConfig, workspaceSettings } from '../../infra/config.ts';
import { judgeFindings, readFindings } from '../../infra/findings.ts';
import { buildApp, stackNames } from '../../infra/synth.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import { synthesizeForTest } from './template.ts';

describe('configuration', () => {
  it('an unknown setting is refused by name', () => {
    expect(() => parseConfig({ quietHour: 3 }, 'reprise.config.json')).toThrow(
      /reprise\.config\.json.*\n.*quietHour/,
    );
  });

  it('a sender outside its domain is refused with both', () => {
    expect(() => parseConfig({ sender: { domain: 'shop.test', fromAddress: 'a@other.test' } }, 'c')).toThrow(
      /a@other\.test.*not in.*shop\.test/,
    );
  });

  it('a domain that only ends alike is another domain', () => {
    expect(() => parseConfig({ sender: { domain: 'shop.test', fromAddress: 'a@myshop.test' } }, 'c')).toThrow(
      /not in/,
    );
    expect(
      parseConfig({ sender: { domain: 'shop.test', fromAddress: 'a@mail.shop.test' } }, 'c').sender.domain,
    ).toBe('shop.test');
  });

  it('links to the sender’s domain carry the decision unless other hosts are named', () => {
    const sender = { domain: 'shop.test', fromAddress: 'a@shop.test' };
    expect(workspaceSettings(parseConfig({ sender }, 'c')).shopHosts).toEqual(['shop.test']);
    const named = parseConfig({ sender, shopHosts: ['www.shop.test', 'shop.cn'] }, 'c');
    expect(workspaceSettings(named).shopHosts).toEqual(['www.shop.test', 'shop.cn']);
    expect(() => parseConfig({ shopHosts: ['https://shop.test/'] }, 'c')).toThrow(
      /shopHosts\.0: a host name/,
    );
  });

  it('re-ranking leaves relevance a tenth, also at a single placement, and is the documented default', () => {
    expect(parseConfig({}, 'c').reranking).toEqual(defaultReranking);
    const heavy = { reranking: { diversityWeight: 0.5, noveltyWeight: 0.5 } };
    expect(() => parseConfig(heavy, 'c')).toThrow(/reranking: diversityWeight \+ .* at most 0\.9/);
    const mails = { reranking: { placements: { mail: { calibrationWeight: 0.88 } } } };
    expect(() => parseConfig(mails, 'c')).toThrow(/reranking\.placements\.mail: .* at most 0\.9/);
    const names = { reranking: { placements: { 'home page': {} } } };
    expect(() => parseConfig(names, 'c')).toThrow(/placements\.home page/);
  });

  it('a rule by attribute with an unknown comparison is refused with its place', () => {
    const rule = { item: { attribute: 'riskLevel' }, customer: { trait: 'riskTolerance', op: 'above' } };
    expect(() => parseConfig({ eligibilityRules: [rule] }, 'c')).toThrow(/eligibilityRules\.0\.customer\.op/);
    const fitting = { ...rule, customer: { trait: 'riskTolerance', op: 'gte' } };
    expect(parseConfig({ eligibilityRules: [fitting] }, 'c').eligibilityRules).toEqual([fitting]);
  });

  it('every problem is named at once', () => {
    const broken = { globalHoldoutShare: 2, timeZone: 'Mars/Base', trainingSchedule: 'daily' };
    expect(() => parseConfig(broken, 'c')).toThrow(
      /trainingSchedule[\s\S]*timeZone[\s\S]*globalHoldoutShare/,
    );
  });
});

const findingsWith = (change: (service: Stack) => void, settings: object = {}) => {
  const outdir = mkdtempSync(join(tmpdir(), 'reprise-synth-'));
  const app = buildApp({ outdir, config: parseConfig(settings, 'test') }, undefined);
  change(app.node.findChild(stackNames.service) as Stack);
  app.synth();
  return judgeFindings(readFindings(outdir));
};

describe('findings at synthesis', () => {
  it('as it stands, none is refused and no accepted reason is left over', () => {
    expect(findingsWith(() => undefined)).toEqual({ refused: [], unused: [] });
  });

  it.each([{ region: 'eu-central-1' }, { region: 'us-east-1', account: '123456789012' }])(
    'the same with %j: the CDK command line gives one, and names resolve differently',
    (place) => {
      expect(findingsWith(() => undefined, place)).toEqual({ refused: [], unused: [] });
    },
  );

  it('the same with SMS and push set up', () => {
    const app = (kind: string) => `arn:aws:sns:eu-west-1:123456789012:app/${kind}/shop`;
    const settings = { sms: {}, push: { ios: app('APNS'), android: app('GCM') } };
    expect(findingsWith(() => undefined, settings)).toEqual({ refused: [], unused: [] });
  });

  it('a region without SES is refused: mails could not be sent from it', () => {
    const { refused } = findingsWith(() => undefined, { region: 'cn-north-1' });
    expect(refused.map(({ description }) => description)).toContainEqual(
      expect.stringContaining("'AWS::SES::EmailIdentity' does not exist in 'cn-north-1'"),
    );
  });

  it('accepted ones are gone from the report, which the CDK command line reads before it deploys', async () => {
    const { directory } = await synthesizeForTest();
    expect(readFindings(directory)).toEqual([]);
  });

  it('a property that CloudFormation does not know is refused', () => {
    const { refused } = findingsWith((stack) => {
      new CfnResource(stack, 'Odd', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeoutt: 3 } });
    });
    expect(refused.map(({ construct }) => construct)).toContain(`${stackNames.service}/Odd`);
  });

  it('a bucket open to unencrypted transport is refused by AwsSolutions', () => {
    const { refused } = findingsWith((stack) => {
      new CfnBucket(stack, 'Open');
    });
    expect(refused.map(({ rule }) => rule)).toContain('AwsSolutions-S10');
  });
});

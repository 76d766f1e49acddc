import { beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../infra/access.ts';
import { functionNames, logicalId } from '../../infra/functions.ts';
import { resourcesOf, synthesizeForTest, type Template } from './template.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

let service: Template;
beforeAll(async () => {
  service = (await synthesizeForTest()).service;
});

const statementsOf = (role: string): Statement[] =>
  resourcesOf(service, 'AWS::IAM::Policy')
    .filter(([, policy]) =>
      (policy.Properties.Roles as { Ref: string }[]).some(
        ({ Ref }) => Ref.replace(/[0-9A-F]{8}$/, '') === role,
      ),
    )
    .flatMap(([, policy]) => (policy.Properties.PolicyDocument as { Statement: Statement[] }).Statement);

const actionsOf = (statement: Statement): string[] => [statement.Action].flat();

const granted = (name: string, actionPrefix: string, resourceName: string): string[] =>
  statementsOf(`${logicalId(name)}Role`)
    .filter((statement) => JSON.stringify(statement.Resource).includes(resourceName))
    .flatMap(actionsOf)
    .filter((action) => action.startsWith(actionPrefix))
    .sort();

describe('least privilege', () => {
  it.each(functionNames)('%s may make exactly the table calls of the access table', (name) => {
    for (const table of ['customers', 'catalog', 'campaigns', 'control'] as const) {
      const wanted = (needs[name].tables?.[table] ?? []).map((action) => `dynamodb:${action}`).sort();
      // Export names carry the table's logical id with a hash of eight characters.
      const id = new RegExp(`ExportsOutputFnGetAtt${logicalId(table)}[0-9A-F]{8}Arn`);
      const found = statementsOf(`${logicalId(name)}Role`)
        .filter((statement) => id.test(JSON.stringify(statement.Resource)))
        .flatMap(actionsOf)
        .filter((action) => action.startsWith('dynamodb:'))
        .sort();
      expect(found, `${name} on ${table}`).toEqual(wanted);
    }
  });

  it.each(functionNames)(
    '%s has no wildcard in an action, and none in a resource but the end of an object prefix',
    (name) => {
      for (const statement of statementsOf(`${logicalId(name)}Role`)) {
        for (const action of actionsOf(statement)) expect(action).not.toContain('*');
        if (statement.Resource === '*') {
          // What has no resource in IAM at all.
          expect(actionsOf(statement)).toEqual(['ses:GetSendQuota']);
          continue;
        }
        const wildcards = JSON.stringify(statement.Resource).match(/"[^"]*\*[^"]*"/g) ?? [];
        for (const wildcard of wildcards)
          expect(wildcard).toMatch(
            /^"\/(events|experiments|campaigns|datasets|evaluations|outcomes|external|versions)\/\*"$/,
          );
      }
    },
  );

  it.each(functionNames)('%s writes only to its own log group', (name) => {
    const logs = statementsOf(`${logicalId(name)}Role`).filter((statement) =>
      actionsOf(statement).some((action) => action.startsWith('logs:')),
    );
    expect(logs).toHaveLength(1);
    const groups = new Set(JSON.stringify(logs[0].Resource).match(/[A-Za-z]+Logs[0-9A-F]{8}/g));
    expect([...groups].map((id) => id.slice(0, -8))).toEqual([`${logicalId(name)}Logs`]);
  });

  it('nobody may delete objects of the archive or of the models', () => {
    for (const [, policy] of resourcesOf(service, 'AWS::IAM::Policy')) {
      expect(JSON.stringify(policy.Properties)).not.toContain('s3:DeleteObject');
    }
  });

  it('only what delivers, and the marketer’s test, may send mail, raw, from the one identity', () => {
    const senders = functionNames.filter((name) =>
      statementsOf(`${logicalId(name)}Role`).some((statement) =>
        actionsOf(statement).some((action) => action.startsWith('ses:')),
      ),
    );
    expect(senders).toEqual(['campaigns', 'campaign-trigger', 'campaign-deliver']);
    for (const name of senders) {
      expect(granted(name, 'ses:', 'MailIdentity')).toEqual(['ses:SendRawEmail']);
    }
  });

  it('a function knows the name of a resource exactly when it may use it', () => {
    for (const name of functionNames) {
      const lambda = resourcesOf(service, 'AWS::Lambda::Function').find(
        ([id]) => id.slice(0, -8) === logicalId(name),
      );
      const { Variables } = (lambda?.[1].Properties.Environment ?? { Variables: {} }) as {
        Variables: Record<string, unknown>;
      };
      const tables = Object.keys(Variables).filter((key) => key.endsWith('_TABLE'));
      expect(tables.sort()).toEqual(
        Object.keys(needs[name].tables ?? {})
          .map((table) => `REPRISE_${table.toUpperCase()}_TABLE`)
          .sort(),
      );
    }
  });

  it('the campaign machine can call only the three campaign functions', () => {
    const invoked = statementsOf('CampaignRole')
      .filter((statement) => actionsOf(statement).includes('lambda:InvokeFunction'))
      .flatMap((statement) => JSON.stringify(statement.Resource).match(/Campaign[A-Za-z]+[0-9A-F]{8}/g) ?? [])
      .map((id) => id.slice(0, -8));
    expect([...new Set(invoked)].sort()).toEqual(['CampaignAnalyse', 'CampaignDeliver', 'CampaignFreeze']);
  });
});

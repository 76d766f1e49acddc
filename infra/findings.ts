// Findings of the validators at synthesis: each must be absent or accepted here with a written reason.
// CDK's own acknowledgement takes exact ids, and ids of wildcard findings contain generated names; so the
// accepted ones are patterns over rule and construct, and a pattern that matches nothing is an error as well.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Accepted {
  readonly rule: RegExp;
  readonly construct: RegExp;
  readonly reason: string;
}

const accepted: readonly Accepted[] = [
  {
    rule: /^AwsSolutions-IAM5\[Resource::RepriseData:ExportsOutputFnGetAtt(Archive|Models)\w+\/(events|campaigns|datasets|evaluations|versions)\/\*\]$/,
    construct: /^RepriseService\/[A-Za-z]+Role\/DefaultPolicy\/Resource$/,
    reason:
      'Object names are made at run time, so a grant can only name their prefix; infra/access.ts lists the prefixes.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::<(Train|Campaign)\w+\.Arn>:\*\]$/,
    construct: /^RepriseService\/(Training|Campaign)\/Role\/DefaultPolicy\/Resource$/,
    reason: 'A state machine may call any version of the functions it names, and only of those.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    construct: /^RepriseService\/(Training|Campaign)\/Role\/DefaultPolicy\/Resource$/,
    reason: 'X-Ray segments and log delivery take no resource in IAM.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:s3:::RepriseData:ExportsOutputRefArchive\w+\/\*\]$/,
    construct: /^RepriseService\/Campaign\/Role\/DefaultPolicy\/Resource$/,
    reason:
      'The key of the audience file comes from the state, so the map may read any object of the archive, and only read.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:states:.*execution:.*\]$/,
    construct: /^RepriseService\/Campaign\/DistributedMapPolicy\/Resource$/,
    reason:
      'A distributed map starts, describes and stops the executions of its own state machine, whose names AWS makes.',
  },
];

export interface Finding {
  readonly rule: string;
  readonly construct: string;
  readonly description: string;
  readonly fix?: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly suggestedFix?: string;
      readonly violatingConstructs: readonly { readonly constructPath?: string }[];
    }[];
  }[];
}

export const readFindings = (assembly: string): Finding[] => {
  const report = JSON.parse(readFileSync(join(assembly, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap((plugin) =>
    plugin.violations.flatMap((violation) =>
      violation.violatingConstructs.map((construct) => ({
        rule: violation.ruleName,
        construct: construct.constructPath ?? '(the template)',
        description: violation.description,
        fix: violation.suggestedFix,
      })),
    ),
  );
};

/** Findings without an accepted reason, and accepted patterns that no finding needs any more. */
export const judgeFindings = (findings: readonly Finding[]): { refused: Finding[]; unused: string[] } => {
  const accepts = (pattern: Accepted, finding: Finding): boolean =>
    pattern.rule.test(finding.rule) && pattern.construct.test(finding.construct);
  return {
    refused: findings.filter((finding) => !accepted.some((pattern) => accepts(pattern, finding))),
    unused: accepted
      .filter((pattern) => !findings.some((finding) => accepts(pattern, finding)))
      .map(({ reason }) => reason),
  };
};

export const assertNoFindings = (assembly: string): void => {
  const { refused, unused } = judgeFindings(readFindings(assembly));
  const lines = [
    ...refused.map(
      ({ rule, construct, description, fix }) =>
        `  ${rule} at ${construct}: ${description}${fix ? ` (${fix})` : ''}`,
    ),
    ...unused.map((reason) => `  no finding needs this accepted reason any more: ${reason}`),
  ];
  if (lines.length > 0) {
    throw new Error(
      `synthesis: ${refused.length} findings without an accepted reason, ${unused.length} reasons without a finding:\n${lines.join('\n')}\nMend the construct, or accept the finding with its reason in infra/findings.ts.`,
    );
  }
};

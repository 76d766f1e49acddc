// Findings of the validators at synthesis: each must be absent or accepted here with a written reason.
// CDK's own acknowledgement takes exact ids, and ids of wildcard findings contain generated names; so the
// accepted ones are patterns over rule and construct, and a pattern that matches nothing is an error as well.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Accepted {
  readonly rule: RegExp;
  readonly construct: RegExp;
  readonly reason: string;
  /** Not in every configuration, so it may be without a finding. */
  readonly isOptional?: true;
}

const accepted: readonly Accepted[] = [
  {
    rule: /^AwsSolutions-IAM5\[Resource::RepriseData:ExportsOutputFnGetAtt(Archive|Models)\w+\/(events|experiments|campaigns|datasets|evaluations|outcomes|external|versions)\/\*\]$/,
    construct: /^RepriseService\/[A-Za-z]+Role\/DefaultPolicy\/Resource$/,
    reason:
      'Object names are made at run time, so a grant can only name their prefix; infra/access.ts lists the prefixes.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::<(Train|Campaign|Experiment|Evaluate)\w+\.Arn>:\*\]$/,
    construct:
      /^RepriseService\/(Training|Campaign|Report|Experiment|Evaluation)\/Role\/DefaultPolicy\/Resource$/,
    reason: 'A state machine may call any version of the functions it names, and only of those.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    construct:
      /^RepriseService\/(Training|Campaign|Report|Experiment|Evaluation)\/Role\/DefaultPolicy\/Resource$/,
    reason: 'X-Ray segments and log delivery take no resource in IAM.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    construct: /^RepriseService\/Campaign(s|Trigger|Deliver)Role\/DefaultPolicy\/Resource$/,
    reason:
      "The account's quota of SES and its list of numbers that opted out of SMS have no resource in IAM.",
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:aws[a-z-]*:sns:[\w-]+:\d{12}:endpoint\/\w+\/[\w.-]+\/\*\]$/,
    construct: /^RepriseService\/Campaign(Trigger|Deliver)Role\/DefaultPolicy\/Resource$/,
    reason: "SNS names the endpoints of an app's devices when they are made; the grant names the app.",
    isOptional: true,
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:(?:<AWS::Partition>|aws[a-z-]*):s3:::RepriseData:ExportsOutputRefArchive\w+\/\*\]$/,
    construct: /^RepriseService\/Campaign\/Role\/DefaultPolicy\/Resource$/,
    reason:
      'The key of the audience file comes from the state, so the map may read any object of the archive, and only read.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:(?:<AWS::Partition>|aws[a-z-]*):states:.*:execution:.*\]$/,
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

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly suggestedFix?: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly Violation[];
  }[];
}

const reportPath = (assembly: string): string => join(assembly, 'validation-report.json');

const readReport = (assembly: string): Report =>
  JSON.parse(readFileSync(reportPath(assembly), 'utf8')) as Report;

const findingOf = (violation: Violation, construct: { readonly constructPath?: string }): Finding => ({
  rule: violation.ruleName,
  construct: construct.constructPath ?? '(the template)',
  description: violation.description,
  fix: violation.suggestedFix,
});

export const readFindings = (assembly: string): Finding[] =>
  readReport(assembly).pluginReports.flatMap(({ violations }) =>
    violations.flatMap((violation) =>
      violation.violatingConstructs.map((construct) => findingOf(violation, construct)),
    ),
  );

const accepts = (pattern: Accepted, finding: Finding): boolean =>
  pattern.rule.test(finding.rule) && pattern.construct.test(finding.construct);
const isAccepted = (finding: Finding): boolean => accepted.some((pattern) => accepts(pattern, finding));

/** Findings without an accepted reason, and accepted patterns that no finding needs any more. */
export const judgeFindings = (findings: readonly Finding[]): { refused: Finding[]; unused: string[] } => ({
  refused: findings.filter((finding) => !isAccepted(finding)),
  unused: accepted
    .filter((pattern) => !pattern.isOptional && !findings.some((finding) => accepts(pattern, finding)))
    .map(({ reason }) => reason),
});

/** Throws on every finding that is not accepted. Takes the accepted out of the report: the CDK command line reads it, too, and would not deploy. */
export const settleFindings = (assembly: string): void => {
  const { refused, unused } = judgeFindings(readFindings(assembly));
  if (refused.length + unused.length > 0) {
    const lines = [
      ...refused.map(
        ({ rule, construct, description, fix }) =>
          `  ${rule} at ${construct}: ${description}${fix ? ` (${fix})` : ''}`,
      ),
      ...unused.map((reason) => `  no finding needs this accepted reason any more: ${reason}`),
    ];
    throw new Error(
      `synthesis: ${refused.length} findings without an accepted reason, ${unused.length} reasons without a finding:\n${lines.join('\n')}\nMend the construct, or accept the finding with its reason in infra/findings.ts.`,
    );
  }
  writeFileSync(reportPath(assembly), JSON.stringify(withoutAccepted(readReport(assembly)), undefined, 2));
};

const withoutAccepted = (report: Report): Report => ({
  ...report,
  pluginReports: report.pluginReports.map((plugin) => {
    const violations = plugin.violations
      .map((violation) => ({
        ...violation,
        violatingConstructs: violation.violatingConstructs.filter(
          (construct) => !isAccepted(findingOf(violation, construct)),
        ),
      }))
      .filter(({ violatingConstructs }) => violatingConstructs.length > 0);
    return { ...plugin, violations, conclusion: violations.length === 0 ? 'success' : plugin.conclusion };
  }),
});

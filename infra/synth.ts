// Builds the CDK app and synthesizes it to templates and bundled functions.
// `check: true` makes every unacknowledged finding of the CloudFormation validator and of cdk-nag's
// AwsSolutions rules an error. Without it and with bundles kept, synthesis takes about two seconds.

import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addNativeDuckDb, bundleFunctions } from './bundle.ts';
import { type Config, readConfig } from './config.ts';
import { DataStack } from './data-stack.ts';
import { settleFindings } from './findings.ts';
import { type FunctionSpec, functionNames, functionSpecs } from './functions.ts';
import { ServiceStack } from './service-stack.ts';

export interface SynthesisOptions {
  /** Directory of the cloud assembly. Default cdk.out. */
  readonly outdir?: string;
  /** Bundle the functions; false puts placeholders in, for tests of the template. Default true. */
  readonly bundle?: boolean;
  /** Put DuckDB for linux-arm64 beside the bundles that need it; needs the npm registry once. Default false. */
  readonly native?: boolean;
  /** Findings of the validators fail the synthesis. Default true. */
  readonly check?: boolean;
  readonly config?: Config;
}

export interface Synthesis {
  /** Directory with RepriseData.template.json, RepriseService.template.json, and the functions' assets. */
  readonly directory: string;
}

export const stackNames = { data: 'RepriseData', service: 'RepriseService' } as const;

const context = (check: boolean): Record<string, unknown> => ({
  '@aws-cdk/core:validateAgainstDefaultRules': check,
  // infra/findings.ts judges the report.
  '@aws-cdk/core:failSynthOnValidationErrors': false,
  '@aws-cdk/core:annotationsInValidationReport': true,
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption': true,
  '@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/core:target-partitions': ['aws', 'aws-cn'],
});

export const buildApp = (options: SynthesisOptions, bundles: string | undefined): App => {
  const check = options.check ?? true;
  const config = options.config ?? readConfig();
  const app = new App({
    outdir: options.outdir ?? 'cdk.out',
    analyticsReporting: false,
    context: context(check),
  });
  const env = {
    account: config.account ?? process.env.CDK_DEFAULT_ACCOUNT,
    region: config.region ?? process.env.CDK_DEFAULT_REGION,
  };
  const data = new DataStack(app, stackNames.data, {
    config,
    env,
    description: 'Reprise: everything that is kept',
  });
  new ServiceStack(app, stackNames.service, {
    config,
    data,
    bundles,
    env,
    description: 'Reprise: everything that runs',
  });
  if (check) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
};

export const synthesize = async (options: SynthesisOptions = {}): Promise<Synthesis> => {
  const outdir = options.outdir ?? 'cdk.out';
  const bundles = options.bundle === false ? undefined : join(outdir, 'bundles');
  if (bundles !== undefined) {
    await bundleFunctions(functionNames, bundles);
    const native = functionNames.filter((name) => (functionSpecs[name] as FunctionSpec).analytics);
    if (options.native) for (const name of native) addNativeDuckDb(join(bundles, name));
  }
  buildApp(options, bundles).synth({ skipValidation: options.check === false });
  if (options.check !== false) settleFindings(outdir);
  return { directory: outdir };
};

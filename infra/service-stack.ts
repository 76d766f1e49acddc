// Everything without state: API, functions, queues, schedule, workflows, mail, alarms. May be deleted and
// deployed again without losing anything: what was kept is in the data stack.

import { ArnFormat, CfnOutput, Duration, Stack, type StackProps, TimeZone } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  type BucketName,
  grantBucket,
  type MachineName,
  type Needs,
  needs,
  pushStatements,
  type QueueName,
  smsStatements,
  type TableName,
} from './access.ts';
import { addRoutes, createApi } from './api.ts';
import { createCampaignWorkflow } from './campaign-workflow.ts';
import { type Config, workspaceSettings } from './config.ts';
import type { DataStack } from './data-stack.ts';
import { createEvaluationWorkflow } from './evaluation-workflow.ts';
import { createExperimentWorkflow } from './experiment-workflow.ts';
import {
  createFunction,
  type FunctionName,
  type FunctionSpec,
  functionNames,
  functionSpecs,
  logGroup,
} from './functions.ts';
import { createMail, type Mail } from './mail.ts';
import { addMonitoring } from './monitoring.ts';
import { createReportWorkflow } from './report-workflow.ts';
import { createTrainingWorkflow } from './training-workflow.ts';

export interface ServiceStackProps extends StackProps {
  readonly config: Config;
  readonly data: DataStack;
  /** Directory of bundled functions; undefined: placeholders. */
  readonly bundles?: string;
}

interface WorkQueue {
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

export class ServiceStack extends Stack {
  private readonly config: Config;
  private readonly api: HttpApi;
  private readonly tables: Record<TableName, Table>;
  private readonly buckets: Record<BucketName, Bucket>;
  private readonly queues: Record<QueueName | 'mail-events', WorkQueue>;
  private readonly mail: Mail;
  private readonly functions = new Map<FunctionName, LambdaFunction>();

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { config, data } = props;
    this.config = config;
    this.tables = {
      customers: data.customers,
      catalog: data.catalog,
      campaigns: data.campaigns,
      control: data.control,
    };
    this.buckets = { archive: data.archive, models: data.models };
    this.queues = {
      events: this.workQueue('Events', 'archive'),
      triggers: this.workQueue('Triggers', 'campaign-trigger'),
      'mail-events': this.workQueue('MailEvents', 'mail-events'),
    };
    const alarms = this.alarmTopic();
    this.mail = createMail(this, config, this.queues['mail-events'].queue);
    this.api = createApi(this, config);
    for (const name of functionNames) {
      this.functions.set(
        name,
        createFunction({ scope: this, config, bundles: props.bundles }, name, this.variablesOf(name)),
      );
    }
    for (const name of functionNames) this.grant(name);
    addRoutes(this.api, this.functions);
    this.consume('archive', this.queues.events.queue, 500, Duration.seconds(5));
    this.consume('campaign-trigger', this.queues.triggers.queue, 10);
    this.consume('mail-events', this.queues['mail-events'].queue, 100, Duration.seconds(5));
    const machines = this.workflows();
    this.schedule(machines.training);
    addMonitoring(
      this,
      config.namePrefix,
      {
        api: this.api,
        functions: this.functions,
        queues: Object.entries(this.queues).map(([name, work]) => ({
          name: name === 'mail-events' ? 'MailEvents' : name[0].toUpperCase() + name.slice(1),
          ...work,
        })),
        machines: [
          { name: 'Training', machine: machines.training },
          { name: 'Campaign', machine: machines.campaign },
        ],
      },
      alarms,
    );
    new CfnOutput(this, 'ApiUrl', {
      value: this.api.apiEndpoint,
      description: 'Where apps send events and ask for recommendations',
    });
    new CfnOutput(this, 'ControlTable', { value: data.control.tableName, description: 'For npm run keys' });
    new CfnOutput(this, 'ModelsBucket', {
      value: data.models.bucketName,
      description: 'Model versions; factors trained elsewhere go under external/',
    });
  }

  private functionOf(name: FunctionName): LambdaFunction {
    const found = this.functions.get(name);
    if (!found) throw new Error(`function ${name} was not created`);
    return found;
  }

  private workQueue(id: string, consumer: FunctionName): WorkQueue {
    const deadLetters = new Queue(this, `${id}DeadLetters`, {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const queue = new Queue(this, `${id}Queue`, {
      enforceSSL: true,
      // AWS: at least six times the function's timeout, so that a batch under way is not handed out twice.
      visibilityTimeout: Duration.seconds(functionSpecs[consumer].timeoutS * 6),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    return { queue, deadLetters };
  }

  private consume(name: FunctionName, queue: Queue, batchSize: number, maxBatchingWindow?: Duration): void {
    const spec: FunctionSpec = functionSpecs[name];
    this.functionOf(name).addEventSource(
      new SqsEventSource(queue, {
        batchSize,
        maxBatchingWindow,
        reportBatchItemFailures: true,
        maxConcurrency: spec.concurrencyMax,
      }),
    );
  }

  /** By name, not by reference: the campaign machine calls functions that start it again. */
  private machineArn(name: MachineName): string {
    return this.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: `${this.config.namePrefix}-${name}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private variablesOf(name: FunctionName): Record<string, string> {
    const need = needs[name];
    const environment: Record<string, string> = {};
    for (const table of Object.keys(need.tables ?? {}) as TableName[]) {
      environment[`REPRISE_${table.toUpperCase()}_TABLE`] = this.tables[table].tableName;
    }
    for (const bucket of Object.keys(need.buckets ?? {}) as BucketName[]) {
      environment[`REPRISE_${bucket.toUpperCase()}_BUCKET`] = this.buckets[bucket].bucketName;
    }
    for (const queue of need.queues ?? []) {
      environment[`REPRISE_${queue.toUpperCase()}_QUEUE_URL`] = this.queues[queue].queue.queueUrl;
    }
    for (const machine of need.machines ?? []) {
      environment[`REPRISE_${machine.toUpperCase()}_STATE_MACHINE_ARN`] = this.machineArn(machine);
    }
    if (need.settings) environment.REPRISE_SETTINGS = JSON.stringify(workspaceSettings(this.config));
    if (need.apiUrl) environment.REPRISE_API_URL = this.api.apiEndpoint;
    if (need.sends) {
      environment.REPRISE_FROM_ADDRESS = this.config.sender.fromAddress;
      environment.REPRISE_SES_CONFIGURATION_SET = this.mail.configurationSetName;
    }
    return environment;
  }

  private grant(name: FunctionName): void {
    const need = needs[name];
    const target = this.functionOf(name);
    for (const [table, actions] of Object.entries(need.tables ?? {}) as [TableName, readonly string[]][]) {
      target.addToRolePolicy(
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [this.tables[table].tableArn],
        }),
      );
    }
    for (const [bucket, access] of Object.entries(need.buckets ?? {}) as [
      BucketName,
      (typeof need.buckets & object)[BucketName],
    ][]) {
      if (access) grantBucket(target, this.buckets[bucket], access);
    }
    for (const queue of need.queues ?? []) {
      target.addToRolePolicy(
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queues[queue].queue.queueArn] }),
      );
    }
    for (const machine of need.machines ?? []) {
      target.addToRolePolicy(
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.machineArn(machine)] }),
      );
    }
    if (need.sends) {
      this.grantMessages(target, need.sends);
    }
  }

  private grantMessages(target: LambdaFunction, channels: NonNullable<Needs['sends']>): void {
    const { sms, push } = this.config;
    const applications = [push?.ios, push?.android].filter((arn) => arn !== undefined);
    const statements = [
      new PolicyStatement({
        actions: ['ses:SendRawEmail'],
        resources: [this.mail.identityArn, this.mail.configurationSetArn],
      }),
      // The account's own quota: SES has no resource for it.
      new PolicyStatement({ actions: ['ses:GetSendQuota'], resources: ['*'] }),
      ...(sms && channels.includes('sms') ? smsStatements() : []),
      ...(applications.length > 0 && channels.includes('push') ? pushStatements(applications) : []),
    ];
    for (const statement of statements) {
      target.addToRolePolicy(statement);
    }
  }

  private alarmTopic(): Topic {
    const topic = new Topic(this, 'Alarms', { enforceSSL: true, displayName: 'Reprise alarms' });
    if (this.config.alarmEmail !== undefined)
      topic.addSubscription(new EmailSubscription(this.config.alarmEmail));
    return topic;
  }

  private workflows(): { training: StateMachine; campaign: StateMachine } {
    const logs = logGroup(this, 'WorkflowLogs', this.config);
    const { namePrefix } = this.config;
    const training = createTrainingWorkflow(
      this,
      namePrefix,
      {
        dataset: this.functionOf('train-dataset'),
        model: this.functionOf('train-model'),
        publish: this.functionOf('train-publish'),
      },
      logs,
    );
    const campaign = createCampaignWorkflow(
      this,
      namePrefix,
      {
        freeze: this.functionOf('campaign-freeze'),
        deliver: this.functionOf('campaign-deliver'),
        analyse: this.functionOf('campaign-analyse'),
      },
      this.buckets.archive,
      logs,
    );
    // Failures of both are errors of their functions, which are watched as all of them are.
    createReportWorkflow(this, namePrefix, this.functionOf('campaign-analyse'), logs);
    createExperimentWorkflow(this, namePrefix, this.functionOf('experiment-analyse'), logs);
    createEvaluationWorkflow(this, namePrefix, this.functionOf('evaluate-policy'), logs);
    return { training, campaign };
  }

  private schedule(training: StateMachine): void {
    new Schedule(this, 'TrainingSchedule', {
      description: 'Trains the models',
      schedule: ScheduleExpression.expression(
        this.config.trainingSchedule,
        TimeZone.of(this.config.timeZone),
      ),
      target: new StepFunctionsStartExecution(training, {
        input: ScheduleTargetInput.fromObject({
          trainingId: '<aws.scheduler.execution-id>',
          ...(this.config.trainingTuning.trials > 0 && { tune: this.config.trainingTuning }),
        }),
        retryAttempts: 3,
      }),
    });
  }
}

// What the owner looks at and is woken by: alarms on dead letters, a stuck queue, errors, failed workflows and mail
// reputation, each with what to do; and one dashboard. CloudWatch charges every alarm on more than ten metrics, used
// or not, and nothing else here costs anything when idle: so there are ten, on one metric each.

import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from './functions.ts';

export interface Monitored {
  readonly api: HttpApi;
  readonly functions: ReadonlyMap<FunctionName, LambdaFunction>;
  readonly queues: readonly { readonly name: string; readonly queue: Queue; readonly deadLetters: Queue }[];
  readonly machines: readonly { readonly name: string; readonly machine: StateMachine }[];
}

/** SES pauses accounts near 10% bounces and 0.5% complaints; these wake earlier (AWS's own review levels: 5%, 0.1%). */
const bounceRateMax = 0.04;
const complaintRateMax = 0.0008;
/** Older than this, customers' fresh purchases are missing from their recommendations. */
const queueAgeSMax = 300;

interface Watch {
  readonly id: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly what: string;
}

const sesRate = (name: 'BounceRate' | 'ComplaintRate'): Metric =>
  new Metric({
    namespace: 'AWS/SES',
    metricName: `Reputation.${name}`,
    statistic: 'Maximum',
    period: Duration.hours(1),
  });

/** Errors of all functions of the account in this region: one metric, where one for each function would cost. */
const functionErrors = new Metric({
  namespace: 'AWS/Lambda',
  metricName: 'Errors',
  statistic: 'Sum',
  period: Duration.minutes(5),
});

const watches = (monitored: Monitored): Watch[] => [
  ...monitored.queues.map(({ name, deadLetters }) => ({
    id: `${name}DeadLettersAlarm`,
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: Duration.minutes(5),
    }),
    threshold: 0,
    what: `Messages could not be processed and wait in the dead-letter queue of ${name}. Read one, mend the cause, then redrive the queue in the SQS console.`,
  })),
  {
    id: 'EventsAgeAlarm',
    metric: monitored.queues[0].queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5) }),
    threshold: queueAgeSMax,
    what: `The oldest event waits longer than ${queueAgeSMax} s, so fresh purchases are missing from recommendations. Look for throttling and errors of the archive function.`,
  },
  {
    id: 'FunctionErrorsAlarm',
    metric: functionErrors,
    threshold: 5,
    what: 'Functions failed more than 5 times in 5 minutes. The dashboard shows which; its log group has the reasons.',
  },
  ...monitored.machines.map(({ name, machine }) => ({
    id: `${name}FailedAlarm`,
    metric: machine.metricFailed({ period: Duration.minutes(5) }),
    threshold: 0,
    what: `An execution of ${name} failed. What served before still serves, and nothing is lost; see the execution in Step Functions, mend the cause and redrive it there (within 14 days).`,
  })),
  {
    id: 'ApiServerErrorsAlarm',
    metric: monitored.api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
    threshold: 10,
    what: 'The API answered more than 10 times with a server error in 5 minutes.',
  },
  {
    id: 'BounceRateAlarm',
    metric: sesRate('BounceRate'),
    threshold: bounceRateMax,
    what: `More than ${bounceRateMax * 100}% of the mails bounce. Pause the campaigns and clean the address list before SES pauses the account.`,
  },
  {
    id: 'ComplaintRateAlarm',
    metric: sesRate('ComplaintRate'),
    threshold: complaintRateMax,
    what: `More than ${complaintRateMax * 100}% of the mails are reported as spam. Pause the campaigns before SES pauses the account.`,
  },
];

const dashboard = (scope: Construct, name: string, monitored: Monitored): void => {
  const functions = [...monitored.functions.values()];
  new Dashboard(scope, 'Dashboard', { dashboardName: name }).addWidgets(
    new GraphWidget({
      title: 'API requests',
      left: [monitored.api.metricCount()],
      right: [monitored.api.metricClientError(), monitored.api.metricServerError()],
    }),
    new GraphWidget({
      title: 'API latency (ms)',
      left: [
        monitored.api.metricLatency({ statistic: 'p50' }),
        monitored.api.metricLatency({ statistic: 'p99' }),
      ],
    }),
    new GraphWidget({
      title: 'Queue age (s)',
      left: monitored.queues.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
    }),
    new GraphWidget({
      title: 'Dead letters',
      left: monitored.queues.map(({ deadLetters }) => deadLetters.metricApproximateNumberOfMessagesVisible()),
    }),
    new GraphWidget({ title: 'Function errors', left: functions.map((target) => target.metricErrors()) }),
    new GraphWidget({
      title: 'Function duration (ms, p99)',
      left: functions.map((target) => target.metricDuration({ statistic: 'p99' })),
    }),
    new GraphWidget({
      title: 'Workflows',
      left: monitored.machines.flatMap(({ machine }) => [machine.metricSucceeded(), machine.metricFailed()]),
    }),
    new GraphWidget({ title: 'Mail reputation', left: [sesRate('BounceRate'), sesRate('ComplaintRate')] }),
  );
};

export const addMonitoring = (scope: Construct, name: string, monitored: Monitored, alarms: ITopic): void => {
  for (const watch of watches(monitored)) {
    const alarm = new Alarm(scope, watch.id, {
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: watch.what,
    });
    alarm.addAlarmAction(new SnsAction(alarms));
  }
  dashboard(scope, name, monitored);
};

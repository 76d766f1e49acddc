// Mail by SES: the sender's domain, a configuration set, and its events by SNS into the mail-events queue.

import { Stack } from 'aws-cdk-lib';
import {
  ConfigurationSet,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';

export interface Mail {
  readonly configurationSetName: string;
  readonly configurationSetArn: string;
  readonly identityArn: string;
}

export const createMail = (scope: Construct, config: Config, events: Queue): Mail => {
  const configurationSet = new ConfigurationSet(scope, 'MailConfiguration', {
    reputationMetrics: true,
    suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
  });
  const identity = new EmailIdentity(scope, 'MailIdentity', {
    identity: Identity.domain(config.sender.domain),
    configurationSet,
  });
  const topic = new Topic(scope, 'MailEventsTopic', { enforceSSL: true, displayName: 'Reprise mail events' });
  topic.addSubscription(new SqsSubscription(events));
  configurationSet.addEventDestination('MailEventsDestination', {
    destination: EventDestination.snsTopic(topic),
    events: [
      EmailSendingEvent.SEND,
      EmailSendingEvent.DELIVERY,
      EmailSendingEvent.BOUNCE,
      EmailSendingEvent.COMPLAINT,
      EmailSendingEvent.REJECT,
      EmailSendingEvent.OPEN,
      EmailSendingEvent.CLICK,
    ],
  });
  const configurationSetArn = Stack.of(scope).formatArn({
    service: 'ses',
    resource: 'configuration-set',
    resourceName: configurationSet.configurationSetName,
  });
  return {
    configurationSetName: configurationSet.configurationSetName,
    configurationSetArn,
    identityArn: identity.emailIdentityArn,
  };
};

// The one SNS client for messages to people: one request each, since SNS does not know a repeated one either.

import { SNSClient } from '@aws-sdk/client-sns';

export const createSnsClient = (): SNSClient =>
  new SNSClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
  });

export type Sns = Pick<SNSClient, 'send'>;

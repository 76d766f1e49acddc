// SMS by SNS's Publish to a phone number. Marketing goes as Promotional (cheapest), reminders as Transactional (most
// reliable). SNS takes a message to a number that opted out of the account's SMS and drops it without a word, so the
// number is asked for first: one that opted out is a dead address.
// What carriers report afterwards (delivery status logs in CloudWatch) is not read: `sent` means that SNS took it.
// Source: SNS developer guide, "Publishing SMS messages to a mobile phone"; API reference, CheckIfPhoneNumberIsOptedOut.

import {
  CheckIfPhoneNumberIsOptedOutCommand,
  type MessageAttributeValue,
  PublishCommand,
} from '@aws-sdk/client-sns';
import type { SmsSettings } from '../base/settings.ts';
import type { RateLine } from '../deliveries/rate-line.ts';
import type { Sender } from '../deliveries/transport.ts';
import type { Clock, OutgoingSms, SendResult } from '../ports.ts';
import { sendWaitingOut, type Waiting } from './refusals.ts';
import type { Sns } from './sns.ts';
import { createTurns, type Passing } from './turns.ts';

export interface SmsOptions extends Passing, Waiting {
  readonly settings: SmsSettings;
  readonly line: RateLine;
  readonly clock: Clock;
}

export const createSmsSender = (
  client: Sns,
  { settings, line, clock, ...passing }: SmsOptions,
): Sender<'sms'> => {
  const send: Sender<'sms'> = async (sms) => {
    if (!/^\+[1-9]\d{6,14}$/.test(sms.to)) {
      return { kind: 'rejected', message: `${sms.to} is no number in E.164`, isAddressDead: true };
    }
    const asked = await optedOut(client, sms.to, passing);
    return asked ?? sendWaitingOut(() => publish(client, sms, settings), { rejections }, passing);
  };
  const turn = createTurns({
    channel: 'sms',
    perSecond: async () => settings.messagesPerSecondMax,
    line,
    clock,
    ...passing,
  });
  return Object.assign(send, { turn });
};

const rejections = new Set(['InvalidParameter', 'InvalidParameterValue', 'Validation', 'OptedOut']);

/** Undefined: the number may be written to. Asking sends nothing, so whatever goes wrong is tried again later. */
const optedOut = async (client: Sns, to: string, passing: Waiting): Promise<SendResult | undefined> => {
  const unanswered = (error: unknown): SendResult => ({ kind: 'throttled', message: String(error) });
  const answer = await sendWaitingOut(
    async () => {
      const { isOptedOut } = await client.send(new CheckIfPhoneNumberIsOptedOutCommand({ phoneNumber: to }));
      return isOptedOut
        ? { kind: 'rejected', message: 'the number opted out of SMS', isAddressDead: true }
        : { kind: 'sent', messageId: '' };
    },
    { rejections },
    passing,
  ).catch(unanswered);
  return answer.kind === 'sent' ? undefined : answer;
};

const publish = async (
  client: Sns,
  { to, text, purpose }: OutgoingSms,
  { senderId, originationNumber }: SmsSettings,
): Promise<SendResult> => {
  const { MessageId } = await client.send(
    new PublishCommand({
      PhoneNumber: to,
      Message: text,
      MessageAttributes: {
        'AWS.SNS.SMS.SMSType': asText(purpose === 'marketing' ? 'Promotional' : 'Transactional'),
        ...(senderId !== undefined && { 'AWS.SNS.SMS.SenderID': asText(senderId) }),
        ...(originationNumber !== undefined && { 'AWS.MM.SMS.OriginationNumber': asText(originationNumber) }),
      },
    }),
  );
  if (MessageId === undefined) {
    throw new Error('SNS answered without a message id');
  }
  return { kind: 'sent', messageId: MessageId };
};

const asText = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

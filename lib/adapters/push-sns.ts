// Mobile push by SNS: the device's endpoint is made once by CreatePlatformEndpoint (the same token gives the same
// endpoint, so asking again is harmless; this sandbox remembers it) and published to by TargetArn, with a payload of the
// platform's own: APNs' aps.alert, FCM's HTTP v1 message.
// An endpoint that SNS has disabled belongs to a token that its push service disowned: it is deleted, so that the same
// token could be registered again, and the address is dead.
// Source: SNS developer guide, "Using Google Firebase Cloud Messaging v1 payloads", "Platform-specific payloads".

import { CreatePlatformEndpointCommand, DeleteEndpointCommand, PublishCommand } from '@aws-sdk/client-sns';
import { pushPayloadBytesMax } from '../base/limits.ts';
import type { PushSettings } from '../base/settings.ts';
import type { RateLine } from '../deliveries/rate-line.ts';
import type { Sender } from '../deliveries/transport.ts';
import type { Clock, OutgoingPush, SendResult } from '../ports.ts';
import { sendWaitingOut, type Waiting } from './refusals.ts';
import type { Sns } from './sns.ts';
import { createTurns, type Passing } from './turns.ts';

export interface PushOptions extends Passing, Waiting {
  readonly settings: PushSettings;
  readonly line: RateLine;
  readonly clock: Clock;
}

/** Endpoints remembered by one sandbox: 150 bytes each. */
const endpointsCountMax = 10_000;

export const createPushSender = (
  client: Sns,
  { settings, line, clock, ...passing }: PushOptions,
): Sender<'push'> => {
  const endpoints = new Map<string, string>();
  const send: Sender<'push'> = async (push) => {
    const application = settings[push.platform];
    if (application === undefined) {
      return { kind: 'rejected', message: `push to ${push.platform} is not set up` };
    }
    const Message = payloadOf(push, application);
    if (Buffer.byteLength(Message) > pushPayloadBytesMax) {
      return { kind: 'rejected', message: `the payload has more than ${pushPayloadBytesMax} bytes` };
    }
    const known = endpoints.get(push.token);
    const endpoint = known ?? (await endpointOf(client, application, push.token, passing));
    if (typeof endpoint !== 'string') {
      return endpoint;
    }
    if (endpoints.size < endpointsCountMax) {
      endpoints.set(push.token, endpoint);
    }
    const result = await sendWaitingOut(() => publish(client, endpoint, Message), meaning, passing);
    if (result.kind === 'rejected' && result.isAddressDead) {
      endpoints.delete(push.token);
      await client.send(new DeleteEndpointCommand({ EndpointArn: endpoint })).catch(ignored);
    }
    return result;
  };
  const turn = createTurns({
    channel: 'push',
    perSecond: async () => settings.messagesPerSecondMax,
    line,
    clock,
    ...passing,
  });
  return Object.assign(send, { turn });
};

/** The token is struck off in any case; an endpoint left over is refused again and deleted then. */
const ignored = (): undefined => undefined;

const meaning = {
  rejections: new Set([
    'EndpointDisabled',
    'PlatformApplicationDisabled',
    'InvalidParameter',
    'InvalidParameterValue',
    'Validation',
    'NotFound',
  ]),
  dead: new Set(['EndpointDisabled', 'NotFound']),
};

/** The endpoint's ARN, or why there is none. Making it sends nothing, so whatever goes wrong is tried again later. */
const endpointOf = async (
  client: Sns,
  PlatformApplicationArn: string,
  Token: string,
  passing: Waiting,
): Promise<string | SendResult> => {
  const make = async (): Promise<SendResult> => {
    try {
      const command = new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token });
      return { kind: 'sent', messageId: (await client.send(command)).EndpointArn ?? '' };
    } catch (error) {
      const arn = error instanceof Error ? existing(error) : undefined;
      if (arn === undefined) {
        throw error;
      }
      return { kind: 'sent', messageId: arn };
    }
  };
  const result = await sendWaitingOut(make, making, passing).catch(
    (error: unknown): SendResult => ({ kind: 'throttled', message: String(error) }),
  );
  return result.kind === 'sent' ? result.messageId : result;
};

const making = {
  rejections: new Set(['InvalidParameter', 'NotFound', 'PlatformApplicationDisabled']),
  dead: new Set(['InvalidParameter']),
};

/** Somebody else made it with attributes of their own; SNS names it. */
const existing = ({ message }: Error): string | undefined =>
  /Endpoint (arn:\S+) already exists with the same Token/.exec(message)?.[1];

const publish = async (client: Sns, TargetArn: string, Message: string): Promise<SendResult> => {
  const { MessageId } = await client.send(
    new PublishCommand({ TargetArn, Message, MessageStructure: 'json' }),
  );
  if (MessageId === undefined) {
    throw new Error('SNS answered without a message id');
  }
  return { kind: 'sent', messageId: MessageId };
};

/** The platform is in the application's ARN: app/APNS/shop, app/APNS_SANDBOX/shop, app/GCM/shop. */
const payloadOf = ({ platform, title, body, data }: OutgoingPush, application: string): string => {
  const kind = /:app\/([A-Z_]+)\//.exec(application)?.[1] ?? (platform === 'ios' ? 'APNS' : 'GCM');
  const payload =
    platform === 'ios'
      ? { aps: { alert: { title, body }, sound: 'default' }, ...data }
      : { fcmV1Message: { message: { notification: { title, body }, data } } };
  return JSON.stringify({ default: `${title}: ${body}`, [kind]: JSON.stringify(payload) });
};

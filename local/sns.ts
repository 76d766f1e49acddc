// SNS to people on this machine: Publish to a phone number or a device's endpoint, CreatePlatformEndpoint, DeleteEndpoint
// and CheckIfPhoneNumberIsOptedOut by the Query protocol. Topics are fauxqs's (local/messaging.ts).
// Kept are the limits that matter: E.164, 1,600 characters, known platform applications, payload format and size, disabled
// endpoints, the rate. As at SES's mailbox simulator, addresses say what becomes of a message: numbers that end in 0000
// have opted out (SNS takes the message and drops it), tokens that begin with "dead" belong to disabled endpoints.

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Refusal, unguarded } from './guard.ts';
import { serveOnLoopback } from './loopback.ts';
import { element } from './s3-wire.ts';
import { openSnsFiles, type SnsFiles, type StoredMessage } from './sns-files.ts';

export interface SnsOptions {
  /** Directory for the messages. */
  readonly directory: string;
  /** Virtual time: what messages are dated with. */
  readonly nowMs: () => number;
  /** Time that the rate is measured by. Default: the machine's. */
  readonly rateNowMs?: () => number;
  /** SMS a second. Default 1,000, far over an account's, so that a simulated month passes in seconds. */
  readonly smsRateMax?: number;
  /** Default: everyone may publish. */
  readonly refusal?: Refusal;
}

export interface LocalSns {
  readonly endpoint: string;
  readonly messages: () => readonly StoredMessage[];
  readonly close: () => Promise<void>;
}

const smsLengthMax = 1_600;
const pushBytesMax = 4_096;

class SnsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

interface Service {
  readonly files: SnsFiles;
  readonly nowMs: () => number;
  readonly rateNowMs: () => number;
  readonly smsRateMax: number;
  readonly refusal: Refusal;
  /** Real times of the SMS of the last second. */
  readonly recentMs: number[];
  /** Endpoint → its token; made anew by the callers after a restart. */
  readonly tokens: Map<string, string>;
}

interface Call {
  readonly form: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export const startSns = async (options: SnsOptions): Promise<LocalSns> => {
  const service: Service = {
    files: openSnsFiles(options.directory),
    nowMs: options.nowMs,
    rateNowMs: options.rateNowMs ?? Date.now,
    smsRateMax: options.smsRateMax ?? 1_000,
    refusal: options.refusal ?? unguarded,
    recentMs: [],
    tokens: new Map(),
  };
  const server = createServer((request, response) => {
    answer(service, request, response).catch((error: unknown) => sendError(response, error));
  });
  const loopback = await serveOnLoopback(server, undefined);
  return { endpoint: loopback.endpoint, messages: service.files.list, close: loopback.close };
};

const answer = async (
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const action = form.get('Action') ?? '';
  const run = actions[action];
  if (run === undefined) {
    const known = Object.keys(actions).join(', ');
    throw new SnsError('InvalidAction', `The local SNS does not have ${action} here; it has ${known}.`);
  }
  const result = `<${action}Result>${run({ form, headers: request.headers }, service)}</${action}Result>`;
  const metadata = `<ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata>`;
  sendXml(response, 200, `<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`);
};

/** As AWS words it: SMS are refused on the number, everything else on its ARN. */
const permit = (service: Service, { headers }: Call, action: string, resource: string): void => {
  const reason = service.refusal(headers, `sns:${action}`, resource);
  if (reason !== undefined) {
    throw new SnsError('AuthorizationError', reason, 403);
  }
};

const actions: { readonly [action: string]: (call: Call, service: Service) => string } = {
  Publish: (call, service) => {
    const target = call.form.get('TargetArn');
    return element('MessageId', target === null ? sendSms(call, service) : push(target, call, service));
  },
  CreatePlatformEndpoint: (call, service) => {
    const application = call.form.get('PlatformApplicationArn') ?? '';
    const token = call.form.get('Token') ?? '';
    permit(service, call, 'CreatePlatformEndpoint', application);
    if (!/:app\/(APNS|APNS_SANDBOX|GCM)\/[\w.-]+$/.test(application)) {
      throw new SnsError('NotFound', `PlatformApplication ${application} does not exist`, 404);
    }
    if (token === '') {
      throw new SnsError('InvalidParameter', 'Invalid parameter: Token Reason: cannot be empty');
    }
    const id = createHash('sha256').update(`${application}\n${token}`).digest('hex').slice(0, 32);
    const arn = `${application.replace(':app/', ':endpoint/')}/${id}`;
    service.tokens.set(arn, token);
    return element('EndpointArn', arn);
  },
  DeleteEndpoint: (call, service) => {
    const arn = call.form.get('EndpointArn') ?? '';
    permit(service, call, 'DeleteEndpoint', arn);
    service.tokens.delete(arn);
    return '';
  },
  CheckIfPhoneNumberIsOptedOut: (call, service) => {
    permit(service, call, 'CheckIfPhoneNumberIsOptedOut', '*');
    return element('isOptedOut', String(isOptedOut(call.form.get('phoneNumber') ?? '')));
  },
};

const isOptedOut = (number: string): boolean => number.endsWith('0000');

const sendSms = (call: Call, service: Service): string => {
  const { form } = call;
  const to = form.get('PhoneNumber') ?? '';
  const text = form.get('Message') ?? '';
  permit(service, call, 'Publish', to);
  if (!/^\+[1-9]\d{6,14}$/.test(to)) {
    throw new SnsError(
      'InvalidParameter',
      `Invalid parameter: PhoneNumber Reason: ${to} is not valid to publish to`,
    );
  }
  if (text === '' || text.length > smsLengthMax) {
    throw new SnsError('InvalidParameter', `Invalid parameter: Message Reason: ${text.length} characters`);
  }
  while (service.recentMs[0] !== undefined && service.recentMs[0] <= service.rateNowMs() - 1_000) {
    service.recentMs.shift();
  }
  if (service.recentMs.length >= service.smsRateMax) {
    throw new SnsError('Throttled', 'Rate exceeded', 429);
  }
  service.recentMs.push(service.rateNowMs());
  const messageId = randomUUID();
  if (!isOptedOut(to)) {
    service.files.add({ ...dated(service, messageId), channel: 'sms', to, text, detail: attributesOf(form) });
  }
  return messageId;
};

const push = (arn: string, call: Call, service: Service): string => {
  permit(service, call, 'Publish', arn);
  const token = service.tokens.get(arn);
  const platform = /:endpoint\/([A-Z_]+)\//.exec(arn)?.[1] ?? '';
  if (token === undefined) {
    throw new SnsError('NotFound', `No endpoint found for the target arn specified`, 404);
  }
  if (token.startsWith('dead')) {
    throw new SnsError('EndpointDisabled', 'Endpoint is disabled');
  }
  const payload = payloadOf(call.form, platform);
  const messageId = randomUUID();
  const { title, body } = shownOf(payload, platform);
  service.files.add({
    ...dated(service, messageId),
    channel: 'push',
    to: token,
    text: `${title}\n${body}`,
    detail: payload,
  });
  return messageId;
};

const dated = ({ nowMs }: Service, messageId: string): Pick<StoredMessage, 'messageId' | 'sentAt'> => ({
  messageId,
  sentAt: new Date(nowMs()).toISOString(),
});

const attributesOf = (form: URLSearchParams): Record<string, unknown> => {
  const attributes: Record<string, unknown> = {};
  for (let index = 1; form.has(`MessageAttributes.entry.${index}.Name`); index += 1) {
    attributes[form.get(`MessageAttributes.entry.${index}.Name`) ?? ''] = form.get(
      `MessageAttributes.entry.${index}.Value.StringValue`,
    );
  }
  return attributes;
};

type Json = { readonly [name: string]: unknown };
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** MessageStructure json: a text for everyone by the name default, and the platform's payload as a text of JSON. */
const payloadOf = (form: URLSearchParams, platform: string): Json => {
  const message: unknown = form.get('MessageStructure') === 'json' ? parsed(form.get('Message')) : undefined;
  const text: unknown = isJson(message) ? message[platform] : undefined;
  const payload = typeof text === 'string' ? parsed(text) : undefined;
  if (!isJson(message) || typeof message.default !== 'string' || !isJson(payload)) {
    throw new SnsError(
      'InvalidParameter',
      `Invalid parameter: Message Reason: no default, or no JSON for ${platform}`,
    );
  }
  if (Buffer.byteLength(String(text)) > pushBytesMax) {
    throw new SnsError('InvalidParameter', `Invalid parameter: Message too long for ${platform}`);
  }
  return payload;
};

const shownOf = (payload: Json, platform: string): { readonly title: string; readonly body: string } => {
  const v1 = isJson(payload.fcmV1Message) ? payload.fcmV1Message.message : undefined;
  const aps = isJson(payload.aps) ? payload.aps.alert : undefined;
  const shown = platform === 'GCM' ? (isJson(v1) ? v1.notification : undefined) : aps;
  if (!isJson(shown)) {
    throw new SnsError(
      'InvalidParameter',
      `Invalid parameter: Message Reason: nothing to show on ${platform}`,
    );
  }
  return { title: String(shown.title), body: String(shown.body) };
};

const parsed = (text: string | null): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
};

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';

const sendXml = (response: ServerResponse, status: number, xml: string): void => {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
  response.end(xml);
};

const sendError = (response: ServerResponse, error: unknown): void => {
  const known = error instanceof SnsError ? error : new SnsError('InternalError', String(error), 500);
  const detail = `<Error><Type>Sender</Type>${element('Code', known.code)}${element('Message', known.message)}</Error>`;
  sendXml(
    response,
    known.status,
    `<ErrorResponse xmlns="${namespace}">${detail}${element('RequestId', randomUUID())}</ErrorResponse>`,
  );
};

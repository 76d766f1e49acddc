// One message by mail to an address of the marketer's, filled with a customer's data: marked as a test in its subject,
// with a code that is not valid and links that stop nothing. It is no delivery: nothing is stored, counted, capped or
// reported but the number of tests in this hour, and it goes out without the tags by which reports find deliveries.

import { Failure, shown } from '../base/errors.ts';
import { testSendsPerHourMax } from '../base/limits.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { TestSendRequest } from '../campaigns/api-input.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { Language } from '../events/customer.ts';
import type { DeliveryStore, OutgoingMail, SendResult, Transport } from '../ports.ts';
import { type PreviewPorts, previewContext, situationOf } from './campaign-preview.ts';
import { languageOf, unsubscribeHeaders } from './compose.ts';
import { messagesOf, type PreviewedMessage, previewMessage, type VariantMessage } from './preview.ts';

export interface TestSendPorts extends PreviewPorts {
  readonly transport: Pick<Transport, 'send' | 'turn'>;
  readonly deliveries: Pick<DeliveryStore, 'lease'>;
  readonly fromAddress: string;
}

export interface TestSent extends Pick<PreviewedMessage, 'variant' | 'stepId' | 'language' | 'warnings'> {
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
}

const hourMs = 3_600_000;
const marks: { readonly [language in Language]: string } = { en: '[Test] ', 'zh-CN': '【测试】' };

export const sendTest = async (
  id: Campaign['campaignId'],
  request: TestSendRequest,
  ports: TestSendPorts,
): Promise<TestSent> => {
  const campaign = await existingCampaign(id, ports.campaigns);
  const message = chosen(campaign, request);
  const situation = await situationOf(campaign, request.customerId, ports);
  const language = request.language ?? languageOf(situation.record.profile);
  const context = previewContext(ports);
  const previewed = previewMessage(message, situation, language, context);
  const { variant, stepId, warnings } = previewed;
  const mail = {
    ...mailOf(previewed, campaign, request.to, ports.fromAddress),
    headers: unsubscribeHeaders(request.customerId, context),
  };
  await countTest(ports);
  const messageId = await send(mail, ports.transport);
  const { to, subject } = mail;
  return { to, subject, messageId, variant, ...(stepId !== undefined && { stepId }), language, warnings };
};

const chosen = (campaign: Campaign, { variant, step }: TestSendRequest): VariantMessage => {
  const all = messagesOf(campaign);
  const found = all.find(
    (one) => (variant ?? one.variant) === one.variant && (step === undefined || step === one.stepId),
  );
  if (found === undefined) {
    const names = all.map((one) => (one.stepId === undefined ? one.variant : `${one.variant}/${one.stepId}`));
    throw new Failure('invalid', {
      code: 'message-unknown',
      message: 'The campaign has no such message.',
      received: shown({ variant, step }),
      action: names.length === 0 ? 'Its variants send nothing.' : `Choose one of ${names.join(', ')}.`,
    });
  }
  return found;
};

const mailOf = (
  previewed: PreviewedMessage,
  campaign: Pick<Campaign, 'channels'>,
  to: string,
  from: string,
): OutgoingMail => {
  const { subject, html, text, language } = previewed;
  if (subject === undefined || html === undefined || text === undefined) {
    throw notSendable(previewed, campaign);
  }
  return {
    channel: 'email',
    from,
    to,
    subject: marks[language] + subject,
    html,
    text,
    headers: {},
    tags: {},
  };
};

const notSendable = (
  { notSent, problem }: PreviewedMessage,
  { channels }: Pick<Campaign, 'channels'>,
): Failure => {
  const code = 'test-not-sendable';
  if (problem !== undefined) {
    return new Failure('invalid', {
      code,
      message: `The message cannot be rendered: ${problem}`,
      action: 'Correct the template, or give the variable a default: {{ name | default: "" }}.',
    });
  }
  if (notSent !== undefined) {
    return new Failure('invalid', {
      code,
      message: `This customer would not get the message now: ${notSent}.`,
      action: 'Choose another customer or another message.',
    });
  }
  return new Failure('invalid', {
    code: 'test-without-mail',
    message: `Tests go by mail, and this message has none: the campaign goes by ${channels.join(', ')}.`,
    action: 'POST …/preview shows what it says on those channels.',
  });
};

const countTest = async ({ deliveries, clock }: TestSendPorts): Promise<void> => {
  const nowMs = clock.nowMs();
  const claim = {
    key: `test-sends/${new Date(nowMs).toISOString().slice(0, 13)}`,
    max: testSendsPerHourMax,
    expiresAtS: Math.floor((nowMs + 24 * hourMs) / 1000),
  };
  if ((await deliveries.lease(claim, 1)) === 0) {
    throw new Failure('throttled', {
      code: 'tests-too-many',
      message: `${testSendsPerHourMax} tests were sent in this hour; more are not.`,
      action: 'Look at the preview, or wait for the next hour.',
    });
  }
};

const send = async (mail: OutgoingMail, transport: TestSendPorts['transport']): Promise<string> => {
  const result = (await transport.turn('email')) ?? (await transport.send(mail));
  if (result.kind === 'sent') {
    return result.messageId;
  }
  throw new Failure(result.kind === 'throttled' ? 'throttled' : 'invalid', {
    code: `test-${result.kind}`,
    message: `The mail service did not take it: ${result.message}`,
    received: mail.to,
    action: remedyOf(result),
  });
};

const remedyOf = (result: Exclude<SendResult, { readonly kind: 'sent' }>): string => {
  if (result.kind === 'rejected') {
    return 'In the sandbox of SES only verified addresses can be sent to; otherwise look at the sender address.';
  }
  return result.reason === 'mail-quota'
    ? 'Room comes back by the hour, 24 hours after each mail; a higher quota is to be had in the console of SES.'
    : 'Send the test again in a minute.';
};

// What is wrong with templates: every part is rendered strictly with sample variables, so that a missing variable, a
// fault of Liquid, a mail without a way out or a message too long for its channel is found before anything is sent.

import type { Problem } from '../base/errors.ts';
import {
  inAppBodyLengthMax,
  inAppTitleLengthMax,
  pushBodyLengthMax,
  pushTitleLengthMax,
  smsSegmentsCountMax,
  templateLengthMax,
} from '../base/limits.ts';
import type { Template, Templates } from '../campaigns/campaign.ts';
import type { Language } from '../events/customer.ts';
import { type Escaping, renderLiquid } from './liquid.ts';
import type { MailVariables } from './mail-variables.ts';
import { type SampleKind, sampleVariables } from './sample-variables.ts';
import { smsSize } from './sms-segments.ts';

/** Empty when they can be sent. */
export const checkTemplates = (templates: Templates, kind: SampleKind = 'coupon'): readonly Problem[] => {
  const languages: readonly Language[] = ['en', 'zh-CN'];
  return languages.flatMap((language) => {
    const template = templates[language];
    const variables = sampleVariables(language, kind);
    return template === undefined
      ? []
      : partsOf(template).flatMap(({ name, source, escaping, faults }) =>
          checkPart(source, escaping, faults, variables).map((message) => ({
            path: `templates.${language}.${name}`,
            message,
          })),
        );
  });
};

interface Part {
  readonly name: string;
  readonly source: string;
  readonly escaping: Escaping;
  /** What is wrong with the rendered text. */
  readonly faults: (output: string, variables: MailVariables) => readonly string[];
}

const partsOf = ({ subject, html, text, mjml, sms, push, inApp }: Template): readonly Part[] => {
  const plain = (name: string, source: string | undefined, faults: Part['faults']): readonly Part[] =>
    source === undefined ? [] : [{ name, source, escaping: 'plain', faults }];
  return [
    ...plain('subject', subject, notEmpty),
    ...(html === undefined
      ? []
      : [
          {
            name: mjml === undefined ? 'html' : 'mjml',
            source: html,
            escaping: 'html' as const,
            faults: wayOut,
          },
        ]),
    ...plain('text', text, wayOut),
    ...plain('sms', sms, smsFaults),
    ...plain('push.title', push?.title, atMost(pushTitleLengthMax)),
    ...plain('push.body', push?.body, atMost(pushBodyLengthMax)),
    ...plain('inApp.title', inApp?.title, atMost(inAppTitleLengthMax)),
    ...plain('inApp.body', inApp?.body, atMost(inAppBodyLengthMax)),
    ...plain('inApp.url', inApp?.url, webAddress),
  ];
};

const checkPart = (
  source: string,
  escaping: Escaping,
  faults: Part['faults'],
  variables: MailVariables,
): readonly string[] => {
  if (source.trim() === '' || source.length > templateLengthMax) {
    return [`must have 1 to ${templateLengthMax} characters, has ${source.length}`];
  }
  try {
    return faults(renderLiquid(source, escaping, variables, { strict: true }), variables);
  } catch (error) {
    return [withAdvice(error instanceof Error ? error.message : String(error))];
  }
};

/** Only some customers have a trait; other names are known, so that an unknown one is a slip. */
const withAdvice = (message: string): string => {
  const [, variable] = /^undefined variable: (customer\.traits\.\w+)/.exec(message) ?? [];
  return variable === undefined
    ? message
    : `${message}; if only some customers have it, write {{ ${variable} | default: "" }}`;
};

const notEmpty = (output: string): readonly string[] => (output.trim() === '' ? ['renders to nothing'] : []);

const wayOut = (output: string, { unsubscribeUrl }: MailVariables): readonly string[] =>
  output.includes(unsubscribeUrl)
    ? []
    : ['must contain {{ unsubscribeUrl }}: marketing mail needs a way out of it'];

const atMost =
  (max: number) =>
  (output: string): readonly string[] =>
    output.trim().length > max
      ? [`has ${output.trim().length} characters when rendered; at most ${max} are shown`]
      : notEmpty(output);

const smsFaults = (output: string, { unsubscribeUrl, preferenceUrl }: MailVariables): readonly string[] => {
  const { segments, length, encoding } = smsSize(output.trim());
  return [
    ...notEmpty(output),
    ...(segments > smsSegmentsCountMax
      ? [
          `is charged as ${segments} messages (${length} characters in ${encoding}); at most ${smsSegmentsCountMax} are allowed`,
        ]
      : []),
    ...(output.includes(unsubscribeUrl) || output.includes(preferenceUrl)
      ? []
      : ['must contain {{ unsubscribeUrl }}: marketing by SMS needs a way out of it']),
  ];
};

const webAddress = (output: string): readonly string[] =>
  output.trim() === '' || output.trim().startsWith('https://')
    ? []
    : [`must be an address that begins with https://; renders to ${output.trim().slice(0, 100)}`];

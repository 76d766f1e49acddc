// A template of a language rendered for one customer, by channel. Where a language has nothing for a channel, English
// stands in. At send a missing variable renders as nothing; at preview and validation it is an error (strict).

import type { MailParts, MailTemplate, Template, Templates } from '../campaigns/campaign.ts';
import type { Language } from '../events/customer.ts';
import { type RenderOptions, renderLiquid } from './liquid.ts';
import type { MailVariables } from './mail-variables.ts';

export type { RenderOptions } from './liquid.ts';
export type { MailItem, MailVariables } from './mail-variables.ts';

export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface RenderedInApp extends RenderedNotice {
  readonly url?: string;
  readonly placement?: string;
}

export interface RenderedNotice {
  readonly title: string;
  readonly body: string;
}

/** English stands in for a language that has none. */
export const mailPartsOf = (templates: Templates, language: Language): MailParts | undefined =>
  [templates[language], templates.en].find(isMail);

const isMail = (template: Template | undefined): template is MailTemplate =>
  template?.subject !== undefined && template.html !== undefined && template.text !== undefined;

/**
 * Throws when the template cannot be rendered, as all of these do. Undefined where the templates have nothing for this
 * channel, likewise.
 */
export function renderMail(
  templates: Templates & { readonly en: MailTemplate },
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedMail;
export function renderMail(
  templates: Templates,
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedMail | undefined;
export function renderMail(
  templates: Templates,
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedMail | undefined {
  const parts = mailPartsOf(templates, language);
  if (parts === undefined) {
    return undefined;
  }
  const { subject, html, text } = parts;
  return {
    subject: oneLine(renderLiquid(subject, 'plain', variables, options)),
    html: renderLiquid(html, 'html', variables, options),
    // Conditions that came to nothing leave empty lines behind.
    text: renderLiquid(text, 'plain', variables, options).replace(/\n{3,}/g, '\n\n'),
  };
}

export const renderSms = (
  templates: Templates,
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): string | undefined => {
  const sms = partOf(templates, language, 'sms');
  return sms && renderLiquid(sms, 'plain', variables, options).trim();
};

export const renderPush = (
  templates: Templates,
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedNotice | undefined => {
  const push = partOf(templates, language, 'push');
  return push && renderNotice(push, variables, options);
};

export const renderInApp = (
  templates: Templates,
  language: Language,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedInApp | undefined => {
  const inApp = partOf(templates, language, 'inApp');
  if (inApp === undefined) {
    return undefined;
  }
  const url = inApp.url === undefined ? '' : renderLiquid(inApp.url, 'plain', variables, options).trim();
  const placement = inApp.placement ?? templates.en.inApp?.placement;
  return {
    ...renderNotice(inApp, variables, options),
    ...(url !== '' && { url }),
    ...(placement !== undefined && { placement }),
  };
};

const partOf = <Part extends keyof Template>(
  templates: Templates,
  language: Language,
  part: Part,
): Template[Part] | undefined => templates[language]?.[part] ?? templates.en[part];

const renderNotice = (
  { title, body }: RenderedNotice,
  variables: MailVariables,
  options?: RenderOptions,
): RenderedNotice => ({
  title: oneLine(renderLiquid(title, 'plain', variables, options)),
  body: renderLiquid(body, 'plain', variables, options).trim(),
});

/** A line break in a name must not become a header. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

// The mail of templates that have one.

import { type RenderedMail, renderMail } from '../../lib/deliveries/template.ts';

export const mailOf = (...given: Parameters<typeof renderMail>): RenderedMail => {
  const mail = renderMail(...given);
  if (mail === undefined) {
    throw new Error('the templates have no mail');
  }
  return mail;
};

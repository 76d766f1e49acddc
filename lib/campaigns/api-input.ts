// What the campaign routes take besides a definition: the action in the path, the bodies of a preview and of a test.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, customerId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax, previewCustomersCountMax } from '../base/limits.ts';
import type { Language } from '../events/customer.ts';

const actions = ['preview', 'plan', 'test-send', 'start', 'pause', 'resume', 'cancel'] as const;

export const parseAction = (text: string): (typeof actions)[number] => {
  const action = actions.find((one) => one === text);
  if (action === undefined) {
    throw new Failure('not-found', {
      code: 'action-unknown',
      message: 'There is no such action on a campaign.',
      received: shown(text),
      action: `Use one of ${actions.join(', ')}.`,
    });
  }
  return action;
};

export interface PreviewOptions {
  /** Absent: each customer's own. */
  readonly languages?: readonly Language[];
  /** Also estimate the size of the audience, which reads some thousand customers. Default false. */
  readonly estimate: boolean;
}
export type PreviewRequest = PreviewOptions & { readonly customerId: CustomerId };
export type PreviewsRequest = PreviewOptions & { readonly customerIds: readonly CustomerId[] };

const id = z.string().min(1).max(idLengthMax);
const language = z.enum(['en', 'zh-CN']);
const oneOrSeveral = 'give either customerId, or customerIds for several at once';

const previewSchema = z
  .strictObject({
    customerId: id.optional(),
    customerIds: z.array(id).min(1).max(previewCustomersCountMax).optional(),
    languages: z.array(language).min(1).max(2).optional(),
    estimate: z.boolean().default(false),
  })
  .refine((given) => (given.customerId === undefined) !== (given.customerIds === undefined), {
    path: ['customerId'],
    error: oneOrSeveral,
  });

export const parsePreview = (input: unknown): PreviewRequest | PreviewsRequest => {
  const { customerId: one, customerIds, languages, estimate } = parseInput(previewSchema, input, 'preview');
  const options = { ...(languages !== undefined && { languages: [...new Set(languages)] }), estimate };
  return one === undefined
    ? { customerIds: (customerIds ?? []).map(customerId), ...options }
    : { customerId: customerId(one), ...options };
};

export interface TestSendRequest {
  /** Whose data fills the message. */
  readonly customerId: CustomerId;
  /** Who gets it. */
  readonly to: string;
  /** Default: the first that sends something. */
  readonly variant?: string;
  /** Of a journey; default: its first message. */
  readonly step?: string;
  /** Default: the customer's own. */
  readonly language?: Language;
}

const testSendSchema = z.strictObject({
  customerId: id,
  to: z.email().max(254),
  variant: z.string().min(1).optional(),
  step: z.string().min(1).optional(),
  language: language.optional(),
});

export const parseTestSend = (input: unknown): TestSendRequest => {
  const { customerId: one, ...rest } = parseInput(testSendSchema, input, 'test send');
  return { customerId: customerId(one), ...rest };
};

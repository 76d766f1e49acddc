// What the campaign routes take besides a definition: the action in the path and the body of a preview.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, customerId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';

const actions = ['preview', 'start', 'pause', 'resume', 'cancel'] as const;

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

export interface PreviewRequest {
  readonly customerId: CustomerId;
  /** Also estimate the size of the audience, which reads some thousand customers. Default false. */
  readonly estimate: boolean;
}

const previewSchema = z.strictObject({
  customerId: z.string().min(1).max(idLengthMax),
  estimate: z.boolean().default(false),
});

export const parsePreview = (input: unknown): PreviewRequest => {
  const { customerId: id, estimate } = parseInput(previewSchema, input, 'preview');
  return { customerId: customerId(id), estimate };
};

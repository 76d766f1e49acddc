// What the experiment routes take besides a definition: the action in the path, the body of a stop, and bodies that say
// nothing.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { parseInput } from '../base/input.ts';

const actions = ['plan', 'start', 'stop', 'analyse'] as const;

export const parseExperimentAction = (text: string): (typeof actions)[number] => {
  const action = actions.find((one) => one === text);
  if (action !== undefined) return action;
  throw new Failure('not-found', {
    code: 'action-unknown',
    message: 'There is no such action on an experiment.',
    received: shown(text),
    action: `Use one of ${actions.join(', ')}.`,
  });
};

const stop = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() });

/** The reason, where one is given. */
export const parseStop = (body: unknown): string | undefined => parseInput(stop, body, 'stop').reason;

const nothing = z.strictObject({});

/** Of a request that says all by its path: what was meant by a body would be lost silently. */
export const parseNothing = (body: unknown, what: string): void => {
  parseInput(nothing, body, what);
};

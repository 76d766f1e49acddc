// What the experiment routes take besides a definition: the action in the path and the body of a stop.

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

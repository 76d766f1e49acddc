// When is the host idle? SES has published its events, no work queue holds or hands out a message, no batch is being
// handled, and, for a full drain, no function runs. Dead-letter queues are nobody's work.

import { setTimeout as delay } from 'node:timers/promises';
import type { Functions } from './functions.ts';
import type { Messaging } from './messaging.ts';
import type { Queues } from './queues.ts';
import type { LocalSes } from './ses.ts';
import type { LocalTemplate } from './template.ts';

export interface Activity {
  readonly template: Pick<LocalTemplate, 'queues'>;
  readonly messaging: Pick<Messaging, 'waitingCount'>;
  readonly queues: Pick<Queues, 'busyCount'>;
  readonly functions: Pick<Functions, 'runningCount'>;
  readonly ses: Pick<LocalSes, 'flush'>;
}

const lookMs = 20;

export const drained = async (activity: Activity): Promise<void> => {
  while (!(await areQueuesIdle(activity)) || activity.functions.runningCount() > 0) {
    await delay(lookMs);
  }
};

/** Waits for the queues, but no longer than this. */
export const queuesIdleWithin = async (activity: Activity, maxMs: number): Promise<void> => {
  const untilMs = performance.now() + maxMs;
  while (performance.now() < untilMs && !(await areQueuesIdle(activity))) {
    await delay(lookMs);
  }
};

const areQueuesIdle = async ({ template, messaging, queues, ses }: Activity): Promise<boolean> => {
  await ses.flush();
  const work = template.queues.filter(({ redrive }) => redrive !== undefined);
  return work.every(({ name }) => messaging.waitingCount(name) === 0) && queues.busyCount() === 0;
};

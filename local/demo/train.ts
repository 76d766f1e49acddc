// Trains on demand and waits for the model that serves; the host shows the workflow's steps as they are entered.

import { setTimeout as delay } from 'node:timers/promises';
import type { LocalHost } from '../host.ts';
import type { Api } from './api.ts';

interface Training {
  readonly trainingId: string;
  readonly status: 'running' | 'promoted' | 'refused' | 'failed';
  readonly version?: string;
  readonly reason?: string;
}

export interface Trained {
  readonly version: string;
  readonly seconds: number;
}

const lookEveryMs = 200;
const trainingMsMax = 10 * 60_000;

export const train = async (host: LocalHost, api: Api): Promise<Trained> => {
  const startedMs = performance.now();
  const { trainingId } = await api.post<{ readonly trainingId: string }>('/v1/admin/trainings');
  while (performance.now() - startedMs < trainingMsMax) {
    const execution = host.executions().find(({ name }) => name.includes(trainingId));
    if (execution === undefined || execution.status !== 'RUNNING') {
      const { trainings } = await api.get<{ readonly trainings: readonly Training[] }>('/v1/admin/trainings');
      const training = trainings.find((one) => one.trainingId === trainingId);
      if (training?.status === 'promoted' && training.version !== undefined) {
        return { version: training.version, seconds: seconds(startedMs) };
      }
      if (training !== undefined && training.status !== 'running') {
        throw new Error(`the training ended as ${training.status}: ${training.reason ?? 'no reason given'}`);
      }
      if (execution !== undefined) {
        throw new Error(
          `the training workflow ended as ${execution.status}: ${execution.error ?? ''} ${execution.cause ?? ''}`,
        );
      }
    }
    await delay(lookEveryMs);
  }
  throw new Error(`the training did not end within ${trainingMsMax / 60_000} minutes`);
};

const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1000;

// Keeps in memory what is in force: running experiments and the workspace's salt, read at most every cacheMs by one
// caller for all that wait. When a read fails, what was known goes on; a page of a shop does not fail for it.
// Limits: an experiment that was started or stopped is obeyed everywhere cacheMs later.

import type { ExperimentStore } from '../assignment/experiment-store.ts';
import { cacheMs } from '../base/limits.ts';
import type { Clock, SecretStore } from '../ports.ts';
import type { InForce } from './treatment.ts';

export interface InForcePorts {
  readonly experiments: Pick<ExperimentStore, 'running'>;
  readonly secrets: Pick<SecretStore, 'made'>;
  readonly clock: Clock;
  readonly warn: (message: string, detail: object) => void;
}

export const createInForceSource = (ports: InForcePorts): (() => Promise<InForce>) => {
  let held: { readonly value: InForce; readonly untilMs: number } | undefined;
  let refreshing: Promise<InForce> | undefined;

  const refresh = async (): Promise<InForce> => {
    const untilMs = ports.clock.nowMs() + cacheMs;
    try {
      const [experiments, secrets] = await Promise.all([ports.experiments.running(), ports.secrets.made()]);
      held = { value: { experiments, salt: secrets?.holdoutSalt }, untilMs };
    } catch (error) {
      ports.warn('running experiments could not be read; what was known goes on', { error: String(error) });
      held = { value: held?.value ?? { experiments: [], salt: undefined }, untilMs };
    } finally {
      refreshing = undefined;
    }
    return held.value;
  };

  return async () => {
    if (held && ports.clock.nowMs() < held.untilMs) return held.value;
    refreshing ??= refresh();
    return refreshing;
  };
};

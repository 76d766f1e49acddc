// Keeps in memory what is in force: running experiments and the workspace's salt, read at most every cacheMs by one
// caller for all that wait. When a read fails, what was known goes on; a page of a shop does not fail for it.
// Limits: an experiment that was started or stopped is obeyed everywhere cacheMs later.

import type { ExperimentStore } from '../assignment/experiment-store.ts';
import type { Clock, SecretStore } from '../ports.ts';
import { createHeld } from './held.ts';
import type { InForce } from './treatment.ts';

export interface InForcePorts {
  readonly experiments: Pick<ExperimentStore, 'running'>;
  readonly secrets: Pick<SecretStore, 'made'>;
  readonly clock: Clock;
  readonly warn: (message: string, detail: object) => void;
}

export const createInForceSource = ({
  experiments,
  secrets,
  clock,
  warn,
}: InForcePorts): (() => Promise<InForce>) =>
  createHeld<InForce>(
    async () => {
      const [running, made] = await Promise.all([experiments.running(), secrets.made()]);
      return { experiments: running, salt: made?.holdoutSalt };
    },
    clock,
    (error, former) => {
      warn('running experiments could not be read; what was known goes on', { error: String(error) });
      return former ?? { experiments: [], salt: undefined };
    },
  );

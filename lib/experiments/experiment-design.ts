// An experiment as a design: every variant but the reference is treated; the experiment's own salt decided the arms, so
// shares are the weights.

import type { Experiment } from '../assignment/experiment.ts';
import type { Design } from './design.ts';

export const experimentDesign = ({
  variants,
  reference,
  windowDays,
  metrics,
  decision,
}: Pick<Experiment, 'variants' | 'reference' | 'windowDays' | 'metrics' | 'decision'>): Design => ({
  arms: variants.map(({ name, weight }) => ({
    name,
    share: weight,
    role: 'variant',
    treated: name !== reference && weight > 0,
  })),
  reference,
  windowDays,
  metrics,
  ...(decision !== undefined && { decision }),
});

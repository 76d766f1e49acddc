// The declared search space of every model that can be tuned. What is not named here stays as the recipe has it:
// seeds, and parameters whose best value is known. A hybrid is tuned part by part (tuning.ts).
// Ranges are wide enough for the best values seen on films, courses and groceries to lie inside, not at an end.

import type { TuningSpace } from './tuning-space.ts';

const pairwise: TuningSpace = [
  { name: 'learningRate', kind: 'number', min: 0.005, max: 0.3, scale: 'log' },
  { name: 'itemRegularization', kind: 'number', min: 1e-5, max: 0.1, scale: 'log' },
  { name: 'customerRegularization', kind: 'number', min: 1e-5, max: 0.1, scale: 'log' },
  { name: 'factors', kind: 'integer', min: 16, max: 192, scale: 'log' },
];

const spaces: ReadonlyMap<string, TuningSpace> = new Map<string, TuningSpace>([
  ['popularity', [{ name: 'halfLifeDays', kind: 'number', min: 1, max: 1_000, scale: 'log' }]],
  [
    'item-knn',
    [
      { name: 'weighting', kind: 'choice', values: ['none', 'tf-idf', 'bm25'] },
      { name: 'neighbours', kind: 'integer', min: 10, max: 500, scale: 'log' },
      { name: 'shrinkage', kind: 'number', min: 0, max: 100, scale: 'linear' },
    ],
  ],
  [
    'user-knn',
    [
      { name: 'neighbours', kind: 'integer', min: 20, max: 800, scale: 'log' },
      { name: 'shrinkage', kind: 'number', min: 0, max: 50, scale: 'linear' },
      { name: 'amplification', kind: 'number', min: 0.5, max: 4, scale: 'linear' },
    ],
  ],
  [
    'ease',
    [
      { name: 'regularization', kind: 'number', min: 1, max: 20_000, scale: 'log' },
      { name: 'frequencyExponent', kind: 'number', min: 0, max: 1.25, scale: 'linear' },
      { name: 'customerExponent', kind: 'number', min: 0, max: 1, scale: 'linear' },
      { name: 'neighbours', kind: 'integer', min: 30, max: 1_500, scale: 'log' },
    ],
  ],
  [
    'als',
    [
      { name: 'factors', kind: 'integer', min: 16, max: 256, scale: 'log' },
      { name: 'regularization', kind: 'number', min: 5e-4, max: 0.2, scale: 'log' },
      { name: 'unobservedWeight', kind: 'number', min: 0.005, max: 3, scale: 'log' },
      { name: 'frequencyExponent', kind: 'number', min: 0.4, max: 1, scale: 'linear' },
    ],
  ],
  ['warp', pairwise],
  ['bpr', pairwise],
  [
    'content',
    [
      { name: 'textWeight', kind: 'number', min: 0.05, max: 5, scale: 'log' },
      { name: 'attributeWeight', kind: 'number', min: 0.05, max: 5, scale: 'log' },
      { name: 'graphWeight', kind: 'number', min: 0.01, max: 2, scale: 'log' },
      { name: 'profileHalfLifeDays', kind: 'number', min: 3, max: 1_000, scale: 'log' },
    ],
  ],
]);

/** Empty for a model without anything to tune. */
export const tuningSpaceOf = (model: string): TuningSpace => spaces.get(model) ?? [];

export const isTunable = (model: string): boolean => model === 'hybrid' || spaces.has(model);

// Which campaigns may allocate by Thompson sampling, and how: every problem with its path. Outcomes are known windowDays
// after an assignment, so there must be several batches, and the last must begin after the first one's outcomes are known;
// a customer who comes in again does so after the window, or an order would count for two assignments.

import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { allocationBatchesCountMax, allocationFloorMin, windowDaysMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { isObject } from './condition-check.ts';

const floorDefault = 0.05;

export const allocationSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fixed') }),
    z.strictObject({
      kind: z.literal('thompson'),
      batchDays: z.int().min(1).max(windowDaysMax),
      floor: z.number().min(allocationFloorMin).max(0.5).default(floorDefault),
    }),
  ])
  .default({ kind: 'fixed' });

type Raw = { readonly [key: string]: unknown };

/** Of the raw input; `windowDays` with its default. */
export const allocationProblems = (input: Raw, windowDays: number | undefined): readonly Problem[] => {
  const { allocation, trigger } = input;
  if (!isObject(allocation) || allocation.kind !== 'thompson' || !isObject(trigger)) {
    return [];
  }
  if (trigger.kind !== 'event' && trigger.kind !== 'recurring') {
    return [
      {
        path: 'allocation.kind',
        message: `thompson needs a trigger of kind event or recurring, whose customers come in batches; received ${String(trigger.kind)}. Use fixed`,
      },
    ];
  }
  return [
    ...variantProblems(input.variants, allocation.floor ?? floorDefault),
    ...metricProblems(input.metrics),
    ...decisionProblems(input.decision),
    ...(typeof allocation.batchDays === 'number' && windowDays !== undefined
      ? [
          ...batchProblems(trigger, allocation.batchDays, windowDays),
          ...repeatProblems(trigger, allocation.batchDays, windowDays),
        ]
      : []),
  ];
};

const variantProblems = (variants: unknown, floor: unknown): readonly Problem[] => {
  if (!Array.isArray(variants) || typeof floor !== 'number') {
    return [];
  }
  if (variants.length < 2) {
    return [{ path: 'variants', message: 'thompson chooses between variants; give two or more' }];
  }
  if (floor * variants.length > 1) {
    return [
      {
        path: 'allocation.floor',
        message: `is more than ${variants.length} variants have room for; at most ${Math.floor(1000 / variants.length) / 1000}, received ${floor}`,
      },
    ];
  }
  return variants.flatMap((one: unknown, index) =>
    isObject(one) && typeof one.weight === 'number' && one.weight < floor
      ? [
          {
            path: `variants.${index}.weight`,
            message: `is below allocation.floor (${floor}); received ${one.weight}`,
          },
        ]
      : [],
  );
};

/** Batches are weighed by who buys again. */
const metricProblems = (metrics: unknown): readonly Problem[] =>
  isObject(metrics) && metrics.primary !== undefined && metrics.primary !== 'repurchase'
    ? [
        {
          path: 'metrics.primary',
          message: 'must be repurchase, by which thompson weighs the variants; tell others as secondary',
        },
      ]
    : [];

const decisionProblems = (decision: unknown): readonly Problem[] =>
  isObject(decision) && decision.kind === 'group-sequential'
    ? [
        {
          path: 'decision.kind',
          message:
            'must be fixed under thompson: boundaries are for fixed weights, and a bandit turns to the better variant by itself',
        },
      ]
    : [];

const batchProblems = (trigger: Raw, batchDays: number, windowDays: number): readonly Problem[] => {
  const days = (Date.parse(String(trigger.endsAt)) - Date.parse(String(trigger.startsAt))) / dayMs;
  if (!(days > 0)) {
    return [];
  }
  const path = 'allocation.batchDays';
  const count = Math.ceil(days / batchDays);
  if (count > allocationBatchesCountMax) {
    return [
      {
        path,
        message: `gives ${count} batches; at most ${allocationBatchesCountMax} are allowed. Use ${Math.ceil(days / allocationBatchesCountMax)} days or more`,
      },
    ];
  }
  const lastBegins = (count - 1) * batchDays;
  const knownAfter = windowDays + (trigger.kind === 'event' ? batchDays : 0);
  return lastBegins > knownAfter
    ? []
    : [
        {
          path,
          message: `leaves nothing to learn from: the outcomes of the first batch are known after ${knownAfter} days, and the last batch begins after ${lastBegins}. Shorten batchDays or windowDays (${windowDays}), or lengthen the campaign`,
        },
      ];
};

const repeatProblems = (trigger: Raw, batchDays: number, windowDays: number): readonly Problem[] => {
  const { kind, everyDays, entersEveryDays } = trigger;
  const again = kind === 'recurring' ? everyDays : entersEveryDays;
  if (typeof again !== 'number') {
    return [];
  }
  const name = kind === 'recurring' ? 'trigger.everyDays' : 'trigger.entersEveryDays';
  return [
    ...(kind === 'recurring' && batchDays % again !== 0
      ? [
          {
            path: 'allocation.batchDays',
            message: `must be ${name} (${again}) or a multiple of it, for a run has one set of weights; received ${batchDays}`,
          },
        ]
      : []),
    ...(windowDays > again
      ? [
          {
            path: 'windowDays',
            message: `must be at most ${name} (${again}) under thompson, or an order would count for two assignments; received ${windowDays}`,
          },
        ]
      : []),
  ];
};

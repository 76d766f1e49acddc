// Checks a journey that came from outside: its shape by a schema, then what links its steps, on the raw input so that
// all problems come at once. Steps go forward only, so the longest time is one pass from the last step to the first.
// Units last: Hours. Waiting for quiet hours, caps or a throttle comes on top of the stated time.

import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { windowDaysMax } from '../base/limits.ts';
import {
  journeyStepsCountMax,
  journeyWaitHoursMin,
  splitPathsCountMax,
  stepIdLengthMax,
} from '../base/workflow-limits.ts';
import type { Condition } from './condition.ts';
import { checkCondition, isObject } from './condition-check.ts';
import type { Journey } from './journey.ts';

/** What a journey can come to at the most. */
export interface JourneyExtent {
  readonly longestHours: number;
  /** Messages on the path that has the most of them. */
  readonly messagesMax: number;
}

export const journeyExtent = ({ steps }: Pick<Journey, 'steps'>): JourneyExtent => extentOf(linked(steps));

/** What bounds a journey from outside, where it is a number. */
export interface JourneyBounds {
  /** What is sent after the window, no order can be credited to. */
  readonly windowDays?: number;
  /** What would go out later than that after the assignment is not sent. */
  readonly deliverWithinHours?: number;
}

export const journeyProblems = (
  journey: { readonly [key: string]: unknown },
  path: string,
  bounds: JourneyBounds,
): readonly Problem[] => {
  if (!Array.isArray(journey.steps)) {
    return [];
  }
  const steps = linked(journey.steps);
  const at = (index: number, rest = ''): string => `${path}.steps.${index}${rest}`;
  const links = linkProblems(steps, at);
  return [
    ...idProblems(steps, at),
    ...links,
    ...(links.length === 0 ? unreachedProblems(steps, at) : []),
    ...splitProblems(journey.steps, at),
    ...(steps.some(({ kind }) => kind === 'send')
      ? []
      : [{ path: `${path}.steps`, message: 'send nothing; at least one step must be of kind send' }]),
    ...(links.length === 0 ? lengthProblems(steps, `${path}.steps`, bounds) : []),
  ];
};

// ---- shape -------------------------------------------------------------------------------------------

const stepId = z
  .string()
  .max(stepIdLengthMax)
  .regex(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens');
const hours = z
  .number()
  .min(journeyWaitHoursMin)
  .max(windowDaysMax * 24);
const onward = { stepId, next: stepId.optional() };

const condition = z.unknown().transform((input, context): Condition => {
  const { condition: checked, problems } = checkCondition(input, 'condition');
  for (const { path, message } of problems) {
    context.addIssue({ code: 'custom', path: path.split('.').slice(1), message });
  }
  return checked ?? z.NEVER;
});

/** `message` is the schema of an action that is one message. */
export const journeySchema = <M extends z.ZodType>(message: M) =>
  z.strictObject({
    kind: z.literal('journey'),
    steps: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ ...onward, kind: z.literal('send'), message }),
          z.strictObject({ ...onward, kind: z.literal('wait'), hours }),
          z.strictObject({ ...onward, kind: z.literal('wait-until-hour'), hour: z.int().min(0).max(23) }),
          z.strictObject({
            ...onward,
            kind: z.literal('wait-for-event'),
            event: z.string().min(1),
            hours,
            timedOut: stepId.optional(),
          }),
          z.strictObject({ ...onward, kind: z.literal('branch'), condition, otherwise: stepId }),
          z.strictObject({
            stepId,
            kind: z.literal('split'),
            paths: z
              .array(z.strictObject({ weight: z.number().gt(0).lt(1), next: stepId }))
              .min(2)
              .max(splitPathsCountMax),
          }),
          z.strictObject({ stepId, kind: z.literal('exit') }),
        ]),
      )
      .min(1)
      .max(journeyStepsCountMax),
    exitOnPurchase: z.boolean().default(true),
  });

// ---- links -------------------------------------------------------------------------------------------

interface Linked {
  readonly id: unknown;
  readonly kind: unknown;
  /** Where it may go on, with the path of the field that says so; undefined: the next in the list, or the end. */
  readonly targets: readonly { readonly field: string; readonly id: unknown }[];
  readonly fallsThrough: boolean;
  readonly hoursMax: number;
}

const linked = (steps: readonly unknown[]): readonly Linked[] =>
  steps.map((step) => {
    const fields: { readonly [key: string]: unknown } = isObject(step) ? step : {};
    const named = ['next', 'otherwise', 'timedOut']
      .filter((field) => fields[field] !== undefined)
      .map((field) => ({ field: `.${field}`, id: fields[field] }));
    const paths = Array.isArray(fields.paths) ? fields.paths : [];
    const split = paths.flatMap((one: unknown, index) =>
      isObject(one) ? [{ field: `.paths.${index}.next`, id: one.next }] : [],
    );
    const ends = fields.kind === 'exit' || fields.kind === 'split';
    return {
      id: fields.stepId,
      kind: fields.kind,
      targets: [...named, ...split],
      fallsThrough: !ends && fields.next === undefined,
      hoursMax: hoursOf(fields),
    };
  });

/** A day of 25 hours has one between two of the same. */
const untilHourMax = 25;

const hoursOf = ({ kind, hours: given }: { readonly [key: string]: unknown }): number => {
  if (kind === 'wait-until-hour') {
    return untilHourMax;
  }
  return (kind === 'wait' || kind === 'wait-for-event') && typeof given === 'number' ? given : 0;
};

type At = (index: number, rest?: string) => string;

const idProblems = (steps: readonly Linked[], at: At): readonly Problem[] =>
  steps.flatMap(({ id }, index) =>
    typeof id === 'string' && steps.findIndex((other) => other.id === id) < index
      ? [{ path: at(index, '.stepId'), message: `${id} is used by an earlier step; step ids must differ` }]
      : [],
  );

const linkProblems = (steps: readonly Linked[], at: At): readonly Problem[] =>
  steps.flatMap(({ targets }, index) =>
    targets.flatMap(({ field, id }) => {
      const target = indexOf(steps, id);
      if (typeof id !== 'string' || target > index) {
        return [];
      }
      const message =
        target === -1
          ? `no step has the id ${id}`
          : `${id} stands at or before this step; a journey goes forward only`;
      return [{ path: at(index, field), message }];
    }),
  );

const indexOf = (steps: readonly Linked[], id: unknown): number => steps.findIndex((step) => step.id === id);

/** Indexes that a step leads to; the number of steps is the end. */
const followers = (steps: readonly Linked[], index: number): readonly number[] => [
  ...steps[index].targets.map(({ id }) => indexOf(steps, id)).filter((target) => target > index),
  ...(steps[index].fallsThrough ? [index + 1] : []),
];

const unreachedProblems = (steps: readonly Linked[], at: At): readonly Problem[] => {
  const reached = new Set([0]);
  steps.forEach((_, index) => {
    if (reached.has(index)) {
      for (const next of followers(steps, index)) reached.add(next);
    }
  });
  return steps.flatMap((_, index) =>
    reached.has(index) ? [] : [{ path: at(index), message: 'is never reached: no step leads to it' }],
  );
};

const splitProblems = (steps: readonly unknown[], at: At): readonly Problem[] =>
  steps.flatMap((step, index) => {
    if (!isObject(step) || step.kind !== 'split' || !Array.isArray(step.paths)) {
      return [];
    }
    const weights = step.paths.map((one: unknown) => (isObject(one) ? one.weight : undefined));
    const sum = weights.reduce((total: number, weight) => total + Number(weight), 0);
    return Math.abs(sum - 1) > 1e-9 && weights.every((weight) => typeof weight === 'number')
      ? [{ path: at(index, '.paths'), message: `weights must sum to 1; they sum to ${sum}` }]
      : [];
  });

const lengthProblems = (
  steps: readonly Linked[],
  path: string,
  { windowDays, deliverWithinHours }: JourneyBounds,
): readonly Problem[] => {
  const { longestHours } = extentOf(steps);
  if (longestHours > windowDaysMax * 24) {
    return [{ path, message: `take up to ${longestHours} hours; at most ${windowDaysMax * 24} are allowed` }];
  }
  if (deliverWithinHours !== undefined && longestHours >= deliverWithinHours) {
    const message = `take up to ${longestHours} hours, but nothing is sent later than deliverWithinHours (${deliverWithinHours}) after the assignment; shorten the waits, or leave deliverWithinHours out`;
    return [{ path, message }];
  }
  return windowDays !== undefined && longestHours >= windowDays * 24
    ? [
        {
          path,
          message: `take up to ${longestHours} hours, but an order counts within windowDays (${windowDays}), which are ${windowDays * 24}; shorten the waits or lengthen windowDays`,
        },
      ]
    : [];
};

const extentOf = (steps: readonly Linked[]): JourneyExtent => {
  const from: JourneyExtent[] = [];
  for (let index = steps.length - 1; index >= 0; index--) {
    const onwards = followers(steps, index).map((next) => from[next] ?? nothing);
    const { hoursMax, kind } = steps[index];
    from[index] = {
      longestHours: hoursMax + Math.max(0, ...onwards.map(({ longestHours }) => longestHours)),
      messagesMax: Number(kind === 'send') + Math.max(0, ...onwards.map(({ messagesMax }) => messagesMax)),
    };
  }
  return from[0] ?? nothing;
};

const nothing: JourneyExtent = { longestHours: 0, messagesMax: 0 };

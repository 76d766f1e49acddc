// When a campaign is looked at and decided: the rules over its window, its looks and its decision. Of raw input, so that
// problems are reported beside those of shape.

import { plannedCustomersMissing } from '../assignment/decision-rule.ts';
import { type Problem, shown } from '../base/errors.ts';
import { dayMs } from '../base/time.ts';
import { isObject } from './condition-check.ts';

type Raw = { readonly [key: string]: unknown };

export const windowDaysDefault = 30;

export const looksProblems = (input: Raw): readonly Problem[] => [
  ...dayProblems(input.lookDays, input),
  ...decisionProblems(input),
];

export const windowOf = (windowDays: unknown): number | undefined =>
  typeof windowDays === 'number' ? windowDays : windowDays === undefined ? windowDaysDefault : undefined;

const dayProblems = (lookDays: unknown, { windowDays, trigger }: Raw): readonly Problem[] => {
  const window = windowOf(windowDays);
  const entering = enteringDays(trigger);
  if (!Array.isArray(lookDays) || window === undefined) {
    return [];
  }
  return lookDays.flatMap((day: unknown, index) => {
    const path = `lookDays.${index}`;
    if (typeof day === 'number' && day >= window + entering) {
      const end = entering === 0 ? '' : ` and the ${entering} days in which customers enter`;
      return [{ path, message: `must be smaller than windowDays (${window})${end}; received ${day}` }];
    }
    return lookDays.indexOf(day) < index ? [{ path, message: `${shown(day)} is there already` }] : [];
  });
};

/** Of an event campaign: how long customers enter a run, so that its last window ends that much later. */
const enteringDays = (trigger: unknown): number => {
  if (!isObject(trigger) || trigger.kind !== 'event') return 0;
  const days = (Date.parse(String(trigger.endsAt)) - Date.parse(String(trigger.startsAt))) / dayMs;
  const { entersEveryDays } = trigger;
  const inRun = typeof entersEveryDays === 'number' ? Math.min(entersEveryDays, days) : days;
  return Number.isFinite(inRun) ? Math.max(0, Math.floor(inRun)) : 0;
};

const decisionProblems = ({ decision, trigger }: Raw): readonly Problem[] =>
  isObject(decision) &&
  decision.kind === 'group-sequential' &&
  decision.plannedCustomers === undefined &&
  isObject(trigger) &&
  trigger.kind !== 'at'
    ? [{ path: 'decision.plannedCustomers', message: plannedCustomersMissing }]
    : [];

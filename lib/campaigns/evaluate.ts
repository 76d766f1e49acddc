// Evaluates a segment condition over a customer's facts, and explains each comparison for the preview.
// Two-valued: a missing fact (also null and the empty list) makes every comparison false but `absent`, and `not`
// turns that into true. `all` of nothing is true.

import type { Json } from '../events/event.ts';
import type { Condition, FactCondition } from './condition.ts';
import type { CustomerFacts } from './facts.ts';

export const evaluateCondition = (condition: Condition, facts: CustomerFacts): boolean => {
  if ('all' in condition) {
    return condition.all.every((part) => evaluateCondition(part, facts));
  }
  if ('any' in condition) {
    return condition.any.some((part) => evaluateCondition(part, facts));
  }
  if ('not' in condition) {
    return !evaluateCondition(condition.not, facts);
  }
  return holds(condition, facts(condition.fact));
};

/** One comparison of a condition and how it came out for one customer. */
export interface ComparisonOutcome extends FactCondition {
  /** Where it stands in the condition: `all.0.not`. */
  readonly path: string;
  /** The customer's value; null when missing. */
  readonly actual: Json;
  readonly holds: boolean;
}

export const explainCondition = (
  condition: Condition,
  facts: CustomerFacts,
  path = '',
): readonly ComparisonOutcome[] => {
  const under = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if ('all' in condition) {
    return condition.all.flatMap((part, index) => explainCondition(part, facts, under(`all.${index}`)));
  }
  if ('any' in condition) {
    return condition.any.flatMap((part, index) => explainCondition(part, facts, under(`any.${index}`)));
  }
  if ('not' in condition) {
    return explainCondition(condition.not, facts, under('not'));
  }
  const actual = facts(condition.fact);
  return [{ path, ...condition, actual: actual ?? null, holds: holds(condition, actual) }];
};

const holds = ({ op, value }: FactCondition, actual: Json | undefined): boolean => {
  const missing = actual === undefined || actual === null || (Array.isArray(actual) && actual.length === 0);
  if (op === 'absent' || op === 'present') {
    return missing === (op === 'absent');
  }
  if (missing || value === undefined) {
    return false;
  }
  switch (op) {
    case 'eq':
      return actual === value;
    case 'ne':
      return actual !== value;
    case 'in':
      return Array.isArray(value) && asList(actual).some((one) => value.includes(one));
    case 'contains':
      return typeof actual === 'string'
        ? typeof value === 'string' && actual.includes(value)
        : Array.isArray(actual) && actual.some((one) => one === value);
    default:
      return compares(op, actual, value);
  }
};

const compares = (op: 'lt' | 'lte' | 'gt' | 'gte', actual: Json, value: FactCondition['value']): boolean => {
  const order = orderOf(actual, value);
  if (order === undefined) {
    return false;
  }
  if (op === 'lt' || op === 'gt') {
    return op === 'lt' ? order < 0 : order > 0;
  }
  return op === 'lte' ? order <= 0 : order >= 0;
};

/** Negative, zero or positive; undefined where the two cannot be ordered. Strings by code unit, as ISO dates need. */
const orderOf = (actual: Json, value: FactCondition['value']): number | undefined => {
  if (typeof actual === 'number' && typeof value === 'number') {
    return actual - value;
  }
  if (typeof actual === 'string' && typeof value === 'string') {
    return actual < value ? -1 : actual > value ? 1 : 0;
  }
  return undefined;
};

const asList = (actual: Json): readonly (string | number)[] =>
  (Array.isArray(actual) ? actual : [actual]).filter(
    (one): one is string | number => typeof one === 'string' || typeof one === 'number',
  );

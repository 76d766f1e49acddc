// Checks a segment condition that came from outside against the table of facts, and lists every problem with its path.
// Which operators fit: numbers compare and may be in a list; texts compare for equality, parts and lists; lists
// (item ids, categories, channels) contain one value or share one with a list; traits take any operator.

import { type Problem, shown } from '../base/errors.ts';
import { conditionDepthMax, conditionsCountMax } from '../base/limits.ts';
import { channels } from '../events/consent.ts';
import type { Condition, FactCondition } from './condition.ts';
import { type FactKind, factKinds, traitPrefix } from './facts.ts';

type Op = FactCondition['op'];

const opsByKind: { readonly [kind in FactKind]: readonly Op[] } = {
  number: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'present', 'absent'],
  text: ['eq', 'ne', 'in', 'contains', 'present', 'absent'],
  list: ['contains', 'in', 'present', 'absent'],
  trait: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'contains', 'present', 'absent'],
};

/** The condition when it is one, and otherwise every problem; paths start with `path`. */
export const checkCondition = (
  input: unknown,
  path: string,
): { readonly condition?: Condition; readonly problems: readonly Problem[] } => {
  const check: Check = { problems: [], comparisonsCount: 0 };
  const condition = walk(input, path, 1, check);
  if (check.comparisonsCount > conditionsCountMax) {
    const message = `holds ${check.comparisonsCount} comparisons; at most ${conditionsCountMax} are allowed`;
    check.problems.push({ path, message });
  }
  return check.problems.length === 0 ? { condition, problems: [] } : { problems: check.problems };
};

interface Check {
  readonly problems: Problem[];
  comparisonsCount: number;
}

const walk = (input: unknown, path: string, depth: number, check: Check): Condition | undefined => {
  const refuse = (message: string): undefined => {
    check.problems.push({ path, message });
    return undefined;
  };
  if (!isObject(input)) {
    return refuse(
      `must be {"all": […]}, {"any": […]}, {"not": {…}} or {"fact", "op", "value"}; received ${shown(input)}`,
    );
  }
  if (depth > conditionDepthMax) {
    return refuse(`is nested deeper than ${conditionDepthMax} levels`);
  }
  const kind = ['all', 'any', 'not', 'fact'].find((key) => key in input);
  const allowed = kind === 'fact' ? ['fact', 'op', 'value'] : [kind];
  const unknown = Object.keys(input).filter((key) => !allowed.includes(key));
  if (kind === undefined || unknown.length > 0) {
    return refuse(
      kind === undefined
        ? `needs one of all, any, not, fact; received ${shown(input)}`
        : `has fields that do not go with ${kind}: ${unknown.join(', ')}`,
    );
  }
  if (kind === 'fact') {
    check.comparisonsCount += 1;
    return comparison(input, path, check);
  }
  if (kind === 'not') {
    const part = walk(input.not, `${path}.not`, depth + 1, check);
    return part && { not: part };
  }
  const parts = input[kind];
  if (!Array.isArray(parts) || (kind === 'any' && parts.length === 0)) {
    return refuse(
      `${kind} must be a list of conditions${kind === 'any' ? ' with at least one (none would match no one)' : ''}`,
    );
  }
  const walked = parts.map((part, index) => walk(part, `${path}.${kind}.${index}`, depth + 1, check));
  const whole = walked.filter((part) => part !== undefined);
  return kind === 'all' ? { all: whole } : { any: whole };
};

const comparison = (
  input: { readonly [key: string]: unknown },
  path: string,
  check: Check,
): FactCondition | undefined => {
  const { fact, op, value } = input;
  const kind = typeof fact === 'string' ? kindOf(fact) : undefined;
  if (typeof fact !== 'string' || kind === undefined) {
    const known = Object.keys(factKinds).join(', ');
    check.problems.push({
      path: `${path}.fact`,
      message: `is no fact; received ${shown(fact)}; known: ${known}, trait.<name>`,
    });
    return undefined;
  }
  const known = opsByKind[kind].find((one) => one === op);
  if (known === undefined) {
    check.problems.push({
      path: `${path}.op`,
      message: `does not go with ${fact}; received ${shown(op)}; use one of ${opsByKind[kind].join(', ')}`,
    });
    return undefined;
  }
  const wanted = wantedValue(kind, known);
  if (!wanted.accepts(value)) {
    check.problems.push({
      path: `${path}.value`,
      message: `must be ${wanted.says}; received ${shown(value ?? 'nothing')}`,
    });
    return undefined;
  }
  const strange =
    fact === 'channel' && value !== undefined ? [value].flat().find((one) => !isChannel(one)) : undefined;
  if (strange !== undefined) {
    check.problems.push({
      path: `${path}.value`,
      message: `is no channel; received ${shown(strange)}; use ${channels.join(', ')}`,
    });
    return undefined;
  }
  return value === undefined ? { fact, op: known } : { fact, op: known, value };
};

const isChannel = (value: unknown): boolean => channels.some((channel) => channel === value);

const kindOf = (fact: string): FactKind | undefined => {
  if (fact.startsWith(traitPrefix)) {
    return fact.length > traitPrefix.length ? 'trait' : undefined;
  }
  return Object.hasOwn(factKinds, fact) ? factKinds[fact] : undefined;
};

type Value = FactCondition['value'];

interface Wanted {
  readonly says: string;
  readonly accepts: (value: unknown) => value is Value;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isScalar = (value: unknown): value is string | number | boolean =>
  isNumber(value) || isBoolean(value) || typeof value === 'string';

const listOf =
  <T extends string | number>(accepts: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.length > 0 && value.every(accepts);

const isTextOrNumber = (value: unknown): value is string | number => isNumber(value) || isText(value);

const wantedValue = (kind: FactKind, op: Op): Wanted => {
  if (op === 'present' || op === 'absent') {
    return { says: `left out with ${op}`, accepts: (value): value is undefined => value === undefined };
  }
  if (op === 'in') {
    return kind === 'number'
      ? { says: 'a list of at least one number', accepts: listOf(isNumber) }
      : kind === 'trait'
        ? { says: 'a list of at least one text or number', accepts: listOf(isTextOrNumber) }
        : { says: 'a list of at least one text', accepts: listOf(isText) };
  }
  if (kind === 'number') {
    return { says: 'a number', accepts: isNumber };
  }
  if (kind !== 'trait') {
    return { says: 'a text that is not empty', accepts: isText };
  }
  return op === 'eq' || op === 'ne' || op === 'contains'
    ? { says: 'a text, a number, true or false', accepts: isScalar }
    : { says: 'a number or a text', accepts: isTextOrNumber };
};

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

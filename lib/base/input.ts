// Checked input: JSON from outside through a zod schema, every problem named with its path and what was received.

import { z } from 'zod';
import { Failure, type Problem, shown } from './errors.ts';

/** The value when it is what the schema says; otherwise Failure('invalid') with code `<what>-invalid`. */
export const parseInput = <T>(schema: z.ZodType<T>, input: unknown, what: string): T => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, input, schema);
  throw new Failure('invalid', {
    code: `${what.replaceAll(' ', '-')}-invalid`,
    message: `The ${what} ${what.endsWith('s') ? 'have' : 'has'} ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: nothing was changed.`,
    received: shown(input),
    action: 'Correct what is named under problems and send the request again.',
    problems,
  });
};

/** With the schema a name that is not known is answered by those that are. */
export const problemsOf = (error: z.ZodError, input: unknown, schema?: z.ZodType): Problem[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, issue.path);
      const message = `is not known here${known.length === 0 ? '' : `; known: ${known.join(', ')}`}`;
      return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message }));
    }
    const received = valueAt(input, issue.path);
    const missing = received === undefined && issue.path.length > 0 && issue.code === 'invalid_type';
    return {
      path: issue.path.join('.'),
      message: missing
        ? `is missing; ${article(issue.expected)} ${issue.expected} is expected`
        : received === undefined
          ? issue.message
          : `${issue.message}; received ${shown(received)}`,
    };
  });

/** None where the path goes through a choice of several shapes. */
const knownKeys = (schema: unknown, path: readonly PropertyKey[]): readonly string[] => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return knownKeys(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodPipe) return knownKeys(schema.in, path);
  const [first, ...rest] = path;
  if (schema instanceof z.ZodArray && first !== undefined) return knownKeys(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const { shape } = schema;
  return first === undefined ? Object.keys(shape) : knownKeys(Reflect.get(shape, first), rest);
};

const article = (noun: string): string => (/^[aeio]/.test(noun) ? 'an' : 'a');

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return path.length === 0 ? undefined : value;
};

/** A whole number as a query string has it, between both bounds. */
export const wholeNumber = (min: number, max: number) => {
  const error = `Write a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};

/** Where something is shown, by the app's own names: "home", "mail". */
export const placementName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Write 1 to 64 letters, digits, dots, hyphens or underscores');

/** A request's body as JSON; an absent body is an empty object. */
export const parseJson = (text: string): unknown => {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Failure('invalid', {
      code: 'body-not-json',
      message: `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      received: shown(text),
      action: 'Send a JSON object with content type application/json.',
    });
  }
};

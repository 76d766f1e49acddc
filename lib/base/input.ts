// Checked input: JSON from outside through a zod schema, every problem named with its path and what was received.

import { z } from 'zod';
import { Failure, type Problem, shown } from './errors.ts';

/** The value when it is what the schema says; otherwise Failure('invalid') with code `<what>-invalid`. */
export const parseInput = <T>(schema: z.ZodType<T>, input: unknown, what: string): T => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, input);
  throw new Failure('invalid', {
    code: `${what.replaceAll(' ', '-')}-invalid`,
    message: `The ${what} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: nothing was changed.`,
    received: shown(input),
    action: 'Correct what is named under problems and send the request again.',
    problems,
  });
};

export const problemsOf = (error: z.ZodError, input: unknown): Problem[] =>
  error.issues.map((issue) => {
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

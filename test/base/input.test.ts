import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../lib/base/errors.ts';
import { parseInput } from '../../lib/base/input.ts';

const schema = z.strictObject({
  name: z.string(),
  offer: z.strictObject({ percent: z.number(), days: z.number().default(7) }).optional(),
  lines: z.array(z.strictObject({ itemId: z.string() })).default([]),
  action: z
    .union([z.strictObject({ kind: z.literal('a') }), z.strictObject({ kind: z.literal('b') })])
    .optional(),
});

const problemsFor = (input: unknown) => {
  try {
    parseInput(schema, input, 'thing');
  } catch (error) {
    if (error instanceof Failure) return error.detail.problems;
    throw error;
  }
  return undefined;
};

describe('checked input', () => {
  it.each([
    ['quote', { n: 'x' }, 'The quote has a problem: nothing was changed.'],
    ['quote', { n: 'x', m: 1 }, 'The quote has 2 problems: nothing was changed.'],
    ['parameters', { n: 'x' }, 'The parameters have a problem: nothing was changed.'],
    ['parameters', { n: 'x', m: 1 }, 'The parameters have 2 problems: nothing was changed.'],
  ])('speaks of one thing and of several as such: %s %j', (what, input, message) => {
    expect(() => parseInput(z.strictObject({ n: z.number() }), input, what)).toThrow(message);
  });

  it('answers a name that is not known by its path and those that are', () => {
    expect(problemsFor({ name: 'x', percent: 15, off: 1 })).toEqual([
      { path: 'percent', message: 'is not known here; known: name, offer, lines, action' },
      { path: 'off', message: 'is not known here; known: name, offer, lines, action' },
    ]);
  });

  it('does so inside of objects and lists', () => {
    expect(
      problemsFor({ name: 'x', offer: { percent: 1, day: 2 }, lines: [{ itemId: 'a', id: 'b' }] }),
    ).toEqual([
      { path: 'offer.day', message: 'is not known here; known: percent, days' },
      { path: 'lines.0.id', message: 'is not known here; known: itemId' },
    ]);
  });

  it('names every problem at once, with what was received', () => {
    expect(problemsFor({ offer: { percent: 'much' } })).toEqual([
      { path: 'name', message: 'is missing; a string is expected' },
      { path: 'offer.percent', message: 'Invalid input: expected number, received string; received much' },
    ]);
  });
});

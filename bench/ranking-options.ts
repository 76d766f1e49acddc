// What `bench ranking` was asked for: read once, checked, every mistake said with what was received.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Failure, shown } from '../lib/base/errors.ts';
import { recipeOf } from '../lib/recommenders/models.ts';
import type { Recipe } from '../lib/recommenders/recommender.ts';
import type { Layout } from './read-interactions.ts';

export interface RankingOptions {
  readonly train: string;
  /** Absent: `train` is split by time. */
  readonly test?: string;
  readonly negatives?: string;
  readonly layout?: Layout;
  readonly items?: string;
  readonly customers?: string;
  readonly recipe: Recipe;
  readonly k: number;
  /** One, or several for a rolling origin. */
  readonly shares: readonly number[];
  readonly threads: number;
  readonly path?: { readonly parameter: string; readonly values: readonly number[] };
  readonly against?: Recipe;
  readonly json: boolean;
  /** With json: the NDCG of every user by group, for comparisons made later. */
  readonly perUser: boolean;
}

const names = {
  train: { type: 'string' },
  test: { type: 'string' },
  negatives: { type: 'string' },
  layout: { type: 'string' },
  items: { type: 'string' },
  customers: { type: 'string' },
  model: { type: 'string' },
  params: { type: 'string', default: '{}' },
  against: { type: 'string' },
  'against-params': { type: 'string', default: '{}' },
  k: { type: 'string', default: '10' },
  split: { type: 'string' },
  share: { type: 'string', default: '0.8' },
  threads: { type: 'string' },
  path: { type: 'string' },
  json: { type: 'boolean', default: false },
  'per-user': { type: 'boolean', default: false },
} as const;

export const usage =
  'npm run bench -- ranking --train FILE (--test FILE [--negatives FILE] | --split time [--share 0.8]) --model NAME ' +
  '[--params JSON] [--k 10] [--layout pairs|lists|cut-lists] [--items FILE] [--customers FILE] [--threads N] ' +
  '[--path NAME=VALUE,VALUE…] [--against NAME --against-params JSON] [--json [--per-user]]';

export const readOptions = (args: readonly string[]): RankingOptions => {
  const { values } = parseArgs({ args: [...args], options: names });
  const { train, test, negatives, layout, items, customers, model, split, against } = values;
  if (train === undefined || model === undefined) {
    throw wrong('--train FILE and --model NAME are needed.', args.join(' '));
  }
  if ((test === undefined) === (split === undefined) || (split !== undefined && split !== 'time')) {
    throw wrong('Either --test FILE or --split time is needed.', split ?? test ?? '');
  }
  if (negatives !== undefined && test === undefined) {
    throw wrong('--negatives stand against the items of --test FILE.', negatives);
  }
  if (layout !== undefined && layout !== 'pairs' && layout !== 'lists' && layout !== 'cut-lists') {
    throw wrong(
      '--layout is pairs, lists, or cut-lists (--train without the last item of each line).',
      layout,
    );
  }
  const shares = values.share.split(',').map(Number);
  if (shares.some((share) => !(share > 0 && share < 1))) {
    throw wrong('--share is between 0 and 1; several, ascending, separated by commas.', values.share);
  }
  if (against !== undefined && (shares.length > 1 || values.path !== undefined)) {
    throw wrong('--against needs one split and one recipe: no --path, one --share.', args.join(' '));
  }
  if (values['per-user'] && !values.json) {
    throw wrong('--per-user needs --json.', args.join(' '));
  }
  return {
    train,
    test,
    negatives,
    layout,
    items,
    customers,
    recipe: recipeOf(model, paramsIn(values.params)),
    k: positiveInteger('--k', values.k),
    shares: shares.toSorted((a, b) => a - b),
    threads:
      values.threads === undefined ? availableParallelism() : positiveInteger('--threads', values.threads),
    ...(values.path !== undefined && { path: pathIn(values.path) }),
    ...(against !== undefined && { against: recipeOf(against, paramsIn(values['against-params'])) }),
    json: values.json,
    perUser: values['per-user'],
  };
};

const wrong = (message: string, received: string): Failure =>
  new Failure('invalid', { code: 'ranking-options', message, received: shown(received), action: usage });

const positiveInteger = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw wrong(`${name} is a whole number from 1.`, text);
  }
  return value;
};

export const paramsIn = (text: string): Recipe['params'] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw wrong('Parameters are a JSON object, such as {"factors": 64}.', text);
  }
  return parsed as Recipe['params'];
};

const pathIn = (text: string) => {
  const [, parameter, list] = /^(\w+)=(.+)$/.exec(text) ?? [];
  const values = (list ?? '').split(',').map(Number);
  if (parameter === undefined || values.some((value) => Number.isNaN(value))) {
    throw wrong('--path is NAME=VALUE,VALUE…, such as regularization=0.001,0.01.', text);
  }
  return { parameter, values };
};

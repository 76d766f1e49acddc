// Hyperparameters of one model on a withheld part of a training file: by time where the file has times, else one item of
// every user. The test file of a benchmark plays no part. Each trial is told as it ends; then the best recipe.
// Usage: npm run bench -- tune --train FILE --model NAME [--params JSON] [--trials 25] [--seconds 600] [--layout pairs|lists|cut-lists]
//             [--seed 1] [--threads N] [--json]

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Failure, shown } from '../lib/base/errors.ts';
import { recipeOf } from '../lib/recommenders/models.ts';
import { type Tuning, tune } from '../lib/recommenders/tuning.ts';
import type { TuningTrial } from '../lib/recommenders/tuning-trial.ts';
import { readTraining } from './ranking-data.ts';
import { paramsIn } from './ranking-options.ts';
import { watchedTools } from './ranking-progress.ts';
import type { Layout } from './read-interactions.ts';

const usage =
  'npm run bench -- tune --train FILE --model NAME [--params JSON] [--trials 25] [--seconds 600] ' +
  '[--layout pairs|lists|cut-lists] [--seed 1] [--threads N] [--json]';

export const main = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args);
  const interactions = await readTraining(options.train, options.layout);
  const watched = watchedTools(options.threads, true);
  const data = { interactions, catalogue: new Map(), nowMs: newest(interactions.atMs) };
  const tuning = tune(options.recipe, data, options.budget, {
    seed: options.seed,
    elapsedS: () => performance.now() / 1000,
    tools: watched.tools,
    told: (trial) => process.stderr.write(`${shownTrial(trial)}\n`),
  });
  watched.close();
  console.log(options.json ? JSON.stringify(tuning) : shownTuning(tuning));
};

const newest = (atMs: Float64Array): number => atMs.reduce((latest, at) => Math.max(latest, at), 0);

const shownTrial = ({ recipe, ndcg, outcome, reason, seconds }: TuningTrial): string =>
  `NDCG@10 ${ndcg?.toFixed(4) ?? '–'}  ${outcome}${reason === undefined ? '' : ` (${reason})`}  ` +
  `${seconds.toFixed(1)} s  ${recipe.model} ${JSON.stringify(recipe.params)}`;

const shownTuning = ({ recipe, ndcg, trials, ended }: Tuning): string =>
  [
    `${trials.length} trials, ended: ${ended}; best NDCG@10 on the withheld part ${ndcg?.toFixed(4) ?? '–'}`,
    `--model ${recipe.model} --params '${JSON.stringify(recipe.params)}'`,
  ].join('\n');

const readOptions = (args: readonly string[]) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      train: { type: 'string' },
      model: { type: 'string' },
      params: { type: 'string', default: '{}' },
      trials: { type: 'string', default: '25' },
      seconds: { type: 'string', default: '600' },
      layout: { type: 'string' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const { train, model, layout } = values;
  if (train === undefined || model === undefined) {
    throw wrong('--train FILE and --model NAME are needed.', args.join(' '));
  }
  if (layout !== undefined && layout !== 'pairs' && layout !== 'lists' && layout !== 'cut-lists') {
    throw wrong('--layout is pairs, lists or cut-lists.', layout);
  }
  const chosen: Layout | undefined = layout;
  return {
    train,
    layout: chosen,
    recipe: recipeOf(model, paramsIn(values.params)),
    budget: {
      trials: positive('--trials', values.trials),
      seconds: positive('--seconds', values.seconds),
    },
    seed: values.seed,
    threads: positive('--threads', values.threads),
    json: values.json,
  };
};

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw wrong(`${name} is a whole number from 1.`, text);
  }
  return value;
};

const wrong = (message: string, received: string): Failure =>
  new Failure('invalid', { code: 'tune-options', message, received: shown(received), action: usage });

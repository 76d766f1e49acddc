// The rows of bench/results/ranking.md: a model on a data set, one line each; parameters not stated are the model's
// defaults. `published`: the figure of the literature for such a model under the same protocol, HR@10 / NDCG@10.
// Published figures of ml-1m-ncf: Rendle, Krichene, Zhang & Anderson 2020 (popularity, MF, NeuMF), Ferrari Dacrema,
// Cremonesi & Jannach 2019 and 2021 (item kNN, iALS, EASE), Ohsaka's irspack (tuned iALS); of mooccubex: a reference run.

import type { Recipe } from '../lib/recommenders/recommender.ts';

/** Files by their place in the data folder, and the options that say the protocol. */
export const dataSets = {
  'ml-1m-ncf': {
    title: 'MovieLens-1M, last item of each user among 99 sampled negatives (the NCF protocol)',
    files: {
      train: 'ml-1m-ncf/ml-1m.train.pairs.gz',
      test: 'ml-1m-ncf/ml-1m.test.rating.gz',
      negatives: 'ml-1m-ncf/ml-1m.test.negative.gz',
    },
    options: [],
  },
  mooccubex: {
    title: 'MOOCCubeX course enrolments, last course of each user, full ranking',
    files: { train: 'mooccubex/train.txt.gz', test: 'mooccubex/test.txt.gz' },
    options: ['--layout', 'lists'],
  },
  'ml-100k': {
    title: 'MovieLens-100K, split by time at 80% of the ratings, full ranking',
    files: { train: 'ml-100k/u.data.gz', items: 'ml-100k/u.item', customers: 'ml-100k/u.user' },
    options: ['--split', 'time', '--per-user'],
  },
} as const;

export type DataSet = keyof typeof dataSets;

export interface TableRow {
  /** Unique; `--only` takes it. */
  readonly name: string;
  readonly set: DataSet;
  readonly model: string;
  readonly params?: Recipe['params'];
  readonly published?: string;
}

export const tableRows: readonly TableRow[] = [
  { name: 'ml-1m popularity', set: 'ml-1m-ncf', model: 'popularity', published: '.4535 / .2543' },
  { name: 'ml-1m item kNN', set: 'ml-1m-ncf', model: 'item-knn', published: '.6694 / .3979' },
  { name: 'ml-1m iALS', set: 'ml-1m-ncf', model: 'als', published: '.7310 / .4521' },
  { name: 'mooccubex popularity', set: 'mooccubex', model: 'popularity', published: '.0618 / .0336' },
  { name: 'mooccubex item kNN', set: 'mooccubex', model: 'item-knn' },
  { name: 'ml-100k popularity', set: 'ml-100k', model: 'popularity' },
  { name: 'ml-100k item kNN', set: 'ml-100k', model: 'item-knn' },
  { name: 'ml-100k iALS', set: 'ml-100k', model: 'als' },
];

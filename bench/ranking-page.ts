// bench/results/ranking.md from stored results: a table per data set, each row with its published figure and the
// command that makes it; of a split by time also the groups that are cold, and how far each model is behind the best.

import { seededRandom } from '../lib/base/random.ts';
import { pairedTest } from '../lib/numeric/bootstrap.ts';
import { type DataSet, dataSets, filesOf, type TableRow, tableRows } from './ranking-rows.ts';
import type { GroupMetrics, RunResult } from './ranking-run.ts';
import { mainGroup } from './ranking-series.ts';

export interface StoredRow {
  readonly result: RunResult & { readonly perUser?: { readonly [group: string]: readonly number[] } };
  readonly machine: string;
  /** Day, ISO 8601. */
  readonly measuredOn: string;
  /** NDCG of trainings before several instants. */
  readonly cuts?: {
    readonly shares: readonly number[];
    readonly ndcg: readonly number[];
    readonly mean: number;
    readonly sd: number;
  };
}

export type StoredRows = { readonly [name: string]: StoredRow };

interface Measured {
  readonly row: TableRow;
  readonly stored: StoredRow;
}

export const tablesPage = (stored: StoredRows): string => {
  const measured = tableRows.flatMap((row) =>
    stored[row.name] === undefined ? [] : [{ row, stored: stored[row.name] }],
  );
  const names = Object.keys(dataSets) as DataSet[];
  const tables = names
    .map((name) => [name, measured.filter(({ row }) => row.set === name)] as const)
    .filter(([, rows]) => rows.length > 0)
    .map(([name, rows]) => section(name, rows));
  const machines = [...new Set(measured.map((one) => one.stored.machine))].join('; ');
  return `# Accuracy of the recommenders on published data

Made by \`npm run bench -- tables --data DIR\` (DIR holds the data; one row again: \`--only NAME\`). Brackets: 95% bootstrap
intervals over users. HR: share of users with a hit among ten. Seconds and memory are those of training, reading the files
included in memory, on ${machines || 'no machine yet'}, which did other work beside. Figures of sampled negatives and of full rankings are
not comparable with each other.

${tables.join('\n\n')}
`;
};

const section = (name: DataSet, rows: readonly Measured[]): string => {
  const isSplit = rows.some(({ stored }) => stored.result.groups.known !== undefined);
  const { notes } = filesOf(name);
  const parts = [
    `## ${name}\n\n${dataSets[name].title}.`,
    accuracyTable(rows),
    ...(notes === undefined ? [] : [notes]),
    ...(isSplit ? [coldTable(rows), cutsTable(rows)] : []),
    beyondTable(rows),
    `Commands, each with \`npm run bench -- ranking ${fileOptions(name)}\`:\n\n${rows.map(command).join('\n')}`,
  ];
  return parts.join('\n\n');
};

const accuracyTable = (rows: readonly Measured[]): string => {
  const best = rows.reduce((leader, one) =>
    mainGroup(one.stored.result).ndcg > mainGroup(leader.stored.result).ndcg ? one : leader,
  );
  const comparable = rows.some(({ stored }) => stored.result.perUser !== undefined);
  return table(
    [
      'row',
      'HR@10',
      'NDCG@10',
      ...(comparable ? ['NDCG behind the best; p'] : []),
      'published HR / NDCG',
      'fit s',
      's an epoch',
      'peak MiB',
    ],
    rows.map(({ row, stored: { result } }) => {
      const metrics = mainGroup(result);
      return [
        row.name,
        withInterval(metrics, 'hitRate'),
        withInterval(metrics, 'ndcg'),
        ...(comparable ? [behind(best.stored.result, result)] : []),
        row.published ?? '–',
        result.seconds.fit.toFixed(1),
        result.seconds.epoch?.toFixed(2) ?? '–',
        result.peakMemoryMiB.toFixed(0),
      ];
    }),
  );
};

const behind = (best: StoredRow['result'], other: StoredRow['result']): string => {
  const [ahead, mine] = [best.perUser?.known, other.perUser?.known];
  if (best === other || ahead === undefined || mine === undefined) {
    return '–';
  }
  const { mean, low, high, p } = pairedTest(ahead, mine, seededRandom('ranking-page'));
  return `${mean.toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)}); ${p.toFixed(3)}`;
};

const coldTable = (rows: readonly Measured[]): string => {
  const cell = (metrics: GroupMetrics | undefined): string =>
    metrics === undefined ? '–' : withInterval(metrics, 'ndcg');
  const [first] = rows;
  const count = (group: string): number => first.stored.result.groups[group]?.customers ?? 0;
  return table(
    [
      'cold start, NDCG@10',
      `customers unknown to the training (${count('coldCustomers')})`,
      `items unknown to the training (${count('coldItems')} customers)`,
      'items: AUC',
    ],
    rows.map(({ row, stored: { result } }) => [
      row.name,
      cell(result.groups.coldCustomers),
      cell(result.groups.coldItems),
      result.groups.coldItems?.auc?.toFixed(4) ?? '–',
    ]),
  );
};

const cutsTable = (rows: readonly Measured[]): string => {
  const measured = rows.flatMap(({ row, stored: { cuts } }) => (cuts === undefined ? [] : [{ row, cuts }]));
  const shares = measured[0]?.cuts.shares ?? [];
  return table(
    [
      'rolling origin, NDCG@10',
      ...shares.map((share) => `trained on ${Math.round(share * 100)}%`),
      'mean',
      'standard deviation',
    ],
    measured.map(({ row, cuts: { ndcg, mean, sd } }) => [
      row.name,
      ...[...ndcg, mean, sd].map((value) => value.toFixed(4)),
    ]),
  );
};

const beyondTable = (rows: readonly Measured[]): string =>
  table(
    [
      'beyond accuracy',
      'precision',
      'recall',
      'MAP',
      'MRR',
      'AUC',
      'coverage',
      'Gini',
      'novelty bits',
      'serendipity',
      'train NDCG',
      'NDCG of the least / middle / most active third',
    ],
    rows.map(({ row, stored: { result } }) => {
      const metrics = mainGroup(result);
      return [
        row.name,
        ...(['precision', 'recall', 'map', 'mrr', 'auc', 'coverage', 'gini'] as const).map(
          (name) => metrics[name]?.toFixed(4) ?? '–',
        ),
        metrics.novelty.toFixed(2),
        metrics.serendipity.toFixed(4),
        metrics.trainNdcg.toFixed(4),
        metrics.byActivity.map(({ ndcg }) => ndcg.toFixed(4)).join(' / '),
      ];
    }),
  );

const withInterval = (metrics: GroupMetrics, name: 'hitRate' | 'ndcg'): string => {
  const { low, high } = metrics.intervals[name] ?? { low: Number.NaN, high: Number.NaN };
  return `${metrics[name].toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)})`;
};

const fileOptions = (name: DataSet): string =>
  [
    ...Object.entries(filesOf(name).files).map(([option, path]) => `--${option} DIR/${path}`),
    ...filesOf(name).options,
  ].join(' ');

const command = ({ row }: Measured): string =>
  `- ${row.name}: \`--model ${row.model}${row.params ? ` --params '${JSON.stringify(row.params)}'` : ''}\``;

const table = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

// Repeat consumption: the next basket of every customer from their earlier ones, and how much of the answer is new.
// `npm run bench -- next-basket --train HISTORY.json.gz --test FUTURE.json.gz [--k 10]`
// Files: JSON, gzip or not, `{customer: [[item, …], …]}`, baskets oldest first; lists [-1] are markers and left out.
// Each basket is one moment, a day after the one before. Metrics over all customers: recall (share of the next basket
// found), PHR (customers with at least one found), recall of the items owned and of those not owned (over the customers
// whose next basket has some). Writes bench/results/next-basket.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Failure, shown } from '../lib/base/errors.ts';
import { type CustomerId, customerId, type ItemId, itemId } from '../lib/base/ids.ts';
import { type Interactions, purchaseCode } from '../lib/dataset/interaction.ts';
import { createRecommender, recipeOf } from '../lib/recommenders/models.ts';
import type { Recipe, Scored } from '../lib/recommenders/recommender.ts';
import { createIdIndex } from './id-index.ts';

const reportPath = 'bench/results/next-basket.md';
const dayMs = 86_400_000;
/** So long that nothing fades: popularity counts baskets. */
const halfLifeDays = 1e9;

interface Row {
  readonly name: string;
  readonly recipe: Recipe;
  /**
   * Default all: what is owned may be answered, and what the model says nothing of follows by popularity.
   * first-seen: of the owned alone; of equal frequencies the item taken first goes first, as the reference has it.
   */
  readonly answers?: 'only-known' | 'only-new' | 'first-seen';
  /** Published or computed apart, recall and PHR at 10 on Ta-Feng. */
  readonly reference?: string;
}

const rows: readonly Row[] = [
  {
    name: 'G-TopFreq: most frequent of all',
    recipe: recipeOf('popularity', { halfLifeDays }),
    reference: '.0803 / .2489',
  },
  {
    name: 'P-TopFreq as in the reference: of equals the one taken first',
    recipe: recipeOf('repetition', { method: 'frequency', halfLifeDays }),
    answers: 'first-seen',
    reference: '.1062 / .3513',
  },
  {
    name: 'P-TopFreq: most frequent of the customer, of equals the more popular',
    recipe: recipeOf('repetition', { method: 'frequency', halfLifeDays }),
    answers: 'only-known',
    reference: '.1062 / .3513',
  },
  {
    name: 'GP-TopFreq: then of all',
    recipe: recipeOf('repetition', { method: 'frequency', halfLifeDays }),
    reference: '.1196 / .3721',
  },
  {
    name: 'TIFU-KNN with the parameters of its paper',
    recipe: recipeOf('repetition', {
      neighbours: 300,
      personalShare: 0.7,
      groupSize: 7,
      basketDecay: 0.9,
      groupDecay: 0.7,
      halfLifeDays,
    }),
    reference: '.12–.13 / .38–.40',
  },
  {
    name: 'TIFU-KNN with ours, chosen on the last basket of the training',
    recipe: recipeOf('repetition', { halfLifeDays }),
    reference: '.12–.13 / .38–.40',
  },
  {
    name: 'Popularity without what is owned',
    recipe: recipeOf('popularity', { halfLifeDays }),
    answers: 'only-new',
    reference: '.0491 / .1683',
  },
  {
    name: 'TIFU-KNN without what is owned',
    recipe: recipeOf('repetition', { halfLifeDays }),
    answers: 'only-new',
  },
  {
    name: 'Item kNN without what is owned',
    recipe: recipeOf('item-knn', { halfLifeDays }),
    answers: 'only-new',
  },
];

type Baskets = ReadonlyMap<CustomerId, readonly (readonly ItemId[])[]>;

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { train: { type: 'string' }, test: { type: 'string' }, k: { type: 'string', default: '10' } },
  });
  const k = Number(values.k);
  if (values.train === undefined || values.test === undefined || !Number.isInteger(k) || k < 1) {
    throw wrong(
      '--train FILE and --test FILE are needed, and --k a whole number of at least 1.',
      args.join(' '),
    );
  }
  const history = readBaskets(values.train);
  const interactions = interactionsOf(history);
  const next = new Map([...readBaskets(values.test)].map(([id, baskets]) => [id, new Set(baskets.flat())]));
  const lines = rows.map((row) => {
    const line = shownRow(row, measure(row, history, next, interactions, k));
    console.log(line);
    return line;
  });
  writeFileSync(reportPath, page(lines, interactions, k));
};

interface Means {
  readonly recall: Mean;
  readonly hit: Mean;
  readonly owned: Mean;
  readonly unowned: Mean;
  readonly seconds: number;
}

const measure = (
  { recipe, answers }: Row,
  history: Baskets,
  next: ReadonlyMap<CustomerId, ReadonlySet<ItemId>>,
  interactions: Interactions,
  k: number,
): Means => {
  const startedMs = performance.now();
  const recommender = createRecommender(recipe);
  recommender.fit(interactions, new Map(), 0);
  const [recall, hit, owned, unowned] = [mean(), mean(), mean(), mean()];
  for (const [id, truth] of next) {
    const own = new Set((history.get(id) ?? []).flat());
    const options =
      answers === 'only-new'
        ? { exclude: own }
        : answers === 'first-seen'
          ? { accept: (item: ItemId) => own.has(item) }
          : {};
    const scored = recommender.recommend(id, answers === 'first-seen' ? own.size : k, options);
    const found = (answers === 'first-seen' ? firstSeen(scored, own) : scored)
      .slice(0, k)
      .filter(({ itemId: item, score }) => truth.has(item) && (answers !== 'only-known' || score > 0))
      .map((one) => one.itemId);
    recall.add(found.length, truth.size);
    hit.add(found.length > 0 ? 1 : 0, 1);
    const ownedCount = [...truth].filter((item) => own.has(item)).length;
    const foundOwned = found.filter((item) => own.has(item)).length;
    owned.add(foundOwned, ownedCount);
    unowned.add(found.length - foundOwned, truth.size - ownedCount);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return { recall, hit, owned, unowned, seconds };
};

/** `own` is in the order in which it was taken; sorting keeps the order of equals. */
const firstSeen = (scored: readonly Scored[], own: ReadonlySet<ItemId>): readonly Scored[] => {
  const scoreOf = new Map(scored.map(({ itemId: item, score }) => [item, score]));
  return [...own]
    .map((item) => ({ itemId: item, score: scoreOf.get(item) ?? 0 }))
    .sort((a, b) => b.score - a.score);
};

interface Mean {
  /** Adds a share of one customer; one of nothing is left out. */
  add(part: number, whole: number): void;
  /** With half the width of its 95% interval. */
  shown(): string;
}

const mean = (): Mean => {
  let [count, sum, squares] = [0, 0, 0];
  return {
    add: (part, whole) => {
      if (whole > 0) {
        count++;
        sum += part / whole;
        squares += (part / whole) ** 2;
      }
    },
    shown: () => {
      const average = sum / count;
      const error = Math.sqrt((squares / count - average ** 2) / count);
      return `${average.toFixed(4)} ± ${(1.96 * error).toFixed(4)}`;
    },
  };
};

const shownRow = ({ name, recipe, reference = '' }: Row, means: Means): string => {
  const { recall, hit, owned, unowned, seconds } = means;
  const cells = [recall, hit].map((one) => one.shown());
  const repeats = [owned, unowned].map((one) => one.shown());
  return `| ${[name, recipe.model, ...cells, reference, ...repeats, seconds.toFixed(1)].join(' | ')} |`;
};

const page = (
  lines: readonly string[],
  { customers, items, value }: Interactions,
  k: number,
): string => `# The next basket

${customers.length.toLocaleString('en')} customers, ${items.length.toLocaleString('en')} items, ${value.length.toLocaleString('en')} basket lines; ${k} items answered for every customer, scored against all items of their next
basket. Reference: recall and PHR at 10 on Ta-Feng, all customers; TIFU-KNN's is the range over three splits. Means with
half the width of their 95% intervals. Most customers took most items once: which of equals goes first decides a tenth of
the recall, and the more popular one is the better guess. How the metrics count: the head of bench/next-basket.ts.

Made by \`npm run bench -- next-basket --train tafeng_history.json.gz --test tafeng_future.json.gz\`.

| answer | model | recall | PHR | reference | recall of items owned | recall of items not owned | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

**The trap.** By recall alone the rows that answer what the customer already takes look more than twice as good as those
that find something new: nearly all they find is owned. Where owning ends the matter (a course, a book), that recall is worth
nothing, and the column to read is the last but one; where things renew or are used up, it is what to remind of.
`;

const readBaskets = (path: string): Baskets => {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !Object.values(parsed).every(isBaskets)) {
    throw wrong('The file is not {customer: [[item, …], …]}.', path);
  }
  return new Map(
    Object.entries(parsed as { readonly [customer: string]: readonly (readonly number[])[] }).map(
      ([customer, baskets]) => [
        customerId(customer),
        baskets
          .filter((basket) => !(basket.length === 1 && basket[0] === -1))
          .map((basket) => [...new Set(basket)].map((item) => itemId(String(item)))),
      ],
    ),
  );
};

const isBaskets = (baskets: unknown): boolean =>
  Array.isArray(baskets) &&
  baskets.every((basket) => Array.isArray(basket) && basket.every((item) => typeof item === 'number'));

/** The last basket of everybody is of day 0. */
const interactionsOf = (history: Baskets): Interactions => {
  const [customers, items] = [createIdIndex(), createIdIndex()];
  const lines = [...history].flatMap(([customer, baskets]) =>
    baskets.flatMap((basket, place) =>
      basket.map((item) => ({
        customer: customers.addText(customer),
        item: items.addText(item),
        atMs: (place - baskets.length) * dayMs,
      })),
    ),
  );
  return {
    customers: customers.ids.map(customerId),
    items: items.ids.map(itemId),
    customerIndex: Int32Array.from(lines, ({ customer }) => customer),
    itemIndex: Int32Array.from(lines, ({ item }) => item),
    value: new Float32Array(lines.length).fill(1),
    atMs: Float64Array.from(lines, ({ atMs }) => atMs),
    type: new Uint8Array(lines.length).fill(purchaseCode),
  };
};

const wrong = (message: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'bench-input',
    message,
    received: shown(received),
    action: 'See the head of bench/next-basket.ts for the options and the files.',
  });

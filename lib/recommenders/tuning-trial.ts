// One trial of a tuning: a recipe trained without the withheld part, and its NDCG@10 there.
// On large data every trial is first trained on a quarter of the customers; the mean of what the whole brought more in
// the finished trials foretells the rest, and a trial that two deviations more would leave behind is given up.
// A model that diverges (RangeError) is a failed trial, not a failed tuning.

import { tuningCustomersCountMax, tuningInterimRowsCountMin } from '../base/model-limits.ts';
import { seededRandom } from '../base/random.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';
import { evaluationK } from './evaluation.ts';
import { ndcgOfCases, type RankingCase } from './measure.ts';
import type { Tools } from './model.ts';
import { createRecommender, plainTools } from './models.ts';
import type { CustomerFeatures, Recipe } from './recommender.ts';
import { rowsOf, visibleIn, type WithheldCustomer, withhold } from './withheld.ts';

export interface TuningData {
  readonly interactions: Interactions;
  readonly catalogue: ReadonlyMap<string, CatalogItem>;
  readonly nowMs: number;
  readonly customers?: CustomerFeatures;
}

export interface TuningOptions {
  readonly seed: string;
  /** Seconds since some moment. */
  readonly elapsedS: () => number;
  readonly tools?: Tools;
  /** Training rows from which a trial begins with a quarter of the customers. Default: tuningInterimRowsCountMin. */
  readonly interimRowsCountMin?: number;
  readonly told?: (trial: TuningTrial) => void;
}

export interface TuningTrial {
  readonly recipe: Recipe;
  /** On the withheld part; what was foreseen for a trial given up; absent for one that failed. */
  readonly ndcg?: number;
  readonly outcome: 'finished' | 'given up' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
  readonly seconds: number;
}

/** What every trial of a search is measured on. */
export interface Field {
  readonly data: TuningData;
  readonly nowMs: number;
  readonly whole: Part;
  /** A quarter of the customers; absent where training on all is quick. */
  readonly interim?: Part;
}

interface Part {
  readonly train: Interactions;
  readonly cases: readonly RankingCase[];
}

const withheldShare = 0.2;
const interimShare = 0.25;

export const fieldOf = (
  data: TuningData,
  { seed, interimRowsCountMin = tuningInterimRowsCountMin }: TuningOptions,
): Field => {
  const { interactions, nowMs } = data;
  const catalogue = interactions.items.map((id) => data.catalogue.get(id));
  const withheld = withhold(interactions, catalogue, nowMs, { share: withheldShare, seed: `tuning/${seed}` });
  const random = seededRandom(`tuning customers/${seed}`);
  const isInterim = interactions.customers.map(() => random.next() < interimShare);
  const customers = random.shuffle([...withheld.customers]);
  const casesOf = (chosen: readonly WithheldCustomer[]): readonly RankingCase[] =>
    chosen.slice(0, tuningCustomersCountMax).map(({ customer, taken, owned }) => ({
      customerId: interactions.customers[customer],
      relevant: taken,
      excluded: [...owned],
    }));
  const { train } = withheld;
  const interim = train.value.length >= interimRowsCountMin && {
    train: rowsOf(train, (row) => isInterim[train.customerIndex[row]]),
    cases: casesOf(customers.filter(({ customer }) => isInterim[customer])),
  };
  return {
    data,
    nowMs: withheld.nowMs,
    whole: { train, cases: casesOf(customers) },
    ...(interim && interim.cases.length > 0 && { interim }),
  };
};

/** Judges recipes one after the other, remembering how the interim figures foretold the whole. */
export const createJudge = (field: Field, { tools = plainTools, elapsedS }: TuningOptions) => {
  const gains: number[] = [];
  let best = Number.NEGATIVE_INFINITY;
  const outcomeOf = (recipe: Recipe): Omit<TuningTrial, 'recipe' | 'seconds'> => {
    const early = field.interim && ndcgOn(field.interim, recipe, field, tools);
    const foreseen = early === undefined ? undefined : forecast(early, gains);
    if (foreseen !== undefined && foreseen.high < best) {
      return { outcome: 'given up', ndcg: foreseen.mean };
    }
    const ndcg = ndcgOn(field.whole, recipe, field, tools);
    if (early !== undefined) {
      gains.push(ndcg - early);
    }
    best = Math.max(best, ndcg);
    return { outcome: 'finished', ndcg };
  };
  return (recipe: Recipe): TuningTrial => {
    const startS = elapsedS();
    try {
      return { recipe, ...outcomeOf(recipe), seconds: elapsedS() - startS };
    } catch (error) {
      if (error instanceof RangeError) {
        return { recipe, outcome: 'failed', reason: error.message, seconds: elapsedS() - startS };
      }
      throw error;
    }
  };
};

const gainsCountMin = 3;

/** Undefined while too few trials were finished to foretell another. */
export const forecast = (early: number, gains: readonly number[]) => {
  if (gains.length < gainsCountMin) {
    return undefined;
  }
  const gain = meanOf(gains);
  const deviation = Math.sqrt(
    meanOf(gains.map((one) => (one - gain) ** 2)) * (gains.length / (gains.length - 1)),
  );
  return { mean: early + gain, high: early + gain + 2 * deviation };
};

const ndcgOn = (part: Part, recipe: Recipe, { data, nowMs }: Field, tools: Tools): number => {
  const recommender = createRecommender(recipe, tools);
  recommender.fit(part.train, data.catalogue, nowMs, data.customers);
  const { ids } = recommender.rankedItems();
  const isVisible = visibleIn(ids.map((id) => data.catalogue.get(id)));
  const allowed = Uint8Array.from(ids, (_, item) => (isVisible(item) ? 1 : 0));
  return meanOf(ndcgOfCases(recommender, part.cases, { k: evaluationK, allowed }));
};

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
  }
  return sum / values.length;
};

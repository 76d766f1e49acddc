// Learns the weights of a hybrid: models fitted without the withheld part rank what their customers took in it against
// what they might have taken instead: items drawn alike from the catalogue, for which the weights of the whole catalogue
// are found (McFadden 1978: uniform sampling of alternatives).
// Cost: customers × models × items scores, bounded; choices × candidates × models numbers in memory.

import { hybridCustomersCountMax, hybridScoresCountMax } from '../base/model-limits.ts';
import { seededRandom } from '../base/random.ts';
import type { CatalogItem } from '../events/item.ts';
import { eventsByCustomer, pairsOf, storedHistory } from './history.ts';
import { ascended } from './hybrid-ascent.ts';
import { moments, scoreOf } from './hybrid-blend.ts';
import { kindsOf, takenKinds } from './hybrid-kinds.ts';
import type { HybridSettings } from './hybrid-settings.ts';
import { choiceWeights } from './hybrid-weights.ts';
import type { CustomerEvents, Scorer, TrainingData } from './model.ts';
import { visibleIn, type Withheld, type WithheldCustomer, withhold } from './withheld.ts';

export interface LearnedBlend {
  readonly weights: Float64Array;
  /** For an empty history. */
  readonly newcomerWeights: Float64Array;
  /** Of the likelihood's weights, where the ascent began. */
  readonly loss?: number;
  /** What the weights were learned on. */
  readonly choices: number;
  readonly crossKindShare: number;
}

/** With fewer, what is better by rank is chance: the likelihood alone decides. */
const ascentChoicesCountMin = 500;
/** A customer with very many items would outvote others. */
const choicesPerCustomerMax = 3;

export const learnedBlend = (
  data: TrainingData,
  settings: HybridSettings,
  fittedTo: (data: TrainingData) => readonly Scorer[],
): LearnedBlend => {
  const size = settings.models.length;
  const prior = new Float64Array(size).fill(1 / size);
  const withheld = withhold(data.interactions, data.catalogue, data.nowMs, {
    share: settings.withheldShare,
    seed: `hybrid/${settings.seed}`,
  });
  const crossKindShare = crossKindShareOf(withheld, data.catalogue, settings);
  const customers = chosenCustomers(withheld.customers, data.popularity.length * size, settings);
  if (customers.length === 0 || withheld.train.value.length === 0) {
    return { weights: prior, newcomerWeights: prior, choices: 0, crossKindShare };
  }
  const inner = withheldData(data, withheld);
  const models = fittedTo(inner);
  const choices = choicesOf(inner, models, customers, settings);
  const { weights: likely, ...likelihood } = choiceWeights(choices, prior, settings.regularization);
  const weights = choices.length < ascentChoicesCountMin ? likely : ascended(choices, likely);
  const newcomers = chosenCustomers(withheld.newcomers, data.popularity.length * size, settings);
  return {
    ...likelihood,
    weights,
    newcomerWeights: newcomerWeights(choicesOf(inner, models, newcomers, settings), weights, settings),
    choices: choices.length,
    crossKindShare,
  };
};

/**
 * Near the weights above 0 of those with a history, as few newcomers say little. Models of taste say nothing here: what
 * is left is how popular an item is, for all the same.
 */
const newcomerWeights = (
  choices: readonly Float64Array[],
  weights: Float64Array,
  { regularization }: HybridSettings,
): Float64Array =>
  choiceWeights(
    choices,
    weights.map((weight) => Math.max(0, weight)),
    regularization,
  ).weights;

/** The same customers, items and catalogue, with what was known before the withheld part. */
const withheldData = (data: TrainingData, { train, nowMs }: Withheld): TrainingData => {
  let events: CustomerEvents | undefined;
  return {
    ...data,
    interactions: train,
    pairs: pairsOf(train, data.pairs.columns),
    events: () => {
      events ??= eventsByCustomer(train);
      return events;
    },
    nowMs,
  };
};

const chosenCustomers = (
  customers: readonly WithheldCustomer[],
  scoresPerCustomer: number,
  { seed }: HybridSettings,
): readonly WithheldCustomer[] =>
  seededRandom(`hybrid customers/${seed}`)
    .shuffle([...customers])
    .slice(0, Math.min(hybridCustomersCountMax, Math.ceil(hybridScoresCountMax / scoresPerCustomer)));

const choicesOf = (
  data: TrainingData,
  models: readonly Scorer[],
  customers: readonly WithheldCustomer[],
  settings: HybridSettings,
): readonly Float64Array[] => {
  const { pairs, catalogue, customerFeatures, nowMs } = data;
  const events = settings.models.some(({ kind }) => kind.history === 'events') ? data.events() : undefined;
  const isVisible = visibleIn(catalogue);
  const random = seededRandom(`hybrid candidates/${settings.seed}`);
  const scores = models.map(() => new Float64Array(pairs.columns));
  return customers.flatMap(({ customer, taken, owned }) => {
    const history = storedHistory(pairs, events, customer, nowMs, customerFeatures[customer]);
    models.forEach((model, index) => {
      scores[index].fill(0);
      scoreOf(model, customer, history, scores[index]);
    });
    const scaled = scores.map((one) => moments(one, history.items));
    const isTaken = new Set(taken);
    const isCandidate = (item: number): boolean => !isTaken.has(item) && !owned.has(item) && isVisible(item);
    const candidates = new Set<number>();
    for (let drawn = 0; drawn < settings.others; drawn++) {
      const item = random.int(pairs.columns);
      if (isCandidate(item)) {
        candidates.add(item);
      }
    }
    return taken
      .slice(0, choicesPerCustomerMax)
      .map((item) =>
        Float64Array.from(
          [item, ...candidates].flatMap((one) =>
            scores.map((own, index) => (own[one] - scaled[index].mean) * scaled[index].scale),
          ),
        ),
      );
  });
};

/** Of what was taken in the withheld part, the share that is of a kind its customer had not taken before. */
const crossKindShareOf = (
  { train, customers }: Withheld,
  catalogue: readonly (CatalogItem | undefined)[],
  { crossKindShare }: HybridSettings,
): number => {
  if (crossKindShare !== 'observed') {
    return crossKindShare;
  }
  const kinds = kindsOf(catalogue);
  const before = new Map<number, number[]>();
  train.customerIndex.forEach((customer, row) => {
    const items = before.get(customer) ?? [];
    items.push(train.itemIndex[row]);
    before.set(customer, items);
  });
  const isNew = customers.flatMap(({ customer, taken }) => {
    const own = takenKinds(kinds, before.get(customer) ?? []);
    return taken.map((item) => kinds[item] >= 0 && !own.has(kinds[item]));
  });
  return isNew.length === 0 ? 0 : isNew.filter(Boolean).length / isNew.length;
};

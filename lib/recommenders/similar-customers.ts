// Customers alike: cosine of their vectors where the model has some (customers × d), otherwise of their rows of summed
// weights. Cost: one pass over the vectors, or over the rows of everybody who has an item in common; what does not
// depend on the customer asked for is computed once.
// And what they took: learnersLikeYou says of each item how many of the nearest have it.

import { customerId as asCustomerId, type CustomerId, type ItemId } from '../base/ids.ts';
import { type Interactions, purchaseCode } from '../dataset/interaction.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { eventsByCustomer } from './history.ts';
import { bestPlaces } from './ranking.ts';
import type { Recommender, ScoredCustomer } from './recommender.ts';

export interface CustomerRows {
  readonly ids: readonly string[];
  readonly pairs: SparseMatrix;
  readonly vectors?: Float32Array;
}

type Likeness = (customer: number) => Float64Array;
export type NearestCustomers = (customer: number, n: number) => ScoredCustomer[];

/** Best first, at most n, only those above 0; of equals the one seen first. */
export const nearestCustomers = (rows: CustomerRows): NearestCustomers => {
  let likeness: Likeness | undefined;
  return (customer, n) => {
    if (customer < 0) {
      return [];
    }
    likeness ??= rows.vectors === undefined ? byRows(rows.pairs) : byVectors(rows.vectors, rows.ids.length);
    const scores = likeness(customer);
    const isOther = (other: number): boolean => other !== customer && scores[other] > 0;
    return Array.from(bestPlaces(scores, n, isOther), (other) => ({
      customerId: asCustomerId(rows.ids[other]),
      score: scores[other],
    }));
  };
};

const byVectors = (vectors: Float32Array, customers: number): Likeness => {
  const size = vectors.length / customers;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += vectors[a * size + i] * vectors[b * size + i];
    return sum;
  };
  const lengths = Float64Array.from({ length: customers }, (_, customer) =>
    Math.sqrt(dot(customer, customer)),
  );
  return (customer) => {
    const scores = new Float64Array(customers);
    for (let other = 0; other < customers; other++) {
      const scale = lengths[customer] * lengths[other];
      scores[other] = scale > 0 ? dot(customer, other) / scale : 0;
    }
    return scores;
  };
};

const byRows = (pairs: SparseMatrix): Likeness => {
  const byItem = transpose(pairs);
  const lengths = Float64Array.from({ length: pairs.rows }, (_, row) => lengthOf(pairs, row));
  return (customer) => {
    const scores = new Float64Array(pairs.rows);
    for (let entry = pairs.rowStart[customer]; entry < pairs.rowStart[customer + 1]; entry++) {
      const item = pairs.columnIndex[entry];
      for (let other = byItem.rowStart[item]; other < byItem.rowStart[item + 1]; other++) {
        scores[byItem.columnIndex[other]] += pairs.value[entry] * byItem.value[other];
      }
    }
    for (let other = 0; other < scores.length; other++) {
      if (scores[other] > 0) scores[other] /= lengths[customer] * lengths[other];
    }
    return scores;
  };
};

const lengthOf = (pairs: SparseMatrix, row: number): number => {
  let squares = 0;
  for (let entry = pairs.rowStart[row]; entry < pairs.rowStart[row + 1]; entry++) {
    squares += pairs.value[entry] ** 2;
  }
  return Math.sqrt(squares);
};

export interface TakenByNearest {
  readonly itemId: ItemId;
  /** So many of the nearest customers took it … */
  readonly takenBy: number;
  /** … of this many. */
  readonly nearest: number;
  /** The sum of their similarities. */
  readonly score: number;
}

export interface LearnersLikeYou {
  readonly customers: readonly ScoredCustomer[];
  /** What they took and this customer has not: most similarity first, of equals the one seen first. */
  readonly items: readonly TakenByNearest[];
}

/**
 * "Learners like you took": of any model's nearest customers (at most `nearest`, more similar than `threshold`), what
 * they bought, or touched where nobody ever bought. `interactions` are those of the training; prepare once, ask often.
 */
export const learnersLikeYou = (
  recommender: Pick<Recommender, 'similarCustomers'>,
  interactions: Interactions,
): ((
  customerId: CustomerId,
  options: { readonly nearest: number; readonly threshold: number; readonly n: number },
) => LearnersLikeYou) => {
  const rowOf = new Map<string, number>(interactions.customers.map((id, row) => [id, row]));
  const { rowStart, items, types } = eventsByCustomer(interactions);
  const isTaken = interactions.type.includes(purchaseCode)
    ? (event: number): boolean => types[event] === purchaseCode
    : () => true;
  const takenBy = (id: CustomerId): ReadonlySet<number> => {
    const row = rowOf.get(id);
    const taken = new Set<number>();
    for (let event = row === undefined ? 0 : rowStart[row]; event < rowStart[(row ?? -1) + 1]; event++) {
      if (isTaken(event)) taken.add(items[event]);
    }
    return taken;
  };
  return (customerId, { nearest, threshold, n }) => {
    const customers = recommender
      .similarCustomers(customerId, nearest)
      .filter(({ score }) => score > threshold);
    const own = takenBy(customerId);
    const found = new Map<number, { takenBy: number; score: number }>();
    for (const { customerId: other, score } of customers) {
      for (const item of takenBy(other)) {
        const known = found.get(item) ?? { takenBy: 0, score: 0 };
        found.set(item, { takenBy: known.takenBy + 1, score: known.score + score });
      }
    }
    const best = [...found]
      .filter(([item]) => !own.has(item))
      .sort(([a, one], [b, other]) => other.score - one.score || a - b)
      .slice(0, n);
    return {
      customers,
      items: best.map(([item, counted]) => ({
        itemId: interactions.items[item],
        nearest: customers.length,
        ...counted,
      })),
    };
  };
};

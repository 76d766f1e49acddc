// What is known of items and customers, as names of features and as sparse rows for models that sum embeddings.
// An item's features: its own indicator (feature i of item i) and names such as `kind=course`, `category=Data`,
// `category=Data/Machine learning`, `tag=…`, `author=…`, `series=…`, `level=…`, `language=…`.
// A name that only one item has says what its indicator says, and one that every item has says nothing: both are left out.
// Weights: 1 for the indicator, 1/√n for each of n names, so that items with many tags are not louder.

import type { CatalogItem } from '../events/item.ts';

export interface FeatureRows {
  /** Row r holds entries rowStart[r] … rowStart[r + 1] − 1. */
  readonly rowStart: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float32Array;
  /** Names of the features behind the indicators, in order of their indexes. */
  readonly names: readonly string[];
}

export const itemFeatureNames = (item: CatalogItem): readonly string[] => {
  const named = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${name}=${value}`];
  return [
    ...new Set([
      ...named('kind', item.kind),
      ...item.category.map((_, place) => `category=${item.category.slice(0, place + 1).join('/')}`),
      ...item.tags.map((tag) => `tag=${tag}`),
      ...named('author', item.author),
      ...named('series', item.series?.id),
      ...named('level', item.level),
      ...named('language', item.language),
    ]),
  ];
};

/** Rows of items: the indicator, then the shared names. */
export const itemFeatureRows = (catalogue: readonly (CatalogItem | undefined)[]): FeatureRows =>
  rowsOf(
    catalogue.map((item) => (item === undefined ? [] : itemFeatureNames(item))),
    true,
  );

/** Rows of customers: only names, as customers are known by their history beside them. */
export const customerFeatureRows = (features: readonly (readonly string[])[]): FeatureRows =>
  rowsOf(
    features.map((names) => [...new Set(names)]),
    false,
  );

const rowsOf = (named: readonly (readonly string[])[], withIndicators: boolean): FeatureRows => {
  const counts = new Map<string, number>();
  for (const name of named.flat()) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].filter(([, count]) => count > 1 && count < named.length).map(([name]) => name);
  const first = withIndicators ? named.length : 0;
  const indexOf = new Map(names.map((name, place) => [name, first + place]));
  const rowStart = new Int32Array(named.length + 1);
  const index: number[] = [];
  const weight: number[] = [];
  for (const [row, own] of named.entries()) {
    if (withIndicators) {
      index.push(row);
      weight.push(1);
    }
    const shared = own.flatMap((name) => indexOf.get(name) ?? []);
    for (const feature of shared) {
      index.push(feature);
      weight.push(1 / Math.sqrt(shared.length));
    }
    rowStart[row + 1] = index.length;
  }
  return { rowStart, index: Int32Array.from(index), weight: Float32Array.from(weight), names };
};

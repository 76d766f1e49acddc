// The catalogue as a graph of items and what they have in common, and the items near an item in it:
//   next in series         from the part before it 3, back 1 (series.id, series.position)
//   prerequisite           to what builds on it 3, back 1 (`attributes.prerequisites`: an item id or a list of them)
//   related                both ways 2 (`attributes.related`: an item id or a list of them)
//   same series, author, last category    through a node of its own, 1 each; a category is joined to its parent by 0.5
// Nearness: random walk with restart (Tong, Faloutsos & Pan 2006), restart ½, of `steps` steps, by each item scaled so
// that the nearest has 1. A step leaves by an edge in proportion to its weight; through a node it divides by its items.
// Limits: nodes of more than hubItemsCountMax items lead nowhere (what all have in common tells nothing), 50 neighbours.

import { hubItemsCountMax, servingNeighboursCountMax } from '../base/model-limits.ts';
import type { Json } from '../events/event.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Neighbours } from './item-knn-similarity.ts';
import { seriesSteps } from './series-steps.ts';

/** Weighted edges by node; the first nodes are the items. */
export interface Graph {
  readonly items: number;
  readonly edges: readonly ReadonlyMap<number, number>[];
}

const weights = {
  nextInSeries: 3,
  previousInSeries: 1,
  buildsOn: 3,
  prerequisite: 1,
  related: 2,
  member: 1,
  parentCategory: 0.5,
} as const;

export const knowledgeGraph = (catalogue: readonly (CatalogItem | undefined)[]): Graph => {
  const edges: Map<number, number>[] = catalogue.map(() => new Map());
  const nodeOf = new Map<string, number>();
  const itemOf = new Map<string, number>(
    catalogue.flatMap((item, index) => (item ? [[item.itemId, index]] : [])),
  );
  const connect = (from: number, to: number, weight: number): void => {
    edges[from].set(to, Math.max(weight, edges[from].get(to) ?? 0));
  };
  const node = (name: string): number => {
    const known = nodeOf.get(name) ?? edges.length;
    if (known === edges.length) {
      edges.push(new Map());
    }
    nodeOf.set(name, known);
    return known;
  };
  const join = (from: number, to: number, weight: number): void => {
    connect(from, to, weight);
    connect(to, from, weight);
  };
  for (const [index, item] of catalogue.entries()) {
    if (item === undefined) continue;
    for (const name of memberships(item)) {
      join(index, node(name), weights.member);
    }
    for (let depth = item.category.length; depth > 1; depth--) {
      join(node(categoryName(item, depth)), node(categoryName(item, depth - 1)), weights.parentCategory);
    }
    for (const other of related(item.attributes.prerequisites, itemOf, index)) {
      connect(other, index, weights.buildsOn);
      connect(index, other, weights.prerequisite);
    }
    for (const other of related(item.attributes.related, itemOf, index)) {
      join(index, other, weights.related);
    }
  }
  for (const [before, after] of seriesSteps(catalogue)) {
    connect(before, after, weights.nextInSeries);
    connect(after, before, weights.previousInSeries);
  }
  return { items: catalogue.length, edges: withoutHubs(edges, catalogue.length) };
};

/** Items × items, nearest first. */
export const graphNeighbours = (graph: Graph, steps = 4): Neighbours => {
  const walk = walker(graph);
  const rowStart = new Int32Array(graph.items + 1);
  const columnIndex: number[] = [];
  const value: number[] = [];
  for (let item = 0; item < graph.items; item++) {
    const { nodes, mass } = walk(item, steps);
    const near = nodes
      .filter((node) => node < graph.items && node !== item)
      .sort((a, b) => mass[b] - mass[a] || a - b)
      .slice(0, servingNeighboursCountMax);
    for (const node of near) {
      columnIndex.push(node);
      value.push(mass[node] / mass[near[0]]);
    }
    rowStart[item + 1] = columnIndex.length;
  }
  return { rowStart, columnIndex: Int32Array.from(columnIndex), value: Float32Array.from(value) };
};

const restart = 0.5;
/** Walkers fewer than this go no further: what they would reach by ways of thousands is no neighbour. */
const leastMass = 1e-5;

interface Visited {
  readonly nodes: number[];
  /** By node: Σ_t restart · (where the walk is after t steps). */
  readonly mass: Float64Array;
}

/** The rest of the series beyond `steps` is cut off. What is answered holds until the next call. */
const walker = ({ edges }: Graph): ((start: number, steps: number) => Visited) => {
  const { rowStart, target, share } = transitions(edges);
  const mass = new Float64Array(edges.length);
  const arriving = new Float64Array(edges.length);
  let nodes: number[] = [];
  return (start, steps) => {
    for (const node of nodes) mass[node] = 0;
    nodes = [];
    let here: number[] = [start];
    let walkers: number[] = [1];
    for (let step = 1; step <= steps; step++) {
      const reached: number[] = [];
      for (const [place, node] of here.entries()) {
        for (let edge = rowStart[node]; edge < rowStart[node + 1] && walkers[place] >= leastMass; edge++) {
          if (arriving[target[edge]] === 0) reached.push(target[edge]);
          arriving[target[edge]] += (1 - restart) * walkers[place] * share[edge];
        }
      }
      here = reached;
      walkers = reached.map((node) => arriving[node]);
      for (const [place, node] of reached.entries()) {
        if (mass[node] === 0) nodes.push(node);
        mass[node] += restart * walkers[place];
        arriving[node] = 0;
      }
    }
    return { nodes, mass };
  };
};

/** By rows: where the edges of a node lead, and the share of its walkers that take each. */
const transitions = (edges: Graph['edges']) => {
  const rowStart = new Int32Array(edges.length + 1);
  const target: number[] = [];
  const share: number[] = [];
  for (const [node, own] of edges.entries()) {
    const total = [...own.values()].reduce((sum, weight) => sum + weight, 0);
    for (const [to, weight] of own) {
      target.push(to);
      share.push(weight / total);
    }
    rowStart[node + 1] = target.length;
  }
  return { rowStart, target: Int32Array.from(target), share: Float64Array.from(share) };
};

const categoryName = ({ category }: CatalogItem, depth: number): string =>
  `category=${category.slice(0, depth).join('/')}`;

const memberships = (item: CatalogItem): readonly string[] => [
  ...(item.author === undefined ? [] : [`author=${item.author}`]),
  ...(item.series === undefined ? [] : [`series=${item.series.id}`]),
  ...(item.category.length === 0 ? [] : [categoryName(item, item.category.length)]),
];

/** Ids that the catalogue knows, not the item's own. */
const related = (
  value: Json | undefined,
  itemOf: ReadonlyMap<string, number>,
  own: number,
): readonly number[] =>
  (Array.isArray(value) ? value : [value])
    .flatMap((id) => (typeof id === 'string' || typeof id === 'number' ? (itemOf.get(String(id)) ?? []) : []))
    .filter((index) => index !== own);

const withoutHubs = (
  edges: readonly ReadonlyMap<number, number>[],
  items: number,
): readonly ReadonlyMap<number, number>[] =>
  edges.map((own, node) => (node >= items && own.size > hubItemsCountMax ? new Map<number, number>() : own));

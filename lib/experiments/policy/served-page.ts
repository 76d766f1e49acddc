// A served page as its event logged it, checked: what was shown where, how it was drawn, what was asked for. The logged
// propensities must follow from the draws; a page whose do not, or that says too little, is left out with the reason.

import { customerId, type ItemId, itemId, type ModelVersion, modelVersion } from '../../base/ids.ts';
import type { Json, JsonObject, StoredEvent } from '../../events/event.ts';
import { idText, isObject, numberOf } from '../../events/meaning.ts';
import type { Draws, SlotTable } from '../../recommendations/exploration.ts';
import type { RecommendationRequest } from '../../recommendations/request.ts';
import type { LeftOut } from './evaluation.ts';
import type { Tables } from './tables.ts';

export interface ServedPage {
  readonly recommendationId: string;
  readonly atMs: number;
  readonly modelVersion: ModelVersion;
  readonly request: RecommendationRequest;
  readonly draws: Draws;
  readonly table: SlotTable;
  /** In order of their places. */
  readonly shown: readonly ShownItem[];
}

export interface ShownItem {
  readonly itemId: ItemId;
  /** In the logged ranking, from 0; undefined: drawn from the pool. */
  readonly place: number | undefined;
}

/** Rounding of a sum of 100 probabilities, and of JSON. */
const exact = 1e-9;

export const servedPage = (event: StoredEvent, tables: Tables): ServedPage | LeftOut => {
  const { properties } = event;
  if (properties.heldOut === true) return 'held-out';
  const draws = drawsOf(properties.draws);
  const request = requestOf(event);
  const version = properties.modelVersion;
  if (draws === undefined || request === undefined || typeof version !== 'string') return 'incomplete';
  if (draws.share === 0 || draws.pool === 0) return 'not-explored';
  const table = tables(draws);
  const items = Array.isArray(properties.items) ? properties.items.filter(isObject) : [];
  let place = 0;
  const shown = items.map((item): ShownItem & { readonly isExact: boolean } => {
    const explored = item.source === 'exploration';
    const row = explored ? table.pool : (table.ranked[place] ?? new Float64Array(0));
    const propensity = row.reduce((sum, each) => sum + each, 0);
    return {
      itemId: itemId(idText(item.itemId) ?? ''),
      place: explored ? undefined : place++,
      isExact: Math.abs(propensity - (numberOf(item.propensity) ?? Number.NaN)) <= exact,
    };
  });
  if (shown.length !== draws.slots || !shown.every(({ isExact }) => isExact)) return 'inexact';
  return {
    recommendationId: idText(properties.recommendationId) ?? '',
    atMs: Date.parse(event.timestamp),
    modelVersion: modelVersion(version),
    request,
    draws,
    table,
    shown: shown.map(({ itemId: id, place: at }) => ({ itemId: id, place: at })),
  };
};

const drawsOf = (value: Json | undefined): Draws | undefined => {
  if (!isObject(value)) return undefined;
  const [slots, share, ranked, pool] = ['slots', 'share', 'ranked', 'pool'].map((name) =>
    numberOf(value[name]),
  );
  return slots === undefined || share === undefined || ranked === undefined || pool === undefined
    ? undefined
    : { slots, share, ranked, pool };
};

const requestOf = ({ userId, properties }: StoredEvent): RecommendationRequest | undefined => {
  const { asked, placement } = properties;
  if (!isObject(asked) || userId === undefined || typeof placement !== 'string') return undefined;
  const limit = numberOf(asked.limit);
  if (limit === undefined) return undefined;
  const exclude = Array.isArray(asked.exclude) ? asked.exclude : [];
  return {
    userId: customerId(userId),
    limit,
    placement,
    ...textsOf(asked, ['kind', 'category', 'tag']),
    ...(typeof asked.contextItem === 'string' ? { contextItem: itemId(asked.contextItem) } : {}),
    exclude: new Set(exclude.flatMap((id) => (typeof id === 'string' ? [itemId(id)] : []))),
  };
};

const textsOf = (asked: JsonObject, names: readonly string[]): { readonly [name: string]: string } =>
  Object.fromEntries(
    names.flatMap((name) => (typeof asked[name] === 'string' ? [[name, asked[name]] as const] : [])),
  );

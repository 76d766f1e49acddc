// The catalogue as facts need it. `factItems` is the part that one customer's facts need, where the whole is not at
// hand: what they own, looked at, put into the cart or completed, read fresh, and, only for conditions that ask for
// it, the parts of those series from what the function holds in memory.
// Limits: fresh events and owned items are bounded (limits.ts).

import { type ItemId, itemId } from '../base/ids.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import type { CatalogStore } from '../ports.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import type { Condition } from './condition.ts';

export interface FactItemPorts {
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly assortment: () => Promise<Pick<Assortment, 'seriesParts'>>;
}

export const factItems = async (
  conditions: readonly Condition[],
  { state }: CustomerRecord,
  { catalog, assortment }: FactItemPorts,
): Promise<ReadonlyMap<string, CatalogItem>> => {
  const had = [...Object.keys(state?.owned ?? {}), ...Object.keys(state?.trials ?? {})];
  const ids = new Set<ItemId>(had.map((id) => itemId(id)));
  for (const event of state?.events ?? []) ids.add(event.itemId);
  const found = new Map<string, CatalogItem>(await catalog.get([...ids]));
  const series = new Set([...found.values()].flatMap((item) => item.series?.id ?? []));
  if (series.size > 0 && conditions.some((condition) => mentions(condition, 'nextInSeries'))) {
    const { seriesParts } = await assortment();
    for (const part of [...series].flatMap((id) => seriesParts(id))) {
      if (!found.has(part.itemId)) found.set(part.itemId, part);
    }
  }
  return found;
};

const mentions = (condition: Condition, fact: string): boolean => {
  if ('all' in condition) return condition.all.some((part) => mentions(part, fact));
  if ('any' in condition) return condition.any.some((part) => mentions(part, fact));
  return 'not' in condition ? mentions(condition.not, fact) : condition.fact === fact;
};

type FactCatalogue = Pick<Assortment, 'item' | 'isVisible' | 'nextInSeries'>;

const catalogues = new WeakMap<ReadonlyMap<string, CatalogItem>, FactCatalogue>();

/** Items by id, as what they are looked up in; made once for a map. */
export const catalogueOf = (items: ReadonlyMap<string, CatalogItem>): FactCatalogue => {
  const made = catalogues.get(items);
  if (made !== undefined) {
    return made;
  }
  let series: ReadonlyMap<string, readonly CatalogItem[]> | undefined;
  const catalogue: FactCatalogue = {
    item: (id) => items.get(id),
    isVisible: (id) => items.get(id)?.hidden === false,
    nextInSeries: (item) => {
      series ??= bySeries(items.values());
      const parts = item.series === undefined ? [] : (series.get(item.series.id) ?? []);
      return parts.find((part) => positionOf(part) > positionOf(item));
    },
  };
  catalogues.set(items, catalogue);
  return catalogue;
};

const positionOf = ({ series }: CatalogItem): number => series?.position ?? 0;

const bySeries = (items: Iterable<CatalogItem>): ReadonlyMap<string, readonly CatalogItem[]> => {
  const visible = [...items].filter(({ hidden, series }) => !hidden && series !== undefined);
  visible.sort((a, b) => positionOf(a) - positionOf(b));
  return Map.groupBy(visible, ({ series }) => series?.id ?? '');
};

// What a message is about for one customer, looked up when it is written: from the fresh state and the catalogue of
// now, most important first, visible items only. Nothing found means that the message has lost its reason (the cart
// was bought, the membership renewed): it is then not sent.
// Limits: fresh events are bounded (limits.ts) and those older than focusDaysMax say nothing of what is wanted today.

import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import { expiryLateDaysMax, focusDaysMax, focusItemsCountMax } from '../base/limits.ts';
import type { EligibilityRule } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import { cartOf } from '../events/cart.ts';
import type { CustomerProfile, CustomerState, FreshEvent, OwnedItem } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import { openTrials, trialNow } from '../events/trials.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import { obeysRules } from '../recommendations/attribute-rules.ts';
import { endsAtMs, isHeld, ownedItem } from '../recommendations/eligibility.ts';
import type { Campaign, Focus } from './campaign.ts';

export interface FocusItem {
  readonly item: CatalogItem;
  /** When the customer's access or period ends or ended. */
  readonly endsAtMs?: number;
  /** The part of the series that it follows. */
  readonly after?: CatalogItem;
}

type Catalogue = Pick<Assortment, 'item' | 'isVisible' | 'nextInSeries'>;

/** What the workspace's rules keep from this customer (an item too risky, too old for them) no message shows them. */
export const allowedTo = (
  profile: CustomerProfile | undefined,
  rules: readonly EligibilityRule[],
  catalogue: Catalogue,
): Catalogue => {
  const obeys = obeysRules(rules, profile?.traits ?? {});
  const allows = (item: CatalogItem | undefined): boolean => item !== undefined && obeys(item);
  return {
    ...catalogue,
    isVisible: (itemId) => catalogue.isVisible(itemId) && allows(catalogue.item(itemId)),
  };
};

export const focusItems = (
  focus: Focus,
  trigger: Campaign['trigger'],
  state: CustomerState | undefined,
  catalogue: Catalogue,
  nowMs: number,
): readonly FocusItem[] => {
  const found = findings[focus]({ state, catalogue, nowMs, days: daysOf(trigger) });
  return found.filter(({ item }) => catalogue.isVisible(item.itemId)).slice(0, focusItemsCountMax);
};

/** How far from now an end may be: as far as the campaign looks ahead or behind, and as much on the other side. */
const daysOf = (trigger: Campaign['trigger']): number =>
  trigger.kind === 'before-expiry'
    ? trigger.days > 0
      ? trigger.days
      : expiryLateDaysMax - trigger.days
    : focusDaysMax;

interface Situation {
  readonly state: CustomerState | undefined;
  readonly catalogue: Catalogue;
  readonly nowMs: number;
  readonly days: number;
}

const findings: { readonly [focus in Focus]: (situation: Situation) => readonly FocusItem[] } = {
  cart: (situation) => notBought(situation, inCart(situation)),
  viewed: (situation) => notBought(situation, latest(situation, 'view')),
  completed: (situation) => itemsOf(latest(situation, 'complete'), situation),
  expiring: ({ state, catalogue, nowMs, days }) =>
    [
      ...Object.entries(state?.owned ?? {}).flatMap(([id, owned]) =>
        endingOf(catalogue.item(toItemId(id)), owned),
      ),
      ...trialsEnding(state, catalogue),
    ]
      .filter(({ endsAtMs: at }) => Math.abs(at - nowMs) <= days * dayMs)
      .sort((a, b) => Math.abs(a.endsAtMs - nowMs) - Math.abs(b.endsAtMs - nowMs)),
  series: nextParts,
};

interface Ending {
  readonly item: CatalogItem;
  readonly endsAtMs: number;
}

const endingOf = (item: CatalogItem | undefined, owned: OwnedItem): readonly Ending[] => {
  const at = item && isHeld(owned) ? endsAtMs(item.repurchase, owned) : undefined;
  return item === undefined || at === undefined ? [] : [{ item, endsAtMs: at }];
};

const trialsEnding = (state: CustomerState | undefined, catalogue: Catalogue): readonly Ending[] =>
  [...openTrials(state)].flatMap(([id, { endsAtMs: at }]) => {
    const item = catalogue.item(toItemId(id));
    return item === undefined ? [] : [{ item, endsAtMs: at }];
  });

/** Newest first, each item once. */
const latest = ({ state, nowMs }: Situation, type: FreshEvent['type']): readonly FreshEvent[] => {
  const seen = new Set<ItemId>();
  return (state?.events ?? []).filter((event) => {
    const counts =
      event.type === type && nowMs - event.atMs <= focusDaysMax * dayMs && !seen.has(event.itemId);
    if (counts) {
      seen.add(event.itemId);
    }
    return counts;
  });
};

type Wanted = Pick<FreshEvent, 'itemId' | 'atMs'>;

const inCart = ({ state, nowMs }: Situation): readonly Wanted[] =>
  cartOf(state?.events ?? []).items.filter(({ atMs }) => nowMs - atMs <= focusDaysMax * dayMs);

const itemsOf = (events: readonly Wanted[], { catalogue }: Situation): readonly FocusItem[] =>
  events.flatMap(({ itemId }) => {
    const item = catalogue.item(itemId);
    return item === undefined ? [] : [{ item }];
  });

/** Bought after it, or bought once and kept: nothing is left to remind of. */
const notBought = (situation: Situation, wanted: readonly Wanted[]): readonly FocusItem[] => {
  const open = wanted.filter(({ itemId, atMs }) => {
    const owned = ownedItem(situation.state, itemId);
    const isKept =
      owned !== undefined && isHeld(owned) && situation.catalogue.item(itemId)?.repurchase.kind === 'once';
    return !isKept && (owned === undefined || owned.purchasedAtMs < atMs);
  });
  return itemsOf(open, situation);
};

/** Of each series the customer has a part of, the part after the furthest one; where something happened last first. */
function nextParts({ state, catalogue, nowMs }: Situation): readonly FocusItem[] {
  const furthest = new Map<string, { item: CatalogItem; position: number; atMs: number }>();
  for (const [id, atMs] of hadTimes(state)) {
    const item = catalogue.item(id);
    if (item?.series === undefined) {
      continue;
    }
    const known = furthest.get(item.series.id);
    const { position } = item.series;
    const latestMs = Math.max(atMs, known?.atMs ?? atMs);
    const isFurther = known === undefined || position > known.position;
    furthest.set(
      item.series.id,
      isFurther ? { item, position, atMs: latestMs } : { ...known, atMs: latestMs },
    );
  }
  return [...furthest.values()]
    .sort((a, b) => b.atMs - a.atMs)
    .flatMap(({ item: after }) => {
      let item = catalogue.nextInSeries(after);
      while (item !== undefined && holds(state, item, nowMs)) {
        item = catalogue.nextInSeries(item);
      }
      // What they are trying out already needs no pointing at.
      return item === undefined || trialNow(state, item.itemId, nowMs) ? [] : [{ item, after }];
    });
}

/** When each item was bought or finished last. */
const hadTimes = (state: CustomerState | undefined): ReadonlyMap<ItemId, number> => {
  const times = new Map<ItemId, number>();
  for (const [id, owned] of Object.entries(state?.owned ?? {})) {
    if (isHeld(owned)) {
      times.set(toItemId(id), owned.purchasedAtMs);
    }
  }
  for (const { type, itemId, atMs } of state?.events ?? []) {
    if (type === 'complete') {
      times.set(itemId, Math.max(atMs, times.get(itemId) ?? atMs));
    }
  }
  return times;
};

const holds = (state: CustomerState | undefined, item: CatalogItem, nowMs: number): boolean => {
  const owned = ownedItem(state, item.itemId);
  return isHeld(owned) && (endsAtMs(item.repurchase, owned) ?? Number.POSITIVE_INFINITY) > nowMs;
};

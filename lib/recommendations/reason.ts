// Why an item is recommended, in words that are true of this customer: "because" names an item of the customer's
// own history, and of all that is known of it the one that contributed most to the item's score. Where that is the item
// itself (it may be bought again, or was only looked at), it is said so. Both languages, titles as the catalogue has them.
// Reasons are worked out for the items of the answer alone: a candidate carries a function.

import type { ItemId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Assortment } from './assortment.ts';
import type { HistoryItem } from './history.ts';

export type ReasonCode =
  | 'because-you-bought'
  | 'because-you-viewed'
  | 'because-you-finished'
  | 'bought-before'
  | 'viewed-before'
  | 'finished-before'
  /** So many of the customers most like this one bought it. */
  | 'learners-like-you'
  | 'next-in-series'
  | 'renews-soon'
  /** Access or period is over. */
  | 'access-ended'
  | 'similar-to'
  /** The model's choice for this customer, with no single item behind it. */
  | 'for-you'
  | 'popular'
  | 'new'
  /** None of the others is true. */
  | 'from-catalogue';

/** Called at most once, for an item that stands in the answer. */
export type ReasonOf = () => Reason;

export interface Reason {
  readonly code: ReasonCode;
  /** The item it names, where it names one. */
  readonly itemId?: ItemId;
  readonly text: { readonly en: string; readonly 'zh-CN': string };
}

const texts: { readonly [code in ReasonCode]: (title: string) => Reason['text'] } = {
  'because-you-bought': (title) => ({
    en: `Because you bought “${title}”`,
    'zh-CN': `因为您购买过《${title}》`,
  }),
  'because-you-viewed': (title) => ({
    en: `Because you looked at “${title}”`,
    'zh-CN': `因为您看过《${title}》`,
  }),
  'because-you-finished': (title) => ({
    en: `Because you finished “${title}”`,
    'zh-CN': `因为您学完了《${title}》`,
  }),
  'bought-before': () => ({ en: 'You bought this before', 'zh-CN': '您曾购买过' }),
  'viewed-before': () => ({ en: 'You looked at this', 'zh-CN': '您曾看过' }),
  'finished-before': () => ({ en: 'You finished this before', 'zh-CN': '您曾学完' }),
  'learners-like-you': (count) => ({
    en: `${count} learners like you bought this`,
    'zh-CN': `${count} 位与您相似的学员购买了它`,
  }),
  'next-in-series': (title) => ({ en: `Next after “${title}”`, 'zh-CN': `《${title}》的下一部` }),
  'renews-soon': (title) => ({ en: `Your “${title}” ends soon`, 'zh-CN': `您的《${title}》即将到期` }),
  'access-ended': (title) => ({ en: `Your “${title}” has ended`, 'zh-CN': `您的《${title}》已到期` }),
  'similar-to': (title) => ({ en: `Similar to “${title}”`, 'zh-CN': `与《${title}》相似` }),
  'for-you': () => ({ en: 'Chosen for you', 'zh-CN': '为您推荐' }),
  popular: () => ({ en: 'Popular now', 'zh-CN': '热门' }),
  new: () => ({ en: 'New', 'zh-CN': '新品' }),
  'from-catalogue': () => ({ en: 'From the catalogue', 'zh-CN': '更多内容' }),
};

/** A reason that names an item. */
export const reasonNaming = (code: ReasonCode, named: CatalogItem): Reason => ({
  code,
  itemId: named.itemId,
  text: texts[code](named.title),
});

/** `itemId` is recommended because of what was done with this item of the history. */
export const because = (
  itemId: ItemId,
  { itemId: ownId, involvement }: HistoryItem,
  assortment: Assortment,
): Reason | undefined => {
  const named = assortment.item(ownId);
  return (
    named && reasonNaming(ownId === itemId ? `${involvement}-before` : `because-you-${involvement}`, named)
  );
};

export const boughtByAlike = (count: number): Reason => ({
  code: 'learners-like-you',
  text: texts['learners-like-you'](String(count)),
});

const newItemMs = 30 * dayMs;

/** What can be said of an item without regard to the customer. */
export const plainReason = (item: CatalogItem, assortment: Assortment, nowMs: number): Reason => {
  // A catalogue that is imported today is not new for that: the shop's own date goes first.
  const sinceMs = Date.parse(item.publishedAt ?? item.createdAt);
  const isNew = nowMs - sinceMs < newItemMs && assortment.explorable.includes(item);
  const code = assortment.isPopular(item.itemId) ? 'popular' : isNew ? 'new' : 'from-catalogue';
  return { code, text: texts[code]('') };
};

export const forYou: Reason = { code: 'for-you', text: texts['for-you']('') };

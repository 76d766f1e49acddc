// Which items a customer can read. Items nobody chose for this customer (exploration, popularity, the newest of the
// catalogue) are left out where they are in another language; what the model, a series or a context item brings up is
// not judged here: behaviour tells more than a profile.
//   read       the profile's language, and that of every item bought (and kept) or finished
//   compared   by primary subtag (BCP 47; "_" taken for "-"): en-GB ~ en, zh-Hant ~ zh-CN
// Without a language on either side nothing is left out, nor where no visible item is in a language the customer
// reads: a shop that sells in one language has visitors of others, and an empty answer would help none of them.

import type { ItemId } from '../base/ids.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { Assortment } from './assortment.ts';
import { historyOf } from './history.ts';

export const readable = (
  { profile, state }: CustomerRecord,
  assortment: Pick<Assortment, 'item' | 'languages'>,
): ((itemId: ItemId) => boolean) => {
  const own = primaryLanguage(profile?.language);
  if (own === undefined) return () => true;
  const known = new Set([own]);
  for (const { itemId, involvement } of historyOf(state).values()) {
    const language = primaryLanguage(assortment.item(itemId)?.language);
    if (language !== undefined && involvement !== 'viewed') known.add(language);
  }
  if (![...known].some((language) => assortment.languages.has(language))) return () => true;
  return (itemId) => {
    const language = primaryLanguage(assortment.item(itemId)?.language);
    return language === undefined || known.has(language);
  };
};

/** `en` of "en-GB"; undefined where nothing is stated. */
export const primaryLanguage = (tag: string | undefined): string | undefined => {
  const [primary = ''] = (tag ?? '').trim().toLowerCase().split(/[-_]/);
  return primary === '' ? undefined : primary;
};

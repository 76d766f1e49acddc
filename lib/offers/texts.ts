// What an offer says to people, in English and Chinese: "15% off", "8.5折"; the minimum, the items it is for, the
// reward. Titles are those of the day the coupon was issued; without one the text does without the title.
// In Chinese a percentage is named by what is left of ten parts: 15% off is 8.5 parts.

import type { Language } from '../events/customer.ts';
import { priceText } from './money.ts';
import { currencyOf, type Discount, type IssuedTerms } from './offer.ts';

export interface OfferTexts {
  readonly discountText: string;
  /** '' when there is no minimum. */
  readonly minimumSpendText: string;
  /** "Data, Statistics from the start"; '' when it is for everything. */
  readonly eligibleItemsText: string;
}

export const offerTexts = (terms: IssuedTerms, language: Language): OfferTexts => ({
  discountText: discountText(terms.discount, language, terms.titles),
  minimumSpendText:
    terms.minimumSpend === undefined ? '' : priceText(terms.minimumSpend, currencyOf(terms), language),
  eligibleItemsText: eligibleItemsText(terms, language),
});

type Titles = IssuedTerms['titles'];

export const discountText = (discount: Discount, language: string, titles?: Titles): string => {
  const chinese = language.startsWith('zh');
  switch (discount.kind) {
    case 'percent':
      return chinese ? chinesePercent(discount.percent) : `${trimmed(discount.percent)}% off`;
    case 'amount': {
      const amount = priceText(discount.amount, discount.currency, language);
      return chinese ? `立减${amount}` : `${amount} off`;
    }
    case 'bundle': {
      const off = discountText(discount.off, language);
      const items = listed(titlesOf(discount.itemIds, titles, language), language);
      if (chinese) {
        return `${items}套装${off}`;
      }
      return items === '' ? `${off} the bundle` : `${off} ${items} together`;
    }
    case 'gift': {
      const item = listed(titlesOf([discount.itemId], titles, language), language);
      if (chinese) {
        return `免费赠送${item || '礼品'}`;
      }
      return item === '' ? 'A free gift' : `${item} for free`;
    }
    case 'trial': {
      const item = listed(titlesOf([discount.itemId], titles, language), language);
      if (chinese) {
        return `免费试用${item}${discount.days}天`;
      }
      const days = `${discount.days} ${discount.days === 1 ? 'day' : 'days'}`;
      return item === '' ? `${days} for free` : `${days} of ${item} for free`;
    }
  }
};

const chinesePercent = (percent: number): string =>
  percent === 100 ? '免单' : `${trimmed((100 - percent) / 10)}折`;

const eligibleItemsText = ({ eligibleItems, titles }: IssuedTerms, language: Language): string => {
  const { itemIds = [], categories = [], kinds = [] } = eligibleItems ?? {};
  return listed([...categories, ...kinds, ...titlesOf(itemIds, titles, language)], language);
};

/** Those whose title is known. */
const titlesOf = (itemIds: readonly string[], titles: Titles, language: string): readonly string[] =>
  itemIds.flatMap((id) => {
    const title = titles?.[id];
    return title === undefined ? [] : [language.startsWith('zh') ? `《${title}》` : title];
  });

/** "A, B and C"; "A、B和C". By hand: what Intl.ListFormat puts before the last differs between versions of ICU. */
const listed = (names: readonly string[], language: string): string => {
  const [comma, and] = language.startsWith('zh') ? ['、', '和'] : [', ', ' and '];
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(comma)}${and}${names.at(-1)}`;
};

const trimmed = (value: number): string => String(Number(value.toFixed(2)));

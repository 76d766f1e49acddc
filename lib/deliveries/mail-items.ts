// Catalogue items as templates show them, in the language of the mail.

import type { FocusItem } from '../campaigns/focus.ts';
import type { Language } from '../events/customer.ts';
import { priceText } from '../offers/money.ts';
import { reasonNaming } from '../recommendations/reason.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import { dateText } from './date-text.ts';
import type { MailItem } from './mail-variables.ts';

export const recommendedItem = (
  { itemId, title, price, currency, url, reason }: RecommendedItem,
  language: Language,
): MailItem => ({
  id: itemId,
  title,
  reason: reason.text[language],
  price: price === undefined ? '' : priceText(price, currency, language),
  url: webAddress(url),
  endsText: '',
});

export const subjectItem = (
  { item, endsAtMs, after }: FocusItem,
  language: Language,
  timeZone: string,
): MailItem => ({
  id: item.itemId,
  title: item.title,
  reason: after === undefined ? '' : reasonNaming('next-in-series', after).text[language],
  price: item.price === undefined ? '' : priceText(item.price, item.currency, language),
  url: webAddress(item.attributes.url),
  endsText: endsAtMs === undefined ? '' : dateText(endsAtMs, language, timeZone),
});

/** Only web addresses: a catalogue file must not put scripts behind a link in a mail. */
const webAddress = (url: unknown): string => (typeof url === 'string' && /^https?:\/\//.test(url) ? url : '');

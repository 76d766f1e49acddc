// Numbers and texts of the report's page as people of a language write them; HTML escaped wherever text comes from outside.

import type { Language } from '../events/customer.ts';
import type { Ranged } from './cannibalisation.ts';
import type { Text } from './result.ts';

export interface Format {
  readonly language: Language;
  readonly text: (text: Text) => string;
  readonly count: (count: number) => string;
  /** One decimal, for increments that are no whole numbers. */
  readonly amount: (amount: number) => string;
  readonly percent: (share: number) => string;
  /** Without a currency: a plain number. */
  readonly money: (amount: number, currency: string | null) => string;
  readonly date: (iso: string) => string;
  /** `Mar 2`. */
  readonly day: (iso: string) => string;
  readonly range: (ranged: Ranged, one: (value: number) => string) => string;
}

export const formatOf = (language: Language): Format => {
  const number = (digits: number) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const [whole, tenth] = [number(0), number(1)];
  const dateFormat = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const dayFormat = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const to = language === 'en' ? ' to ' : ' 至 ';
  return {
    language,
    text: (text) => escaped(text[language]),
    count: (count) => whole.format(count),
    amount: (amount) => tenth.format(amount),
    percent: (share) => `${tenth.format(share * 100)}%`,
    money: (amount, currency) => moneyText(amount, currency, language),
    date: (iso) => `${dateFormat.format(Date.parse(iso))} UTC`,
    day: (iso) => dayFormat.format(Date.parse(iso)),
    range: ({ low, high }, one) => `${one(low)}${to}${one(high)}`,
  };
};

/** Small costs keep two digits that say something: a mail costs a hundredth of a cent. */
const moneyText = (amount: number, currency: string | null, language: Language): string => {
  const size = Math.abs(amount);
  const digits = size === 0 || size >= 1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(size)));
  const options = { minimumFractionDigits: Math.min(2, digits), maximumFractionDigits: Math.max(2, digits) };
  return new Intl.NumberFormat(language, {
    ...options,
    ...(currency !== null && { style: 'currency', currency }),
  }).format(amount);
};

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export interface Column {
  readonly label: Text;
  /** Numbers stand at the right. */
  readonly isText?: boolean;
}

/** `rows`: cells as HTML; the last one stands out as the total. */
export const table = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { text }: Format,
  hasTotal = false,
): string => {
  const side = (index: number): string => (columns[index]?.isText === true ? '' : ' class="n"');
  const head = columns.map(({ label }, index) => `<th${side(index)}>${text(label)}</th>`).join('');
  const body = rows.map((cells, row) => {
    const isTotal = hasTotal && row === rows.length - 1;
    return `<tr${isTotal ? ' class="total"' : ''}>${cells.map((cell, index) => `<td${side(index)}>${cell}</td>`).join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
};

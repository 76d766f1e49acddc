// Text of an item as terms. Words are found by Intl.Segmenter (UAX #29, dictionaries for Chinese and Japanese), in NFKC and
// lower case; English loses stop words and plurals (the S stemmer of Harman 1991), Chinese its commonest particles.
// Title, tags and description count by field weights summed before saturation (BM25F: Robertson, Zaragoza & Taylor 2004).
// Single letters and digits alone are no terms; a Han character may be one.

import type { CatalogItem } from '../events/item.ts';

/** How often a term counts by where it stands. */
const fieldWeights = { title: 3, tags: 2, description: 1 } as const;

/** Terms of an item with their weighted frequencies. */
export const itemTerms = (item: CatalogItem): ReadonlyMap<string, number> => {
  const terms = new Map<string, number>();
  const add = (text: string, weight: number): void => {
    for (const term of tokens(text, item.language)) {
      terms.set(term, (terms.get(term) ?? 0) + weight);
    }
  };
  add(item.title, fieldWeights.title);
  for (const tag of item.tags) {
    add(tag, fieldWeights.tags);
  }
  add(item.description ?? '', fieldWeights.description);
  return terms;
};

/** The terms of a text in its order; `language` (BCP 47) decides where the script does not. */
export const tokens = (text: string, language?: string): readonly string[] => {
  const normal = text.normalize('NFKC').toLowerCase();
  const terms: string[] = [];
  for (const { segment, isWordLike } of segmenterFor(normal, language).segment(normal)) {
    const term = isWordLike === true ? termOf(segment, language) : undefined;
    if (term !== undefined) {
      terms.push(term);
    }
  }
  return terms;
};

const segmenters = new Map<string, Intl.Segmenter>();

const segmenterFor = (text: string, language: string | undefined): Intl.Segmenter => {
  const locale = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
    ? 'ja'
    : /\p{Script=Han}/u.test(text)
      ? 'zh'
      : isLocale(language)
        ? language
        : 'en';
  const known = segmenters.get(locale) ?? new Intl.Segmenter(locale, { granularity: 'word' });
  segmenters.set(locale, known);
  return known;
};

/** Two or three letters and subtags: what Intl takes without throwing. */
const isLocale = (language: string | undefined): language is string =>
  language !== undefined && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language) && segmenters.size < 100;

const termOf = (word: string, language: string | undefined): string | undefined => {
  if (/^\p{Script=Han}+$/u.test(word)) {
    return chineseStopWords.has(word) ? undefined : word;
  }
  if (/^(.|\d+)$/u.test(word)) {
    return undefined;
  }
  const isEnglish = /^[a-z']+$/.test(word) && (language === undefined || !/^(?!en\b|zh\b)/.test(language));
  if (!isEnglish) {
    return word;
  }
  return englishStopWords.has(word) ? undefined : singular(word.replace(/'s?$/, ''));
};

/** Harman 1991, table 1: the first rule whose ending fits is the only one considered. */
const singular = (word: string): string => {
  if (word.length < 4) return word;
  if (word.endsWith('ies')) return /[ae]ies$/.test(word) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith('es')) return /[aeo]es$/.test(word) ? word : word.slice(0, -1);
  if (word.endsWith('s')) return /[us]s$/.test(word) ? word : word.slice(0, -1);
  return word;
};

const englishStopWords = new Set(
  (
    'a about after all also an and any are as at be because been before being between both but by can could did do ' +
    'does doing during each few for from further had has have having he her here hers him his how i if in into is it ' +
    'its itself just me more most my no nor not now of off on once only or other our out over own same she should so ' +
    'some such than that the their them then there these they this those through to too under until up very was we ' +
    'were what when where which while who whom why will with would you your'
  ).split(' '),
);

const chineseStopWords = new Set(
  (
    '的 了 和 是 在 与 及 或 等 也 就 都 而 以 为 于 对 中 从 到 由 被 把 让 向 这 那 其 之 我 你 他 她 它 们 ' +
    '我们 你们 他们 一个 这个 那个 以及 如何 什么 怎么 可以 进行 通过'
  ).split(' '),
);

// The catalogue of the simulated market: up to 300 items, half English and half Chinese, interleaved over subjects
// so that any first n of them are a fair cross-section. Kinds: course, book, pass (expires), membership (renews),
// and in each subject one consumable tutoring hour in place of the third single course.

import type { Random } from '../../lib/base/random.ts';
import type { RepurchaseRule } from '../../lib/events/item.ts';
import { authors, levels, memberships, type Subject, subjects, type Words } from './subjects.ts';
import { along, direction, type Vector } from './vectors.ts';

/** What the catalogue's import takes, with what only the simulator knows: taste vector and popularity. */
export interface MarketItem {
  readonly itemId: string;
  readonly title: string;
  readonly kind: 'course' | 'book' | 'pass' | 'membership' | 'tutoring';
  readonly category: readonly string[];
  readonly tags: readonly string[];
  readonly level?: string;
  readonly series?: { readonly id: string; readonly position: number };
  readonly author: string;
  readonly language: 'en' | 'zh-CN';
  readonly price: number;
  readonly currency: 'USD';
  readonly publishedAt: string;
  readonly repurchase: RepurchaseRule;
  readonly vector: Vector;
  /** Added to the log of every learner's choice. */
  readonly popularity: number;
}

const dayMs = 86_400_000;

export const makeItems = (random: Random, count: number, startMs: number, endMs: number): MarketItem[] => {
  const areas = new Map(subjects.map(({ area }) => [area.en, direction(random)]));
  const perSubject = subjects.map((subject) => {
    const areaVector = areas.get(subject.area.en) ?? direction(random);
    const vector = along([
      [0.7, areaVector],
      [1, direction(random)],
    ]);
    return draftsOf(subject).map((draft) => ({
      ...draft,
      vector: along([
        [1, vector],
        [0.35, direction(random)],
      ]),
    }));
  });
  const interleaved = perSubject[0].flatMap((_, index) => perSubject.map((drafts) => drafts[index]));
  const members = memberships.map((membership) => ({
    ...membershipDraft(membership),
    vector: direction(random),
  }));
  // Memberships come early, so that small markets have them too.
  const pairs = [...members, ...interleaved].flatMap((draft) => [
    toItem(random, draft, 'en', startMs, endMs),
    toItem(random, draft, 'zh-CN', startMs, endMs),
  ]);
  return pairs.slice(0, count);
};

interface Draft {
  readonly id: string;
  readonly words: Words;
  readonly kind: MarketItem['kind'];
  readonly category: readonly Words[];
  readonly level?: string;
  readonly series?: { readonly id: string; readonly position: number };
  readonly price: number;
  readonly repurchase: RepurchaseRule;
  readonly popularity: number;
}

const draftsOf = (subject: Subject): Draft[] => {
  const category = [subject.area, subject.name];
  const single = { category, repurchase: { kind: 'once' }, popularity: 0 } as const;
  const series = subject.series.flatMap((words, number) =>
    levels.map(
      ({ level, suffix }, index): Draft => ({
        ...single,
        id: `${subject.id}-s${number + 1}-${index + 1}`,
        words: { en: `${words.en}: ${suffix.en}`, zh: `${words.zh}：${suffix.zh}` },
        kind: 'course',
        level,
        series: { id: `${subject.id}-s${number + 1}`, position: index + 1 },
        price: 39 + 30 * index,
        popularity: 0.8 - 0.6 * index,
      }),
    ),
  );
  const courses = subject.courses.map(
    (words, index): Draft => ({
      ...single,
      id: `${subject.id}-c${index + 1}`,
      words,
      kind: 'course',
      level: 'beginner',
      price: 29 + 10 * index,
    }),
  );
  const books = subject.books.map(
    (words, index): Draft => ({
      ...single,
      id: `${subject.id}-b${index + 1}`,
      words,
      kind: 'book',
      price: 12 + 4 * index,
      popularity: 0.2,
    }),
  );
  const pass: Draft = {
    ...single,
    id: `${subject.id}-pass`,
    words: subject.pass,
    kind: 'pass',
    price: 49,
    repurchase: { kind: 'expires', days: 180 },
    popularity: -0.4,
  };
  const tutoring: Draft = {
    ...single,
    id: `${subject.id}-tutor`,
    words: { en: `${subject.name.en}: One Hour with a Tutor`, zh: `${subject.name.zh}：一对一辅导一小时` },
    kind: 'tutoring',
    price: 25,
    repurchase: { kind: 'consumable' },
    popularity: -0.2,
  };
  const [first, second] = courses;
  return [...series, first, second, ...books, pass, tutoring];
};

const membershipDraft = ({ id, days, en, zh }: (typeof memberships)[number]): Draft => ({
  id: `membership-${id}`,
  words: { en, zh },
  kind: 'membership',
  category: [{ en: 'Membership', zh: '会员' }],
  price: days === 30 ? 15 : 129,
  repurchase: { kind: 'renews', days },
  popularity: 0,
});

const toItem = (
  random: Random,
  { id, words, vector, category, series, ...draft }: Draft & { readonly vector: Vector },
  language: MarketItem['language'],
  startMs: number,
  endMs: number,
): MarketItem => {
  const of = language === 'en' ? 'en' : 'zh';
  const publishedMs = startMs - 400 * dayMs + random.next() * (endMs - startMs + 280 * dayMs);
  return {
    ...draft,
    itemId: `${id}-${of}`,
    title: words[of],
    category: category.map((name) => name[of]),
    tags: [draft.kind, ...(category.length > 1 ? [id.split('-')[0]] : [])],
    ...(series && { series: { ...series, id: `${series.id}-${of}` } }),
    author: authors[of][random.int(authors[of].length)],
    language,
    currency: 'USD',
    publishedAt: new Date(publishedMs).toISOString().slice(0, 10),
    vector,
    popularity: draft.popularity + 0.5 * random.normal(),
  };
};

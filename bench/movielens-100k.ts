// The item and user files of MovieLens-100K, as a catalogue and customer features.
//   u.item   id|title|release date||address|19 flags of genres (Latin-1); genres become tags
//   u.user   id|age|gender|occupation|zip code; features `age=25` (the group that begins there), `gender=F`, `occupation=writer`

import { customerId, itemId } from '../lib/base/ids.ts';
import type { CatalogItem } from '../lib/events/item.ts';
import type { CustomerFeatures } from '../lib/recommenders/recommender.ts';
import { eachLine } from './file-lines.ts';
import { malformed } from './read-interactions.ts';

const genres = (
  'unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical ' +
  'Mystery Romance Sci-Fi Thriller War Western'
).split(' ');
const flagsAt = 5;

export const readMovies = async (path: string): Promise<ReadonlyMap<string, CatalogItem>> => {
  const items = new Map<string, CatalogItem>();
  await eachLine(path, (bytes, from, to, line) => {
    const cells = bytes.toString('latin1', from, to).split('|');
    const [id, title, released] = cells;
    if (cells.length !== flagsAt + genres.length || id === '') {
      throw malformed(path, line, 'An item has 24 fields, as in u.item.', cells.join('|'));
    }
    const releasedMs = Date.parse(`${released} UTC`);
    items.set(id, {
      itemId: itemId(id),
      title,
      kind: 'movie',
      category: [],
      tags: genres.filter((_, place) => cells[flagsAt + place] === '1'),
      repurchase: { kind: 'once' },
      attributes: {},
      hidden: false,
      createdAt: new Date(Number.isNaN(releasedMs) ? 0 : releasedMs).toISOString(),
      updatedAt: new Date(0).toISOString(),
    });
  });
  return items;
};

/** Youngest age of each group. */
const ageGroups = [0, 18, 25, 35, 45, 50, 56];

export const readUsers = async (path: string): Promise<CustomerFeatures> => {
  const users = new Map<string, readonly string[]>();
  await eachLine(path, (bytes, from, to, line) => {
    const [id, age, gender, occupation, ...rest] = bytes.toString('latin1', from, to).split('|');
    if (rest.length !== 1 || id === '' || !Number.isFinite(Number(age))) {
      throw malformed(path, line, 'A user has id, age, gender, occupation and zip code, as in u.user.', id);
    }
    const group = ageGroups.filter((youngest) => Number(age) >= youngest).at(-1) ?? 0;
    users.set(customerId(id), [`age=${group}`, `gender=${gender}`, `occupation=${occupation}`]);
  });
  return users;
};

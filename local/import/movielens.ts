// Ratings as MovieLens publishes them: `user item rating seconds`, separated by tabs (u.data), by `::` (ratings.dat)
// or by commas under a header (ratings.csv). Each is one Product Reviewed event. Streamed in the file's order.

import type { Format, ImportMessage } from './format.ts';
import { contactOf, isoAt, periodOf } from './format.ts';
import { textLines } from './lines.ts';

export const movielens: Format = {
  name: 'movielens',
  hasCatalogue: false,
  async *read(path, options, report) {
    const seen = new Set<string>();
    for await (const { line, text } of textLines(path)) {
      if (line === 1 && text.startsWith('userId,movieId,rating,timestamp')) continue;
      report.lines++;
      const cells = text.trim().split(/\t|::|,/);
      const reason = faultOf(cells);
      const [user, item, rating, seconds] = cells;
      const messageId = `movielens/${user}/${item}/${seconds}`;
      if (reason || seen.has(messageId)) {
        report.reject(line, reason ?? 'the same rating stands on an earlier line', text);
        continue;
      }
      seen.add(messageId);
      if (periodOf(Number(seconds) * 1000, options, report) !== 'within') continue;
      const timestamp = isoAt(Number(seconds) * 1000 + options.shiftMs);
      if (!report.customers.has(user) && options.contact !== undefined) {
        yield identify(user, timestamp, contactOf(options, user));
      }
      report.customers.add(user);
      report.items.set(item, { itemId: item, title: item });
      yield {
        type: 'track',
        messageId,
        userId: user,
        event: 'Product Reviewed',
        timestamp,
        properties: { product_id: item, rating: Number(rating) },
      };
    }
  },
};

const faultOf = ([user, item, rating, seconds, ...more]: readonly string[]): string | undefined => {
  if (more.length > 0 || seconds === undefined) return 'not four fields: user, item, rating, seconds';
  if (user === '' || item === '') return 'user or item is empty';
  if (!/^\d+(\.\d+)?$/.test(rating)) return 'rating is no number';
  return /^\d{9,10}$/.test(seconds) ? undefined : 'the time is no number of seconds since 1970';
};

const identify = (user: string, timestamp: string, traits: { readonly email?: string }): ImportMessage => ({
  type: 'identify',
  messageId: `movielens/customer/${user}`,
  userId: user,
  timestamp,
  traits,
});

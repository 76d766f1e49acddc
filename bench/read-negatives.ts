// What a protocol sets against the test items of a user: NCF's lines, `(user,item)` and the negatives, separated by tabs
// or spaces (He et al. 2017), or `user item item …`. Items that stand there twice, or are the test item, count once
// when they are ranked.

import { eachLine } from './file-lines.ts';
import type { Ids } from './interaction-file.ts';
import { malformed } from './read-interactions.ts';

export const readNegatives = async (
  path: string,
  { users, items }: Ids,
): Promise<Map<number, Int32Array>> => {
  const negatives = new Map<number, Int32Array>();
  await eachLine(path, (bytes, from, to, line) => {
    const [first, ...listed] = bytes
      .toString('utf8', from, to)
      .split(/[\s,]+(?![^(]*\))/)
      .filter((cell) => cell !== '');
    const user = first?.startsWith('(') ? first.slice(1).split(',')[0] : first;
    if (user === undefined || user === '' || listed.length === 0) {
      throw malformed(path, line, 'A line needs a user and negatives.', bytes.toString('utf8', from, to));
    }
    negatives.set(
      users.addText(user),
      Int32Array.from(listed, (id) => items.addText(id)),
    );
  });
  return negatives;
};

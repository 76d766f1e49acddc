// What a run of `bench ranking` is measured on: training rows, and what each user took later. Users and items of the
// training come first in the indexes; those that only the test has are cold.
//   two files   --train and --test (values and times of the test are not used)
//   one file    split at an instant: the time that `share` of the rows lie before; everybody at once, as in serving

import { Failure, shown } from '../lib/base/errors.ts';
import { customerId, itemId } from '../lib/base/ids.ts';
import { type Interactions, purchaseCode } from '../lib/dataset/interaction.ts';
import { createIds, type InteractionFile } from './interaction-file.ts';
import { type Layout, readInteractions } from './read-interactions.ts';
import { readNegatives } from './read-negatives.ts';

export interface RankingData {
  /** Index → id: those of the training, then the others. */
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly train: Interactions;
  readonly test: Pick<InteractionFile, 'user' | 'item'>;
  /** Item indexes by user: what the protocol sets against the test items. */
  readonly negatives?: ReadonlyMap<number, Int32Array>;
  /** Of a split: the instant, ms since 1970. */
  readonly splitMs?: number;
}

export interface DataFiles {
  readonly train: string;
  readonly test: string;
  readonly negatives: string | undefined;
  readonly layout: Layout | undefined;
}

export const readData = async ({ train, test, negatives, layout }: DataFiles): Promise<RankingData> => {
  const ids = createIds();
  const rows = await readInteractions(train, ids, layout);
  const known = { users: ids.users.ids.length, items: ids.items.ids.length };
  const tested = await readInteractions(test, ids, layout === 'cut-lists' ? 'lists' : layout);
  const against = negatives === undefined ? undefined : await readNegatives(negatives, ids);
  const [users, items] = [ids.users.ids, ids.items.ids];
  return {
    users,
    items,
    train: asInteractions(rows, users.slice(0, known.users), items.slice(0, known.items)),
    test: tested,
    ...(against && { negatives: against }),
  };
};

export const readTraining = async (path: string, layout: Layout | undefined): Promise<Interactions> => {
  const ids = createIds();
  const rows = await readInteractions(path, ids, layout);
  return asInteractions(rows, ids.users.ids, ids.items.ids);
};

export interface TimedRows extends InteractionFile {
  readonly users: readonly string[];
  readonly items: readonly string[];
}

export const readTimed = async (path: string, layout: Layout | undefined): Promise<TimedRows> => {
  const ids = createIds();
  const rows = await readInteractions(path, ids, layout);
  if (!rows.hasTimes) {
    throw new Failure('invalid', {
      code: 'times-missing',
      message: 'A split by time needs a time in every row.',
      received: shown(path),
      action: 'Give a file of user, item, value and time, or --train and --test.',
    });
  }
  return { ...rows, users: ids.users.ids, items: ids.items.ids };
};

/** Train: rows before the instant that `share` of the rows lie before; test: rows from it on, until `untilShare`. */
export const splitAt = (rows: TimedRows, share: number, untilShare = 1): RankingData => {
  const sorted = rows.atMs.toSorted();
  const instant = (part: number): number =>
    part >= 1
      ? Number.POSITIVE_INFINITY
      : sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const [splitMs, endMs] = [instant(share), instant(untilShare)];
  const before = rowsWhere(rows.atMs, (atMs) => atMs < splitMs);
  const after = rowsWhere(rows.atMs, (atMs) => atMs >= splitMs && atMs < endMs);
  const users = denseInOrder(rows.users, rows.user, before, after);
  const items = denseInOrder(rows.items, rows.item, before, after);
  return {
    users: users.ids,
    items: items.ids,
    train: asInteractions(
      {
        user: users.first,
        item: items.first,
        value: Float32Array.from(before, (row) => rows.value[row]),
        atMs: Float64Array.from(before, (row) => rows.atMs[row]),
      },
      users.ids.slice(0, users.firstCount),
      items.ids.slice(0, items.firstCount),
    ),
    test: { user: users.second, item: items.second },
    splitMs,
  };
};

const rowsWhere = (atMs: Float64Array, keeps: (atMs: number) => boolean): Int32Array =>
  Int32Array.from(atMs.keys()).filter((row) => keeps(atMs[row]));

const denseInOrder = (ids: readonly string[], index: Int32Array, first: Int32Array, second: Int32Array) => {
  const placeOf = new Int32Array(ids.length).fill(-1);
  const used: string[] = [];
  const dense = (rows: Int32Array): Int32Array =>
    Int32Array.from(rows, (row) => {
      const original = index[row];
      if (placeOf[original] < 0) {
        placeOf[original] = used.push(ids[original]) - 1;
      }
      return placeOf[original];
    });
  const before = dense(first);
  const firstCount = used.length;
  return { ids: used, first: before, firstCount, second: dense(second) };
};

/** All rows as purchases. */
const asInteractions = (
  { user, item, value, atMs }: Omit<InteractionFile, 'hasTimes'>,
  users: readonly string[],
  items: readonly string[],
): Interactions => ({
  customers: users.map(customerId),
  items: items.map(itemId),
  customerIndex: user,
  itemIndex: item,
  value,
  atMs,
  type: new Uint8Array(user.length).fill(purchaseCode),
});

// The synthetic set on which speed is compared: users × items, implicit feedback, the shape of MovieLens-20M.
// Activity: 20 items and a log-normal rest (median 48, mean 125 before scaling to the number asked for). Popularity:
// Zipf–Mandelbrot, (rank + 176)^−1.6, so that the first item has 0.34% of all interactions and 10% of the items 80%.
// Latent structure: 24 tastes; a user leans to three of them, an item belongs to one, and one choice in four is free.
// Written once a size into a scratch folder as .npy (indptr and indices of a CSR matrix, int32), which both sides read.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../lib/base/random.ts';

export interface SpeedSet {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

/** The folder that holds the set, made now unless it is there. */
export const speedData = (set: SpeedSet, scratch: string): string => {
  const folder = join(scratch, `speed-${set.users}-${set.items}-${set.interactions}`);
  if (!existsSync(folder)) {
    const { rowStart, columnIndex } = synthesize(set);
    const made = `${folder}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, 'indptr.npy'), npy(rowStart));
    writeFileSync(join(made, 'indices.npy'), npy(columnIndex));
    renameSync(made, folder);
  }
  return folder;
};

/** The numbers of an .npy file that `npy` wrote. */
export const readNpy = (path: string): Int32Array => {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new Int32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) / 4);
};

const npy = (array: Int32Array): Buffer => {
  const shape = `{'descr': '<i4', 'fortran_order': False, 'shape': (${array.length},), }`;
  const header = `${shape.padEnd(128 - 10 - 1)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([
    start,
    Buffer.from(header, 'latin1'),
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  ]);
};

const tastes = 24;
const leanings = 3;
const freeShare = 0.25;

const synthesize = (set: SpeedSet): { readonly rowStart: Int32Array; readonly columnIndex: Int32Array } => {
  const random = seededRandom('speed');
  const rowStart = activity(set, random.fork('activity'));
  const columnIndex = new Int32Array(set.interactions);
  const drawAny = drawByPopularity(
    Int32Array.from({ length: set.items }, (_, item) => item),
    random.fork('any'),
  );
  const drawOf = Array.from({ length: tastes }, (_, taste) =>
    drawByPopularity(
      Int32Array.from({ length: Math.ceil((set.items - taste) / tastes) }, (_, i) => i * tastes + taste),
      random.fork(`taste ${taste}`),
    ),
  );
  const order = random.fork('order').shuffle(Array.from({ length: set.items }, (_, item) => item));
  const choice = random.fork('choice');
  const takenBy = new Int32Array(set.items).fill(-1);
  for (let user = 0; user < set.users; user++) {
    const leans = Array.from({ length: leanings }, () => choice.int(tastes));
    for (let place = rowStart[user]; place < rowStart[user + 1]; ) {
      const free = choice.next() < freeShare;
      const item = free ? drawAny() : drawOf[leans[choice.int(leanings)]]();
      if (takenBy[item] !== user) {
        takenBy[item] = user;
        columnIndex[place++] = order[item];
      }
    }
    columnIndex.subarray(rowStart[user], rowStart[user + 1]).sort();
  }
  return { rowStart, columnIndex };
};

const activity = ({ users, items, interactions }: SpeedSet, random: Random): Int32Array => {
  const least = Math.min(20, Math.floor(interactions / users / 2));
  // A third of the items of three tastes and what is free: drawing distinct ones stays quick.
  const most = Math.floor(items / 16);
  const extra = Float64Array.from({ length: users }, () => Math.exp(Math.log(48) + 1.38 * random.normal()));
  const countsAt = (scale: number) =>
    Int32Array.from(extra, (value) => Math.min(most, least + Math.round(value * scale)));
  const sumOf = (counts: Int32Array): number => counts.reduce((sum, count) => sum + count, 0);
  let [low, high] = [0, 1_000];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    [low, high] = sumOf(countsAt(middle)) > interactions ? [low, middle] : [middle, high];
  }
  const counts = countsAt(low);
  for (let missing = interactions - sumOf(counts), user = 0; missing > 0; user = (user + 1) % users) {
    if (counts[user] < most) {
      counts[user]++;
      missing--;
    }
  }
  const rowStart = new Int32Array(users + 1);
  counts.forEach((count, user) => {
    rowStart[user + 1] = rowStart[user] + count;
  });
  return rowStart;
};

/** Draws items by their popularity, which falls with their number, in constant time (Walker's alias method). */
const drawByPopularity = (items: Int32Array, random: Random): (() => number) => {
  const weights = Float64Array.from(items, (item) => (item + 176) ** -1.6);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / items.length;
  const share = weights.map((weight) => weight / mean);
  const alias = Int32Array.from(items, (_, place) => place);
  const small: number[] = [];
  const large: number[] = [];
  share.forEach((value, place) => {
    (value < 1 ? small : large).push(place);
  });
  for (let under = small.pop(), over = large.at(-1); under !== undefined && over !== undefined; ) {
    alias[under] = over;
    share[over] -= 1 - share[under];
    if (share[over] < 1) {
      large.pop();
      small.push(over);
    }
    under = small.pop();
    over = large.at(-1);
  }
  return () => {
    const place = random.int(items.length);
    return items[random.next() < share[place] ? place : alias[place]];
  };
};

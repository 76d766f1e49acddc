// What a file of interactions is once read: columns of indexes, values and times, and which columns a header names.

import { createIdIndex, type IdIndex } from './id-index.ts';

/** The ids of all files of one run. */
export interface Ids {
  readonly users: IdIndex;
  readonly items: IdIndex;
}

export const createIds = (): Ids => ({ users: createIdIndex(), items: createIdIndex() });

/** Parallel columns, one entry a row, indexes into Ids. */
export interface InteractionFile {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly value: Float32Array;
  readonly atMs: Float64Array;
  /** False: all times are 0. */
  readonly hasTimes: boolean;
}

/** Places of the columns in a line; −1 where there is none. */
export interface ColumnPlaces {
  readonly user: number;
  readonly item: number;
  readonly value: number;
  readonly time: number;
}

const names: { readonly [column in keyof ColumnPlaces]: RegExp } = {
  user: /^(user|customer|member|learner|visitor|account|student)s?[_ ]?(id|no|index|idx)?$|^u(id)?$/i,
  item: /^(item|movie|product|course|article|book|track|song|good|sku|stock)s?[_ ]?(id|no|code|index|idx)?$|^i(id)?$/i,
  value: /^(value|rating|weight|score|count|quantity|plays)s?$/i,
  time: /^(time|timestamp|date|datetime|at|at_?ms|created_?at|invoice_?date|ts)$/i,
};

/** By name; undefined when the names are those of no header: without a user and an item. */
export const placesByName = (header: readonly string[]): ColumnPlaces | undefined => {
  const place = (name: RegExp): number => header.findIndex((cell) => name.test(cell.trim()));
  const [user, item] = [place(names.user), place(names.item)];
  return user < 0 || item < 0
    ? undefined
    : { user, item, value: place(names.value), time: place(names.time) };
};

/** Where no header says otherwise. */
export const byPlace: ColumnPlaces = { user: 0, item: 1, value: 2, time: 3 };

/** Seconds since 1970 stay below this for the next three thousand years; milliseconds are above since 1973. */
const secondsMax = 1e11;

export const timeOf = (number: number): number => (number < secondsMax ? number * 1000 : number);

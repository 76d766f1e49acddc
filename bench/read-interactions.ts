// Files of (user, item[, value, time]) as columns: TSV, CSV (`,` `;` `|` `::` or spaces), with a header or not, gzip or
// not; Parquet (by DuckDB); or a line per user, `user item item …`. Ids of several files share their indexes.
//   columns  by the header's names (user, item, value or rating, time or timestamp …), else by place
//   value    a weight; 1 where there is none; rows of 0 or less are refused, since no model can use them
//   time     seconds or milliseconds since 1970 (above 10^11), or what Date.parse reads; 0 where there is none
// An item listed twice in one line counts once. Limits: 2^31 rows; 20 bytes a row and as much again while joining.

import { Failure, shown } from '../lib/base/errors.ts';
import { growingColumn } from './columns.ts';
import {
  eachLine,
  type Fields,
  noFields,
  type OnLine,
  type Separator,
  separatorOf,
  splitFields,
} from './file-lines.ts';
import {
  byPlace,
  type ColumnPlaces,
  type Ids,
  type InteractionFile,
  placesByName,
  timeOf,
} from './interaction-file.ts';
import { readParquet } from './read-parquet.ts';

/** `cut-lists`: lists without the last item of each line. */
export type Layout = 'pairs' | 'lists' | 'cut-lists';

export const readInteractions = async (path: string, ids: Ids, layout?: Layout): Promise<InteractionFile> => {
  const rows = await (path.endsWith('.parquet') ? readParquet(path, ids) : readText(path, ids, layout));
  if (rows.user.length === 0) {
    throw new Failure('invalid', {
      code: 'file-empty',
      message: 'The file holds no interactions.',
      received: shown(path),
      action: 'Give a file with a line for each user and item, or for each user and its items.',
    });
  }
  return rows;
};

/** What the first lines of a file say of the rest. */
interface Form {
  readonly separator: Separator;
  readonly layout: Layout;
  readonly places: ColumnPlaces;
  readonly hasHeader: boolean;
}

/** More fields than user, item, value and time: a list. */
const pairFieldsCountMax = 4;
const sampleLinesCount = 100;

const formOf = (sample: readonly string[], layout: Layout | undefined): Form => {
  const separator = separatorOf(sample[0] ?? '');
  const fields = noFields();
  const cells = sample.map((line) => {
    const bytes = Buffer.from(line);
    splitFields(bytes, 0, bytes.length, separator, fields);
    return textsOf(bytes, fields);
  });
  const named = placesByName(cells[0] ?? []);
  const isList = named === undefined && cells.some((line) => line.length > pairFieldsCountMax);
  return {
    separator,
    layout: layout ?? (isList ? 'lists' : 'pairs'),
    places: named ?? byPlace,
    hasHeader: named !== undefined,
  };
};

const textsOf = (bytes: Buffer, { starts, ends, count }: Fields): string[] =>
  Array.from({ length: count }, (_, place) => bytes.toString('utf8', starts[place], ends[place]));

const readText = async (path: string, ids: Ids, layout: Layout | undefined): Promise<InteractionFile> => {
  const rows = growingRows();
  const sample: { readonly text: string; readonly line: number }[] = [];
  let take: OnLine | undefined;
  const begin = () => {
    take = lineReader(
      path,
      ids,
      formOf(
        sample.map(({ text }) => text),
        layout,
      ),
      rows,
    );
    for (const { text, line } of sample) {
      const bytes = Buffer.from(text);
      take(bytes, 0, bytes.length, line);
    }
  };
  await eachLine(path, (bytes, from, to, line) => {
    if (take !== undefined) {
      take(bytes, from, to, line);
      return;
    }
    sample.push({ text: bytes.toString('utf8', from, to), line });
    if (sample.length === sampleLinesCount) {
      begin();
    }
  });
  if (take === undefined) {
    begin();
  }
  return rows.done();
};

const growingRows = () => {
  const user = growingColumn((length) => new Int32Array(length));
  const item = growingColumn((length) => new Int32Array(length));
  const value = growingColumn((length) => new Float32Array(length));
  const atMs = growingColumn((length) => new Float64Array(length));
  let hasTimes = false;
  return {
    /** `timeMs`: undefined where the row has none. */
    push: (userIndex: number, itemIndex: number, weight: number, timeMs: number | undefined): void => {
      user.push(userIndex);
      item.push(itemIndex);
      value.push(weight);
      atMs.push(timeMs ?? 0);
      hasTimes ||= timeMs !== undefined;
    },
    done: (): InteractionFile => ({
      user: user.join(),
      item: item.join(),
      value: value.join(),
      atMs: atMs.join(),
      hasTimes,
    }),
  };
};

type Rows = ReturnType<typeof growingRows>;

const lineReader = (path: string, ids: Ids, form: Form, rows: Rows): OnLine => {
  const { separator, layout, places } = form;
  const fields = noFields();
  let isHeader = form.hasHeader;
  return (bytes, from, to, line) => {
    if (isHeader) {
      isHeader = false;
      return;
    }
    splitFields(bytes, from, to, separator, fields);
    if (layout !== 'pairs') {
      takeList(bytes, fields, layout === 'lists' ? fields.count : fields.count - 1, ids, rows);
      return;
    }
    const { starts, ends, count } = fields;
    const has = (place: number): boolean => place >= 0 && place < count && ends[place] > starts[place];
    if (!has(places.user) || !has(places.item)) {
      throw malformed(path, line, 'A line needs a user and an item.', bytes.toString('utf8', from, to));
    }
    const weight = has(places.value) ? numberIn(bytes, starts[places.value], ends[places.value]) : 1;
    if (!(weight > 0) || weight === Number.POSITIVE_INFINITY) {
      const received = bytes.toString('utf8', starts[places.value], ends[places.value]);
      throw malformed(path, line, 'A value is a number above 0.', received);
    }
    const timeMs = has(places.time) ? timeIn(bytes, starts[places.time], ends[places.time]) : undefined;
    if (Number.isNaN(timeMs)) {
      const received = bytes.toString('utf8', starts[places.time], ends[places.time]);
      throw malformed(path, line, 'A time is in seconds or milliseconds since 1970, or a date.', received);
    }
    rows.push(
      ids.users.add(bytes, starts[places.user], ends[places.user]),
      ids.items.add(bytes, starts[places.item], ends[places.item]),
      weight,
      timeMs,
    );
  };
};

const takeList = (bytes: Buffer, { starts, ends }: Fields, count: number, ids: Ids, rows: Rows): void => {
  const user = ids.users.add(bytes, starts[0], ends[0]);
  const listed = new Set<number>();
  for (let place = 1; place < count; place++) {
    if (ends[place] > starts[place]) {
      listed.add(ids.items.add(bytes, starts[place], ends[place]));
    }
  }
  for (const item of listed) {
    rows.push(user, item, 1, undefined);
  }
};

export const malformed = (path: string, line: number, message: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'file-malformed',
    message: `${path}, line ${line}: ${message}`,
    received: shown(received),
    action: 'Lines are user, item and, if known, value and time; or --layout lists: user item item …',
  });

const [zero, nine, dot] = [48, 57, 46];

/** Digits and one point are read here, anything else by Number. */
const numberIn = (bytes: Buffer, from: number, to: number): number => {
  let number = 0;
  let scale = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte >= zero && byte <= nine) {
      number = number * 10 + byte - zero;
      scale *= 10;
    } else if (byte === dot && scale === 0) {
      scale = 1;
    } else {
      return Number(bytes.toString('latin1', from, to));
    }
  }
  return scale > 1 ? number / scale : number;
};

const timeIn = (bytes: Buffer, from: number, to: number): number => {
  const number = numberIn(bytes, from, to);
  return Number.isNaN(number) ? Date.parse(bytes.toString('utf8', from, to)) : timeOf(number);
};

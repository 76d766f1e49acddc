// Ids of a file as dense indexes in first-seen order, without a string per row: whole numbers are looked up in a table,
// anything else by its text. An id is a text always: 7 and 07 are two.
// Limit: the table holds numbers below 2^24 (64 MB at most); longer ones are looked up as texts.

export interface IdIndex {
  /** Index → id. */
  readonly ids: string[];
  /** The index of the id written in bytes from … to − 1, given anew where it was not seen. */
  add(bytes: Buffer, from: number, to: number): number;
  addText(id: string): number;
  /** −1 where it was not seen. */
  find(id: string): number;
}

const numberEnd = 2 ** 24;
const [zero, nine] = [48, 57];

export const createIdIndex = (): IdIndex => {
  const ids: string[] = [];
  const texts = new Map<string, number>();
  let table = new Int32Array(1024); // index + 1; 0: not seen
  const addText = (id: string): number => {
    const known = texts.get(id);
    if (known !== undefined) {
      return known;
    }
    const number = /^(0|[1-9]\d{0,7})$/.test(id) ? Number(id) : numberEnd;
    return number < numberEnd ? addNumber(number) : giveText(id);
  };
  const giveText = (id: string): number => {
    texts.set(id, ids.length);
    return ids.push(id) - 1;
  };
  const addNumber = (number: number): number => {
    if (number >= table.length) {
      const larger = new Int32Array(Math.min(numberEnd, 2 ** Math.ceil(Math.log2(number + 1) + 1)));
      larger.set(table);
      table = larger;
    }
    if (table[number] === 0) {
      table[number] = ids.push(String(number));
    }
    return table[number] - 1;
  };
  return {
    ids,
    addText,
    add: (bytes, from, to) => {
      const number = wholeNumber(bytes, from, to);
      return number < 0 ? addText(bytes.toString('utf8', from, to)) : addNumber(number);
    },
    find: (id) => {
      const number = /^(0|[1-9]\d{0,7})$/.test(id) ? Number(id) : numberEnd;
      return number < numberEnd ? (table[number] ?? 0) - 1 : (texts.get(id) ?? -1);
    },
  };
};

/** −1 where the bytes are not digits, begin with a 0 that is not all, or exceed the table. */
const wholeNumber = (bytes: Buffer, from: number, to: number): number => {
  if (to - from > 8 || to === from || (bytes[from] === zero && to - from > 1)) {
    return -1;
  }
  let number = 0;
  for (let at = from; at < to; at++) {
    if (bytes[at] < zero || bytes[at] > nine) {
      return -1;
    }
    number = number * 10 + bytes[at] - zero;
  }
  return number < numberEnd ? number : -1;
};

// Columns that grow while a file is read: kept in blocks of a million, joined once at the end, block by block, so that
// the peak is the columns and one more of them.

type Column = Int32Array | Float32Array | Float64Array;

export interface GrowingColumn<T extends Column> {
  push(value: number): void;
  /** The whole column; the blocks are given up. */
  join(): T;
}

const blockLength = 1 << 20;

export const growingColumn = <T extends Column>(make: (length: number) => T): GrowingColumn<T> => {
  let blocks: T[] = [];
  let block = make(0);
  let used = 0;
  return {
    push: (value) => {
      if (used === block.length) {
        block = make(blockLength);
        blocks.push(block);
        used = 0;
      }
      block[used++] = value;
    },
    join: () => {
      const whole = make(blocks.length === 0 ? 0 : (blocks.length - 1) * blockLength + used);
      blocks.forEach((one, place) => {
        const length = place === blocks.length - 1 ? used : blockLength;
        whole.set(one.subarray(0, length), place * blockLength);
      });
      blocks = [];
      block = make(0);
      used = 0;
      return whole;
    },
  };
};

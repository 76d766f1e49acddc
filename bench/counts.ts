// Counts among a bench's options: whole numbers from 1, or what was wrong.

export const countOf = (name: string, text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`--${name} is a whole number from 1, received ${text}`);
  }
  return count;
};

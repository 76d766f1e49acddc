// Counts that add up: numbers, and counts by a name (reasons, rules). The sum of the counts of disjoint parts is the
// count of the whole, in any order of adding.

export interface Counts {
  readonly [name: string]: number | { readonly [name: string]: number };
}

type Summed<C extends Counts> = { -readonly [name in keyof C]: C[name] };

export const addCounts = <C extends Counts>(a: C, b: C): C => {
  const sum: Summed<C> = { ...a };
  for (const name of Object.keys(a) as (keyof C)[]) {
    sum[name] = added(a[name], b[name]) as C[keyof C];
  }
  return sum;
};

const added = (a: Counts[string], b: Counts[string]): Counts[string] => {
  if (typeof a === 'number' && typeof b === 'number') {
    return a + b;
  }
  const [byA, byB] = [byName(a), byName(b)];
  const names = [...new Set([...Object.keys(byA), ...Object.keys(byB)])].sort();
  return Object.fromEntries(names.map((name) => [name, (byA[name] ?? 0) + (byB[name] ?? 0)]));
};

const byName = (counts: Counts[string]): { readonly [name: string]: number } =>
  typeof counts === 'number' ? {} : counts;

export const addTallies = (
  tallies: readonly { readonly [name: string]: number }[],
): { readonly [name: string]: number } => tallies.reduce((sum, tally) => byName(added(sum, tally)), {});

export const totalOf = (counts: { readonly [name: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

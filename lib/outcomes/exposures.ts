// From exposures to customers in arms: who met which variant, when first, and what speaks against believing it.
// A customer is in the arm of their first exposure, which opens their window; who met two variants stays in the first
// (intention to treat) and is counted as crossed. A variant that the experiment does not have puts nobody anywhere.
// Programs: more exposures in one day (UTC) than a person makes are left out of every arm, whatever they bought;
// many exposures of somebody who did nothing else are told and stay, because doing nothing is an outcome too.

import type { CustomerId } from '../base/ids.ts';
import { personExposuresADayMax, silentExposuresCountMin } from '../base/limits.ts';
import type { AssignedCustomer } from './collect.ts';

/** What one customer, or one of their devices, met of one variant. */
export interface ExposureCell {
  readonly customerId: CustomerId;
  /** What the events call it: its id, its name; the first that is a variant's name counts. */
  readonly named: readonly string[];
  readonly firstAtMs: number;
  readonly count: number;
  /** In the busiest day. */
  readonly mostADay: number;
  /** Any other event came from them. */
  readonly isActive: boolean;
}

export interface ExposedArm {
  readonly arm: string;
  /** Customers whose first exposure it was; programs left out. */
  readonly exposed: number;
  /** Of those, who met another variant later. */
  readonly crossed: number;
  /** Left out as programs. */
  readonly programs: number;
  /** Kept, though they did nothing but being exposed, and often. */
  readonly silent: number;
}

export interface Exposed {
  readonly assigned: readonly AssignedCustomer[];
  /** In the experiment's order. */
  readonly arms: readonly ExposedArm[];
  /** Customers of variants that the experiment does not have, by what the events call them. */
  readonly unknown: ReadonlyMap<string, number>;
}

export const foldExposures = (
  experimentId: string,
  variants: readonly { readonly name: string }[],
  cells: Iterable<ExposureCell>,
): Exposed => {
  const names = new Set(variants.map(({ name }) => name));
  const customers = new Map<CustomerId, Met>();
  const strangers = new Map<string, Set<CustomerId>>();
  for (const cell of cells) {
    const variant = cell.named.find((one) => names.has(one));
    if (variant === undefined) {
      const called = cell.named[0] ?? '';
      strangers.set(called, (strangers.get(called) ?? new Set()).add(cell.customerId));
      continue;
    }
    customers.set(cell.customerId, merged(customers.get(cell.customerId), variant, cell));
  }
  const arms = new Map<string, ArmTally>(
    [...names].map((arm) => [arm, { exposed: 0, crossed: 0, programs: 0, silent: 0 }]),
  );
  const assigned: AssignedCustomer[] = [];
  for (const [customerId, met] of customers) {
    const tally = arms.get(met.first);
    if (tally === undefined) continue;
    if (met.mostADay > personExposuresADayMax) {
      tally.programs++;
      continue;
    }
    tally.exposed++;
    tally.crossed += met.crossed ? 1 : 0;
    tally.silent += !met.isActive && met.count >= silentExposuresCountMin ? 1 : 0;
    const { first: arm, firstAtMs: assignedAtMs } = met;
    assigned.push({ customerId, arm, assignedAtMs, decisionId: JSON.stringify([experimentId, customerId]) });
  }
  return {
    assigned,
    arms: [...arms].map(([arm, tally]) => ({ arm, ...tally })),
    unknown: new Map([...strangers].map(([called, who]) => [called, who.size])),
  };
};

type ArmTally = { -readonly [field in keyof Omit<ExposedArm, 'arm'>]: number };

interface Met {
  readonly first: string;
  readonly firstAtMs: number;
  readonly crossed: boolean;
  readonly count: number;
  readonly mostADay: number;
  readonly isActive: boolean;
}

/** Of two first exposures at the same instant the variant that sorts first stands, whatever order they came in. */
const merged = (met: Met | undefined, variant: string, cell: ExposureCell): Met => {
  const { firstAtMs, count, mostADay, isActive } = cell;
  if (met === undefined) return { first: variant, firstAtMs, crossed: false, count, mostADay, isActive };
  const isEarlier = firstAtMs < met.firstAtMs || (firstAtMs === met.firstAtMs && variant < met.first);
  return {
    first: isEarlier ? variant : met.first,
    firstAtMs: Math.min(firstAtMs, met.firstAtMs),
    crossed: met.crossed || variant !== met.first,
    count: met.count + count,
    mostADay: Math.max(met.mostADay, mostADay),
    isActive: met.isActive || isActive,
  };
};

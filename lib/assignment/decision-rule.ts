// When a test may be decided, as a campaign or an experiment states it. `fixed`: at its end, once; looks before it only
// stop for harm. `group-sequential`: also before, where a boundary is crossed that keeps the error over all looks at 5%;
// it ends at the latest when `plannedCustomers` have had their window. Nothing of it changes once the test has started.

import { z } from 'zod';
import { gammaSpendingMax } from '../base/limits.ts';

export type SpendingChoice =
  /** Hardly any error early. */
  | 'obrien-fleming'
  /** About as much at each look. */
  | 'pocock'
  /** Between them by its parameter; −4 is near O'Brien–Fleming, 1 near Pocock. */
  | { readonly 'hwang-shih-decani': number };

export type DecisionRule =
  | { readonly kind: 'fixed' }
  | {
      readonly kind: 'group-sequential';
      readonly spending: SpendingChoice;
      /** Of all arms together, the global holdout left out; absent only where all are assigned at once. */
      readonly plannedCustomers?: number;
    };

export const fixedDecision: DecisionRule = { kind: 'fixed' };

export const decisionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed') }),
  z.strictObject({
    kind: z.literal('group-sequential'),
    spending: z
      .union(
        [
          z.enum(['obrien-fleming', 'pocock']),
          z.strictObject({ 'hwang-shih-decani': z.number().min(-gammaSpendingMax).max(gammaSpendingMax) }),
        ],
        { error: 'must be obrien-fleming, pocock, or {"hwang-shih-decani": -4} with its gamma' },
      )
      .default('obrien-fleming'),
    plannedCustomers: z.int().min(1).max(1e9).optional(),
  }),
]);

/** What is missing where customers come one after the other: without a plan no look knows how far the test has come. */
export const plannedCustomersMissing =
  'is needed where customers come one after the other: how many, in all arms together, the test is to have at its end; POST …/plan tells how many are needed and how many arrive a day';

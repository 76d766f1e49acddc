// Joint sums of an arm given by its summary, all windows over: everybody who bought did so once. Refunds: none.

import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { type JointSums, jointSumsFrom } from '../../lib/outcomes/joint-sums.ts';
import { columnsOf } from '../../lib/outcomes/measurement.ts';
import type { ArmSummary } from '../../lib/outcomes/summary.ts';

/** With what only sums have. */
export interface ArmFixture extends ArmSummary {
  readonly ordersSumSquares?: number;
  readonly marginSumSquares?: number;
}

const moments = (arm: ArmFixture): { readonly [column: string]: readonly [number, number] } => ({
  repurchase: [arm.conversions, arm.conversions],
  orders: [arm.orders, arm.ordersSumSquares ?? 0],
  revenue: [arm.revenueSum, arm.revenueSumSquares],
  margin: [arm.marginSum, arm.marginSumSquares ?? 0],
  unsubscribe: [arm.unsubscribes, arm.unsubscribes],
  complaint: [arm.complaints, arm.complaints],
  refund: [0, 0],
});

/** Of one order a buyer, the product of a column with repurchase or orders is the column itself. */
export const armSums = (arm: ArmFixture): JointSums => {
  const columns = columnsOf(defaultMetrics);
  const of = moments(arm);
  const products = columns.flatMap((a, i) =>
    columns.slice(0, i + 1).map((b) => {
      if (a === b) return of[a][1];
      const isOfBuyers = ['repurchase', 'orders'].includes(b) && ['orders', 'revenue', 'margin'].includes(a);
      return isOfBuyers ? of[a][0] : 0;
    }),
  );
  return jointSumsFrom(
    columns,
    arm.customers,
    columns.map((column) => of[column][0]),
    products,
  );
};

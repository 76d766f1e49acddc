// Rows of customers become joint sums by arm, by week of assignment and by segment, one row at a time or many alike at once:
// whether they come from TypeScript (measure.ts) or from SQL (lib/adapters/outcome-sums.ts), the same rows give the same sums
// bit for bit, in any order. Where revenue is capped, buyers' rows are held until the cap is known, which is
// taken from all arms together, so that all are capped alike. Rows hold whole numbers: 0 or 1, counts, days, and money in
// hundredths (perUnit), whose sums a database makes exactly; who reads the sums gets major units.

import { defaultMetrics, type MetricPlan } from '../assignment/metric-plan.ts';
import { dayMs } from '../base/time.ts';
import { covariates } from './before.ts';
import { type JointSums, type JointSumsAdder, jointSumsAdder, mergeJointSums } from './joint-sums.ts';
import { cappedRevenue, metricOf } from './metrics.ts';
import { capOf, valueHistogram } from './value-histogram.ts';

type ByArm = ReadonlyMap<string, JointSums>;

export interface Measured {
  /** Arms whose windows are all open are left out. */
  readonly sums: ByArm;
  /** By the Monday of the week of assignment (UTC, ISO date), in order. */
  readonly weeks: ReadonlyMap<string, ByArm>;
  /** By orders before the assignment: 0, 1, 2+; empty where the past was not read. */
  readonly segments: ReadonlyMap<string, ByArm>;
  /** By the day of assignment (UTC, ISO date), in order; empty where it was not asked for. */
  readonly days: ReadonlyMap<string, ByArm>;
  /** What revenue was capped at; absent where it was not. */
  readonly revenueCap?: number;
}

export interface Cell {
  readonly arm: string;
  readonly week: string;
  /** Undefined: the past was not read. */
  readonly segment: string | undefined;
  /** Absent: days are not told apart. */
  readonly day?: string;
}

export interface Measurement {
  /** Of every row: the metrics' columns, then the covariates where the past is read. */
  readonly columns: readonly string[];
  /** Of every column: 100 of money, which rows hold in hundredths, else 1. */
  readonly perUnit: readonly number[];
  /** So many customers whose window is over, alike in everything; what is capped holds the value itself. */
  add(cell: Cell, row: ArrayLike<number>, customers: number): void;
  /** Sums of such rows made elsewhere, where nothing is capped: columns and units as here. */
  addSums(cell: Cell, sums: JointSums): void;
  measured(): Measured;
}

export const createMeasurement = (
  plan: MetricPlan = defaultMetrics,
  isPastRead: boolean = false,
): Measurement => {
  const columns = [...columnsOf(plan), ...(isPastRead ? covariates : [])];
  const perUnit = columns.map((column) => (moneyColumns.includes(column) ? 100 : 1));
  const cells = new Map<string, Counted>();
  const addNow = (cell: Cell, row: ArrayLike<number>, customers: number): void => {
    const key = JSON.stringify(cell);
    const kept = cells.get(key) ?? { cell, adder: jointSumsAdder(columns, perUnit) };
    cells.set(key, kept);
    kept.adder.add(row, customers);
  };
  const capped = plan.winsorize === undefined ? -1 : columns.indexOf(cappedRevenue);
  const held: Held[] = [];
  return {
    columns,
    perUnit,
    addSums: (cell, sums) => {
      const key = JSON.stringify(cell);
      const kept = cells.get(key) ?? { cell, adder: jointSumsAdder(columns, perUnit) };
      const others = kept.others === undefined ? sums : mergeJointSums(kept.others, sums);
      cells.set(key, { ...kept, others });
    },
    add: (cell, row, customers) => {
      if (capped >= 0 && row[capped] > 0) {
        held.push({ cell, row: Float64Array.from(row), customers });
      } else {
        addNow(cell, row, customers);
      }
    },
    measured: () => {
      const revenueCap = capFor(plan, held, capped);
      for (const { cell, row, customers } of held.splice(0)) {
        row[capped] = Math.min(row[capped], revenueCap === undefined ? row[capped] : 100 * revenueCap);
        addNow(cell, row, customers);
      }
      const summed = [...cells.values()].map(({ cell, adder, others }) => ({
        cell,
        sums: others === undefined ? adder.sums() : mergeJointSums(adder.sums(), others),
      }));
      return {
        sums: mergedBy(summed, () => '').get('') ?? new Map(),
        weeks: mergedBy(summed, ({ week }) => week),
        segments: mergedBy(summed, ({ segment }) => segment),
        days: mergedBy(summed, ({ day }) => day),
        ...(revenueCap !== undefined && { revenueCap }),
      };
    },
  };
};

interface Counted {
  readonly cell: Cell;
  readonly adder: JointSumsAdder;
  readonly others?: JointSums;
}

/** Held in hundredths. */
export const moneyColumns: readonly string[] = ['revenue', cappedRevenue, 'margin', 'before:revenue'];

interface Held {
  readonly cell: Cell;
  readonly row: Float64Array;
  readonly customers: number;
}

/** Of the metrics alone: those that always are, then as the plan names them. */
export const columnsOf = (plan: MetricPlan): readonly string[] => [
  ...new Set([
    'repurchase',
    'orders',
    'revenue',
    'margin',
    ...[plan.primary, ...plan.secondary, ...plan.guardrails]
      .map((choice) => metricOf(choice, plan))
      .flatMap(({ column, denominator }) => [column, ...(denominator === undefined ? [] : [denominator])]),
  ]),
];

const weekMs = 7 * dayMs;
/** 1970-01-05 was the first Monday. */
const mondayMs = 4 * dayMs;

export const weekOf = (assignedAtMs: number): string =>
  weekOfNumber(Math.floor((assignedAtMs - mondayMs) / weekMs));

/** Whole weeks since the first Monday of 1970. */
export const weekOfNumber = (weeks: number): string =>
  new Date(weeks * weekMs + mondayMs).toISOString().slice(0, 10);

const capFor = ({ winsorize }: MetricPlan, held: readonly Held[], capped: number): number | undefined => {
  const each = function* (): Generator<number> {
    for (const { row, customers } of held) {
      for (let i = 0; i < customers; i++) yield row[capped] / 100;
    }
  };
  return winsorize === undefined ? undefined : capOf(valueHistogram(each()), winsorize);
};

/** By a part of the cell, sorted, and then by arm; cells without that part are left out. */
const mergedBy = (
  cells: readonly { readonly cell: Cell; readonly sums: JointSums }[],
  keyOf: (cell: Cell) => string | undefined,
): ReadonlyMap<string, ByArm> => {
  const merged = new Map<string, Map<string, JointSums>>();
  for (const { cell, sums } of cells) {
    const key = keyOf(cell);
    if (key !== undefined) {
      const byArm = merged.get(key) ?? new Map<string, JointSums>();
      const kept = byArm.get(cell.arm);
      byArm.set(cell.arm, kept === undefined ? sums : mergeJointSums(kept, sums));
      merged.set(key, byArm);
    }
  }
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
};

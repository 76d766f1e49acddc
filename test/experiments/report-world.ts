// Seeded worlds for the report's tests: customers of several arms assigned over some weeks, with orders before and after,
// analysed as a campaign is. Buyers of before buy again more often, so that adjusting has something to adjust for.

import { defaultMetrics, type MetricPlan } from '../../lib/assignment/metric-plan.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { analyse } from '../../lib/experiments/analyse.ts';
import type { Design } from '../../lib/experiments/design.ts';
import type { TestResult } from '../../lib/experiments/result.ts';
import { type AssignedCustomer, collectOutcomes, type RunOutcomes } from '../../lib/outcomes/collect.ts';
import { assigned, at, dayMs, order, refund, t0 } from '../outcomes/sample.ts';

export interface World {
  /** Share of each arm, and what it adds to the chance to buy. The first is the reference. */
  readonly arms: readonly (readonly [name: string, share: number, effect: number])[];
  readonly customers: number;
  /** Assignments are spread over so many days. */
  readonly days: number;
  readonly seed?: string;
  /** Of each arm, kept out of what the analysis is given: a sample-ratio mismatch. */
  readonly lost?: { readonly [arm: string]: number };
  readonly currency?: string;
  readonly metrics?: MetricPlan;
}

const windowDays = 30;

export const designOf = ({ arms, metrics = defaultMetrics }: World): Design => ({
  arms: arms.map(([name, share], i) => ({
    name,
    share,
    role: i === 0 ? 'holdout' : 'variant',
    treated: i > 0,
  })),
  reference: arms[0][0],
  windowDays,
  metrics,
});

export const populate = ({ arms, customers, days, seed = 'report', lost = {}, currency = 'EUR' }: World) => {
  const stream = seededRandom(seed);
  const random = (): number => stream.next();
  const of: AssignedCustomer[] = [];
  const events: StoredEvent[] = [];
  for (let i = 0; i < customers; i++) {
    const [arm, , effect] = pick(arms, random());
    const [isOld, place, isLost] = [random() < 0.4, random(), random() < (lost[arm] ?? 0)];
    const user = `c${i}`;
    const day = Math.floor(place * days);
    if (!isLost) {
      of.push(assigned(user, arm, 'run-1', day));
    }
    const money = { currency };
    if (isOld) {
      events.push(order(user, `b${i}`, at(day - 20), 15 + Math.floor(random() * 40), money));
    }
    if (random() < (isOld ? 0.16 : 0.05) + effect) {
      const value = Math.round(1000 + random() * 6000) / 100;
      events.push(order(user, `o${i}`, at(day + 1 + random() * 28), value, money));
      if (random() < 0.03) {
        events.push(refund(user, `o${i}`, at(day + 29.5)));
      }
    }
  }
  return { of, events };
};

const pick = (arms: World['arms'], place: number): World['arms'][number] => {
  const upTo = arms.map((_, i) => arms.slice(0, i + 1).reduce((sum, [, share]) => sum + share, 0));
  return arms[upTo.findIndex((end) => place < end)] ?? arms[arms.length - 1];
};

export const outcomesOf = (world: World, afterDays = world.days + windowDays): RunOutcomes => {
  const { of, events } = populate(world);
  return collectOutcomes(of, events, {
    windowDays,
    asOfMs: t0 + afterDays * dayMs,
    metrics: world.metrics ?? defaultMetrics,
    historyDays: 90,
    costOf: () => 4,
    byDay: true,
  });
};

export const resultOf = (
  world: World,
  { look = 3, final = true, afterDays = world.days + windowDays } = {},
): TestResult => analyse(designOf(world), outcomesOf(world, afterDays), { look, final, asOf: at(afterDays) });

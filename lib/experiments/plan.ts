// The plan of a test: how many customers it needs, how long it takes, what it could find, and whether to start it at all.
// Customers come from an audience that is there at the start and from those who arrive each day; after the last has been
// assigned the measurement window passes. Planned for the worst of the comparisons: each arm with the reference, at an
// error divided by their number (Bonferroni, which bounds Holm).
// Hopeless: with all customers of half a year it would find the effect looked for in fewer than half of all cases.
// Weak: in fewer than planned. Rates a day; shares of the audience by arm, with the reference's.

import { Failure } from '../base/errors.ts';
import { gatheringDaysMax, hopelessPower, plannedPower } from '../base/limits.ts';
import { alpha } from './effect.ts';
import { type Baseline, customersNeeded, minimalEffect, powerOf } from './power.ts';
import type { Text } from './result.ts';

export interface PlanQuestion {
  readonly baseline: Baseline;
  /** The smallest that would be worth knowing; arm − reference, not 0. */
  readonly effect: number;
  /** Share of the customers of the reference and of each arm compared with it; together at most 1. */
  readonly shares: { readonly reference: number; readonly arms: readonly number[] };
  /** Customers there at the start. */
  readonly audience: number;
  /** Customers who join a day; 0 for a campaign that is frozen once. */
  readonly dailyArrivals: number;
  /** In which they can be gathered; at most gatheringDaysMax, which is the default. */
  readonly gatheringDays?: number;
  readonly windowDays: number;
  /** Default 0.8. */
  readonly power?: number;
}

export interface Plan {
  /** In all, the reference and every arm at their shares. */
  readonly customersNeeded: number;
  /** Until the last customer needed has had the window; null where they never come together. */
  readonly days: number | null;
  /** With every customer of the gathering days. */
  readonly reachable: {
    readonly customers: number;
    readonly power: number;
    /** Found with the power asked for; null where none is. */
    readonly minimalEffect: number | null;
  };
  readonly verdict: 'enough' | 'weak' | 'hopeless';
  readonly message: Text;
}

export const planOf = (question: PlanQuestion): Plan => {
  checkQuestion(question);
  const { baseline, effect, shares, audience, dailyArrivals, windowDays, power = plannedPower } = question;
  const { gatheringDays = gatheringDaysMax } = question;
  const smallest = Math.min(...shares.arms);
  const error = alpha / shares.arms.length;
  const ratio = smallest / shares.reference;
  const { reference } = customersNeeded(baseline, effect, { error, power, ratio });
  const needed = Math.ceil(reference / shares.reference);
  const customers = Math.floor(audience + dailyArrivals * gatheringDays);
  const sizes = { reference: customers * shares.reference, arm: customers * smallest };
  const direction = effect > 0 ? 1 : -1;
  const reached = customers === 0 ? 0 : powerOf(baseline, effect, sizes, error);
  const found = customers === 0 ? undefined : minimalEffect(baseline, sizes, { error, power, direction });
  const missing = Math.max(0, needed - audience);
  const gathering = missing === 0 ? 0 : dailyArrivals > 0 ? Math.ceil(missing / dailyArrivals) : null;
  const days = gathering === null ? null : gathering + windowDays;
  const verdict = needed <= customers ? 'enough' : reached < hopelessPower ? 'hopeless' : 'weak';
  return {
    customersNeeded: needed,
    days,
    reachable: { customers, power: reached, minimalEffect: found ?? null },
    verdict,
    message: messageOf({
      verdict,
      needed,
      days,
      customers,
      power: reached,
      least: leastText(baseline, found, power),
      effect: sizeText(baseline, effect),
    }),
  };
};

/** Refuses a hopeless test unless told to start it all the same. */
export const refuseHopeless = (plan: Plan, startAnyway: boolean): void => {
  if (plan.verdict === 'hopeless' && !startAnyway) {
    throw new Failure('conflict', {
      code: 'experiment-hopeless',
      message: plan.message.en,
      received: { customersNeeded: plan.customersNeeded, reachable: plan.reachable },
      action:
        'Reach more customers (a wider audience, a longer period), use fewer variants or arms of more equal size, look for a larger "effect", or start it all the same: {"force": true}.',
    });
  }
};

interface Said {
  readonly verdict: Plan['verdict'];
  readonly needed: number;
  readonly days: number | null;
  readonly customers: number;
  readonly power: number;
  /** Looked for. */
  readonly effect: Text;
  readonly least: Text;
}

const messageOf = ({ verdict, needed, days, customers, power, effect, least }: Said): Text => {
  const [en, zh] = [needed.toLocaleString('en'), needed.toLocaleString('zh-CN')];
  const [haveEn, haveZh] = [customers.toLocaleString('en'), customers.toLocaleString('zh-CN')];
  if (verdict === 'enough') {
    return {
      en: `${en} customers are needed to find an effect of ${effect.en}; the result can be read after ${days} days.${least.en}`,
      'zh-CN': `要发现 ${effect['zh-CN']}的效果，需要 ${zh} 位客户；${days} 天后可以得出结果。${least['zh-CN']}`,
    };
  }
  const percent = `${(100 * power).toFixed(0)}%`;
  const hopeless = verdict === 'hopeless';
  return {
    en: `${en} customers are needed to find an effect of ${effect.en} and ${haveEn} can be reached: it would be found in ${percent} of all cases${hopeless ? ', so the test would rather miss it than find it' : ''}.${least.en}`,
    'zh-CN': `要发现 ${effect['zh-CN']}的效果，需要 ${zh} 位客户，而能触达的只有 ${haveZh} 位：这样的效果只有 ${percent} 的机会被发现${hopeless ? '，测试更可能错过它' : ''}。${least['zh-CN']}`,
  };
};

/** What all who can be reached would show. */
const leastText = (baseline: Baseline, found: number | undefined, power: number): Text => {
  if (found === undefined) return { en: '', 'zh-CN': '' };
  const { en, 'zh-CN': zh } = sizeText(baseline, found);
  const percent = `${(100 * power).toFixed(0)}%`;
  return {
    en: ` With all who can be reached, effects from ${en} on are found in ${percent} of all cases.`,
    'zh-CN': `触达全部客户时，${zh}及以上的效果有 ${percent} 的机会被发现。`,
  };
};

const sizeText = ({ kind }: Baseline, effect: number): Text => {
  const size = Math.abs(effect);
  const points = (100 * size).toFixed(size < 0.001 ? 3 : 1);
  return kind === 'share'
    ? { en: `${points} points`, 'zh-CN': `${points} 个百分点` }
    : { en: size.toPrecision(3), 'zh-CN': `${size.toPrecision(3)} ` };
};

const checkQuestion = ({ baseline, effect, shares, audience, dailyArrivals, power }: PlanQuestion): void => {
  const all = [shares.reference, ...shares.arms];
  const problems = [
    ...(effect === 0 || !Number.isFinite(effect)
      ? [{ path: 'effect', message: 'must be a number other than 0' }]
      : []),
    ...(shares.arms.length === 0 ? [{ path: 'shares.arms', message: 'must name one arm at least' }] : []),
    ...(all.every((share) => share > 0) && all.reduce((sum, share) => sum + share, 0) <= 1 + 1e-9
      ? []
      : [{ path: 'shares', message: 'must be above 0 each and sum to 1 at most' }]),
    ...(audience >= 0 && dailyArrivals >= 0 && audience + dailyArrivals > 0
      ? []
      : [{ path: 'audience', message: 'customers must be there or arrive' }]),
    ...(power === undefined || (power > 0 && power < 1)
      ? []
      : [{ path: 'power', message: 'must lie between 0 and 1' }]),
    ...baselineProblems(baseline, effect),
  ];
  if (problems.length > 0) {
    throw new Failure('invalid', {
      code: 'plan-invalid',
      message: 'The question cannot be planned.',
      received: { baseline, effect, shares, audience, dailyArrivals },
      action: 'Correct what is named in problems.',
      problems,
    });
  }
};

const baselineProblems = (baseline: Baseline, effect: number) => {
  if (baseline.kind === 'mean') {
    return baseline.variance > 0 ? [] : [{ path: 'baseline.variance', message: 'must be above 0' }];
  }
  if (!(baseline.share > 0 && baseline.share < 1)) {
    return [{ path: 'baseline.share', message: 'must lie between 0 and 1' }];
  }
  const changed = baseline.share + effect;
  return changed >= 0 && changed <= 1
    ? []
    : [
        {
          path: 'effect',
          message: `must leave a share between 0 and 1 when added to the baseline of ${baseline.share}; received ${effect}`,
        },
      ];
};

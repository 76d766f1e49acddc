// What a reader should know before believing the result: each check with its finding in both languages.

import { globalHoldoutArm } from '../assignment/assign.ts';
import { estimateCustomersCountMin, relevantLift } from '../base/limits.ts';
import { covariates } from '../outcomes/before.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import type { JointSums } from '../outcomes/joint-sums.ts';
import { balanceCheck, balanceOf } from './balance.ts';
import { tellingOf } from './compare-arms.ts';
import { crossoverCheck } from './crossover.ts';
import type { Design } from './design.ts';
import { freshnessCheck } from './freshness.ts';
import { amountText } from './metric-words.ts';
import { noEstimate } from './no-estimate.ts';
import type { Check, MetricResult, SampleRatio, Text } from './result.ts';
import { underPowerCheck } from './under-power.ts';

export interface Checked {
  readonly design: Design;
  readonly outcomes: RunOutcomes;
  readonly sampleRatio: SampleRatio;
  readonly primary: MetricResult;
  readonly currency: string | null;
  readonly asOfMs: number;
  readonly final: boolean;
}

export const checksOf = (checked: Checked): readonly Check[] => [
  ...assignmentChecks(checked),
  ...contactChecks(checked),
  ...balanceChecks(checked),
  ...(checked.outcomes.feed === undefined ? [] : [freshnessCheck(checked.outcomes.feed, checked.asOfMs)]),
  ...powerChecks(checked),
];

const assignmentChecks = ({ sampleRatio, outcomes, design }: Checked): readonly Check[] => [
  sampleRatioCheck(sampleRatio),
  countCheck(
    'one-arm-each',
    outcomes.conflictsCount,
    {
      en: 'customers were found in more than one arm',
      'zh-CN': '位客户出现在多个组中',
    },
    noEstimate('assignment-conflict').action,
  ),
  countCheck(
    'arms-of-the-design',
    strangers(outcomes, design),
    {
      en: 'customers were found in arms that the test does not have',
      'zh-CN': '位客户属于测试中不存在的组',
    },
    noEstimate('sample-ratio-mismatch').action,
  ),
  countCheck(
    'one-currency',
    Math.max(0, outcomes.currencies.length - 1),
    {
      en: 'further currencies were found among the orders; with any, money is not compared',
      'zh-CN': '种额外货币出现在订单中；如有，则不比较金额',
    },
    noEstimate('several-currencies').action,
  ),
];

/** Where Reprise itself sent or took something: no customer of the arm is unexposed, since nothing is what the holdout gets. */
const contactChecks = ({ outcomes, design }: Checked): readonly Check[] => {
  const arms = design.arms.flatMap(({ name }) => {
    const summary = outcomes.arms.get(name);
    return summary === undefined ? [] : [{ ...summary, arm: name }];
  });
  if (arms.every(({ sent, crossed }) => sent + crossed === 0)) {
    return [];
  }
  const scanned = arms.reduce((sum, arm) => sum + arm.scanned, 0);
  return [
    crossoverCheck(arms.map(({ arm, customers, crossed }) => ({ arm, exposed: customers, crossed }))),
    {
      name: 'programs',
      ok: true,
      message: {
        en: `Of ${scanned} customers programs alone followed the links of their mail; such clicks count nowhere.`,
        'zh-CN': `${scanned} 位客户邮件中的链接仅由程序打开；此类点击不计入任何统计。`,
      },
    },
  ];
};

/** Where the past was read and says something, over arms of a size to be compared. */
/** Not under a bandit, whose arms are alike within a batch and not over all of them. */
const balanceChecks = ({ outcomes, design }: Checked): readonly Check[] => {
  const { reference } = design;
  const arms = [...design.arms]
    .sort((a, b) => Number(b.name === reference) - Number(a.name === reference))
    .flatMap(({ name }): [string, JointSums][] => {
      const sums = outcomes.sums.get(name);
      return sums === undefined || sums.count < estimateCustomersCountMin ? [] : [[name, sums]];
    });
  const telling = tellingOf(
    covariates,
    arms.map(([, sums]) => sums),
  );
  return design.bandit !== undefined || arms.length < 2 || telling.length === 0
    ? []
    : [balanceCheck(balanceOf(new Map(arms), telling))];
};

/** Of the least certain comparison; asked when the test is over. */
const powerChecks = ({ primary, currency, final }: Checked): readonly Check[] => {
  const errors = primary.comparisons.flatMap(({ estimate }) =>
    estimate.kind === 'estimate' ? [estimate.standardError] : [],
  );
  const reference = primary.comparisons[0]?.reference;
  const value = primary.arms.find(({ arm }) => arm === reference)?.value ?? 0;
  const standardError = Math.max(...errors);
  return !final || errors.length === 0 || !(standardError > 0) || !(value > 0)
    ? []
    : [
        underPowerCheck({
          standardError,
          relevantEffect: relevantLift * value,
          show: (effect) => amountText(primary, effect, currency),
        }),
      ];
};

const sampleRatioCheck = ({ ok, pValue }: SampleRatio): Check => {
  const p = pValue === null ? '' : ` (p = ${pValue < 0.001 ? pValue.toExponential(1) : pValue.toFixed(3)})`;
  return {
    name: 'sample-ratio',
    ok,
    message: ok
      ? { en: `The arms are as large as designed${p}.`, 'zh-CN': `各组人数符合设计${p}。` }
      : { en: `The arms are not as large as designed${p}.`, 'zh-CN': `各组人数不符合设计${p}。` },
    ...(!ok && { action: noEstimate('sample-ratio-mismatch').action }),
  };
};

const strangers = (outcomes: RunOutcomes, { arms }: Design): number =>
  [...outcomes.arms]
    .filter(([arm]) => arm !== globalHoldoutArm && !arms.some(({ name }) => name === arm))
    .reduce((sum, [, { customers }]) => sum + customers, 0);

const countCheck = (name: string, count: number, finding: Text, action: Text): Check => ({
  name,
  ok: count === 0,
  message: { en: `${count} ${finding.en}.`, 'zh-CN': `${count} ${finding['zh-CN']}。` },
  ...(count > 0 && { action }),
});

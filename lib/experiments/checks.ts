// What a reader should know before believing the result: each check with its finding in both languages.

import { globalHoldoutArm } from '../assignment/assign.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import { noEstimate } from './no-estimate.ts';
import type { Check, SampleRatio, Text } from './result.ts';

export const checksOf = (
  sampleRatio: SampleRatio,
  outcomes: RunOutcomes,
  armNames: readonly string[],
): readonly Check[] => [
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
    strangers(outcomes, armNames),
    {
      en: 'customers were found in arms that the campaign does not have',
      'zh-CN': '位客户属于活动中不存在的组',
    },
    noEstimate('sample-ratio-mismatch').action,
  ),
  countCheck(
    'one-currency',
    Math.max(0, outcomes.currencies.length - 1),
    {
      en: 'further currencies among the orders; revenue is not compared',
      'zh-CN': '种额外货币出现在订单中，不比较收入',
    },
    noEstimate('several-currencies').action,
  ),
];

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

const strangers = (outcomes: RunOutcomes, armNames: readonly string[]): number =>
  [...outcomes.arms]
    .filter(([arm]) => arm !== globalHoldoutArm && !armNames.includes(arm))
    .reduce((sum, [, { customers }]) => sum + customers, 0);

const countCheck = (name: string, count: number, finding: Text, action: Text): Check => ({
  name,
  ok: count === 0,
  message: { en: `${count} ${finding.en}.`, 'zh-CN': `${count} ${finding['zh-CN']}。` },
  ...(count > 0 && { action }),
});

// Pre-period balance: are the arms alike in what was known before the assignment? From the arms' joint sums.
// Standardised difference of a covariate: (mean of the arm − mean of the reference) ÷ √((var + var)/2), by size no matter
// how many customers (Austin, Statistics in Medicine 28, 2009). Joint test over all arms and covariates:
// Σ n_a (x̄_a − x̄)'S⁻¹(x̄_a − x̄) with the common covariance S is χ² with (arms − 1) × covariates degrees of freedom under
// random assignment (Hansen & Bowers, Statistical Science 23, 2008). Finding: joint p < 0.001. A standardised difference
// beyond 0.1 is named, and is a finding only where the joint test agrees: small arms differ that much by chance.

import { balanceAlarm, standardisedDifferenceMax } from '../base/limits.ts';
import { covarianceSolver, dot } from '../numeric/covariance-solve.ts';
import { chiSquareSurvival } from '../numeric/distributions.ts';
import {
  columnMean,
  covariance,
  covarianceMatrix,
  type JointSums,
  mergeJointSums,
} from '../outcomes/joint-sums.ts';
import { armName, covariateName } from './report-words.ts';
import type { Check, Text } from './result.ts';

export interface CovariateDifference {
  readonly arm: string;
  readonly covariate: string;
  /** In standard deviations; arm − reference. */
  readonly standardised: number;
}

export interface Balance {
  readonly differences: readonly CovariateDifference[];
  /** Null where a covariate does not vary or repeats the others. */
  readonly joint: { readonly statistic: number; readonly degrees: number; readonly pValue: number } | null;
}

/** `arms` by name; the reference first. */
export const balanceOf = (arms: ReadonlyMap<string, JointSums>, covariates: readonly string[]): Balance => {
  const [reference, ...others] = [...arms];
  return {
    differences: others.flatMap(([arm, sums]) =>
      covariates.map((covariate) => ({
        arm,
        covariate,
        standardised: standardised(sums, reference[1], covariate),
      })),
    ),
    joint: jointTest([...arms.values()], covariates),
  };
};

export const balanceCheck = ({ differences, joint }: Balance): Check => {
  const widest = [...differences].sort((a, b) => Math.abs(b.standardised) - Math.abs(a.standardised))[0];
  const p =
    joint === null
      ? ''
      : ` (p = ${joint.pValue < 0.001 ? joint.pValue.toExponential(1) : joint.pValue.toFixed(3)})`;
  const ok = joint === null || joint.pValue >= balanceAlarm;
  if (!ok && widest !== undefined) {
    const size = Math.abs(widest.standardised).toFixed(2);
    const covariate = covariateName(widest.covariate);
    const arm = armName(widest.arm);
    return {
      name: 'balance',
      ok,
      message: {
        en: `The arms differed before the test already${p}, most in ${covariate.en}: ${arm.en} by ${size} standard deviations.`,
        'zh-CN': `各组在测试之前就已不同${p}，差异最大的是${covariate['zh-CN']}：${arm['zh-CN']} 与对照相差 ${size} 个标准差。`,
      },
      action: {
        en: 'Do not use this run; find out whether the audience was filtered after the assignment, or arms were assigned by hand.',
        'zh-CN': '请勿使用本次结果；检查受众是否在分组之后又被筛选，或分组是否由人工指定。',
      },
    };
  }
  const wide = widest !== undefined && Math.abs(widest.standardised) > standardisedDifferenceMax;
  return { name: 'balance', ok: true, message: wide ? alikeBut(widest, p) : alike(p) };
};

const alike = (p: string): Text => ({
  en: `The arms were alike before the test${p}.`,
  'zh-CN': `测试之前各组相似${p}。`,
});

const alikeBut = ({ arm, covariate, standardised }: CovariateDifference, p: string): Text => {
  const [what, whose] = [covariateName(covariate), armName(arm)];
  const size = Math.abs(standardised).toFixed(2);
  return {
    en: `The arms were alike before the test as far as chance goes${p}; most apart from the reference was ${whose.en} in ${what.en}, by ${size} standard deviations. The adjusted estimate allows for it.`,
    'zh-CN': `测试之前各组的差异未超出偶然范围${p}；与对照差异最大的是 ${whose['zh-CN']} 的${what['zh-CN']}，相差 ${size} 个标准差，调整后的估计已将其考虑在内。`,
  };
};

const standardised = (arm: JointSums, reference: JointSums, covariate: string): number => {
  const spread = (covariance(arm, covariate, covariate) + covariance(reference, covariate, covariate)) / 2;
  const difference = columnMean(arm, covariate) - columnMean(reference, covariate);
  return difference === 0 ? 0 : difference / Math.sqrt(spread);
};

const jointTest = (arms: readonly JointSums[], covariates: readonly string[]): Balance['joint'] => {
  const pooled = arms.reduce((all, arm) => mergeJointSums(all, arm));
  const solver = covarianceSolver(covarianceMatrix(pooled, covariates));
  const degrees = (arms.length - 1) * covariates.length;
  if (solver === undefined || degrees < 1) {
    return null;
  }
  let statistic = 0;
  for (const arm of arms) {
    const away = covariates.map((name) => columnMean(arm, name) - columnMean(pooled, name));
    statistic += arm.count * dot(away, solver.solve(away));
  }
  return { statistic, degrees, pValue: chiSquareSurvival(statistic, degrees) };
};

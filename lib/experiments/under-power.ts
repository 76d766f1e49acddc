// Under-power check of a finished comparison: could it have found the effect that would matter? It goes by the standard
// error it had and never by the effect it found ("observed power" says nothing beyond the p-value: Hoenig & Heisey,
// American Statistician 55, 2001). The smallest effect it would have found in four of five cases is (z + z_power) × SE.
// Effects: units of the metric; `show` writes them for people.

import { plannedPower } from '../base/limits.ts';
import { normalQuantile } from '../numeric/distributions.ts';
import { alpha } from './effect.ts';
import type { Check, Text } from './result.ts';

export interface PowerQuestion {
  readonly standardError: number;
  /** The smallest effect that would be worth knowing; above 0. */
  readonly relevantEffect: number;
  readonly show: (effect: number) => Text;
}

export const underPowerCheck = ({ standardError, relevantEffect, show }: PowerQuestion): Check => {
  const found = foundEffect(standardError);
  const [smallest, relevant] = [show(found), show(relevantEffect)];
  if (found <= relevantEffect) {
    return {
      name: 'power',
      ok: true,
      message: {
        en: `An effect of ${relevant.en} would have been found: from ${smallest.en} on, in four of five such tests.`,
        'zh-CN': `足以发现 ${tight(relevant)}的效果：${tight(smallest)}及以上的效果，五次这样的测试中有四次能够发现。`,
      },
    };
  }
  const times = (found / relevantEffect) ** 2;
  return {
    name: 'power',
    ok: false,
    message: {
      en: `Too few customers to find an effect of ${relevant.en}: only from ${smallest.en} on would it be found in four of five such tests. No difference shown is no sign that there is none.`,
      'zh-CN': `客户太少，难以发现 ${tight(relevant)}的效果：只有达到 ${tight(smallest)}才能在五次这样的测试中发现四次。未显示差异不代表没有差异。`,
    },
    action: {
      en: `Use ${times.toFixed(1)} times as many customers, fewer variants, or arms of equal size.`,
      'zh-CN': `请使用 ${times.toFixed(1)} 倍的客户、减少变体，或让各组人数相等。`,
    },
  };
};

/** Between Chinese characters stands no space; after a number one does. */
const tight = ({ 'zh-CN': zh }: Text): string => (/[\u4e00-\u9fff]$/.test(zh) ? zh : `${zh} `);

/** The smallest effect found in `plannedPower` of all tests with this standard error. */
export const foundEffect = (standardError: number): number =>
  (normalQuantile(1 - alpha / 2) + normalQuantile(plannedPower)) * standardError;
